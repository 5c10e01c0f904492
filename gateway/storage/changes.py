"""``change``: a group of cases locked, decided on and saved in one commit, with each one's failure kept to itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from gateway.application.store import Decide, StoreError
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict, DarchaError, NotFound
from gateway.storage.base import Part
from gateway.storage.calendar_tables import calendar_versions
from gateway.storage.engine import Tx
from gateway.storage.errors import GuardLost, RowRefused, TryAgain
from gateway.storage.load import Loaded
from gateway.storage.save import Batch, dirty, write

log = logging.getLogger(__name__)
#: How often a unit of work is repeated when the database or a guard turned it back.
TRIES: Final = 4


def run_decide(file: CaseFile, decide: Callable[[CaseFile], None]) -> Exception | None:
    """Run the rules on one file and return what they raised."""
    try:
        decide(file)
    except DarchaError as error:
        return error
    except Exception as error:
        # One bad item never fails its batch (promise 6); the caller gets the error.
        log.exception("a rule failed on case %s", file.case.number)
        return error
    return None


async def _moved(tx: Tx, calendars: Mapping[str, int]) -> str:
    """Return a calendar of which a further version stands than the number given; empty when there is none."""
    versions = calendar_versions.c
    now = await tx.rows(select(versions.calendar, func.max(versions.number).label("number")).group_by(versions.calendar))
    return next((row.calendar for row in now if row.number > calendars.get(row.calendar, 0)), "")


class Changes(Part):
    """Writing to cases that stand."""

    async def change(
        self, case_ids: Sequence[UUID], decide: Decide, *, calendars: Mapping[str, int] | None = None
    ) -> dict[UUID, Exception | None]:
        ids = sorted(set(case_ids))
        if not ids:
            return {}
        try:
            return await self._change_together(ids, decide, calendars)
        except (RowRefused, GuardLost, TryAgain) as error:
            if len(ids) == 1:
                return {ids[0]: error}
        alone: dict[UUID, Exception | None] = {}
        for id_ in ids:
            alone |= await self.change([id_], decide, calendars=calendars)
        return alone

    async def _change_together(
        self, ids: Sequence[UUID], decide: Decide, calendars: Mapping[str, int] | None
    ) -> dict[UUID, Exception | None]:
        lost: StoreError | None = None
        for _ in range(TRIES):
            try:
                async with self.db.write() as tx:
                    loaded = await self.loader.load(tx, ids)
                    if calendars is not None and (moved := await _moved(tx, calendars)):
                        return {id_: Conflict("calendar_moved", f"the calendar {moved} has moved meanwhile") for id_ in ids}
                    results: dict[UUID, Exception | None] = {
                        id_: NotFound("unknown_case", f"there is no case {id_}") for id_ in ids
                    }
                    results |= {one.file.case.id: run_decide(one.file, decide) for one in loaded}
                    good = [one for one in loaded if results[one.file.case.id] is None]
                    results |= await self.save(tx, good)
                    return results
            except (GuardLost, TryAgain) as error:
                lost = error
        raise lost or GuardLost("the unit of work could not be saved")

    async def save(self, tx: Tx, loaded: Sequence[Loaded]) -> dict[UUID, Exception | None]:
        """Save the files that were changed; return what stands against single ones, which are left out."""
        against: dict[UUID, Exception | None] = dict(await self.saver.settled_before(tx, [one.file for one in loaded]))
        batch = Batch()
        for one in loaded:
            if one.file.case.id in against or not dirty(one.file):
                continue
            try:
                batch.add(one.file, one)
            except (TypeError, ValueError) as error:
                against[one.file.case.id] = error
        await write(tx, batch, self.mint)
        return against
