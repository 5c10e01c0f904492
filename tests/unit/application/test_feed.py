"""The hub: one reader for all who listen, each of whom gets everything once, wherever it begins and however slow it is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from gateway.application.feed import About, Batch, FeedItem, Hub, Wanted, place_of
from gateway.domain.errors import BadInput
from gateway.domain.events import Event

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
CASES = [UUID(int=n) for n in range(3)]


class Log:
    """A feed in memory. It counts who asks it; ``pause`` is awaited within each look."""

    def __init__(self) -> None:
        self.items: list[FeedItem] = []
        self.asked = 0

    def write(self, case: int = 0, client: str = "window-1", type_: str = "case.noted", agency: str = "") -> FeedItem:
        seq = 1 + sum(item.event.case_id == CASES[case] for item in self.items)
        event = Event(UUID(int=len(self.items)), CASES[case], seq, type_, NOW, "", {}, "", "", "", "")
        about = About(client, "licence", "north", "counter", "", "received", "", False, frozenset({agency}))
        self.items.append(FeedItem(event, (len(self.items) // 3 + 1, len(self.items)), about))
        return self.items[-1]

    async def feed_end(self) -> str:
        await asyncio.sleep(0)
        return self.items[-1].cursor if self.items else "0.0"

    async def feed(self, after: str, limit: int, *, client: str = "", agencies: bool = False) -> Sequence[FeedItem]:
        self.asked += 1
        found = [i for i in self.items if i.place > place_of(after) and client in ("", i.about.client)][: min(limit, 4)]
        await asyncio.sleep(0)
        assert agencies or not any(i.about.agencies - {""} for i in found)
        return found

    async def events_of(self, case_id: UUID, after_seq: int = 0, limit: int = 1000) -> list[Event]:
        found = [i.event for i in self.items if i.event.case_id == case_id and i.event.seq > after_seq][: min(limit, 2)]
        await asyncio.sleep(0)
        return found


async def collect(hub: Hub, wanted: Wanted, after: str | None, into: list[FeedItem], least: int) -> None:
    stream = hub.listen(wanted, after, quiet_secs=0.01)
    async for batch in stream:
        into.extend(batch.items)
        if len(into) >= least:
            break
    await stream.aclose()


@pytest.mark.parametrize("seed", range(20))
async def test_everybody_gets_everything_once_wherever_they_begin(seed: int) -> None:
    """Writers, the reader and the listeners take turns by chance; some listeners come late, some have little room."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    log = Log()
    hub = Hub(log, room=chance.choice((1, 3, 100)))
    for _ in range(10):
        log.write(chance.randrange(3))
    got: dict[int, list[FeedItem]] = {}
    starts: dict[int, int] = {}
    tasks: list[asyncio.Task[None]] = []
    for turn in range(60):
        if chance.random() < 0.4:
            log.write(chance.randrange(3))
        if turn < 40 and chance.random() < 0.2:
            starts[turn] = chance.randrange(len(log.items))
            got[turn] = []
            cursor = log.items[starts[turn]].cursor
            tasks.append(asyncio.create_task(collect(hub, Wanted(), cursor, got[turn], 10**6)))
        if chance.random() < 0.6:
            await hub.read()
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while any(len(items) < len(log.items) - starts[turn] - 1 for turn, items in got.items()):
            await hub.read()
            await asyncio.sleep(0)
    await hub.close()
    await asyncio.gather(*tasks)
    for turn, items in got.items():
        assert items == log.items[starts[turn] + 1 :], "no gap, no double, in order"
    assert hub.listeners == 0


async def test_a_thousand_listeners_are_one_reader() -> None:
    log = Log()
    hub = Hub(log)
    got: list[list[FeedItem]] = [[] for _ in range(1000)]
    tasks = [asyncio.create_task(collect(hub, Wanted(client=f"window-{n % 4}"), None, got[n], 1)) for n in range(1000)]
    while hub.listeners < 1000:
        await asyncio.sleep(0)
    before = log.asked
    for n in range(4):
        log.write(client=f"window-{n}")
    assert await hub.read() == 4
    assert log.asked == before + 1
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)
    assert all([i.about.client for i in items] == [f"window-{n % 4}"] for n, items in enumerate(got))


async def test_it_rests_while_nobody_listens() -> None:
    log = Log()
    log.write()
    hub = Hub(log)
    assert await hub.read() == 0
    assert log.asked == 0


async def test_who_is_slow_holds_up_nobody_and_misses_nothing() -> None:
    log = Log()
    hub = Hub(log, room=2)
    slow = hub.listen(Wanted(), "", quiet_secs=0.01)
    assert (await anext(slow)).items == ()
    quick: list[FeedItem] = []
    task = asyncio.create_task(collect(hub, Wanted(), None, quick, 9))
    while hub.listeners < 2:
        await asyncio.sleep(0)
    for _ in range(9):
        log.write()
        await hub.read()
        while len(quick) < len(log.items):
            await asyncio.sleep(0)
    await task
    assert quick == log.items
    caught: list[FeedItem] = []
    async with asyncio.timeout(10):
        while len(caught) < 9:
            caught += (await anext(slow)).items
    assert caught == log.items
    await slow.aclose()


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 4),
        (Wanted(client="window-2"), 1),
        (Wanted(type="case"), 3),
        (Wanted(type="request.ready"), 1),
        (Wanted(agency="registry"), 1),
        (Wanted(service="licence", office="north", channel="counter", status="received"), 4),
        (Wanted(office="south"), 0),
        (Wanted(needs_attention=True), 0),
        (Wanted(case_id=CASES[1]), 1),
    ],
)
async def test_what_is_wanted(wanted: Wanted, count: int) -> None:
    log = Log()
    items = [log.write(), log.write(client="window-2"), log.write(case=1, type_="request.ready"), log.write(agency="registry")]
    assert sum(map(wanted.meets, items)) == count


async def test_a_case_is_followed_alone() -> None:
    log = Log()
    for n in range(9):
        log.write(n % 3)
    hub = Hub(log)
    stream = hub.listen_to_case(CASES[1], 1, quiet_secs=0.01)
    seen = [e.seq for e in await anext(stream)]
    log.write(1)
    log.write(2)
    async with asyncio.timeout(10):
        while len(seen) < 3:
            seen += [e.seq for e in await anext(stream)]
            await hub.read()
    assert seen == [2, 3, 4]
    await stream.aclose()


async def test_the_end_of_the_hub_is_the_end_of_all() -> None:
    hub = Hub(Log())
    stream = hub.listen(Wanted(), None, quiet_secs=60)
    assert await anext(stream) == Batch((), "0.0")
    waiting = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    await hub.close()
    async with asyncio.timeout(10):
        assert not (await waiting).items
        assert [batch async for batch in stream] == []
        assert [batch async for batch in hub.listen(Wanted(), None, quiet_secs=60)] == []


@pytest.mark.parametrize("text", ["x", "1", "1.x", "-1.2", "1.-2", "99999999999999999999.1"])
def test_what_is_no_cursor(text: str) -> None:
    with pytest.raises(BadInput):
        place_of(text)
