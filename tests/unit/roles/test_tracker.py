"""The tracker's loop over the in-process bus: batches, poison, a database that is away, strangers, dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from gateway.application.bus import DEAD, DEAD_FROM, DEAD_REASON, REPLIES, Bus
from gateway.application.dispatch import Dispatch
from gateway.application.release import WorkerReply
from gateway.application.track import Track
from gateway.domain.incident import IncidentKind
from gateway.domain.outcomes import Completed, LookupOutcome, Refused
from gateway.domain.request import RequestStatus, Work
from gateway.messaging import connect
from gateway.roles.tracker import Tracker
from tests.unit.application.small import NOW, NoReferences, Small, agencies, catalogue
from tests.unit.roles.running import PATIENCE_SECS, put, running, taken, until


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    made = connect("memory://")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def small() -> Small:
    return Small()


def tracker(small: Small, bus: Bus) -> Tracker:
    return Tracker(Track(small.deployment, small.store, bus), bus)  # type: ignore[arg-type]


async def released(small: Small, bus: Bus, cases: int = 1) -> list[UUID]:
    """Take applications in and release their first step; the releases themselves are of no interest here."""
    ids = [small.case().case.id for _ in range(cases)]
    dispatch = Dispatch(small.deployment, small.store, bus, small.preparer, NoReferences(), small.zone)  # type: ignore[arg-type]
    await dispatch.run_once()
    return ids


def reply(small: Small, case_id: UUID, outcome: LookupOutcome, step: str = "birth") -> WorkerReply:
    request = small.store.file(case_id).live(step)
    assert request is not None and request.lease_id is not None
    return WorkerReply(request.id, case_id, request.lease_id, Work.SEND, request.lane, outcome, NOW, "worker-1")


def status(small: Small, case_id: UUID, step: str = "birth") -> RequestStatus:
    request = small.store.file(case_id).live(step)
    assert request is not None
    return request.status


async def test_a_batch_is_one_commit_and_acknowledged_after_it(small: Small, bus: Bus) -> None:
    ids = await released(small, bus, 3)
    await put(bus, REPLIES, [reply(small, id_, Completed({"found": True})).to_bytes() for id_ in ids])
    before = small.store.changes
    async with running(job := tracker(small, bus)):
        await until(lambda: all(status(small, id_) is RequestStatus.COMPLETED for id_ in ids))
        assert job.healthy
    assert small.store.changes == before + 1
    assert await bus.depth(REPLIES) == 0 and await bus.depth(DEAD) == 0


async def test_a_reply_twice_counts_once(small: Small, bus: Bus) -> None:
    (case_id,) = await released(small, bus)
    body = reply(small, case_id, Refused("R1", "not found")).to_bytes()
    await put(bus, REPLIES, [body, body])
    async with running(tracker(small, bus)):
        await until(lambda: "reply.recorded" in small.store.history)
    assert small.store.history.count("request.refused") == 1
    assert small.store.history.count("case.decided") == 1


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b'{"outcome": {"outcome": "perhaps"}}', b"\x00\xff"])
async def test_what_is_no_reply_becomes_an_incident_and_the_others_go_on(small: Small, bus: Bus, body: bytes) -> None:
    (case_id,) = await released(small, bus)
    await put(bus, REPLIES, [body, reply(small, case_id, Completed()).to_bytes()])
    async with running(tracker(small, bus)):
        await until(lambda: small.store.incidents and status(small, case_id) is RequestStatus.COMPLETED)
    (incident,) = small.store.incidents
    assert incident.kind is IncidentKind.DEAD_LETTER
    assert incident.detail["queue"] == REPLIES and incident.detail["reason"] == "rejected"
    assert "\x00" not in incident.detail["head"]  # PostgreSQL cannot store it


async def test_a_poison_reply_goes_alone_to_the_dead_letters_and_becomes_an_incident(small: Small, bus: Bus) -> None:
    first, bad, last = await released(small, bus, 3)
    small.store.poison.add(bad)
    batches: list[int] = []
    change = small.store.change

    async def counted(ids: Any, decide: Any, **more: Any) -> Any:
        batches.append(len(ids))
        return await change(ids, decide, **more)

    small.store.change = counted  # type: ignore[method-assign]
    await put(bus, REPLIES, [reply(small, id_, Completed()).to_bytes() for id_ in (first, bad, last)])
    async with running(tracker(small, bus)):
        await until(lambda: small.store.incidents)
    assert status(small, first) is status(small, last) is RequestStatus.COMPLETED
    assert status(small, bad) is RequestStatus.RELEASED
    (incident,) = small.store.incidents
    assert incident.kind is IncidentKind.DEAD_LETTER and incident.detail["reason"] == "delivery_limit"
    assert batches[0] == 3 and set(batches[1:]) == {1}  # once the batch had failed, everything was done alone


async def test_what_comes_again_is_handled_alone_from_the_start(small: Small, bus: Bus) -> None:
    ids = await released(small, bus, 4)
    await put(bus, REPLIES, [reply(small, id_, Completed()).to_bytes() for id_ in ids])
    for delivery in (await taken(bus, REPLIES, 4))[:2]:
        await delivery.give_back()
    await put(bus, REPLIES, [reply(small, id_, Completed()).to_bytes() for id_ in ids[2:]])
    batches: list[list[UUID]] = []

    class Noted(Track):
        async def replies(self, batch: Any) -> Any:
            batches.append([said.case_id for said, _ in batch])
            return await super().replies(batch)

    job = Tracker(Noted(small.deployment, small.store, bus), bus)  # type: ignore[arg-type]
    async with running(job):
        await until(lambda: all(status(small, id_) is RequestStatus.COMPLETED for id_ in ids))
    assert sorted(batches, key=len) == [[ids[0]], [ids[1]], [ids[2], ids[3]]]


async def test_one_case_that_cannot_be_saved_does_not_hold_up_its_batch(small: Small, bus: Bus) -> None:
    good, bad = await released(small, bus, 2)
    small.store.refuses.add(bad)
    await put(bus, REPLIES, [reply(small, id_, Completed()).to_bytes() for id_ in (bad, good)])
    async with running(tracker(small, bus)):
        await until(lambda: small.store.incidents and status(small, good) is RequestStatus.COMPLETED)
    assert [i.kind for i in small.store.incidents] == [IncidentKind.DEAD_LETTER]


async def test_a_reply_for_a_case_that_is_not_ours_becomes_an_incident(small: Small, bus: Bus) -> None:
    (case_id,) = await released(small, bus)
    stray = reply(small, case_id, Completed())
    del small.store.files[case_id]
    await put(bus, REPLIES, [stray.to_bytes()])
    async with running(tracker(small, bus)):
        await until(lambda: small.store.incidents)
    assert small.store.incidents[0].kind is IncidentKind.DEAD_LETTER


async def test_a_database_that_is_away_costs_time_and_no_delivery(small: Small, bus: Bus, no_waiting: None) -> None:
    (case_id,) = await released(small, bus)
    await put(bus, REPLIES, [reply(small, case_id, Completed()).to_bytes()])
    small.store.away = 20  # more often than the broker would deliver it
    async with running(tracker(small, bus)):
        await until(lambda: status(small, case_id) is RequestStatus.COMPLETED)
    assert await bus.depth(DEAD) == 0 and not small.store.incidents


async def test_stopping_while_the_database_is_away_keeps_the_replies_at_the_broker(small: Small, bus: Bus) -> None:
    (case_id,) = await released(small, bus)
    await put(bus, REPLIES, [reply(small, case_id, Completed()).to_bytes()])
    small.store.away = 1_000_000
    job = tracker(small, bus)
    task = asyncio.create_task(job.run())
    await until(lambda: small.store.away < 1_000_000)
    await job.stop()
    async with asyncio.timeout(PATIENCE_SECS):
        await task
    (kept,) = await taken(bus, REPLIES, 1)
    assert WorkerReply.from_bytes(kept.body).case_id == case_id


async def test_how_lanes_fare_is_advice_and_never_fails_a_reply(small: Small, bus: Bus) -> None:
    (case_id,) = await released(small, bus)
    track = Track(small.deployment, small.store, bus)  # type: ignore[arg-type]
    track.learn_ailing(["registry"])
    original = small.store.change

    async def change_then_away(ids: Any, decide: Any, **more: Any) -> Any:
        results = await original(ids, decide, **more)
        small.store.away = 1
        return results

    small.store.change = change_then_away  # type: ignore[method-assign]
    result = await track.replies([(reply(small, case_id, Completed()), "")])
    assert result.errors == [None]
    assert status(small, case_id) is RequestStatus.COMPLETED


async def test_a_reply_from_a_user_that_does_not_own_the_lane_changes_nothing_and_is_an_incident(bus: Bus) -> None:
    owned = agencies()
    small = Small(catalogue(known=owned | {"registry": replace(owned["registry"], worker_user="registry-worker")}))
    mine, theirs = await released(small, bus, 2)
    track = Track(small.deployment, small.store, bus)  # type: ignore[arg-type]
    result = await track.replies(
        [
            (reply(small, theirs, Completed()), "stranger"),
            (reply(small, mine, Completed()), "registry-worker"),
            (reply(small, mine, Refused("R", "no")), "stranger"),
        ]
    )
    assert result.errors == [None, None, None]  # acknowledged: it would be no better a second time
    assert status(small, theirs) is RequestStatus.RELEASED
    assert status(small, mine) is RequestStatus.COMPLETED
    # An incident of the lane: which case is meant only the stranger says.
    told = {(i.kind, i.lane, i.case_id, i.detail["case"]) for i in small.store.incidents}
    kind, lane = IncidentKind.FOREIGN_WORKER, "registry"
    assert told == {(kind, lane, None, str(theirs)), (kind, lane, None, str(mine))}
    assert small.store.incidents[0].detail["user"] == "stranger"


async def test_dead_letters_wait_for_the_database_and_name_their_queue(small: Small, bus: Bus, no_waiting: None) -> None:
    await put(bus, "lane.registry", [b"not a release"])
    (delivery,) = await taken(bus, "lane.registry", 1)
    await delivery.reject()
    small.store.away = 3
    async with running(tracker(small, bus)):
        await until(lambda: small.store.incidents)
    (incident,) = small.store.incidents
    assert incident.detail["queue"] == "lane.registry"
    assert await bus.depth(DEAD) == 0
    assert (DEAD_FROM, DEAD_REASON) == ("dead-from", "dead-reason")


async def test_a_tracker_stopped_while_it_subscribes_ends(small: Small, bus: Bus) -> None:
    class Slow:
        def __init__(self) -> None:
            self.job: Tracker | None = None

        def __getattr__(self, name: str) -> Any:
            return getattr(bus, name)

        async def subscribe(self, queue: str, prefetch: int) -> Any:
            assert self.job is not None
            await self.job.stop()
            return await bus.subscribe(queue, prefetch)

    slow = Slow()
    slow.job = Tracker(Track(small.deployment, small.store, bus), slow)  # type: ignore[arg-type]
    async with asyncio.timeout(PATIENCE_SECS):
        await slow.job.run()


async def test_a_tracker_that_dies_lets_go_of_what_it_took(small: Small, bus: Bus) -> None:
    (case_id,) = await released(small, bus)
    await put(bus, REPLIES, [reply(small, case_id, Completed()).to_bytes()])
    await put(bus, DEAD, [b"what kills it"])

    class Dies(Track):
        async def replies(self, batch: Any) -> Any:
            await asyncio.Event().wait()

        async def dead_letters(self, bodies: Any) -> None:
            raise ZeroDivisionError

    job = Tracker(Dies(small.deployment, small.store, bus), bus)  # type: ignore[arg-type]
    async with asyncio.timeout(PATIENCE_SECS):
        with pytest.raises(ExceptionGroup):
            await job.run()
    assert len(await taken(bus, REPLIES, 1)) == 1 and len(await taken(bus, DEAD, 1)) == 1
