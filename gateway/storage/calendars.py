"""Versions of calendars, and the clocks in flight that were derived with an older one.

A clock names the version that it was derived with. So nothing else remembers how far a recalculation has come: what is
left to do is what the index finds, for any number of processes, and after any of them has died.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, Text, bindparam, func, literal_column, null, select

from gateway.application.store import CalendarEntry, CalendarVersion, Decide, MakeCalendar
from gateway.domain.calendar import Calendar
from gateway.domain.calendar_json import calendar_from_json, calendar_to_json
from gateway.domain.case_file import Mint
from gateway.domain.errors import NotFound
from gateway.storage import bulk
from gateway.storage import tables as t
from gateway.storage.calendar_tables import calendar_versions
from gateway.storage.changes import TRIES, Changes, run_decide
from gateway.storage.columns import dump_json
from gateway.storage.engine import Database, Tx
from gateway.storage.errors import GuardLost, RowRefused, TryAgain
from gateway.storage.prepared import Prepared

log = logging.getLogger(__name__)
#: Who has made the versions that come from the library of holidays.
SEED: Final = "seed"
_INSERT: Final = bulk.insert(calendar_versions, calendar_versions.c.keys(), on_conflict="(calendar, number) DO NOTHING")
#: Processes that start at once make the same seed, under one version: the first one's stays.
_INSERT_SEED: Final = bulk.insert(calendar_versions, calendar_versions.c.keys(), on_conflict="DO NOTHING")
_ENTRY: Final = tuple(calendar_versions.c)[:-1]
#: As the index has it, word for word.
IN_FLIGHT: Final[ColumnElement[bool]] = literal_column("clocks.state IN ('not_started', 'running', 'suspended')")


class CalendarVersions(Changes):
    """Calendars. An amendment locks the calendar's first row, so that they take turns."""

    def __init__(self, db: Database, mint: Mint) -> None:
        super().__init__(db, mint)
        clocks = t.clocks.c
        calendar: BindParameter[str] = bindparam("calendar", type_=Text)
        number: BindParameter[int] = bindparam("number", type_=Integer)
        self._in_use = _versions_in_use(calendar)
        self._ahead = select(calendar_versions.c.version).where(
            calendar_versions.c.calendar == calendar, calendar_versions.c.number >= number
        )
        self._behind = Prepared(
            select(t.cases.c.id)
            .select_from(t.clocks.join(t.cases, t.cases.c.id == clocks.case_id))
            .where(clocks.calendar == calendar, clocks.calendar_version == bindparam("version", type_=Text), IN_FLIGHT)
            .order_by(clocks.due_at)
            .limit(bindparam("most"))
            .with_for_update(of=t.cases, skip_locked=True)
        )

    async def keep_seeds(self, calendars: Sequence[Calendar]) -> None:
        versions = calendar_versions.c
        async with self.db.write() as tx:
            now = await tx.now()
            for calendar in calendars:
                kept = await tx.rows(select(versions.version, versions.made_by).where(versions.calendar == calendar.id))
                if any(row.version == calendar.version or row.made_by != SEED for row in kept):
                    continue
                before = await self._kept(tx, calendar.id)
                made = calendar if before is None else calendar.following(before.calendar)
                number = 1 if before is None else before.entry.number + 1
                await tx.bulk(_INSERT_SEED, [_row(CalendarEntry(made.id, number, made.version, now, SEED), made)])

    async def calendar_numbers(self) -> dict[str, int]:
        versions = calendar_versions.c
        async with self.db.glance() as tx:
            found = await tx.rows(
                select(versions.calendar, func.max(versions.number).label("number")).group_by(versions.calendar)
            )
        return {row.calendar: row.number for row in found}

    async def calendar_version(self, id_: str, number: int | None = None, version: str = "") -> CalendarVersion | None:
        async with self.db.glance() as tx:
            return await self._kept(tx, id_, number, version)

    async def calendar_entries(self, id_: str) -> list[CalendarEntry]:
        versions = calendar_versions.c
        async with self.db.glance() as tx:
            found = await tx.rows(select(*_ENTRY).where(versions.calendar == id_).order_by(versions.number.desc()))
        return [CalendarEntry(*row) for row in found]

    async def amend_calendar(self, id_: str, make: MakeCalendar, *, by: str, note: str = "") -> CalendarVersion:
        versions = calendar_versions.c
        first = select(versions.number).where(versions.calendar == id_).order_by(versions.number).limit(1).with_for_update()
        async with self.db.write() as tx:
            await tx.rows(first)
            current = await self._kept(tx, id_)  # read under the lock: what another amendment has just made
            if current is None:
                raise NotFound("not_found", f"there is no calendar {id_[:60]!r}")
            made = make(current)
            number = current.entry.number + 1
            decree = made.history[-1].decree if made.history else ""
            entry = CalendarEntry(id_, number, made.version, await tx.now(), by, decree, note)
            if not await tx.bulk(_INSERT, [_row(entry, made)]):
                raise GuardLost(f"the version {number} of the calendar {id_} was made meanwhile")
        return CalendarVersion(entry, made)

    async def clocks_behind(self, id_: str) -> int:
        clocks = t.clocks.c
        async with self.db.read() as tx:
            current = await self._kept(tx, id_)
            if current is None:
                return 0
            behind = await self._stale(tx, id_, current.entry.number)
            chosen = (clocks.calendar == id_, clocks.calendar_version.in_(behind), IN_FLIGHT)
            row = await tx.one(select(func.count().label("count")).select_from(t.clocks).where(*chosen))
        return 0 if row is None else int(row.count)

    async def recalculate(
        self, id_: str, number: int, decide: Decide, most: int, beside: Collection[UUID] = ()
    ) -> dict[UUID, Exception | None]:
        taken: list[UUID] = []
        for _ in range(TRIES):
            try:
                async with self.db.write() as tx:
                    taken = await self._take(tx, id_, number, most, beside)
                    loaded = await self.loader.load(tx, taken)
                    results = {one.file.case.id: run_decide(one.file, decide) for one in loaded}
                    good = [one for one in loaded if results[one.file.case.id] is None]
                    return results | await self.save(tx, good)
            except (GuardLost, TryAgain) as error:
                log.info("recalculating %s is repeated: %s", id_, error)
            except RowRefused as error:
                log.warning("recalculating %s: one of %d cases cannot be stored: %s", id_, len(taken), error)
                break
        return await self.change(taken, decide)  # each for itself, so that one keeps nobody else back

    async def _take(self, tx: Tx, id_: str, number: int, most: int, beside: Collection[UUID]) -> list[UUID]:
        """Return the ids of cases that are behind, with their locks."""
        cases: dict[UUID, None] = {}
        for version in await self._stale(tx, id_, number):
            wanted = {"calendar": id_, "version": version, "most": most + len(beside) - len(cases)}
            cases |= dict.fromkeys(row[0] for row in await tx.fetch(self._behind, wanted) if row[0] not in beside)
            if len(cases) >= most:
                break
        return list(cases)

    async def _stale(self, tx: Tx, id_: str, number: int) -> list[str]:
        """Return the versions before ``number`` that clocks in flight still name; also those that nobody has kept."""
        used = [row[0] for row in await tx.rows(self._in_use, {"calendar": id_})]
        if not used:
            return []
        # Asked after: a version that a clock names has been committed before. So no process goes back to an older one.
        ahead = {row.version for row in await tx.rows(self._ahead, {"calendar": id_, "number": number})}
        return [version for version in used if version not in ahead]

    async def _kept(self, tx: Tx, id_: str, number: int | None = None, version: str = "") -> CalendarVersion | None:
        versions = calendar_versions.c
        wanted = select(calendar_versions).where(versions.calendar == id_).order_by(versions.number.desc()).limit(1)
        if number is not None:
            wanted = wanted.where(versions.number == number)
        if version:
            wanted = wanted.where(versions.version == version)
        row = await tx.one(wanted)
        return None if row is None else CalendarVersion(CalendarEntry(*row[:-1]), calendar_from_json(row.content))


def _versions_in_use(calendar: BindParameter[str]) -> Select[Any]:
    """The versions that clocks in flight name: one step into the index for each, however many clocks there are."""
    clocks = t.clocks.c
    first = select(func.min(clocks.calendar_version).label("version")).where(clocks.calendar == calendar, IN_FLIGHT)
    used = first.cte("used", recursive=True)
    following = first.where(clocks.calendar_version > used.c.version).scalar_subquery()
    used = used.union_all(select(following).select_from(used).where(used.c.version.is_not(null())))
    return select(used.c.version).where(used.c.version.is_not(null()))


def _row(entry: CalendarEntry, calendar: Calendar) -> bulk.Row:
    content = dump_json(calendar_to_json(calendar))
    return (entry.id, entry.number, entry.version, entry.made_at, entry.made_by, entry.decree, entry.note, content)
