"""Whose the time was: told from the events alone, and it always adds up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import outcomes as o
from gateway.domain.acts import confirm, supplement, withdraw
from gateway.domain.attribution import Attribution, Hold, attribute, holds
from gateway.domain.case import FactKind
from gateway.domain.events import Event
from tests.unit.domain.world import START, Walk, make_agencies, make_rules, make_service

FROM = datetime(2026, 12, 7, 5, tzinfo=UTC)
SERVICE = make_service()


def at(secs: float) -> datetime:
    return FROM + timedelta(seconds=secs)


def event(kind: str, secs: float, step: str = "birth", request: str = "r1", **more: object) -> Event:
    payload = {"step": step, "request": request, **more}
    return Event(UUID(int=0), UUID(int=1), 1, kind, at(secs), "gateway", payload, "", "", "", "")


def whose(events: list[Event], until: float, **more: str) -> dict[str, float]:
    return {p.holder: p.held_secs for p in attribute(holds(events, SERVICE, ["office"]), FROM, at(until), **more).parts}


def test_each_stretch_belongs_to_whoever_had_to_move() -> None:
    events = [
        event("request.ready", 0),
        event("request.released", 1),
        event("request.accepted", 2),
        event("request.needs_applicant", 10),
        event("case.supplemented", 110),
        event("request.ready", 110, request="r2"),
        event("request.released", 111, request="r2"),
        event("request.completed", 115, request="r2"),
        event("request.ready", 115, "hand-over", "r3"),
        event("request.released", 115, "hand-over", "r3"),
        event("request.accepted", 116, "hand-over", "r3"),
        event("request.completed", 120, "hand-over", "r3"),
    ]
    assert whose(events, 120) == {"applicant": 100, "agency:registry": 13, "office": 5, "gateway": 2}
    assert whose(events, 120, step="hand-over") == {"gateway": 115, "office": 5}


@pytest.mark.parametrize(
    ("told", "holder"),
    [
        ("request.completed", "agency:registry"),
        ("request.refused", "agency:registry"),
        ("request.accepted", "agency:registry"),
        ("request.retrying", "transport"),
        ("request.in_doubt", "transport"),
        ("request.parked", "transport"),
    ],
)
def test_what_a_release_was_is_known_by_what_followed(told: str, holder: str) -> None:
    assert whose([event("request.released", 0), event(told, 10)], 10) == {holder: 10}


def test_what_is_still_out_counts_for_the_agency_up_to_now() -> None:
    assert whose([event("request.released", 0)], 60) == {"agency:registry": 60}
    assert whose([event("request.released", 0), event("reply.recorded", 5), event("request.poll_failed", 9)], 60) == {
        "agency:registry": 60
    }


def test_of_two_asked_at_once_each_held_it_and_each_has_its_share() -> None:
    events = [
        event("request.released", 0),
        event("request.released", 0, "permit", "r2"),
        event("request.completed", 10),
        event("request.completed", 30, "permit", "r2"),
    ]
    split = attribute(holds(events, SERVICE), FROM, at(30))
    assert [(p.holder, p.held_secs, p.share_secs) for p in split.parts] == [
        ("agency:ministry", 30, 25),
        ("agency:registry", 10, 5),
    ]


def test_an_erased_payload_names_nobody_and_the_rest_still_adds_up() -> None:
    erased = Event(UUID(int=0), UUID(int=1), 1, "request.released", at(1), "gateway", {}, "", "", "", "")
    assert whose([event("request.ready", 0), erased, event("request.completed", 5)], 8) == {"gateway": 8}


def test_a_stretch_that_is_none_is_nobodys_and_a_time_needs_its_zone() -> None:
    assert attribute([], FROM, FROM - timedelta(1)) == Attribution(FROM, FROM, ())
    with pytest.raises(ValueError, match="time zones"):
        attribute([], FROM.replace(tzinfo=None), FROM)


def events_of(walk: Walk) -> list[Event]:
    return [*walk.all_events, *walk.file.events]


def split(walk: Walk) -> dict[str, float]:
    found = attribute(holds(events_of(walk), walk.rules.service, ["office"]), START, walk.file.now)
    assert sum(p.share_secs for p in found.parts) == pytest.approx(found.secs, abs=1e-3)
    return {p.holder: p.held_secs for p in found.parts}


def test_a_case_that_waits_for_the_payment_waits_for_the_applicant() -> None:
    steps = [
        s if s.id != "birth" else s.__class__(s.id, s.agency, s.operation, s.input, facts=(FactKind.PAYMENT,))
        for s in SERVICE.steps
    ]
    walk = Walk(make_rules(make_service(steps=tuple(steps))))
    walk.pause(3600)
    walk.do(confirm, FactKind.PAYMENT, walk.file.now, "front", {})
    walk.send("birth", o.Completed())
    assert split(walk)["applicant"] == 3601
    assert walk.file.case.waiting_on[0].holder != "applicant"


def test_a_case_walked_from_end_to_end_adds_up() -> None:
    walk = Walk()
    walk.send("birth", o.Unknown("reset"))
    walk.send("birth", o.Completed())
    walk.release("permit")
    walk.pause(500)
    walk.said("permit", o.Accepted("A-1"), lease=True)
    walk.pause(1000)
    walk.said("permit", o.NeedsApplicant("photo", None))
    walk.pause(86_400)
    walk.do(lambda file: supplement(file, walk.rules, "permit", {"photo": "yes"}, [], "front"))
    walk.send("permit", o.Completed())
    walk.release("hand-over")
    walk.pause(50)
    walk.said("hand-over", o.Completed(), lease=True)
    found = split(walk)
    assert found["applicant"] == 86_401
    assert found["agency:ministry"] == 1503 and found["office"] == 51
    assert set(found) == {"applicant", "agency:ministry", "agency:registry", "office", "gateway", "transport"}
    closed = walk.file.case.closed_at
    assert closed is not None
    assert all(h.until is not None and h.until <= closed for h in holds(events_of(walk), walk.rules.service))


def test_a_withdrawn_case_is_held_by_nobody_any_more() -> None:
    walk = Walk()
    walk.do(lambda file: withdraw(file, walk.rules, "changed my mind", "front"))
    assert walk.file.case.status == "withdrawn"
    assert all(h.until is not None for h in holds(events_of(walk), walk.rules.service))


spans = st.tuples(st.integers(0, 100), st.integers(0, 100), st.sampled_from(["agency:a", "agency:b", "gateway", "applicant"]))


@given(st.lists(spans, max_size=12), st.integers(0, 60), st.integers(0, 120))
def test_shares_add_up_to_the_time_and_nobody_holds_longer_than_it(
    made: list[tuple[int, int, str]], since: int, length: int
) -> None:
    found = [Hold(who, "birth", at(begin), None if length % 7 == 0 else at(begin + size)) for begin, size, who in made]
    split = attribute(found, at(since), at(since + length))
    assert sum(p.share_secs for p in split.parts) == pytest.approx(length, abs=1e-4)
    assert all(p.share_secs <= p.held_secs + 1e-6 and p.held_secs <= length for p in split.parts)


def test_the_agencies_of_these_tests_are_those_of_the_service() -> None:
    assert {s.agency for s in SERVICE.steps} == set(make_agencies())
