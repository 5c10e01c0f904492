"""Callbacks find the request that stands for what they answer; dead letters and lanes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.application.bus import DEAD_FROM, DEAD_REASON
from gateway.application.release import WorkerReply
from gateway.application.store import InboxItem
from gateway.application.track import Track, apply_callback, current, lane_news
from gateway.domain.case_file import CaseFile
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.outcomes import (
    Accepted,
    Completed,
    Invalid,
    LookupOutcome,
    Misconfigured,
    NeedsApplicant,
    NotThere,
    Progress,
    Redirected,
    Refused,
    RetryLater,
    Unknown,
    outcome_to_json,
)
from gateway.domain.request import Request, RequestStatus, Work
from gateway.messaging import connect
from tests.unit.application.small import NOW, Small


def heir(file: CaseFile, old: Request, **change: Any) -> Request:
    """Supersede ``old``, as a supplement or a redirection does."""
    old.status = RequestStatus.SUPERSEDED
    new = replace(old, id=UUID(int=old.id.int + 1000), status=RequestStatus.AWAITING_REPLY, supersedes=old.id, **change)
    file.requests[new.id] = new
    return new


def sent(small: Small) -> tuple[CaseFile, Request]:
    file = small.case()
    request = file.live("birth")
    assert request is not None
    request.reference, request.status = "REF-1", RequestStatus.AWAITING_REPLY
    return file, request


def test_a_callback_is_for_the_request_it_names() -> None:
    file, request = sent(Small())
    assert current(file, request.id) is request


def test_what_is_said_of_a_superseded_request_is_said_of_the_one_that_took_its_reference_over() -> None:
    file, first = sent(Small())
    second = heir(file, first)
    assert current(file, first.id) is second
    third = heir(file, second)
    assert current(file, first.id) is third


@pytest.mark.parametrize("change", [{"reference": "REF-2"}, {"branch": "south"}, {"agency": "ministry"}])
def test_another_reference_branch_or_agency_is_another_matter(change: dict[str, str]) -> None:
    file, first = sent(Small())
    heir(file, first, **change)
    assert current(file, first.id) is first


def test_a_superseded_request_without_an_heir_is_itself() -> None:
    file, first = sent(Small())
    first.status = RequestStatus.SUPERSEDED
    assert current(file, first.id) is first


def callback(number: int, outcome: LookupOutcome, **more: Any) -> InboxItem:
    return InboxItem(UUID(int=number), "registry", "Told", f"k{number}", "REF-1", "", outcome_to_json(outcome), NOW, {}, **more)


async def test_callbacks_are_applied_and_settled() -> None:
    small = Small()
    file, request = sent(small)
    small.store.add(file)
    item = callback(1, Completed({"found": True}))
    small.store.inbox = [(item, file.case.id, request.id), (callback(2, Completed()), None, None)]
    track = Track(small.deployment, small.store, connect("memory://"))  # type: ignore[arg-type]
    kept: list[CaseFile] = []
    save = small.store._save
    small.store._save = lambda one: (kept.append(one), save(one))[1]  # type: ignore[method-assign, func-returns-value]
    assert await track.inbox() == 1  # the other matches nothing yet and stays
    (saved,) = kept
    assert saved.settled_inbox == {item.id: "applied"}
    assert (TimerKind.UNMATCHED_CALLBACK, item.id) in saved.cleared_timers
    assert small.store.request("birth").status is RequestStatus.COMPLETED
    assert await track.inbox() == 0


def answering(small: Small, status: RequestStatus) -> tuple[CaseFile, Request, Request]:
    """A request that was answered by the applicant, and the one that carries the answer, which stands in ``status``."""
    file, old = sent(small)
    old.message_id = UUID(int=41)
    new = heir(file, old, message_id=UUID(int=42))
    new.status = status
    return file, old, new


def hear(small: Small, file: CaseFile, item: InboxItem, request: Request) -> None:
    file.settled_inbox.clear()
    file.early_inbox.clear()
    apply_callback(file, small.deployment.rules(file.case.pin), item, request.id)


OPEN_WORDS = [Progress("working"), NeedsApplicant("a photo"), Accepted("REF-1"), Redirected("south", "moved")]
UNANSWERED = [RequestStatus.READY, RequestStatus.RELEASED, RequestStatus.IN_DOUBT, RequestStatus.PARKED]


@pytest.mark.parametrize("status", UNANSWERED)
@pytest.mark.parametrize("word", OPEN_WORDS, ids=lambda word: type(word).__name__)
@pytest.mark.parametrize("names_old", [False, True], ids=["by-reference", "by-old-message"])
def test_a_word_under_an_inherited_reference_waits_for_the_answer(
    status: RequestStatus, word: LookupOutcome, names_old: bool
) -> None:
    small = Small()
    file, old, new = answering(small, status)
    item = replace(callback(1, word), message_id=str(old.message_id) if names_old else "")
    hear(small, file, item, old if names_old else new)
    assert (new.status, new.reference, file.settled_inbox) == (status, "REF-1", {})
    assert file.early_inbox == {item.id: NOW + timedelta(seconds=0.1)}
    file.now = NOW + timedelta(seconds=40)
    hear(small, file, item, new)
    assert file.early_inbox == {item.id: NOW + timedelta(seconds=80)}  # more and more seldom


@pytest.mark.parametrize("kept", [True, False])
def test_the_answer_says_whose_the_reference_is(kept: bool) -> None:
    small = Small()
    file, old, new = answering(small, RequestStatus.RELEASED)
    item = callback(1, NeedsApplicant("a photo"))
    hear(small, file, item, new)
    new.status, new.reference = RequestStatus.AWAITING_REPLY, "REF-1" if kept else "REF-2"
    hear(small, file, item, new)  # matched when the reference was still the inherited one
    assert file.settled_inbox == {item.id: "applied"}
    assert new.status is (RequestStatus.AWAITING_APPLICANT if kept else RequestStatus.AWAITING_REPLY)
    assert old.status is RequestStatus.SUPERSEDED


@pytest.mark.parametrize("status", UNANSWERED)
def test_a_word_that_ends_the_matter_or_names_the_request_counts_at_once(status: RequestStatus) -> None:
    small = Small()
    file, _, new = answering(small, status)
    item = replace(callback(1, Progress("working")), message_id=f"urn:uuid:{new.message_id}")
    hear(small, file, item, new)
    assert (new.status, file.early_inbox) == (RequestStatus.AWAITING_REPLY, {})
    new.status = status
    hear(small, file, callback(2, Completed()), new)
    assert (new.status, file.early_inbox) == (RequestStatus.COMPLETED, {})


def test_a_request_that_got_a_reference_of_its_own_keeps_the_word_of_another_it_was_matched_by() -> None:
    """It has had three references: what names none of those before it stays its own."""
    file, first = sent(Small())
    second = heir(file, first, reference="REF-3")
    assert current(file, second.id, "REF-1") is first
    assert current(file, second.id, "REF-2") is second


async def test_dead_letters_are_one_incident_for_each_content() -> None:
    small = Small()
    track = Track(small.deployment, small.store, connect("memory://"))  # type: ignore[arg-type]
    headers = {DEAD_FROM: "lane.registry", DEAD_REASON: "rejected"}
    await track.dead_letters([(b"one", headers), (b"one", headers), (b"\x00two", {})])
    first, again, other = small.store.incidents
    assert first.fingerprint == again.fingerprint != other.fingerprint
    told = {"queue": "lane.registry", "reason": "rejected", "size": 3, "head": "one"}
    assert first.detail == told | {"content": hashlib.sha256(b"one").hexdigest()}
    assert small.store.blobs[first.detail["content"]] == b"one"
    assert {i.kind for i in small.store.incidents} == {IncidentKind.DEAD_LETTER}


def reply(outcome: LookupOutcome, lane: str = "registry", number: int = 1) -> WorkerReply:
    return WorkerReply(UUID(int=number), UUID(int=2), UUID(int=3), Work.SEND, lane, outcome, NOW)


@pytest.mark.parametrize("outcome", [Completed(), Refused("R", "no"), Accepted("A"), Progress("P"), Invalid("/x", "y")])
def test_an_agency_that_says_anything_is_alive(outcome: LookupOutcome) -> None:
    assert lane_news([reply(outcome)])["registry"].answered


def test_failures_are_counted_by_lane_and_absence_is_neither() -> None:
    news = lane_news([reply(RetryLater("x")), reply(Unknown("x")), reply(NotThere()), reply(Unknown("x"), lane="tax")])
    assert (news["registry"].failures, news["registry"].answered) == (2, False)
    assert news["tax"].failures == 1


def test_who_says_misconfigured_is_noted_with_what_a_probe_said() -> None:
    news = lane_news([reply(Misconfigured("401")), reply(Misconfigured("403", probe_agrees=True), number=2)])["registry"]
    assert (news.misconfigured, news.probed, news.reason) == ([str(UUID(int=1)), str(UUID(int=2))], True, "403")


async def test_a_lane_is_told_of_failures_and_of_the_first_success_after_them() -> None:
    small = Small()
    track = Track(small.deployment, small.store, connect("memory://"))  # type: ignore[arg-type]
    ids = [small.case().case.id for _ in range(3)]

    async def told(case_id: UUID, outcome: LookupOutcome) -> None:
        file = small.store.file(case_id)
        request = file.live("birth")
        assert request is not None
        request.status, request.lease_id = RequestStatus.RELEASED, UUID(int=77)
        said = WorkerReply(request.id, case_id, UUID(int=77), Work.SEND, "registry", outcome, NOW)
        assert (await track.replies([(said, "")])).errors == [None]

    await told(ids[0], Completed())
    assert "registry" not in small.store.lanes  # all is well: nothing to write
    await told(ids[1], Unknown("reset"))
    assert small.store.lanes["registry"].failures == 1
    await told(ids[2], Completed())
    assert small.store.lanes["registry"].failures == 0
