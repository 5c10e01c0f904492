"""The trace store on both databases: kept once, read by case, forgotten by age in batches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from gateway.application.spans import SpanRecord
from gateway.roles.spans import SpanKeeper
from gateway.storage import DatabaseStore

TRACE = "0af7651916cd43dd8448eb211c80319c"
MINE, OTHERS = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 12, 7, 5, 0, tzinfo=UTC)


def micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


def record(number: int, case: UUID | None = MINE, at: datetime = NOW, trace: str = TRACE) -> SpanRecord:
    attributes = {"darcha.agency": "registry", "n": number, "ok": True}
    links = ((TRACE, f"{number + 1:016x}"),)
    return SpanRecord(
        trace,
        f"{number:016x}",
        "",
        f"span {number}",
        "client",
        "worker",
        micros(at),
        micros(at) + 9,
        "error",
        case,
        attributes,
        links,
    )


async def test_spans_come_back_as_they_were_and_twice_is_once(store: DatabaseStore) -> None:
    spans = [record(1), record(2, None), record(3, OTHERS), record(4), record(4, trace="1" * 32)]
    await store.keep_spans(spans)
    await store.keep_spans([replace(spans[0], name="again"), record(5)])
    await store.keep_spans([])
    # the case's own, and the one that it began with; those of other cases in the same trace are not its business
    assert await store.spans_of_case(TRACE, MINE, f"{2:016x}", 10) == [spans[0], spans[1], spans[3], record(5)]
    assert [s.span_id for s in await store.spans_of_case(TRACE, MINE, "", 2)] == [f"{1:016x}", f"{4:016x}"]
    assert await store.spans_by_id([(TRACE, f"{3:016x}"), (TRACE, "f" * 16)]) == [spans[2]]
    assert await store.spans_by_id([]) == []


async def test_old_spans_are_forgotten_a_batch_at_a_time(store: DatabaseStore) -> None:
    old, young = NOW - timedelta(days=7, seconds=1), NOW - timedelta(days=6)
    await store.keep_spans([*(record(n, at=old) for n in range(1, 6)), *(record(n, at=young) for n in range(6, 9))])
    keeper = SpanKeeper(store, 7, lambda: NOW, batch=2)
    assert await keeper.forget() == 5
    assert await keeper.forget() == 0
    assert [s.name for s in await store.spans_of_case(TRACE, MINE, "", 10)] == ["span 6", "span 7", "span 8"]
