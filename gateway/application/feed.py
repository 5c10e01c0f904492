"""The feed as it goes on: one reader for all who listen in this process, however many they are.

The *hub* reads the events of all cases from the database in the order of their commits, once, and hands each to the listeners
that want it. A listener begins with what it has missed, which it reads by itself from the database, up to the place where it
joined the hub; from there on the hub brings it everything. So it gets each event once and none is left out, wherever it begins.

Each listener has a room of its own for what it has not taken yet. When that is full, what is in it is dropped and the
listener reads from the database again, from the last place that it has taken: who is slow holds up nobody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from gateway.domain.errors import BadInput, Problem
from gateway.domain.events import Event

#: The topic of the bus that tells of new events.
FEED: Final = "feed"
#: So many events are read at once.
PAGE: Final = 500
#: So many may wait for one listener.
ROOM: Final = 1_000
#: The first integer that no column holds.
_BEYOND: Final = 2**63
Place = tuple[int, int]


def place_of(cursor: str) -> Place:
    """Return the place in the feed that a cursor names; the empty one is the beginning. Raises ``BadInput``."""
    if not cursor:
        return 0, 0
    tx, _, position = cursor.partition(".")
    try:
        place = int(tx), int(position)
    except ValueError:
        place = -1, -1
    if not all(0 <= number < _BEYOND for number in place):
        raise BadInput([Problem("/after", "cursor", "this is not a cursor that the feed gave; begin without one")])
    return place


def cursor_of(place: Place) -> str:
    """Return the cursor of a place."""
    return f"{place[0]}.{place[1]}"


@dataclass(frozen=True, slots=True)
class About:
    """The case of an event, as it stands when the event is read."""

    client: str
    service: str
    office: str
    channel: str
    reference: str
    status: str
    outcome: str
    needs_attention: bool
    agencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class FeedItem:
    """An event with its place in the feed and its case."""

    event: Event
    place: Place
    about: About

    @property
    def cursor(self) -> str:
        """The cursor that goes on behind this event."""
        return cursor_of(self.place)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a listener wants: empty means any. ``type`` is an event's short type, or its first part (``case`` for ``case.…``)."""

    client: str = ""
    service: str = ""
    office: str = ""
    channel: str = ""
    reference: str = ""
    status: str = ""
    outcome: str = ""
    agency: str = ""
    type: str = ""
    needs_attention: bool | None = None
    case_id: UUID | None = None

    def meets(self, item: FeedItem) -> bool:
        """Return whether the listener wants this event."""
        about = item.about
        if self.case_id is not None and item.event.case_id != self.case_id:
            return False
        if self.needs_attention is not None and about.needs_attention is not self.needs_attention:
            return False
        if self.agency and self.agency not in about.agencies:
            return False
        if self.type and self.type not in (item.event.type, item.event.type.partition(".")[0]):
            return False
        return all(
            not value or value == known
            for value, known in (
                (self.client, about.client),
                (self.service, about.service),
                (self.office, about.office),
                (self.channel, about.channel),
                (self.reference, about.reference),
                (self.status, about.status),
                (self.outcome, about.outcome),
            )
        )


class Source(Protocol):
    """What the hub reads: a part of ``Reads``, which says what each promises."""

    async def feed_end(self) -> str: ...
    async def feed(self, after: str, limit: int, *, client: str = "", agencies: bool = False) -> Sequence[FeedItem]: ...
    async def events_of(self, case_id: UUID, after_seq: int = 0, limit: int = 1000) -> list[Event]: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What came, perhaps nothing; ``cursor`` goes on behind it, and behind all that this listener did not want."""

    items: Sequence[FeedItem]
    cursor: str


@dataclass(eq=False, slots=True)
class _Listener:
    """The room of one listener. ``lost``: it overflowed. ``over``: nothing more will come."""

    most: int
    waiting: deque[FeedItem] = field(default_factory=deque)
    lost: bool = False
    over: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, item: FeedItem) -> None:
        if self.lost:
            return
        if len(self.waiting) >= self.most:
            self.waiting.clear()
            self.lost = True
        else:
            self.waiting.append(item)
        self.woken.set()

    def end(self) -> None:
        self.over = True
        self.woken.set()

    async def take(self, within_secs: float) -> list[FeedItem]:
        """Return all that waits, once something does; nothing after that time, when it is lost or when it is over."""
        if not self.woken.is_set():
            try:
                async with asyncio.timeout(within_secs):
                    await self.woken.wait()
            except TimeoutError:
                return []
        self.woken.clear()
        taken = list(self.waiting)
        self.waiting.clear()
        return taken


class Hub:
    """Reads the feed once for all listeners of this process. ``read`` is called by a supervised loop, and rests with them."""

    def __init__(self, source: Source, *, room: int = ROOM) -> None:
        self._source = source
        self._room = room
        self._at: Place = (0, 0)
        self._listeners: dict[Wanted, set[_Listener]] = {}
        self._joining = asyncio.Lock()
        self._over = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return sum(map(len, self._listeners.values()))

    async def read(self) -> int:
        """Read what is new, give it out, and return how many events it was. Without listeners nothing is asked."""
        if not self._listeners:
            return 0
        at = self._at
        items = await self._source.feed(cursor_of(at), PAGE, agencies=any(wanted.agency for wanted in self._listeners))
        if at != self._at:  # the last listener left meanwhile, and another one began elsewhere
            return len(items)
        for item in items:
            for wanted, listeners in self._listeners.items():
                if wanted.meets(item):
                    for listener in listeners:
                        listener.offer(item)
        if items:
            self._at = items[-1].place
        return len(items)

    async def close(self) -> None:
        """Let every listener take what waits for it and end. Who comes later ends at once."""
        self._over = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.end()

    async def listen(self, wanted: Wanted, after: str | None, *, quiet_secs: float) -> AsyncGenerator[Batch, None]:
        """Yield what comes behind the cursor ``after``; from now on when it is ``None``, from the beginning when empty.

        The first batch comes at once and tells the cursor. After ``quiet_secs`` without an event comes an empty one. Ends
        with the hub. Raises ``BadInput`` for a cursor that is none.
        """
        at = place_of(await self._source.feed_end() if after is None else after)
        first = True
        while not self._over:
            await self._begin()
            with self._joined(wanted) as listener:
                joined = self._at
                while at < joined and not self._over:
                    page = await self._source.feed(cursor_of(at), PAGE, client=wanted.client, agencies=bool(wanted.agency))
                    missed = [item for item in page if item.place <= joined]
                    at = missed[-1].place if missed and len(missed) == len(page) else max(at, joined)
                    found = [item for item in missed if wanted.meets(item)]
                    if found:
                        first = False
                        yield Batch(found, cursor_of(at))
                if first:
                    first = False
                    yield Batch((), cursor_of(at))
                while True:
                    taken = [item for item in await listener.take(quiet_secs) if item.place > at]
                    if listener.lost:
                        break
                    at = taken[-1].place if taken else at if listener.waiting else max(at, self._at)
                    yield Batch(taken, cursor_of(at))
                    if listener.over and not listener.waiting:
                        return

    async def listen_to_case(self, case_id: UUID, after_seq: int, *, quiet_secs: float) -> AsyncGenerator[Sequence[Event], None]:
        """Yield the events of a case behind a sequence number, as ``listen`` does."""
        seq = after_seq
        while not self._over:
            await self._begin()
            with self._joined(Wanted(case_id=case_id)) as listener:
                while missed := await self._source.events_of(case_id, seq, PAGE):
                    seq = missed[-1].seq
                    yield missed
                while True:
                    taken = [item.event for item in await listener.take(quiet_secs) if item.event.seq > seq]
                    if listener.lost:
                        break
                    seq = taken[-1].seq if taken else seq
                    yield taken
                    if listener.over and not listener.waiting:
                        return

    async def _begin(self) -> None:
        """Place the hub at the end of the feed when it has rested until now."""
        async with self._joining:
            if not self._listeners:
                self._at = place_of(await self._source.feed_end())

    @contextmanager
    def _joined(self, wanted: Wanted) -> Iterator[_Listener]:
        listener = _Listener(self._room)
        self._listeners.setdefault(wanted, set()).add(listener)
        if self._over:
            listener.end()
        try:
            yield listener
        finally:
            ours = self._listeners[wanted]
            ours.discard(listener)
            if not ours:
                del self._listeners[wanted]
