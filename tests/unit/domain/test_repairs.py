"""Every repair in every status: what it leads to, or why it is refused. A refusal changes nothing that is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain import acts, superseding
from gateway.domain.errors import BadInput, Conflict
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.outcomes import Completed, Invalid, NotThere, RetryLater, Unknown
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.superseding import Change, Effect, effect_of
from tests.unit.domain.world import Walk, make_rules, make_service

BY, WHY = "operator:dilnoza", "the agency asked for it"


def standing(status: S, *, step: str = "permit", **fields: Any) -> tuple[Walk, Request]:
    """A case whose request of a step stands in a status, as if it had never been sent, with the incident that it would have."""
    walk = Walk()
    if step == "permit":
        walk.send("birth", Completed())
    request = walk.request(step)
    request.status, request.next_at = status, walk.now if status is S.READY else None
    for name, value in fields.items():
        setattr(request, name, value)
    if status in (S.PARKED, S.IN_DOUBT):
        kind = IncidentKind.EXHAUSTED if status is S.PARKED else IncidentKind.IN_DOUBT
        walk.file.open_incident(Incident(kind, f"{kind}:{request.id}", {}, walk.file.case.id, request.id))
        walk.pause(1)
    return walk, request


def retry(walk: Walk, request: Request) -> None:
    acts.retry(walk.file, request, WHY, BY, walk.rules)


def cancel(walk: Walk, request: Request) -> None:
    acts.cancel(walk.file, request, WHY, BY)


def resolve(walk: Walk, request: Request) -> None:
    acts.resolve(walk.file, request, Completed(), WHY, BY, walk.rules)


def supersede(walk: Walk, request: Request) -> None:
    superseding.replace(walk.file, request, Change(branch="south"), WHY, BY, walk.rules)


Expected = dict[S, S | str]
REFUSED = "transition"
#: What an act leads to, by status; a text is the code of the refusal.
ACTS: list[tuple[Callable[[Walk, Request], None], Expected]] = [
    (retry, dict.fromkeys(S, REFUSED) | {S.READY: S.READY, S.PARKED: S.READY, S.IN_DOUBT: S.IN_DOUBT}),
    (
        cancel,
        dict.fromkeys(S, REFUSED) | dict.fromkeys((S.PLANNED, S.READY, S.PARKED, S.AWAITING_APPLICANT), S.CANCELLED),
    ),
    (
        supersede,
        dict.fromkeys(S, REFUSED)
        | dict.fromkeys((S.READY, S.PARKED, S.AWAITING_APPLICANT), S.SUPERSEDED)
        | {S.IN_DOUBT: "in_doubt"},
    ),
    (
        resolve,
        dict.fromkeys((S.READY, S.RELEASED, S.AWAITING_REPLY, S.AWAITING_APPLICANT, S.IN_DOUBT, S.PARKED), S.COMPLETED)
        | {S.PLANNED: "not_started", S.COMPLETED: S.COMPLETED}
        | {kept: kept for kept in (S.SKIPPED, S.REFUSED, S.SUPERSEDED, S.CANCELLED)},
    ),
]


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize(("act", "expected"), ACTS, ids=[act.__name__ for act, _ in ACTS])
def test_every_act_in_every_status(act: Callable[[Walk, Request], None], expected: Expected, status: S) -> None:
    walk, request = standing(status)
    wanted = expected[status]
    if not isinstance(wanted, S):
        before = (request.attempts, request.message_id, len(walk.file.requests))
        with pytest.raises(Conflict) as refused:
            act(walk, request)
        assert refused.value.code == wanted
        assert (request.status, walk.file.events) == (status, []), "nothing is recorded of it"
        assert before == (request.attempts, request.message_id, len(walk.file.requests))
        return
    act(walk, request)
    assert request.status is wanted
    told = [event for event in walk.file.events if event.payload.get("reason") == WHY]
    assert told and {event.actor for event in told} == {BY}, "by whom and why is an event"


def test_a_superseding_request_is_another_message_that_names_the_old_one() -> None:
    walk, old = standing(S.PARKED)
    supersede(walk, old)
    new = walk.request("permit")
    assert (new.supersedes, new.branch, new.status) == (old.id, "south", S.READY)
    assert new.message_id != old.message_id
    assert not walk.file.open_incidents
    (event,) = [e for e in walk.file.events if e.type == "request.superseded"]
    assert event.payload["branch"] == {"from": "north", "to": "south"}
    with pytest.raises(BadInput):
        superseding.replace(walk.file, new, Change(branch="nowhere"), WHY, BY, walk.rules)


def test_the_current_mapping_stands_on_the_request_and_the_case_keeps_its_pin() -> None:
    walk, old = standing(S.PARKED)
    current = make_service(digest="corrected")
    new = superseding.replace(walk.file, old, Change(service=current), WHY, BY, walk.rules)
    assert (new.pin, new.contract, walk.file.case.pin) == ("corrected", "d2", "pin")
    (event,) = [e for e in walk.file.events if e.type == "request.superseded"]
    assert event.payload["mapping"] == {"from": "pin", "to": "corrected"}
    walk.pause(1)
    again = superseding.replace(walk.file, new, Change(branch="south"), WHY, BY, walk.rules)
    assert again.pin == "corrected", "another branch changes nothing of the mapping"


def test_a_step_that_asks_something_else_now_is_no_correction() -> None:
    walk, old = standing(S.PARKED)
    steps = tuple(changed(s, operation="Other") if s.id == "permit" else s for s in make_service().steps)
    for service in (make_service(steps=steps), make_service(steps=steps[:1])):
        with pytest.raises(Conflict, match="cannot stand for this request") as refused:
            superseding.replace(walk.file, old, Change(service=service), WHY, BY, walk.rules)
        assert refused.value.code == "step_changed"


def test_what_is_known_of_an_effect() -> None:
    walk = Walk()
    find, permit = walk.rules.agency("registry").operations["Find"], walk.rules.agency("ministry").operations["Permit"]
    walk.send("birth", RetryLater("closed"))
    assert effect_of(walk.file, walk.request("birth"), find) is Effect.NONE, "certainly not acted on"
    walk.send("birth", Unknown("reset"))
    assert effect_of(walk.file, walk.request("birth"), find) is Effect.POSSIBLE
    walk.send("birth", Invalid("id", "unreadable"))
    assert effect_of(walk.file, walk.request("birth"), find) is Effect.POSSIBLE, "the one before may have been read"
    with pytest.raises(Conflict) as refused:
        superseding.replace(walk.file, walk.request("birth"), Change(service=make_service(digest="x")), WHY, BY, walk.rules)
    assert refused.value.code == "effect_possible"
    superseding.replace(
        walk.file, walk.request("birth"), Change(service=make_service(digest="x"), no_effect=True), WHY, BY, walk.rules
    )
    assert walk.file.events[-2].payload["no_effect"] is True
    other = Walk()
    other.send("birth", Invalid("id", "unreadable"))
    assert effect_of(other.file, other.request("birth"), find) is Effect.NONE, "the only message was not read"
    third, parked = standing(S.PARKED, sent_at=walk.now)
    assert effect_of(third.file, parked, permit) is Effect.NONE, "an unknown outcome would have made it doubtful"
    parked.reference = "R-1"
    assert effect_of(third.file, parked, permit) is Effect.POSSIBLE, "the agency has taken it"
    with pytest.raises(Conflict) as refused:
        retry(third, parked)
    assert refused.value.code == "agency_has_it", "what is not idempotent is not sent blindly again"


def test_a_doubtful_one_is_superseded_once_the_agency_has_said_that_it_is_not_there() -> None:
    walk, request = standing(S.IN_DOUBT, sent_at=None, released_at=None)
    acts.resolve(walk.file, request, NotThere(), WHY, BY, walk.rules)
    walk.pause(1)
    assert request.status is S.READY
    supersede(walk, request)
    assert request.status is S.SUPERSEDED


@pytest.mark.parametrize("mended", [True, False])
def test_a_retry_finds_the_branch_once_the_catalogue_is_mended(mended: bool) -> None:
    walk = Walk(territory="9")
    walk.send("birth", Completed())
    request = walk.request("permit")
    assert (request.status, request.lane) == (S.PARKED, "")
    if not mended:
        with pytest.raises(Conflict) as refused:
            retry(walk, request)
        assert refused.value.code == "no_lane"
        return
    agencies = dict(walk.rules.agencies)
    branch = changed(agencies["ministry"].branches[0], territories=("9",))
    agencies["ministry"] = changed(agencies["ministry"], branches=(branch,))
    walk.rules = make_rules(agencies=agencies)
    retry(walk, request)
    assert (request.status, request.branch, request.lane) == (S.READY, "north", "ministry")
    assert not walk.file.open_incidents


def test_a_retry_gives_a_fresh_budget() -> None:
    walk, request = standing(S.PARKED, attempts=3)
    retry(walk, request)
    assert (request.attempts, request.next_at) == (0, walk.file.now)
    assert walk.file.now > walk.last.now - timedelta(seconds=1)
