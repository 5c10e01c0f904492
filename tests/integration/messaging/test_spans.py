"""A worker's spans reach the store over either bus, and nothing that goes wrong on the way harms anybody."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from gateway.application.bus import SPANS, BusMessage
from gateway.application.spans import SpanRecord
from gateway.application.store import StoreUnavailable
from gateway.messaging.limits import SPANS_MOST
from gateway.roles.spans import SpanCollector, SpanPump, over_bus
from gateway.telemetry.recorder import Recorder
from gateway.telemetry.tracing import record_into, span
from tests.integration.messaging.conftest import MakeBus
from tests.path.waiting import until


class Shelf:
    """A store of spans in memory. ``away`` calls find it away."""

    def __init__(self, away: int = 0) -> None:
        self.kept: list[SpanRecord] = []
        self.away = away

    async def keep_spans(self, spans: Sequence[SpanRecord]) -> None:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("away")
        self.kept += spans

    async def forget_spans(self, before_us: int, most: int) -> int:
        raise AssertionError("nobody forgets here")


def recorded(*names: str) -> Recorder:
    recorder = Recorder("worker", dropped=lambda _: None)
    end = record_into(recorder.tracer)
    for name in names:
        with span(name):
            pass
    end()
    return recorder


async def test_spans_of_a_worker_are_kept_by_who_has_a_database(make_bus: MakeBus) -> None:
    workers, ours = await make_bus(), await make_bus()
    shelf, dropped = Shelf(away=1), Counter[str]()

    def drop(why: str, count: int) -> None:
        dropped[why] += count

    collector = SpanCollector(ours, shelf, drop)
    task = asyncio.create_task(collector.run())

    async def offered() -> bool:  # until the queue is there: a worker declares none that it may not
        return await workers.offer(SPANS, [BusMessage(b"nonsense", "a")]) == [True]

    await until(offered, "the queue is there")
    await until(lambda: dropped["unreadable"] == 1, "what is no span is told and gone")
    assert await SpanPump(recorded("lost"), over_bus(workers), drop).flush()
    await until(lambda: dropped["refused"] == 1, "the store was away: these are lost, and said to be")
    assert await SpanPump(recorded("one", "two"), over_bus(workers), drop).flush()
    await until(lambda: len(shelf.kept) == 2, "they are kept")
    assert [(s.name, s.role) for s in shelf.kept] == [("one", "worker"), ("two", "worker")]
    await collector.stop()
    await task
    assert await ours.depth(SPANS) == 0


async def test_nobody_has_to_listen(make_bus: MakeBus) -> None:
    bus = await make_bus()
    messages = [BusMessage(b"x" * 10, str(n)) for n in range(SPANS_MOST + 50)]
    assert any(await bus.offer(SPANS, messages))
    assert await bus.depth(SPANS) <= SPANS_MOST, "what nobody takes is bounded"


async def test_a_bus_that_is_gone_refuses_and_raises_nothing(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.close()
    dropped: list[tuple[str, int]] = []
    pump = SpanPump(recorded("one", "two"), over_bus(bus), lambda why, count: dropped.append((why, count)))
    assert not await pump.flush()
    assert dropped == [("refused", 2)]


async def test_a_pump_that_stops_leaves_the_rest_for_the_last_flush(make_bus: MakeBus) -> None:
    shelf, recorder = Shelf(), recorded("one")

    async def put(spans: Sequence[SpanRecord]) -> bool:
        await shelf.keep_spans(spans)
        return True

    pump = SpanPump(recorder, put, lambda _why, _count: None, every_secs=60)
    task = asyncio.create_task(pump.run())
    await until(lambda: shelf.kept, "what was recorded goes at once")
    await pump.stop()
    await task
