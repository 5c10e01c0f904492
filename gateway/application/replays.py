"""Replays in bulk: what is wanted, the set that was seen, and how people start, pause and stop it.

    seen ──start──▶ running ◀──resume── paused
                      │  └──pause──────────▲
                      ├──the last request──▶ done
    running, paused ──┴──stop──▶ stopped

A dry run finds the requests, tries on each what would be done (the very rules, on a file that nobody saves) and keeps the
set: each request with the version of its case. A replay works on exactly that set. What has moved since it was seen is
skipped and told, never done blindly. What is done is the same act as by hand, so lanes, breakers and rates hold by
themselves: a replay only makes requests ready. ``replaying.py`` does the work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from gateway.application.deployment import Deployment
from gateway.application.reads import Page
from gateway.application.redo import Action, Redo, Trial, stamp
from gateway.application.store import Store
from gateway.domain.case_file import CaseFile, Mint
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.request import Request, RequestStatus

#: So many requests a set has at most; a filter that finds more says so, and is narrowed or repeated.
MOST: Final = 10_000
#: So long a set can be started after it was seen.
FRESH: Final = timedelta(hours=1)
_CHUNK: Final = 200


class ReplayState(StrEnum):
    """Where a replay stands."""

    SEEN = "seen"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class ItemState(StrEnum):
    """Where a request of the set stands. ``refused``: the dry run said that it cannot be done, with code and text."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests: all that fit every field that is given. ``kind``, ``group`` and ``incident_agency`` are of an open
    incident about the request; ``since`` and ``before`` bound when it was planned (UTC)."""

    agency: str = ""
    service: str = ""
    step: str = ""
    operation: str = ""
    branch: str = ""
    office: str = ""
    statuses: tuple[str, ...] = (RequestStatus.PARKED, RequestStatus.IN_DOUBT)
    kind: str = ""
    group: str = ""
    incident_agency: str = ""
    requests: tuple[UUID, ...] = ()

    @property
    def narrows(self) -> bool:
        """Whether anything but the status narrows it: a replay of everything is asked for by nobody."""
        names = ("agency", "service", "step", "operation", "branch", "office", "kind", "group", "incident_agency", "requests")
        return any(getattr(self, name) for name in names)


@dataclass(frozen=True, slots=True)
class Item:
    """A request of a set, as it was seen: its case's ``version``, its ``stamp`` (``redo.py``). ``at``: when it was settled."""

    position: int
    case_id: UUID
    case_number: str
    version: int
    request_id: UUID
    step: str
    agency: str
    status: str
    stamp: str
    state: ItemState
    code: str = ""
    text: str = ""
    made: UUID | None = None
    at: datetime | None = None
    #: Where the request that now stands for it is; only when it is read back.
    now: str = ""
    #: waiting, under_way, completed_again, failed_again, skipped or refused; only when it is read back.
    result: str = ""


@dataclass(slots=True)
class Replay:
    """One replay. ``per_minute``: so many requests at most, 0: as fast as it goes. ``next_at``: when the next is taken."""

    id: UUID
    state: ReplayState
    action: Action
    reason: str
    by: str
    wanted: Mapping[str, Any]
    per_minute: int
    seen_at: datetime
    left_off: bool = False
    started_by: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    changed_by: str = ""
    changed_reason: str = ""
    changed_at: datetime | None = None
    next_at: datetime | None = None
    #: How many requests are waiting, under_way, completed_again, failed_again, skipped, refused; only when it is read back.
    progress: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one look for the next request of a replay."""

    done: bool = False
    wants_pin: str = ""
    file: CaseFile | None = None


#: Does what the replay does to one request, given the item; returns the request made in its place, if any.
Do = Callable[[CaseFile, Item, bool], UUID | None]


class ReplayStore(Protocol):
    """What replays ask of the database."""

    async def find_requests(self, wanted: Wanted, most: int) -> list[tuple[UUID, UUID]]:
        """Return (case id, request id), earliest legal deadline first, the requests of a case together and in their order."""
        ...

    async def case_files(self, ids: Sequence[UUID]) -> list[CaseFile]:
        """Return these cases as they are, without a lock."""
        ...

    async def keep_replay(self, replay: Replay, items: Sequence[Item]) -> None: ...
    async def replays(self, after: str, limit: int) -> Page:
        """Return replays, newest first, with their progress."""
        ...

    async def replay(self, id_: UUID) -> Replay | None: ...
    async def replay_items(self, id_: UUID, after: int, limit: int, result: str = "") -> Page:
        """Return the requests of a replay in their order, with what became of them; ``result`` narrows."""
        ...

    async def change_replay(self, id_: UUID, change: Callable[[Replay, datetime], None]) -> Replay:
        """Lock a replay, change it and keep it. Raises ``NotFound`` and what ``change`` raises."""
        ...

    async def due_replays(self) -> list[tuple[UUID, Replay]]:
        """Return the replays that may take a request now."""
        ...

    async def next_replay_at(self) -> datetime | None:
        """Return when the next request of a replay may be taken."""
        ...

    async def take_item(self, id_: UUID, do: Do) -> Taken:
        """Take the next request of a replay under the replay's lock, do it under its case's, and settle the item: one
        commit, so exactly once. Of a case's requests the next is taken when the one before is no longer on its way."""
        ...

    async def forget_sets(self, before: datetime) -> int:
        """Delete sets that were seen before then and never started."""
        ...


class Replays:
    """What people do about replays."""

    def __init__(self, deployment: Deployment, store: Store, replays: ReplayStore, mint: Mint) -> None:
        self._store = store
        self._replays = replays
        self._mint = mint
        self._redo = Redo(deployment)
        self._trial = Trial(deployment, store)

    async def see(self, wanted: Wanted, action: Action, reason: str, by: str, *, most: int = MOST) -> Replay:
        """Find the requests, try each, and keep the set. Nothing of any case is changed."""
        found = await self._replays.find_requests(wanted, most + 1)
        now = await self._store.now()
        made = Replay(self._mint.uuid(), ReplayState.SEEN, action, reason, by, _plain(wanted), 0, now, len(found) > most)
        items: list[Item] = []
        by_case: dict[UUID, list[UUID]] = defaultdict(list)
        for case_id, request_id in found[:most]:
            by_case[case_id].append(request_id)
        ids = list(by_case)
        for start in range(0, len(ids), _CHUNK):
            files = {file.case.id: file for file in await self._replays.case_files(ids[start : start + _CHUNK])}
            for case_id in ids[start : start + _CHUNK]:
                for request_id in by_case[case_id]:
                    if (file := files.get(case_id)) is not None and request_id in file.requests:
                        items.append(await self._judged(file, request_id, made, len(items) + 1))
        await self._replays.keep_replay(made, items)
        kept = await self._replays.replay(made.id)
        return made if kept is None else kept

    async def _judged(self, file: CaseFile, request_id: UUID, replay: Replay, position: int) -> Item:
        request: Request = file.requests[request_id]
        item = Item(
            position,
            file.case.id,
            file.case.number,
            file.case.version,
            request_id,
            request.step,
            request.agency,
            request.status,
            stamp(file, request),
            ItemState.WAITING,
        )
        redo = self._redo
        code, text = await self._trial.against(
            file, lambda trial: redo.do(trial, request_id, replay.action, replay.reason, replay.by, try_out=True)
        )
        if not code:
            return item
        refused = {name: getattr(item, name) for name in Item.__dataclass_fields__}
        return Item(**refused | {"state": ItemState.REFUSED, "code": code, "text": text, "at": replay.seen_at})

    async def start(self, id_: UUID, per_minute: int, by: str) -> Replay:
        """Begin with the set that was seen. Raises ``NotFound``, or ``Conflict`` (``not_seen``,
        ``set_expired``, ``nothing_to_do``)."""
        seen = await self.get(id_)

        def change(replay: Replay, now: datetime) -> None:
            if replay.state is not ReplayState.SEEN:
                raise Conflict("not_seen", f"this set was started before; the replay is {replay.state}")
            if now - replay.seen_at > FRESH:
                raise Conflict("set_expired", "the set was seen more than an hour ago; look again")
            if not seen.progress.get("waiting"):
                raise Conflict("nothing_to_do", "nothing of this set can be done; each of its requests says why")
            replay.state, replay.per_minute = ReplayState.RUNNING, per_minute
            replay.started_by, replay.started_at, replay.next_at = by, now, now

        return await self._changed(id_, change)

    async def pause(self, id_: UUID, reason: str, by: str) -> Replay:
        """Take no further request until it is resumed. What was made ready stays so. Raises ``NotFound``, ``Conflict``."""

        def change(replay: Replay, now: datetime) -> None:
            _note(replay, (ReplayState.RUNNING,), ReplayState.PAUSED, reason, by, now)
            replay.next_at = None

        return await self._changed(id_, change)

    async def resume(self, id_: UUID, reason: str, by: str) -> Replay:
        """Go on with what is left. Raises ``NotFound``, ``Conflict``."""

        def change(replay: Replay, now: datetime) -> None:
            _note(replay, (ReplayState.PAUSED,), ReplayState.RUNNING, reason, by, now)
            replay.next_at = now

        return await self._changed(id_, change)

    async def stop(self, id_: UUID, reason: str, by: str) -> Replay:
        """End it for good; what it has not taken stays as it is. Raises ``NotFound``, ``Conflict``."""

        def change(replay: Replay, now: datetime) -> None:
            _note(replay, (ReplayState.RUNNING, ReplayState.PAUSED), ReplayState.STOPPED, reason, by, now)
            replay.next_at, replay.finished_at = None, now

        return await self._changed(id_, change)

    async def _changed(self, id_: UUID, change: Callable[[Replay, datetime], None]) -> Replay:
        await self._replays.change_replay(id_, change)
        return await self.get(id_)

    async def get(self, id_: UUID) -> Replay:
        """Return a replay with its progress. Raises ``NotFound``."""
        found = await self._replays.replay(id_)
        if found is None:
            raise NotFound("not_found", f"there is no replay {id_}; a set that nobody starts is forgotten after a day")
        return found

    async def listed(self, after: str, limit: int) -> Page:
        """Return a page of replays, newest first."""
        return await self._replays.replays(after, limit)

    async def items(self, id_: UUID, after: int, limit: int, result: str = "") -> Page:
        """Return a page of the requests of a replay. Raises ``NotFound``."""
        await self.get(id_)
        return await self._replays.replay_items(id_, after, limit, result)


def _note(replay: Replay, may: Sequence[ReplayState], to: ReplayState, reason: str, by: str, now: datetime) -> None:
    if replay.state not in may:
        raise Conflict("replay_state", f"the replay is {replay.state}; it has to be {' or '.join(may)}")
    replay.state, replay.changed_by, replay.changed_reason, replay.changed_at = to, by, reason, now


def _plain(wanted: Wanted) -> dict[str, Any]:
    given = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}
