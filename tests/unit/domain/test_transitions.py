"""The table answers every status with every outcome, and finished requests stay finished."""

from __future__ import annotations

import pytest

from gateway.domain.outcomes import NAMES, OUTCOMES
from gateway.domain.request import FINISHED, RequestStatus
from gateway.domain.transitions import MOVES, OVERRULED, TABLE, Do


def test_every_status_answers_every_outcome() -> None:
    assert set(TABLE) == set(RequestStatus)
    for status, row in TABLE.items():
        assert set(row) == set(NAMES.values()) == set(OUTCOMES), status


def test_a_verdict_names_a_status_exactly_when_it_applies() -> None:
    for row in TABLE.values():
        for answer in row.values():
            assert (answer.to is not None) == (answer.do is Do.APPLY)


@pytest.mark.parametrize("status", sorted(FINISHED))
def test_no_outcome_moves_a_finished_request(status: RequestStatus) -> None:
    assert all(answer.do is not Do.APPLY for answer in TABLE[status].values())


@pytest.mark.parametrize("status", sorted(FINISHED))
def test_no_move_starts_from_a_finished_request(status: RequestStatus) -> None:
    """But for one: a person has ordered that the step is done anew, and then it is superseded."""
    assert {move for move, (sources, _) in MOVES.items() if status in sources} <= {"redo"}
    assert MOVES["redo"][1] is RequestStatus.SUPERSEDED


def test_only_words_that_end_a_matter_overrule_a_finished_request() -> None:
    for status, row in OVERRULED.items():
        assert status in FINISHED
        for outcome, to in row.items():
            assert TABLE[status][outcome].do is Do.INCIDENT, "nothing else waits for a person"
            assert (outcome, to) in (("completed", RequestStatus.COMPLETED), ("refused", RequestStatus.REFUSED))


def test_an_effect_at_the_agency_is_never_dropped_silently() -> None:
    """``completed`` is applied, a repeat of what is known, or an incident: nowhere else may it only be recorded."""
    for status, row in TABLE.items():
        if row["completed"].do is Do.RECORD:
            assert status is RequestStatus.COMPLETED
