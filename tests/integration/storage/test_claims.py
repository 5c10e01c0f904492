"""Handing out work: by the law's order, never twice, never more than the window, and no case holds up another."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

from gateway.application.store import LaneRow
from gateway.domain.case_file import Attempt, CaseFile, StoredMessage
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.request import RequestStatus, Work
from gateway.storage import DatabaseStore
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import (
    LANE,
    add_request,
    complete,
    hand_out,
    new_file,
    only,
    room_for,
    stored,
    take,
    taken,
)


async def lane(store: DatabaseStore, name: str = LANE) -> None:
    await store.ensure_lanes({name: "tax-office"})


async def test_the_earliest_legal_deadline_goes_first(timed: DatabaseStore, clock: MovingClock) -> None:
    await lane(timed)
    days = [9, 3, None, 1]
    files = [new_file(clock(), due_at=None if d is None else clock() + timedelta(days=d)) for d in days]
    await take(timed, *files)
    first = await timed.release(LANE, room_for(3), hand_out, 10)
    assert [f.case.id for f in first] == [files[3].case.id, files[1].case.id, files[0].case.id]
    assert [f.case.id for f in await timed.release(LANE, room_for(9), hand_out, 10)] == [files[2].case.id]
    request = only(await stored(timed, files[3].case.id))
    assert (request.status, request.lease_work, request.lease_until) == ("released", Work.SEND, clock() + timedelta(minutes=1))


async def test_two_dispatchers_hand_nothing_out_twice_and_keep_the_window(store: DatabaseStore, other: DatabaseStore) -> None:
    await lane(store)
    now = await store.now()
    ids = await take(store, *(new_file(now) for _ in range(40)))
    given: Counter[UUID] = Counter()
    seen: list[int] = []

    def room(_row: LaneRow, in_flight: int, _now: object) -> int:
        seen.append(in_flight)
        return 7 - in_flight

    async def dispatcher(where: DatabaseStore) -> None:
        while sum(given.values()) < 40:
            files = await where.release(LANE, room, hand_out, 5)
            given.update(f.case.id for f in files)
            held = (await where.lanes())[0].in_flight
            assert held <= 7
            for file in files:
                await where.change([file.case.id], complete)

    await asyncio.gather(dispatcher(store), dispatcher(other), dispatcher(other))
    assert given == Counter(ids)
    assert max(seen) <= 7


async def test_what_is_not_due_waits(timed: DatabaseStore, clock: MovingClock) -> None:
    await lane(timed)
    file = await taken(timed)

    def postpone(file: CaseFile) -> None:
        file.touch(only(file))
        only(file).next_at = file.now + timedelta(seconds=90)
        file.event("request.postponed", {})

    await timed.change([file.case.id], postpone)
    assert await timed.ready_lanes() == []
    assert await timed.next_work_at() == clock() + timedelta(seconds=90)
    assert await timed.release(LANE, room_for(5), hand_out, 5) == []
    clock.forward(seconds=90)
    assert await timed.ready_lanes() == [LANE]
    assert await timed.next_work_at() is None
    assert len(await timed.release(LANE, room_for(5), hand_out, 5)) == 1
    assert await timed.ready_lanes() == []


async def test_a_case_that_cannot_go_holds_nobody_up(timed: DatabaseStore, clock: MovingClock) -> None:
    await lane(timed)
    files = [new_file(clock(), due_at=clock() + timedelta(days=n)) for n in range(1, 6)]
    await take(timed, *files)
    poison = {files[0].case.id: Conflict("no", "not this one"), files[1].case.id: KeyError("a bug")}

    def decide(file: CaseFile, ids: list[UUID]) -> None:
        hand_out(file, ids)
        if file.case.id in poison:
            raise poison[file.case.id]

    assert [f.case.id for f in await timed.release(LANE, room_for(2), decide, 10)] == [f.case.id for f in files[2:4]]
    assert only(await stored(timed, files[0].case.id)).status is RequestStatus.READY


async def test_a_case_that_cannot_be_stored_holds_nobody_up(timed: DatabaseStore, clock: MovingClock) -> None:
    await lane(timed)
    files = [new_file(clock(), due_at=clock() + timedelta(days=n)) for n in range(1, 4)]
    await take(timed, *files)

    def decide(file: CaseFile, ids: list[UUID]) -> None:
        hand_out(file, ids)
        if file.case.id == files[0].case.id:
            file.moved[ids[0]] = RequestStatus.PLANNED
        if file.case.id == files[1].case.id:
            detail = {"nothing JSON knows": object()}
            file.attempts.append(Attempt(ids[0], 1, Work.SEND, "completed", detail, None, file.now))

    assert [f.case.id for f in await timed.release(LANE, room_for(5), decide, 10)] == [files[2].case.id]
    for file in files[:2]:
        assert only(await stored(timed, file.case.id)).status is RequestStatus.READY


async def test_two_requests_of_one_case_go_together(timed: DatabaseStore, clock: MovingClock) -> None:
    await lane(timed)
    file = new_file(clock())
    second = add_request(file)
    await take(timed, file)
    (released,) = await timed.release(LANE, room_for(5), hand_out, 5)
    assert released.requests[second.id].status is RequestStatus.RELEASED
    assert len((await stored(timed, file.case.id)).requests) == 2


async def test_the_lanes_row_is_shared_state(timed: DatabaseStore, clock: MovingClock) -> None:
    await lane(timed)
    await taken(timed)

    def room(row: LaneRow, _in_flight: int, now: object) -> int:
        assert now == clock()
        row.tokens, row.filled_at, row.suspects = row.tokens + 1.5, clock(), (*row.suspects, "a")
        return 0

    for _ in range(2):
        assert await timed.release(LANE, room, hand_out, 5) == []
    (state,) = await timed.lanes()
    assert (state.row.tokens, state.row.filled_at, tuple(state.row.suspects)) == (3.0, clock(), ("a", "a"))
    assert (state.ready, state.in_flight, state.oldest_ready_at) == (1, 0, clock())

    def pause(row: LaneRow, now: object) -> list[Incident]:
        row.paused, row.paused_by, row.paused_at, row.paused_reason = True, "operator:nodira", clock(), "their move"
        return [Incident(IncidentKind.LANE_MISCONFIGURED, "lane:tax-office", {}, lane=row.name)]

    assert (await timed.change_lane(LANE, pause)).paused
    assert await timed.ready_lanes() == []
    (row,) = (await timed.incidents(state="open", kind="lane_misconfigured", agency="", case_id=None, after="", limit=5)).items
    assert (row.lane, row.case_id) == (LANE, None)
    assert await timed.close_incidents(["lane:tax-office"], "their move is over", "operator:nodira") == 1
    assert await timed.close_incidents(["lane:tax-office"], "again", "operator:nodira") == 0


async def test_a_lane_that_rests_is_ready_when_its_rest_is_over(timed: DatabaseStore, clock: MovingClock) -> None:
    await lane(timed)
    await taken(timed)
    until = clock() + timedelta(seconds=30)

    def rest(row: LaneRow, _now: object) -> list[Incident]:
        row.rests_until, row.failures = until, 5
        return []

    await timed.change_lane(LANE, rest)
    assert await timed.ready_lanes() == []
    assert await timed.next_work_at() == until
    clock.forward(seconds=30)
    assert await timed.ready_lanes() == [LANE]


async def test_lanes_that_there_are_keep_their_state(timed: DatabaseStore) -> None:
    await lane(timed)

    def pause(row: LaneRow, _now: object) -> list[Incident]:
        row.paused = True
        return []

    await timed.change_lane(LANE, pause)
    await timed.ensure_lanes({LANE: "tax-office", "registry": "registry"})
    assert {s.row.name: s.row.paused for s in await timed.lanes()} == {LANE: True, "registry": False}
    assert await timed.release("nowhere", room_for(5), hand_out, 5) == []
    try:
        await timed.change_lane("nowhere", pause)
    except NotFound as error:
        assert "nowhere" in error.message
    else:
        raise AssertionError("a lane that is not there was changed")


async def test_leases_end_and_a_restart_ends_them_all(timed: DatabaseStore, clock: MovingClock) -> None:
    await lane(timed)
    one, two = await take(timed, new_file(clock()), new_file(clock()))
    await timed.release(LANE, room_for(1), hand_out, 5)
    clock.forward(seconds=40)
    await timed.release(LANE, room_for(2), hand_out, 5)
    assert await timed.ended_leases(10) == []
    assert await timed.next_timer_at() == clock() + timedelta(seconds=20)
    clock.forward(seconds=20)
    assert [case for case, _ in await timed.ended_leases(10)] == [one]
    assert await timed.end_all_leases() == 1
    assert {case for case, _ in await timed.ended_leases(10)} == {one, two}


async def test_a_message_is_written_once(store: DatabaseStore) -> None:
    file = await taken(store)
    request = only(file)

    def write(content: bytes) -> None:
        file_messages.append(StoredMessage(request.id, Work.SEND, content, {"action": "Register"}))

    for content in (b"<first/>", b"<second/>"):
        file_messages: list[StoredMessage] = []
        write(content)

        def decide(file: CaseFile, made: list[StoredMessage] = file_messages) -> None:
            file.messages += made
            file.event("request.rendered", {})

        assert await store.change([file.case.id], decide) == {file.case.id: None}
    wanted = [(request.id, Work.SEND), (request.id, Work.LOOKUP)]
    stored_messages = await store.messages(wanted)
    assert list(stored_messages) == wanted[:1]
    assert stored_messages[wanted[0]].content == b"<first/>"
    assert stored_messages[wanted[0]].meta == {"action": "Register"}
