"""``take_in``: many new cases in one commit. Keys and unique claims decide first; only their winners become cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from gateway.application.store import AlreadyOpen, Intake, IntakeResult, KeyReused, Repeated, StoreError, Taken
from gateway.domain.case_file import Mint
from gateway.storage import bulk
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.changes import TRIES
from gateway.storage.columns import dump_json
from gateway.storage.engine import Database, Tx
from gateway.storage.errors import GuardLost, RowRefused, TryAgain
from gateway.storage.save import Batch, write
from gateway.storage.search_tables import search_identifiers

_KEYS = bulk.insert(t.idempotency_keys, t.idempotency_keys.c.keys(), on_conflict="(client, key) DO NOTHING")
_CLAIMS = bulk.insert(
    t.unique_claims,
    t.unique_claims.c.keys(),
    on_conflict="(hash) WHERE released_at IS NULL AND linked_to IS NULL DO NOTHING",
)
_LINKS = bulk.insert(t.unique_claims, t.unique_claims.c.keys())
_FOUND_BY = bulk.insert(search_identifiers, search_identifiers.c.keys())

Results = dict[int, IntakeResult | Exception]


@dataclass(slots=True)
class _Ready:
    """An intake whose rows can be made, and its place in the caller's list."""

    place: int
    intake: Intake
    rows: Batch = field(default_factory=Batch)

    @property
    def case_id(self) -> UUID:
        return self.intake.file.case.id


class Intakes(Part):
    """Taking applications in."""

    def __init__(self, db: Database, mint: Mint) -> None:
        super().__init__(db, mint)
        keys = t.idempotency_keys.c
        self._by_case = select(keys.case_id).where(db.within(keys.case_id, "ids"))
        self._winners = select(keys.client, keys.key, keys.case_id, keys.body_hash, keys.answer).where(
            db.within(keys.client, "clients"), db.within(keys.key, "keys")
        )
        self._drop_keys = delete(t.idempotency_keys).where(db.within(keys.case_id, "ids"))
        self._claimed = select(t.unique_claims.c.hash, t.unique_claims.c.case_id).where(
            db.within(t.unique_claims.c.hash, "hashes"),
            t.unique_claims.c.released_at.is_(None),
            t.unique_claims.c.linked_to.is_(None),
        )

    async def take_in(self, intakes: Sequence[Intake]) -> list[IntakeResult | Exception]:
        results: Results = {}
        ready = []
        for place, intake in enumerate(intakes):
            one = _Ready(place, intake)
            try:
                one.rows.add(intake.file)
            except (TypeError, ValueError) as error:
                results[place] = error
            else:
                ready.append(one)
        if ready:
            results |= await self._store(ready)
        return [results[place] for place in range(len(intakes))]

    async def find_key(self, client: str, key: str) -> tuple[str, Mapping[str, Any]] | None:
        keys = t.idempotency_keys.c
        async with self.db.glance() as tx:
            row = await tx.one(select(keys.body_hash, keys.answer).where(keys.client == client, keys.key == key))
        return None if row is None else (row.body_hash, row.answer)

    async def _store(self, ready: Sequence[_Ready]) -> Results:
        lost: StoreError | None = None
        for _ in range(TRIES):
            try:
                async with self.db.write() as tx:
                    return await self._take_together(tx, ready)
            except (GuardLost, TryAgain) as error:
                lost = error
            except RowRefused as error:
                lost = error
                break
        if len(ready) == 1:
            return {ready[0].place: lost or GuardLost("the application could not be stored")}
        results: Results = {}
        for one in ready:
            results |= await self._store([one])
        return results

    async def _take_together(self, tx: Tx, ready: Sequence[_Ready]) -> Results:
        results: Results = {}
        winners = await self._take_keys(tx, ready, results)
        winners = await self._take_claims(tx, winners, results)
        batch = Batch()
        for one in winners:
            batch.extend(one.rows)
            results[one.place] = Taken(one.intake.answer)
        await write(tx, batch, self.mint)
        await tx.bulk(_FOUND_BY, [(e.hash, one.case_id, e.role, e.key) for one in winners for e in one.intake.found_by])
        return results

    async def _take_keys(self, tx: Tx, ready: Sequence[_Ready], results: Results) -> list[_Ready]:
        # In one order everywhere: two group commits that share keys then wait for each other in turn, not in a ring.
        ordered = sorted(ready, key=lambda one: (one.intake.client, one.intake.key))
        met = await tx.bulk(_KEYS, [self._key_row(one.intake) for one in ordered])
        if met == len(ordered):
            return ordered
        won = {row.case_id for row in await tx.rows(self._by_case, {"ids": [one.case_id for one in ordered]})}
        losers = [one for one in ordered if one.case_id not in won]
        wanted = {"clients": list({o.intake.client for o in losers}), "keys": [o.intake.key for o in losers]}
        known = {(row.client, row.key): row for row in await tx.rows(self._winners, wanted)}
        for one in losers:
            row = known.get((one.intake.client, one.intake.key))
            if row is None:
                raise GuardLost("the winner of a key is gone")
            same = row.body_hash == one.intake.body_hash
            results[one.place] = Repeated(row.answer) if same else KeyReused()
        return [one for one in ordered if one.case_id in won]

    async def _take_claims(self, tx: Tx, winners: list[_Ready], results: Results) -> list[_Ready]:
        claiming = sorted((one for one in winners if one.intake.unique), key=lambda one: one.intake.unique)
        if not claiming:
            return winners
        met = await tx.bulk(_CLAIMS, [self._claim_row(one) for one in claiming])
        if met == len(claiming):
            return winners
        held = {row.hash: row.case_id for row in await tx.rows(self._claimed, {"hashes": [o.intake.unique for o in claiming]})}
        late = [one for one in claiming if held.get(one.intake.unique) != one.case_id]
        linked = [one for one in late if one.intake.unique_then == "link"]
        refused = {one.case_id: one for one in late if one.intake.unique_then != "link"}
        await tx.bulk(_LINKS, [self._claim_row(one, held.get(one.intake.unique)) for one in linked])
        if refused:
            await tx.run(self._drop_keys, {"ids": list(refused)})
        for one in refused.values():
            results[one.place] = AlreadyOpen()
        return [one for one in winners if one.case_id not in refused]

    @staticmethod
    def _key_row(intake: Intake) -> bulk.Row:
        case = intake.file.case
        return (intake.client, intake.key, intake.body_hash, case.id, dump_json(intake.answer), case.received_at)

    @staticmethod
    def _claim_row(one: _Ready, linked_to: UUID | None = None) -> bulk.Row:
        case = one.intake.file.case
        return (case.id, one.intake.unique, case.received_at, None, linked_to)
