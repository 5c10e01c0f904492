"""Case files out of the tables: one SELECT a table for a whole group of cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gateway.domain.case_file import CaseFile, Mint
from gateway.storage import rows
from gateway.storage import tables as t
from gateway.storage.engine import Database, Tx
from gateway.storage.prepared import Prepared

#: The id or position of a row: its place in time.
_first = itemgetter(0)
_ID, _ATTENTION, _FACTS, _DECISIONS, _FEED_TX = (
    t.cases.c.keys().index(name) for name in ("id", "needs_attention", "fact_count", "decision_count", "feed_tx")
)


@dataclass(slots=True)
class Loaded:
    """A case file and what its row said when it was loaded, for the guard of its UPDATE."""

    file: CaseFile
    version: int
    was_open: bool
    feed_tx: int


class Loader:
    """Loads groups of cases. Every lock on cases is taken here, in id order."""

    def __init__(self, db: Database, mint: Mint) -> None:
        self._mint = mint
        cases = select(t.cases).where(db.within(t.cases.c.id, "ids")).order_by(t.cases.c.id)
        self._cases = {
            "": Prepared(cases),
            "wait": Prepared(cases.with_for_update()),
            "pass over": Prepared(cases.with_for_update(skip_locked=True)),
        }
        of_cases = db.within(t.requests.c.case_id, "ids")
        # No ORDER BY but where rows are locked: Python sorts the few, and no planner is led to walk a whole index.
        self._requests = Prepared(select(t.requests, db.moment()).where(of_cases))
        self._clocks = Prepared(select(t.clocks).where(db.within(t.clocks.c.case_id, "ids")))
        self._facts = Prepared(select(t.facts).where(db.within(t.facts.c.case_id, "ids")))
        self._decisions = Prepared(select(t.decisions).where(db.within(t.decisions.c.case_id, "ids")))
        self._incidents = Prepared(
            select(t.incidents.c.case_id, t.incidents.c.fingerprint).where(
                db.within(t.incidents.c.case_id, "ids"), t.incidents.c.state == "open"
            )
        )

    async def load(self, tx: Tx, ids: Iterable[UUID], lock: str = "wait") -> list[Loaded]:
        """Return the cases that there are, in id order. ``lock``: ``wait``, ``pass over`` what others hold, or none.

        ``file.now`` is read after the locks are held: a case's times never run backwards.
        """
        wanted = sorted(set(ids))
        if not wanted:
            return []
        found = await tx.fetch(self._cases[lock], {"ids": wanted})
        if not found:
            return []
        held = {"ids": [row[_ID] for row in found]}
        requests = await tx.fetch(self._requests, held)
        now = (requests[0][-1] if requests else None) or await tx.now()
        loaded: dict[UUID, Loaded] = {}
        for row in found:
            case = rows.case_of(row)
            loaded[case.id] = Loaded(CaseFile(case, now, self._mint), case.version, case.decided_at is None, row[_FEED_TX])
        for row in sorted(requests, key=_first):
            request = rows.request_of(row)
            loaded[request.case_id].file.requests[request.id] = request
        for row in sorted(await tx.fetch(self._clocks, held), key=_first):
            clock = rows.clock_of(row)
            loaded[clock.case_id].file.clocks[clock.id] = clock
        await self._seldom(tx, found, loaded)
        return list(loaded.values())

    async def _seldom(self, tx: Tx, found: Sequence[Any], loaded: dict[UUID, Loaded]) -> None:
        if with_facts := [row[_ID] for row in found if row[_FACTS]]:
            for row in sorted(await tx.fetch(self._facts, {"ids": with_facts}), key=_first):
                loaded[row[1]].file.facts.append(rows.fact_of(row))
        if with_decisions := [row[_ID] for row in found if row[_DECISIONS]]:
            for row in sorted(await tx.fetch(self._decisions, {"ids": with_decisions}), key=_first):
                loaded[row[1]].file.decisions.append(rows.decision_of(row))
        if in_trouble := [row[_ID] for row in found if row[_ATTENTION]]:
            for case_id, fingerprint in await tx.fetch(self._incidents, {"ids": in_trouble}):
                loaded[case_id].file.open_incidents.add(fingerprint)
