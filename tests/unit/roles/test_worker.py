"""The worker's loop over the in-process bus: stopping, redelivery, what is no release, and loops that die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.application.bus import DEAD, DEAD_FROM, REPLIES, Bus, BusMessage, BusUnavailable, lane_queue
from gateway.application.deliver import Deliver
from gateway.application.release import Release
from gateway.domain.outcomes import Completed, RetryLater, Unknown, name_of
from gateway.domain.request import Work
from gateway.messaging import connect
from gateway.roles.worker import Worker
from gateway.sdk.adapter import Message, Parsed
from tests.unit.application.small import NOW, TRACE, SpokenAdapter, agencies, link_of
from tests.unit.roles.running import PATIENCE_SECS, put, replies, running, taken, until

LANE = lane_queue("registry")


def release(number: int = 1, **change: Any) -> Release:
    made = Release(
        request_id=UUID(int=number),
        case_id=UUID(int=1000 + number),
        lease_id=UUID(int=2000 + number),
        work=Work.SEND,
        send_by=NOW + timedelta(seconds=30),
        lane="registry",
        agency="registry",
        operation="Find",
        contract="c1",
        endpoint="http://registry.test",
        timeout_secs=10,
        message=Message(str(UUID(int=number)), "Find", b"{}", "application/json"),
        traceparent=TRACE,
    )
    return replace(made, **change)


class OneContract:
    def __init__(self, adapter: SpokenAdapter) -> None:
        self.adapter_ = adapter

    async def adapter(self, digest: str, reference: str) -> Any:
        return self.adapter_


class SlowAdapter(SpokenAdapter):
    """Holds each message until it is let go."""

    def __init__(self, agency: Any) -> None:
        super().__init__(agency)
        self.go = asyncio.Event()

    async def send(self, message: Message, link: Any) -> Any:
        self.sent.append((message, link))
        await self.go.wait()
        return Parsed(Completed())


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    made = connect("memory://")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def adapter() -> SpokenAdapter:
    return SpokenAdapter(agencies()["registry"])


def deliver(adapter: SpokenAdapter) -> Deliver:
    return Deliver(OneContract(adapter), link_of, "worker-1", lambda: NOW)


def worker(bus: Bus, adapter: SpokenAdapter, share: int = 4, **more: Any) -> Worker:
    return Worker(deliver(adapter), bus, {"registry": share}, **more)


async def test_a_release_is_delivered_told_counted_and_acknowledged(bus: Bus, adapter: SpokenAdapter) -> None:
    counted: list[tuple[str, str, str, float]] = []
    job = worker(bus, adapter, attempted=lambda *what: counted.append(what))
    await put(bus, LANE, [release().to_bytes()])
    async with running(job):
        (reply,) = await taken(bus, REPLIES, 1)
        assert job.healthy
    assert reply.headers["traceparent"] == TRACE
    assert [link.traceparent for _, link in adapter.sent] == [TRACE]
    assert counted == [("registry", "Find", "completed", 0.0)]
    assert await bus.depth(LANE) == 0 and await bus.depth(DEAD) == 0


async def test_what_was_begun_ends_and_what_was_not_goes_back_as_retry_later(bus: Bus) -> None:
    adapter = SlowAdapter(agencies()["registry"])
    job = worker(bus, adapter, share=2)
    await put(bus, LANE, [release(1).to_bytes(), release(2).to_bytes()])
    task = asyncio.create_task(job.run())
    await until(lambda: len(adapter.sent) == 2)
    await put(bus, LANE, [release(3).to_bytes()])
    stopping = asyncio.create_task(job.stop())
    adapter.go.set()
    async with asyncio.timeout(PATIENCE_SECS):
        await asyncio.gather(stopping, task)
    told = {r.request_id.int: r.outcome for r in await replies(bus, 2)}
    assert told == {1: Completed(), 2: Completed()}
    (left,) = await taken(bus, LANE, 1)
    assert not left.redelivered  # it was never handed out, so it is nobody's doubt


async def test_a_release_that_arrived_but_was_not_begun_at_a_stop_is_told_and_not_redelivered(
    bus: Bus, adapter: SpokenAdapter
) -> None:
    class StopsAtTheDoor:
        """A bus whose consumer hands its batch out just when the worker is told to stop."""

        def __init__(self) -> None:
            self.job: Worker | None = None

        def __getattr__(self, name: str) -> Any:
            return getattr(bus, name)

        async def subscribe(self, queue: str, prefetch: int) -> Any:
            subscription = await bus.subscribe(queue, prefetch)
            assert self.job is not None
            await self.job.stop()
            return subscription

    door = StopsAtTheDoor()
    job = door.job = Worker(deliver(adapter), door, {"registry": 4})  # type: ignore[arg-type]
    await put(bus, LANE, [release(1).to_bytes(), release(2).to_bytes()])
    async with asyncio.timeout(PATIENCE_SECS):
        await job.run()
    outcomes = [r.outcome for r in await replies(bus, 2)]
    assert [name_of(o) for o in outcomes] == ["retry_later", "retry_later"]
    assert all(isinstance(o, RetryLater) and o.after == 0 for o in outcomes)
    assert not adapter.sent and await bus.depth(LANE) == 0


async def test_a_release_that_the_broker_delivers_again_is_not_sent_again(bus: Bus, adapter: SpokenAdapter) -> None:
    await put(bus, LANE, [release().to_bytes()])
    (first,) = await taken(bus, LANE, 1)
    await first.give_back()
    async with running(worker(bus, adapter)):
        (reply,) = await replies(bus, 1)
    assert isinstance(reply.outcome, Unknown) and "second time" in reply.outcome.reason
    assert not adapter.sent


async def test_a_redelivered_lookup_is_asked_again_for_it_changes_nothing(bus: Bus, adapter: SpokenAdapter) -> None:
    await put(bus, LANE, [release(work=Work.LOOKUP).to_bytes()])
    (first,) = await taken(bus, LANE, 1)
    await first.give_back()
    async with running(worker(bus, adapter)):
        (reply,) = await replies(bus, 1)
    assert reply.outcome == Completed() and reply.work is Work.LOOKUP


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[]", b"{}", b'{"message": "text"}', release().to_bytes()[:-40]])
async def test_what_is_no_release_is_a_dead_letter_and_the_lane_goes_on(bus: Bus, adapter: SpokenAdapter, body: bytes) -> None:
    await put(bus, LANE, [body, release().to_bytes()])
    async with running(worker(bus, adapter)):
        (reply,) = await replies(bus, 1)
        (dead,) = await taken(bus, DEAD, 1)
    assert reply.outcome == Completed()
    assert dead.body == body and dead.headers[DEAD_FROM] == LANE


async def test_a_mistake_of_our_own_is_told_as_unknown_and_keeps_no_place_in_the_lane(bus: Bus, adapter: SpokenAdapter) -> None:
    class Broken(Deliver):
        async def run(self, release: Release, *, redelivered: bool) -> Any:
            raise ZeroDivisionError("our own")

    job = Worker(Broken(OneContract(adapter), link_of, "w", lambda: NOW), bus, {"registry": 1})
    await put(bus, LANE, [release(1).to_bytes(), release(2).to_bytes()])
    async with running(job):
        told = await replies(bus, 2)
    assert {name_of(r.outcome) for r in told} == {"unknown"}


async def test_an_outcome_that_cannot_travel_is_told_as_unknown(bus: Bus, adapter: SpokenAdapter) -> None:
    adapter.says = lambda _message, _link: Completed({"number": 2**70})
    await put(bus, LANE, [release().to_bytes()])
    async with running(worker(bus, adapter)):
        (reply,) = await replies(bus, 1)
    assert isinstance(reply.outcome, Unknown)


class Moody:
    """A bus that fails to publish replies as it is told."""

    def __init__(self, bus: Bus, moods: Sequence[Exception | bool]) -> None:
        self._bus = bus
        self.moods = list(moods)
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def publish(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        self.sizes.append(len(messages))
        mood = self.moods.pop(0) if self.moods else True
        if isinstance(mood, Exception):
            raise mood
        if not mood:
            return [False] * len(messages)
        return await self._bus.publish(queue, messages)


async def test_replies_wait_for_a_broker_that_is_away_or_does_not_confirm(
    bus: Bus, adapter: SpokenAdapter, no_waiting: None
) -> None:
    moody = Moody(bus, [BusUnavailable("away"), False])
    await put(bus, LANE, [release().to_bytes()])
    async with running(worker(moody, adapter)):  # type: ignore[arg-type]
        (reply,) = await replies(bus, 1)
    assert reply.outcome == Completed() and moody.sizes == [1, 1, 1]
    assert len(adapter.sent) == 1  # told again, not sent again


async def test_a_worker_whose_teller_dies_ends_with_that_error_and_lets_go_of_what_it_took(
    bus: Bus, adapter: SpokenAdapter
) -> None:
    moody = Moody(bus, [ZeroDivisionError("teller")])
    job = worker(moody, adapter)  # type: ignore[arg-type]
    await put(bus, LANE, [release().to_bytes()])
    async with asyncio.timeout(PATIENCE_SECS):
        with pytest.raises(ZeroDivisionError):
            await job.run()
    (again,) = await taken(bus, LANE, 1)
    assert again.redelivered
    assert not job.healthy


async def test_a_lane_is_subscribed_once_the_broker_is_there(bus: Bus, adapter: SpokenAdapter, no_waiting: None) -> None:
    class Away:
        tries = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(bus, name)

        async def subscribe(self, queue: str, prefetch: int) -> Any:
            self.tries += 1
            if self.tries < 3:
                raise BusUnavailable("not yet")
            return await bus.subscribe(queue, prefetch)

    away = Away()
    job = worker(away, adapter)  # type: ignore[arg-type]
    assert not job.healthy
    async with running(job):
        await until(lambda: job.healthy)
    assert away.tries == 3
