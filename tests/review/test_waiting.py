"""A request that waits is always waited for: polls go on, references are learnt, what cannot end is called out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain import acts, expiry
from gateway.domain.applied import Said, apply
from gateway.domain.errors import Conflict
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.outcomes import Accepted, Completed, NeedsApplicant, NotThere, Progress, RetryLater, Unknown
from gateway.domain.request import RequestStatus as S
from tests.unit.domain.world import Walk, make_agencies, make_rules


def waiting(accepted: Accepted | None = None) -> Walk:
    """A case whose permit was accepted by the agency, which answers later and can be asked."""
    walk = Walk()
    walk.send("birth", Completed({}))
    walk.send("permit", accepted or Accepted("r-1", poll_after=30))
    assert walk.status("permit") is S.AWAITING_REPLY
    return walk


@pytest.mark.parametrize("answer", [Accepted("r-1", poll_after=30), Accepted(""), Progress("queued", "place 7")])
def test_a_poll_that_settles_nothing_is_followed_by_another(answer: Accepted | Progress) -> None:
    walk = waiting()
    walk.send("permit", answer)
    request = walk.request("permit")
    assert request.status is S.AWAITING_REPLY
    assert request.lease_id is None
    assert request.next_at is not None


def test_progress_by_callback_leaves_the_polling_alone() -> None:
    walk = waiting()
    at = walk.request("permit").next_at
    walk.said("permit", Progress("queued"))
    assert walk.request("permit").next_at == at is not None


def test_a_callback_during_a_poll_does_not_end_the_polling() -> None:
    walk = waiting()
    walk.release("permit")
    lease = walk.request("permit").lease_id
    walk.said("permit", Progress("queued"))
    request = walk.request("permit")
    late = Said(RetryLater("busy"), "worker", walk.now, lease_id=lease, work=request.work)
    apply(walk.file, request, late, walk.rules)
    assert request.next_at is not None


def test_nobody_is_polled_who_cannot_be_asked() -> None:
    agencies = make_agencies()
    permit = replace(agencies["ministry"].operations["Permit"], lookup=None)
    agencies["ministry"] = replace(agencies["ministry"], operations={"Permit": permit})
    walk = Walk(make_rules(agencies=agencies))
    walk.send("birth", Completed({}))
    walk.send("permit", Accepted("r-1", poll_after=30))
    walk.said("permit", RetryLater("a person was told so"), source="operator")
    assert walk.request("permit").next_at is None


def test_the_reference_is_learnt_although_progress_came_first() -> None:
    walk = Walk()
    walk.send("birth", Completed({}))
    walk.release("permit")
    lease = walk.request("permit").lease_id
    walk.said("permit", Progress("queued"))  # the callback overtakes the receipt
    request = walk.request("permit")
    apply(walk.file, request, Said(Accepted("r-9"), "worker", walk.now, lease_id=lease), walk.rules)
    assert (request.status, request.reference) == (S.AWAITING_REPLY, "r-9")


def test_a_repeat_of_the_receipt_is_only_recorded() -> None:
    walk = waiting()
    walk.said("permit", Accepted("r-1", poll_after=9999))
    assert "reply.recorded" in walk.history


def test_what_is_never_there_is_not_sent_for_ever() -> None:
    walk = Walk()
    walk.send("birth", Completed({}))
    for _ in range(walk.rules.retry_policy(walk.request("permit")).attempts):
        assert walk.status("permit") is S.READY
        walk.send("permit", Unknown("reset"))
        assert walk.status("permit") is S.IN_DOUBT
        walk.send("permit", NotThere())
    assert walk.status("permit") is S.PARKED
    assert f"{IncidentKind.EXHAUSTED}:{walk.request('permit').id}" in walk.file.open_incidents


@pytest.mark.parametrize("word", [RetryLater("surely not sent"), Unknown("nobody knows"), NotThere()])
def test_nobody_speaks_for_the_transport_while_a_worker_has_the_request(word: RetryLater | Unknown | NotThere) -> None:
    walk = Walk()
    walk.send("birth", Completed({}))
    walk.release("permit")
    with pytest.raises(Conflict, match="worker"):
        acts.resolve(walk.file, walk.request("permit"), word, "I was told so", "operator:dilnoza", walk.rules)


def test_a_deadline_that_was_moved_is_not_lost_with_the_old_timer() -> None:
    walk = Walk()
    walk.send("birth", Completed({}))
    later = walk.now + timedelta(days=3)
    walk.send("permit", NeedsApplicant("photo", later))
    walk.do(acts.deadline_passed, walk.request("permit"), walk.rules)  # read before the deadline was moved
    assert [(t.kind, t.due_at) for t in walk.last.timers] == [(TimerKind.APPLICANT_DEADLINE, later)]


def test_a_clock_that_was_moved_is_not_lost_with_the_old_timer() -> None:
    walk = Walk()
    (clock,) = [c for c in walk.file.clocks.values() if c.kind == "statutory"]
    expiry.expire(walk.file, walk.rules, clock)
    assert [t.kind for t in walk.file.timers] == [TimerKind.CLOCK_WARNING]


def test_parking_for_want_of_a_branch_is_an_event() -> None:
    walk = Walk(territory="9")
    walk.send("birth", Completed({}))
    assert walk.status("permit") is S.PARKED
    assert "request.parked" in walk.history
