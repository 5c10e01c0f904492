"""Callbacks: kept before they are answered, a repeat gets its first answer, and nothing is lost for coming too early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict
from gateway.domain.incident import TimerKind
from gateway.storage import DatabaseStore
from gateway.storage.engine import Tx
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, callback, complete, new_file, only, stored, take, taken


def learns(reference: str, agency: str = "tax-office"):  # type: ignore[no-untyped-def]
    def decide(file: CaseFile) -> None:
        request = only(file)
        file.touch(request)
        request.reference, request.agency = reference, agency
        file.event("request.accepted", {"reference": reference})

    return decide


def settles(item_id: UUID):  # type: ignore[no-untyped-def]
    def decide(file: CaseFile) -> None:
        complete(file)
        file.settled_inbox[item_id] = "applied"

    return decide


async def test_a_repeat_gets_its_first_answer_and_is_kept_once(timed: DatabaseStore, clock: MovingClock) -> None:
    item = callback(clock(), key="K-1", body=b"<a/>", blobs={"d" * 64: b"scan"}, headers={"content-type": "text/xml"})
    assert await timed.keep_callback(item) == item.answer
    repeat = callback(clock(), key="K-1", answer={"status": 500, "body": "second"})
    assert await timed.keep_callback(repeat) == item.answer
    assert await timed.keep_callback(callback(clock(), key="K-1", agency="registry", answer={"status": 201})) == {"status": 201}
    claimed = await timed.claim_callbacks(10)
    assert [c[0] for c in claimed if c[0].agency == "tax-office"] == [replace(item, blobs={})]
    assert await timed.get_blob("d" * 64) == b"scan"


async def test_it_is_matched_by_reference_or_message_id_within_its_agency(timed: DatabaseStore, clock: MovingClock) -> None:
    one, two = await take(timed, new_file(clock()), new_file(clock()))
    await timed.change([one], learns("REF-1"))
    message_id = only(await stored(timed, two)).message_id
    items = [
        callback(clock(), reference="REF-1"),
        callback(clock(), message_id=f"urn:uuid:{message_id}"),
        callback(clock(), reference="REF-1", agency="registry"),
        callback(clock(), message_id=str(MINT.uuid())),
    ]
    for item in items:
        await timed.keep_callback(item)
    matched = {item.id: case_id for item, case_id, _ in await timed.claim_callbacks(10)}
    assert [matched[item.id] for item in items] == [one, two, None, None]


async def test_one_that_comes_too_early_is_matched_when_its_reference_is_known(timed: DatabaseStore, clock: MovingClock) -> None:
    file = await taken(timed)
    item = callback(clock(), reference="REF-9")
    await timed.keep_callback(item)
    assert [(i.id, case, request) for i, case, request in await timed.claim_callbacks(10)] == [(item.id, None, None)]
    assert await timed.claim_callbacks(10) == []
    clock.forward(hours=1)
    (timer,) = await timed.due_timers(10)
    assert (timer.kind, timer.subject, timer.case_id) == (TimerKind.UNMATCHED_CALLBACK, item.id, None)
    await timed.clear_timer(timer.kind, timer.subject)
    assert await timed.due_timers(10) == []

    await timed.change([file.case.id], learns("REF-9"))
    ((_, case_id, request_id),) = await timed.claim_callbacks(10)
    assert (case_id, request_id) == (file.case.id, only(file).id)
    assert await timed.change([file.case.id], settles(item.id)) == {file.case.id: None}
    clock.forward(hours=1)
    assert await timed.claim_callbacks(10) == []


async def test_those_of_one_reference_go_in_order_though_it_becomes_known_between_two_looks(
    timed: DatabaseStore, clock: MovingClock, postgres: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await taken(timed)
    first, second = callback(clock(), reference="REF-9"), callback(clock(), reference="REF-9")
    await timed.keep_callback(first)
    await timed.claim_callbacks(10)
    clock.forward(seconds=1)
    await timed.keep_callback(replace(second, received_at=clock()))
    look = timed._matchable

    async def look_and_miss(tx: Tx, most: int) -> Sequence[Any]:
        found = await look(tx, most)
        if postgres:  # on SQLite nobody else writes meanwhile
            await timed.change([file.case.id], learns("REF-9"))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(timed, "_matchable", look_and_miss)
        assert [case for _, case, _ in await timed.claim_callbacks(10)] == [None]
    await timed.change([file.case.id], learns("REF-9"))
    assert [item.id for item, _, _ in await timed.claim_callbacks(10)] == [first.id, second.id]


async def test_one_that_is_too_early_for_its_request_comes_again_at_its_time(timed: DatabaseStore, clock: MovingClock) -> None:
    file = await taken(timed)
    await timed.change([file.case.id], learns("REF-1"))
    item = callback(clock(), reference="REF-1")
    await timed.keep_callback(item)
    assert [i.id for i, _, _ in await timed.claim_callbacks(10)] == [item.id]

    def later(file: CaseFile) -> None:
        file.early_inbox[item.id] = file.now + timedelta(seconds=40)

    assert await timed.change([file.case.id], later) == {file.case.id: None}
    clock.forward(seconds=39)  # a claim alone would have ended by now
    assert await timed.claim_callbacks(10) == []
    clock.forward(seconds=1)
    assert [i.id for i, _, _ in await timed.claim_callbacks(10)] == [item.id]


async def test_one_that_is_settled_in_time_fires_no_timer(timed: DatabaseStore, clock: MovingClock) -> None:
    file = await taken(timed)
    item = callback(clock(), reference="REF-8")
    await timed.keep_callback(item)
    assert len(await timed.claim_callbacks(10)) == 1
    await timed.change([file.case.id], learns("REF-8"))
    assert len(await timed.claim_callbacks(10)) == 1
    assert await timed.change([file.case.id], settles(item.id)) == {file.case.id: None}
    clock.forward(hours=2)
    assert await timed.due_timers(10) == []


async def test_a_claim_that_came_to_nothing_is_made_again(timed: DatabaseStore, clock: MovingClock) -> None:
    file = await taken(timed)
    await timed.change([file.case.id], learns("REF-2"))
    await timed.keep_callback(callback(clock(), reference="REF-2"))
    assert len(await timed.claim_callbacks(10)) == 1
    assert await timed.claim_callbacks(10) == []
    clock.forward(seconds=31)
    assert len(await timed.claim_callbacks(10)) == 1
    await timed.end_all_leases()
    assert len(await timed.claim_callbacks(10)) == 1


async def test_it_is_settled_once(timed: DatabaseStore, clock: MovingClock) -> None:
    one, two = await take(timed, new_file(clock()), new_file(clock()))
    item = callback(clock(), reference="REF-3")
    await timed.keep_callback(item)
    assert await timed.change([one], settles(item.id)) == {one: None}
    results = await timed.change([one, two], settles(item.id))
    assert all(isinstance(error, Conflict) for error in results.values())
    assert only(await stored(timed, two)).status == "ready"


async def test_the_standing_request_is_preferred_to_a_superseded_one(timed: DatabaseStore, clock: MovingClock) -> None:
    old, new = await take(timed, new_file(clock()), new_file(clock()))
    await timed.change([old, new], learns("REF-4"))

    def supersede(file: CaseFile) -> None:
        file.move(only(file), "supersede")
        file.event("request.superseded", {})

    await timed.change([new], supersede)
    await timed.keep_callback(callback(clock(), reference="REF-4"))
    ((_, case_id, _),) = await timed.claim_callbacks(10)
    assert case_id == old


async def test_a_timer_of_a_case_is_set_replaced_and_cleared(timed: DatabaseStore, clock: MovingClock) -> None:
    file = await taken(timed)
    subject = only(file).id

    def wait(minutes: float):  # type: ignore[no-untyped-def]
        def decide(file: CaseFile) -> None:
            file.set_timer(TimerKind.NO_REPLY, subject, file.now + timedelta(minutes=99))
            file.set_timer(TimerKind.NO_REPLY, subject, file.now + timedelta(minutes=minutes))
            file.event("case.noted", {})

        return decide

    await timed.change([file.case.id], wait(5))
    assert await timed.next_timer_at() == clock() + timedelta(minutes=5)
    await timed.change([file.case.id], wait(10))
    clock.forward(minutes=6)
    assert await timed.due_timers(10) == []
    clock.forward(minutes=4)
    (due,) = await timed.due_timers(10)
    assert (due.kind, due.subject, due.case_id, due.due_at) == (TimerKind.NO_REPLY, subject, file.case.id, clock())

    def reset(file: CaseFile) -> None:
        file.clear_timer(TimerKind.NO_REPLY, subject)
        file.set_timer(TimerKind.APPLICANT_DEADLINE, subject, file.now + timedelta(hours=1))
        file.clear_timer(TimerKind.APPLICANT_DEADLINE, subject)
        file.event("case.noted", {})

    await timed.change([file.case.id], reset)
    assert await timed.next_timer_at() is None


async def test_a_reference_that_stands_in_two_cases_is_never_guessed(timed: DatabaseStore, clock: MovingClock) -> None:
    one, two = await take(timed, new_file(clock()), new_file(clock()))
    await timed.change([one, two], learns("17"))
    await timed.keep_callback(item := callback(clock(), reference="17"))
    assert [(i.id, case_id) for i, case_id, _ in await timed.claim_callbacks(10)] == [(item.id, None)]
    assert [(x.kind, x.subject) for x in await timed.due_timers(10)] == [(TimerKind.UNMATCHED_CALLBACK, item.id)]
    assert await timed.claim_callbacks(10) == []
