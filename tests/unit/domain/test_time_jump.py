"""Which looks at the database's time are believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.time_jump import Look, judge

NOW = datetime(2026, 12, 7, 5, 0, tzinfo=UTC)
BOUND = timedelta(minutes=5)
NONE = timedelta()


def look(database: float = 0, machine: float = 0, steady: float = 0, took: float = 0) -> Look:
    """Seconds after ``NOW``, and of the clock that nobody sets."""
    return Look(NOW + timedelta(seconds=database), NOW + timedelta(seconds=machine), steady, steady + took)


def why(now: Look, last: Look | None = None, told: timedelta = NONE, recorded: datetime | None = None) -> str:
    jump = judge(now, last, told, recorded, BOUND)
    return "" if jump is None else jump.why


@pytest.mark.parametrize(
    ("moved", "expected"), [(1, ""), (301, ""), (301.1, "forward"), (-299, ""), (-299.1, "backward"), (86400, "forward")]
)
def test_between_two_looks_a_second_has_passed(moved: float, expected: str) -> None:
    assert why(look(moved, moved, steady=1), look()) == expected


def test_a_night_without_a_look_is_no_jump() -> None:
    assert why(look(36_000, 36_000, steady=36_000), look()) == ""


@pytest.mark.parametrize("took", [0, 400])
def test_what_the_question_took_is_in_doubt_for_the_database(took: float) -> None:
    """A pool that gave no connection for minutes, before or after the database read its clock."""
    assert why(look(took, took, steady=1, took=took), look()) == ""
    assert why(look(1, 1, steady=0, took=took), look()) == ""
    assert why(look(took + 302, took + 302, steady=1, took=took), look()) == "forward"


@pytest.mark.parametrize(("offset", "expected"), [(300, ""), (-300, ""), (301, "differs"), (-301, "differs")])
def test_at_a_start_the_machines_clock_is_all_there_is(offset: float, expected: str) -> None:
    assert why(look(offset)) == expected


def test_a_difference_that_a_person_knows_of_is_told_again_only_when_it_has_changed() -> None:
    assert why(look(3600), told=timedelta(seconds=3500)) == ""
    assert why(look(3600), told=timedelta(seconds=3000)) == "differs"
    assert why(look(-3600), told=timedelta(seconds=3600)) == "differs"


def test_what_is_recorded_does_not_lie_in_the_future() -> None:
    assert why(look(), recorded=NOW + BOUND) == ""
    assert why(look(), recorded=NOW + BOUND + timedelta(seconds=1)) == "behind"


def test_a_jump_says_what_was_seen() -> None:
    jump = judge(look(7200, 7200, steady=1), look(), NONE, None, BOUND)
    assert jump is not None
    assert jump.detail() == {
        "reason": "the database's time has moved forward by 7199 s more than has passed",
        "why": "forward",
        "secs": 7199,
        "now": NOW + timedelta(hours=2),
        "expected": NOW + timedelta(seconds=1),
    }
