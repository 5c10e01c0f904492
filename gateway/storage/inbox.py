"""The inbox: callbacks committed before they are answered, matched to their request now or later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update

from gateway.application.store import InboxItem
from gateway.domain.case_file import Mint
from gateway.domain.incident import TimerKind
from gateway.storage import bulk, rows, statements
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import dump_json, word
from gateway.storage.engine import Database, Tx
from gateway.storage.prepared import Prepared

_KEEP: Final = bulk.insert(t.inbox, t.inbox.c.keys(), on_conflict="(agency, key) DO NOTHING")
#: A claimed callback comes again after this, should the one who claimed it be gone.
CLAIM: Final = timedelta(seconds=30)

Claimed = tuple[InboxItem, UUID | None, UUID | None]


class Inbox(Part):
    """Callbacks. ``unmatched_after`` is how long one may wait for its reference before the timer fires."""

    def __init__(self, db: Database, mint: Mint, unmatched_after: timedelta = timedelta(hours=1)) -> None:
        super().__init__(db, mint)
        self.unmatched_after = unmatched_after
        # A query for each state, as each has its index: what is settled, which is nearly all, is never looked at.
        self._standing = [
            Prepared(
                select(t.inbox.c.id)
                .select_from(t.inbox.join(t.requests, match))
                .where(db.within(t.requests.c.case_id, "ids"), t.inbox.c.state == word(state))
            )
            for match in (_BY_MESSAGE, _BY_REFERENCE)
            for state in ("new", "unmatched")
        ]

    async def keep_callback(self, item: InboxItem) -> Mapping[str, Any]:
        row = (
            item.id,
            item.agency,
            item.name,
            item.key,
            item.reference,
            item.message_id,
            dump_json(dict(item.outcome)),
            item.received_at,
            dump_json(dict(item.answer)),
            dump_json(dict(item.headers)),
            item.body,
            dump_json(sorted(item.blobs)),
            _message_id(item.message_id),
            "new",
            item.received_at,
            "",
            None,
        )
        inbox = t.inbox.c
        async with self.db.write() as tx:
            if await tx.bulk(_KEEP, [row]):
                await tx.bulk(statements.INSERT_BLOB, sorted(item.blobs.items()))
                return item.answer
            first = await tx.one(select(inbox.answer).where(inbox.agency == item.agency, inbox.key == item.key))
        answer: Mapping[str, Any] = item.answer if first is None else first.answer
        return answer

    async def claim_callbacks(self, most: int) -> list[Claimed]:
        async with self.db.write() as tx:
            now = await tx.now()
            fresh = await self._new(tx, now, most)
            targets, ambiguous = await self._targets(tx, [row.id for row in fresh])
            # After that, so that a reference that has become known just now is known for all that name it: one that had to
            # wait for it is older than what followed it, and they go in the order in which they came.
            late = await self._matchable(tx, most - len(fresh))
            more, unclear = await self._targets(tx, [row.id for row in late])
            targets, ambiguous = targets | more, ambiguous | unclear
            found = {row.id: row for row in sorted([*fresh, *late], key=lambda row: (row.received_at, row.id))}
            if not found:
                return []
            unmatched = [id_ for id_ in found if id_ not in targets and id_ not in ambiguous]
            inbox = t.inbox.c
            await tx.run(update(t.inbox).where(inbox.id.in_(list(found))).values(state="new", next_at=now + CLAIM))
            if unmatched:
                await tx.run(update(t.inbox).where(inbox.id.in_(unmatched)).values(state="unmatched"))
                due = now + self.unmatched_after
                await tx.bulk(statements.SET_TIMER, [(TimerKind.UNMATCHED_CALLBACK, id_, None, due) for id_ in sorted(unmatched)])
            if ambiguous:  # never guessed: whose case it is, a person finds out
                await tx.run(update(t.inbox).where(inbox.id.in_(sorted(ambiguous))).values(state="ambiguous"))
                await tx.bulk(statements.SET_TIMER, [(TimerKind.UNMATCHED_CALLBACK, id_, None, now) for id_ in sorted(ambiguous)])
        return [(rows.inbox_item_of(row), *targets.get(id_, (None, None))) for id_, row in found.items()]

    async def standing_callbacks(self, case_ids: Sequence[UUID]) -> list[tuple[InboxItem, UUID, UUID]]:
        wanted = frozenset(case_ids)
        async with self.db.read() as tx:
            ids = {"ids": sorted(wanted)}
            standing = {row[0] for query in self._standing for row in await tx.fetch(query, ids)}
            if not standing:
                return []
            found = await tx.rows(select(t.inbox).where(t.inbox.c.id.in_(sorted(standing))))
            targets, _ = await self._targets(tx, sorted(standing))
        ordered = sorted(found, key=lambda row: (row.received_at, row.id))
        return [(rows.inbox_item_of(row), *targets[row.id]) for row in ordered if targets.get(row.id, (None,))[0] in wanted]

    async def _new(self, tx: Tx, now: datetime, most: int) -> Sequence[Any]:
        inbox = t.inbox.c
        due = select(t.inbox).where(inbox.state == word("new"), inbox.next_at <= now).order_by(inbox.next_at).limit(most)
        return await tx.rows(due.with_for_update(skip_locked=True))

    async def _matchable(self, tx: Tx, most: int) -> Sequence[Any]:
        """Those that were unmatched, and whose reference a request has learnt since."""
        if most <= 0:
            return []
        inbox = t.inbox.c
        known = select(t.requests.c.id).where(_BY_REFERENCE).exists()
        query = select(t.inbox).where(inbox.state == word("unmatched"), known).order_by(inbox.next_at).limit(most)
        return await tx.rows(query.with_for_update(skip_locked=True))

    async def _targets(self, tx: Tx, ids: Sequence[UUID]) -> tuple[dict[UUID, tuple[UUID, UUID]], set[UUID]]:
        """Return (case id, request id) of each item: by message id, else the youngest standing request of that reference.

        And the items whose reference stands in several cases: an agency that numbers each branch for itself.
        """
        if not ids:
            return {}, set()
        inbox, requests = t.inbox.c, t.requests.c
        superseded = requests.status == "superseded"
        columns = select(inbox.id, requests.case_id, requests.id, superseded).select_from(t.inbox)
        by_message = columns.join(t.requests, _BY_MESSAGE).where(inbox.id.in_(ids))
        by_reference = columns.join(t.requests, _BY_REFERENCE).where(inbox.id.in_(ids))
        targets = {row[0]: (row[1], row[2]) for row in await tx.rows(by_message)}
        named: dict[UUID, list[Any]] = {}
        if any(id_ not in targets for id_ in ids):
            for row in sorted(await tx.rows(by_reference), key=lambda row: row[2]):
                named.setdefault(row[0], []).append(row)
        ambiguous: set[UUID] = set()
        for id_, found in named.items():
            standing = [row for row in found if not row[3]] or found
            if id_ in targets:
                continue
            if len({row[1] for row in standing}) > 1:
                ambiguous.add(id_)
            else:
                targets[id_] = (standing[-1][1], standing[-1][2])
        return targets, ambiguous


_SAME_AGENCY: ColumnElement[bool] = t.requests.c.agency == t.inbox.c.agency
_BY_MESSAGE: ColumnElement[bool] = and_(_SAME_AGENCY, t.requests.c.message_id == t.inbox.c.request_message_id)
# The last condition is that of the index.
_BY_REFERENCE: ColumnElement[bool] = and_(
    _SAME_AGENCY, t.requests.c.reference == t.inbox.c.reference, t.requests.c.reference != word("")
)


def _message_id(text: str) -> UUID | None:
    """The message id as ours, when it can be one (with or without ``urn:uuid:``)."""
    try:
        return UUID(text)
    except ValueError:
        return None
