"""The diagram of messages: who said what, in order of time, and where it stands in the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from gateway.console import sequence
from gateway.console.timeline import Names, timeline
from gateway.domain.case_file import Attempt
from gateway.domain.events import Event
from gateway.domain.request import Request, RequestStatus, Work

BEGAN = datetime(2026, 11, 28, 9, tzinfo=UTC)
CASE = uuid4()


def at(secs: float) -> datetime:
    return BEGAN + timedelta(seconds=secs)


def event(seq: int, type_: str, payload: Mapping[str, Any] | None = None, actor: str = "gateway") -> Event:
    return Event(uuid4(), CASE, seq, type_, at(seq), actor, payload or {}, "", "", "", "")


def request(status: RequestStatus, agency: str = "registry") -> Request:
    return Request(uuid4(), CASE, "child", agency, "Find", uuid4(), status, BEGAN, released_at=at(2), sent_at=at(2))


def attempt(of: UUID, number: int, outcome: str, secs: float, work: Work = Work.SEND) -> Attempt:
    return Attempt(of, number, work, outcome, {}, at(secs), at(secs + 0.5))


def drawn(events: list[Event], attempts: list[Attempt], *requests: Request) -> list[sequence.Message]:
    return sequence.messages(events, attempts, {r.id: r for r in requests}, "en", lambda step: f"<{step}>")


def test_an_application_that_an_agency_answers_at_the_second_try() -> None:
    asked = request(RequestStatus.COMPLETED)
    events = [event(1, "case.received"), event(9, "case.decided", {"outcome": "granted"})]
    attempts = [attempt(asked.id, 1, "retry_later", 2), attempt(asked.id, 2, "completed", 4)]
    told = [(m.sender, m.receiver, m.text, m.lost) for m in drawn(events, attempts, asked)]
    assert told == [
        ("", "gateway", "application", False),
        ("gateway", "registry", "<child>", True),
        ("registry", "gateway", "retry later", True),
        ("gateway", "registry", "<child>, try 2", False),
        ("registry", "gateway", "done", False),
        ("gateway", "", "decision: granted", False),
    ]


def test_what_is_awaited_stands_last_and_dashed() -> None:
    waiting = request(RequestStatus.AWAITING_REPLY)
    *_, last = drawn([event(1, "case.received")], [attempt(waiting.id, 1, "accepted", 2)], waiting)
    assert (last.sender, last.receiver, last.tone) == ("registry", "gateway", "pending")


def test_a_callback_and_a_clerk_speak_for_their_agency() -> None:
    done = request(RequestStatus.COMPLETED)
    payload = {"request": str(done.id), "step": "child", "agency": "registry", "outcome": "completed"}
    found = drawn(
        [
            event(1, "request.progressed", {**payload, "source": "callback", "outcome": "progress"}),
            event(2, "request.completed", {**payload, "source": "clerk"}),
            event(3, "request.completed", {**payload, "source": "worker"}),
        ],
        [],
        done,
    )
    assert [m.text for m in found] == ["in progress (callback)", "done (clerk)"]  # a worker's word is an attempt


def test_the_drawing_has_a_line_for_each_party_and_a_row_for_each_message() -> None:
    one, two = request(RequestStatus.COMPLETED), request(RequestStatus.COMPLETED, "tax")
    found = drawn([event(1, "case.received")], [attempt(one.id, 1, "completed", 2), attempt(two.id, 1, "completed", 3)], one, two)
    drawing = sequence.lay_out(found, str.upper, "ru")
    assert [p.title for p in drawing.parties] == ["Фронт-офис", "Шлюз", "REGISTRY", "TAX"]
    assert [p.x for p in drawing.parties] == sorted({p.x for p in drawing.parties})
    rows = [a.y for a in drawing.arrows]
    assert rows == sorted(set(rows))
    assert rows[-1] < drawing.height
    assert max(p.x for p in drawing.parties) < drawing.width
    assert not drawing.cut


def test_a_long_story_is_cut_to_its_end() -> None:
    asked = request(RequestStatus.COMPLETED)
    found = drawn([], [attempt(asked.id, n, "retry_later", n) for n in range(1, 60)], asked)
    drawing = sequence.lay_out(found, str, "en")
    assert len(drawing.arrows) == sequence.MOST
    assert drawing.cut
    assert drawing.arrows[-1].message is found[-1]


def test_the_timeline_tells_the_latest_first_with_whose_it_was() -> None:
    names = Names("en", lambda step: f"<{step}>", lambda agency: agency.upper(), lambda moment: f"{moment:%H:%M}")
    payload = {"request": str(uuid4()), "step": "child", "agency": "registry", "source": "worker", "outcome": "retry_later"}
    lines = timeline(
        [
            event(1, "case.received", {"status": "received"}, "client:namangan"),
            event(2, "request.retrying", {**payload, "reason": "busy", "next_at": "2026-11-28T10:00:00+00:00"}),
            event(
                3,
                "clock.extended",
                {"kind": "statutory", "from_due_at": "2026-11-28T10:00:00+00:00", "due_at": at(7200).isoformat()},
            ),
            event(4, "something.new", {"kind": "strange"}, "robot:x"),
        ],
        names,
    )
    assert [line.type for line in lines] == ["something.new", "clock.extended", "request.retrying", "case.received"]
    new, extended, retrying, received = lines
    assert (new.text, new.who) == ("something.new", "robot:x")
    assert list(extended.facts) == ["11:00 instead of 10:00"]
    assert retrying.subject == "<child> · REGISTRY"
    assert list(retrying.facts) == ["busy", "retry later", "next: 10:00"]
    assert retrying.tone == "warn"
    assert received.who == "client namangan"
