"""The feed of all events: complete, in each case's order, and never past an open transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gateway.application.reads import Page
from gateway.domain.errors import BadInput
from gateway.storage import DatabaseStore
from gateway.storage.changes import Changes
from tests.integration.storage.samples import feed, new_file, take, taken


async def test_pages_follow_each_other_without_gap_or_repeat(store: DatabaseStore) -> None:
    ids = await take(store, *(new_file() for _ in range(7)))
    await feed(store, "", 7)
    seen, after = [], ""
    while (page := await store.events_after(after, 3)).items:
        seen += [event.case_id for event in page.items]
        after = page.after
    assert sorted(seen) == sorted(ids)
    assert (await store.events_after(after, 3)).after == after
    late = await taken(store)
    assert [e.case_id for e in await feed(store, after, 1)] == [late.case.id]


async def test_a_client_sees_its_own(store: DatabaseStore) -> None:
    mine, _ = await take(store, new_file(), new_file(client="window-2"))
    assert len(await feed(store, "", 2)) == 2
    assert [e.case_id for e in await feed(store, "", 1, "window-1")] == [mine]


async def test_a_foreign_cursor_is_refused(store: DatabaseStore) -> None:
    with pytest.raises(BadInput):
        await store.events_after("yesterday", 3)


async def test_no_cursor_passes_an_open_transaction(
    store: DatabaseStore, other: DatabaseStore, postgres: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer stands between its INSERT and its commit; another one begins later and commits at once."""
    slow, quick = await take(store, new_file(), new_file())
    await feed(store, "", 2)
    start = (await store.events_after("", 10)).after
    written, go_on = asyncio.Event(), asyncio.Event()
    save = Changes.save

    async def pausing(self: Changes, *arguments: object) -> object:
        saved = await save(self, *arguments)  # type: ignore[arg-type]
        if self is other and not written.is_set():
            written.set()
            await go_on.wait()
        return saved

    monkeypatch.setattr(Changes, "save", pausing)
    first = asyncio.create_task(other.change([slow], lambda f: f.event("case.noted", {})))
    await written.wait()
    second = asyncio.create_task(store.change([quick], lambda f: f.event("case.noted", {})))
    if postgres:
        await second  # it does not wait for the other, and yet is not shown before it
    assert (await store.events_after(start, 10)) == Page([], start)
    go_on.set()
    await asyncio.gather(first, second)
    shown = await feed(store, start, 2)
    assert sorted(e.case_id for e in shown) == sorted([slow, quick])


async def test_a_cases_events_keep_their_order_whoever_wrote_them(
    store: DatabaseStore, other: DatabaseStore, postgres: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier transaction (lower id) gets its second case only after a later one has written to it."""
    if not postgres:
        assert store is other  # one writer: its order is the order of the feed by itself
    first, shared = await take(store, new_file(), new_file())
    await feed(store, "", 2)
    start = (await store.events_after("", 10)).after
    for _ in range(5):
        late = asyncio.create_task(other.change([first, shared], lambda f: f.event("case.noted", {"by": "the early one"})))
        await store.change([shared], lambda f: f.event("case.noted", {"by": "the late one"}))
        await late
    holds = asyncio.Event()
    await _overtaken(store, other, [first, shared], holds, monkeypatch)
    events = [e for e in await feed(store, start, 18 if postgres else 15) if e.case_id == shared]
    assert [e.seq for e in events] == sorted(e.seq for e in events)
    assert len(events) >= 12 if postgres else len(events) >= 10


async def _overtaken(
    store: DatabaseStore,
    other: DatabaseStore,
    ids: list,
    holds: asyncio.Event,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[type-arg]
) -> None:
    """``other`` takes its transaction id, then waits; ``store`` writes and commits; then ``other`` writes."""
    if store is other:
        return
    loader = other.loader
    load: Callable[..., object] = loader.load
    took = asyncio.Event()

    async def slowly(tx: object, wanted: list, lock: str = "wait") -> object:  # type: ignore[type-arg]
        await load(tx, wanted[:1], lock)  # type: ignore[misc]
        took.set()
        await holds.wait()
        return await load(tx, wanted, lock)  # type: ignore[misc]

    monkeypatch.setattr(loader, "load", slowly)
    early = asyncio.create_task(other.change(ids, lambda f: f.event("case.noted", {"by": "overtaken"})))
    await took.wait()
    await store.change(ids[1:], lambda f: f.event("case.noted", {"by": "overtaking"}))
    holds.set()
    await early
