"""What the chain of events stands for, and dates that mean a day at the office."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.application.track import Track
from gateway.domain import acts
from gateway.domain.events import fingerprint
from gateway.domain.incident import IncidentKind
from gateway.domain.outcomes import Completed, DocumentRef, NeedsApplicant, RetryLater
from gateway.domain.request import RequestStatus as S
from gateway.domain.service import Expression
from gateway.messaging import connect
from tests.unit.application.small import Small
from tests.unit.domain import world
from tests.unit.domain.world import Walk, make_rules, make_service


def payloads(walk: Walk, type_: str) -> list[Any]:
    return [e.payload for e in walk.last.events if e.type == type_]


def test_the_application_is_under_the_chain() -> None:
    file = Small().case()
    (received,) = [e for e in file.events if e.type == "case.received"]
    assert received.payload["application"] == fingerprint(file.case.envelope)


def test_what_an_agency_answered_is_under_the_chain() -> None:
    walk = Walk()
    answer = Completed({"found": True}, (DocumentRef("a" * 64, "record.pdf", "application/pdf"),))
    walk.send("birth", answer)
    (told,) = payloads(walk, "request.completed")
    assert told["answer"] == fingerprint(walk.request("birth").outcome)


def test_what_the_applicant_added_is_under_the_chain() -> None:
    walk = Walk()
    walk.send("birth", Completed({}))
    walk.send("permit", NeedsApplicant("a photo"))
    walk.do(acts.supplement, walk.rules, "permit", {"colour": True}, [], "front")
    (told,) = payloads(walk, "case.supplemented")
    assert told["content"] == fingerprint(walk.file.facts[-1].data)


def decided(monkeypatch: pytest.MonkeyPatch, made: Any) -> Walk:
    monkeypatch.setitem(world.RULES, "special", lambda data: made if data["steps"]["birth"] == "completed" else None)
    walk = Walk(make_rules(make_service(decision=Expression("special", "decision.jsonata"))))
    walk.send("birth", Completed({}))
    return walk


def test_a_decision_given_on_a_day_is_given_at_the_office(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = decided(monkeypatch, {"outcome": "granted", "authority": "ministry", "date_given": "2026-12-07"})
    (decision,) = walk.file.decisions
    assert decision.date_given == datetime(2026, 12, 6, 19, tzinfo=UTC)


@pytest.mark.parametrize("made", ["granted", 7, {"outcome": "granted", "authority": "m", "date_given": 7}])
def test_a_rule_that_yields_no_decision_is_an_incident_and_stops_nothing(monkeypatch: pytest.MonkeyPatch, made: Any) -> None:
    walk = decided(monkeypatch, made)
    assert walk.status("birth") is S.COMPLETED
    assert IncidentKind.RULE_FAILED in {i.kind for i in walk.all_incidents}


def test_a_branch_is_chosen_by_the_day_at_the_office() -> None:
    """``old`` serves district 3 up to 1 January 2027 by the day in Tashkent, where that day ends at 19:00 UTC."""
    walk = Walk(territory="3")
    walk.file.now = datetime(2027, 1, 1, 20, tzinfo=UTC)
    walk._next()
    walk.send("birth", Completed({}))
    assert walk.request("permit").branch == "south"


def test_withdrawing_closes_what_was_asked_of_a_person() -> None:
    walk = Walk()
    for _ in range(3):
        walk.send("birth", RetryLater("busy"))
    assert walk.status("birth") is S.PARKED
    walk.do(acts.withdraw, walk.rules, "moved away", "front")
    assert not walk.file.open_incidents


async def test_a_dead_letter_is_kept_whole() -> None:
    small = Small()
    body = b'{"outcome": "' + b"x" * 5000 + b'"}'
    await Track(small.deployment, small.store, connect("memory://")).dead_letters([(body, {})])  # type: ignore[arg-type]
    (incident,) = small.store.incidents
    assert small.store.blobs[incident.detail["content"]] == body
