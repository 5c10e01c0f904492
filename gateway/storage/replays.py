"""Replays in the database. One transaction takes a request of a replay, does it on its case and settles it: exactly once.

The replay's row is locked first, the case's after it, and nobody who holds a case waits for a replay. The lock falls with the
process that held it, so there is no lease that has to end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, tuple_, update

from gateway.application.deployment import PinNotLoaded
from gateway.application.reads import Page
from gateway.application.redo import Action
from gateway.application.replays import Do, Item, ItemState, Replay, ReplayState, Taken, Wanted
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import NotFound, Refusal
from gateway.storage import bulk
from gateway.storage import tables as t
from gateway.storage.changes import TRIES, Changes, run_decide
from gateway.storage.columns import dump_json, word
from gateway.storage.cursors import here, instant_cursor
from gateway.storage.engine import Tx
from gateway.storage.errors import GuardLost, RowRefused, TryAgain
from gateway.storage.replay_tables import replay_items, replays

log = logging.getLogger(__name__)
_REPLAY: Final = tuple(replays.c.keys())
_COLUMNS: Final = tuple(replay_items.c.keys())
_ITEM: Final = tuple(name for name in _COLUMNS if name != "replay_id")
_INSERT: Final = bulk.insert(replays, _REPLAY)
_INSERT_ITEM: Final = bulk.insert(replay_items, _COLUMNS)
_CHANGED: Final = tuple(name for name in _REPLAY if name not in ("id", "wanted", "action", "reason", "by", "seen_at", "left_off"))
#: How soon a replay is looked at again whose next requests wait for others of their cases.
_LOOK_AGAIN: Final = timedelta(seconds=1)
_WAITING: Final = replay_items.c.state == word("waiting")
#: The request that stands for an item now.
_STANDS: Final = t.requests.c.id == func.coalesce(replay_items.c.made, replay_items.c.request_id)
_IDLE: Final = and_(t.requests.c.next_at.is_(None), t.requests.c.lease_id.is_(None))
_FAILED: Final = or_(t.requests.c.status == word("parked"), and_(t.requests.c.status == word("in_doubt"), _IDLE))
_OVER: Final = ("completed", "refused", "skipped", "cancelled", "superseded", "awaiting_reply", "awaiting_applicant")
#: What became of an item: of what was done it is read off the request as it stands now.
_RESULT: Final[ColumnElement[str]] = case(
    (replay_items.c.state != word("done"), replay_items.c.state),
    (_FAILED, "failed_again"),
    (t.requests.c.status.in_(_OVER), "completed_again"),
    else_="under_way",
)
RESULTS: Final = ("waiting", "under_way", "completed_again", "failed_again", "skipped", "refused")


class ReplayRows(Changes):
    """Implements ``ReplayStore`` (``gateway.application.replays``)."""

    async def find_requests(self, wanted: Wanted, most: int) -> list[tuple[UUID, UUID]]:
        requests, cases = t.requests.c, t.cases.c
        query = select(requests.case_id, requests.id, requests.rank_at).where(*_narrowed(wanted))
        if wanted.service or wanted.office:
            query = query.join(t.cases, cases.id == requests.case_id)
        async with self.db.glance() as tx:
            found = await tx.rows(query.order_by(requests.rank_at, requests.case_id, requests.id).limit(most))
        place: dict[UUID, int] = {}
        for row in found:
            place.setdefault(row.case_id, len(place))
        return sorted(((row.case_id, row.id) for row in found), key=lambda pair: (place[pair[0]], pair[1]))

    async def case_files(self, ids: Sequence[UUID]) -> list[CaseFile]:
        async with self.db.read() as tx:
            return [one.file for one in await self.loader.load(tx, ids, lock="")]

    async def keep_replay(self, replay: Replay, items: Sequence[Item]) -> None:
        async with self.db.write() as tx:
            await tx.bulk(_INSERT, [tuple(_value(replay, name) for name in _REPLAY)])
            await tx.bulk(_INSERT_ITEM, [(replay.id, *(getattr(item, name) for name in _ITEM)) for item in items])

    async def replays(self, after: str, limit: int) -> Page:
        columns = replays.c
        query = select(replays).order_by(columns.seen_at.desc(), columns.id.desc()).limit(limit + 1)
        if after:
            moment, last = instant_cursor(after)
            query = query.where(tuple_(columns.seen_at, columns.id) < here(columns.seen_at, moment, columns.id, last))
        async with self.db.read() as tx:
            found = [_replay_of(row) for row in await tx.rows(query)]
            page = found[:limit]
            for one in page:
                one.progress = await _progress(tx, one.id)
        return Page(page, f"{page[-1].seen_at.isoformat()}~{page[-1].id}" if len(found) > limit else "")

    async def replay(self, id_: UUID) -> Replay | None:
        async with self.db.read() as tx:
            row = await tx.one(select(replays).where(replays.c.id == id_))
            if row is None:
                return None
            found = _replay_of(row)
            found.progress = await _progress(tx, id_)
        return found

    async def replay_items(self, id_: UUID, after: int, limit: int, result: str = "") -> Page:
        items = replay_items.c
        query = _items_with_requests().where(items.replay_id == id_, items.position > after)
        if result:
            query = query.where(literal(result) == _RESULT)
        async with self.db.glance() as tx:
            found = await tx.rows(query.order_by(items.position).limit(limit + 1))
        page = [_item_of(row) for row in found[:limit]]
        return Page(page, str(page[-1].position) if len(found) > limit else "")

    async def change_replay(self, id_: UUID, change: Callable[[Replay, datetime], None]) -> Replay:
        async with self.db.write() as tx:
            row = await tx.one(select(replays).where(replays.c.id == id_).with_for_update())
            if row is None:
                raise NotFound("not_found", f"there is no replay {id_}")
            replay = _replay_of(row)
            change(replay, await tx.now())
            await _save(tx, replay)
        return replay

    async def due_replays(self) -> list[tuple[UUID, Replay]]:
        columns = replays.c
        async with self.db.glance() as tx:
            now = await tx.now()
            due = select(replays).where(columns.next_at.is_not(None), columns.next_at <= now).order_by(columns.next_at)
            return [(row.id, _replay_of(row)) for row in await tx.rows(due)]

    async def next_replay_at(self) -> datetime | None:
        async with self.db.glance() as tx:
            row = await tx.one(select(func.min(replays.c.next_at)).where(replays.c.next_at.is_not(None)))
        return None if row is None else row[0]

    async def take_item(self, id_: UUID, do: Do) -> Taken:
        refused: Exception | None = None
        for _ in range(TRIES):
            try:
                async with self.db.write() as tx:
                    return await self._take_next(tx, id_, do, refused)
            except (GuardLost, TryAgain) as error:
                log.info("a request of the replay %s is taken again: %s", id_, error)
            except RowRefused as error:  # what it would write has no place: said of this request, and the others go on
                refused = error
        return Taken()

    async def _take_next(self, tx: Tx, id_: UUID, do: Do, refused: Exception | None) -> Taken:
        columns = replays.c
        now = await tx.now()
        row = await tx.one(select(replays).where(columns.id == id_, columns.next_at <= now).with_for_update(skip_locked=True))
        if row is None:  # paused, stopped, not yet, or in another's hands
            return Taken()
        replay, items = _replay_of(row), replay_items.c
        query = select(replay_items).where(items.replay_id == id_, _WAITING).order_by(items.position).limit(1)
        found = await tx.one(query.where(~_on_its_way().exists()))
        if found is None:
            if await tx.one(query) is None:
                replay.state, replay.next_at, replay.finished_at = ReplayState.DONE, None, now
            else:
                replay.next_at = now + _LOOK_AGAIN
            await _save(tx, replay)
            return Taken()
        item = _item_of(found)
        before = select(items.position).where(
            items.replay_id == id_, items.case_id == item.case_id, items.position < item.position, items.state == word("done")
        )
        followed = await tx.one(before.limit(1)) is not None
        made: list[UUID | None] = []

        def decide(file: CaseFile) -> None:
            made[:] = [do(file, item, followed)]

        loaded = await self.loader.load(tx, [item.case_id])
        error: Exception | None = refused
        if not loaded:
            error = NotFound("not_found", f"there is no case {item.case_id}")
        elif refused is None:
            error = run_decide(loaded[0].file, decide)
        if isinstance(error, PinNotLoaded):
            return Taken(wants_pin=error.digest)
        if error is None:
            error = (await self.save(tx, loaded)).get(item.case_id)
        values: dict[str, Any] = {"state": str(ItemState.DONE), "at": now, "made": made[0] if made else None}
        if error is not None:
            code = error.code if isinstance(error, Refusal) else "failed"
            values = {"state": str(ItemState.SKIPPED), "at": now, "code": code, "text": str(error)}
        await tx.run(update(replay_items).where(items.replay_id == id_, items.position == item.position).values(**values))
        if replay.per_minute:
            # From when it was due, so that what a look costs does not slow it down; after a pause nothing is made up for.
            step = timedelta(seconds=60 / replay.per_minute)
            replay.next_at = max(replay.next_at or now, now - step) + step
        await _save(tx, replay)
        return Taken(done=True, file=loaded[0].file if error is None else None)

    async def forget_sets(self, before: datetime) -> int:
        columns = replays.c
        old = select(columns.id).where(columns.state == word("seen"), columns.seen_at < before)
        async with self.db.glance() as tx:
            if await tx.one(old.limit(1)) is None:
                return 0
        async with self.db.write() as tx:
            ids = [row.id for row in await tx.rows(old.limit(100).with_for_update(skip_locked=True))]
            await tx.run(replay_items.delete().where(replay_items.c.replay_id.in_(ids)))
            return await tx.run(replays.delete().where(columns.id.in_(ids)))


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    requests, cases, incidents = t.requests.c, t.cases.c, t.incidents.c
    given: list[ColumnElement[bool]] = [requests.status.in_(wanted.statuses)]
    if set(wanted.statuses) <= {"parked", "in_doubt"}:  # as the index has it, word for word
        given.append(requests.status.in_((word("parked"), word("in_doubt"))))
    of_request = ("agency", "step", "operation", "branch")
    given += [requests[name] == value for name in of_request if (value := getattr(wanted, name))]
    given += [cases[name] == value for name in ("service", "office") if (value := getattr(wanted, name))]
    if wanted.requests:
        given.append(requests.id.in_(wanted.requests))
    of_incident: list[ColumnElement[bool]] = []
    for column, value in (
        (incidents.kind, wanted.kind),
        (incidents.group_key, wanted.group),
        (incidents.agency, wanted.incident_agency),
    ):
        if value:
            of_incident.append(column == value)
    if of_incident:
        open_ = (incidents.state == word("open"), incidents.request_id.is_not(None))
        given.append(requests.id.in_(select(incidents.request_id).where(*open_, *of_incident)))
    return given


def _on_its_way() -> Select[Any]:
    """A request of the same case that this replay did before, and that has not reached its agency yet."""
    earlier = replay_items.alias("earlier")
    stands = t.requests.c.id == func.coalesce(earlier.c.made, earlier.c.request_id)
    return (
        select(earlier.c.position)
        .select_from(earlier.join(t.requests, stands))
        .where(
            earlier.c.replay_id == replay_items.c.replay_id,
            earlier.c.case_id == replay_items.c.case_id,
            earlier.c.position < replay_items.c.position,
            earlier.c.state == word("done"),
            t.requests.c.status.in_((word("ready"), word("released"))),
        )
        .correlate(replay_items)
    )


def _items_with_requests() -> Select[Any]:
    joined = replay_items.outerjoin(t.requests, _STANDS)
    return select(replay_items, t.requests.c.status.label("now"), _RESULT.label("result")).select_from(joined)


async def _progress(tx: Tx, id_: UUID) -> dict[str, int]:
    joined = replay_items.outerjoin(t.requests, _STANDS)
    result = _RESULT.label("result")
    query = select(result, func.count()).select_from(joined).where(replay_items.c.replay_id == id_).group_by(result)
    counts = {row[0]: row[1] for row in await tx.rows(query)}
    return {name: counts.get(name, 0) for name in RESULTS}


async def _save(tx: Tx, replay: Replay) -> None:
    values = {name: getattr(replay, name) for name in _CHANGED}
    await tx.run(update(replays).where(replays.c.id == replay.id).values(**values | {"state": str(replay.state)}))


def _value(replay: Replay, name: str) -> Any:
    value = getattr(replay, name)
    return dump_json(value) if name == "wanted" else value


def _replay_of(row: Any) -> Replay:
    values = {name: getattr(row, name) for name in _REPLAY}
    values |= {"state": ReplayState(row.state), "action": Action(row.action)}
    return Replay(**values)


def _item_of(row: Any) -> Item:
    values: dict[str, Any] = {name: getattr(row, name) for name in _ITEM} | {"state": ItemState(row.state)}
    values |= {name: getattr(row, name, "") or "" for name in ("now", "result")}
    return Item(**values)
