"""Case files into the tables: what many units of work recorded, in one statement a table.

Every UPDATE of a case or a request names the version or status it was loaded in. One row less than named, and the whole
transaction is rolled back and repeated: nothing is ever half-saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gateway.domain.case import CaseStatus
from gateway.domain.case_file import CaseFile, Mint
from gateway.domain.errors import Conflict
from gateway.domain.incident import TimerKind
from gateway.storage import bulk, rows, statements
from gateway.storage import tables as t
from gateway.storage.columns import word
from gateway.storage.engine import Database, Tx
from gateway.storage.errors import GuardLost
from gateway.storage.incidents import Opening, close_incident, open_incidents
from gateway.storage.load import Loaded
from gateway.storage.prepared import Prepared
from gateway.storage.rows import Row

_SETTLE_INBOX = bulk.update(t.inbox, ("result", "settled_at", "state"), {"id": "=", "state": "<>"})
_LOOK_AGAIN = bulk.update(t.inbox, ("next_at",), {"id": "=", "state": "<>"})
#: A decided case no longer stands in the way of the same application.
_RELEASE_CLAIMS = bulk.update(t.unique_claims, ("released_at",), {"case_id": "="})


def dirty(file: CaseFile) -> bool:
    """Whether the unit of work recorded anything."""
    return bool(
        file.changed
        or file.timers
        or file.cleared_timers
        or file.changed_clocks
        or file.new_clocks
        or file.incidents
        or file.recovered
        or file.attempts
    )


@dataclass(slots=True)
class Batch:
    """Rows of many files, ready to write. ``add`` makes them; what cannot be made raises and leaves the batch as it was."""

    new_cases: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)
    new_requests: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    new_clocks: list[Row] = field(default_factory=list)
    clocks: list[Row] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    disclosures: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    cleared: list[Row] = field(default_factory=list)
    inbox: list[Row] = field(default_factory=list)
    early: list[Row] = field(default_factory=list)
    timers: dict[tuple[TimerKind, UUID], Row] = field(default_factory=dict)
    openings: list[Opening] = field(default_factory=list)
    closings: list[tuple[str, datetime, str, str]] = field(default_factory=list)
    closed_again: list[tuple[str, datetime, str, str]] = field(default_factory=list)
    ended: list[Row] = field(default_factory=list)
    blobs: list[Row] = field(default_factory=list)

    def add(self, file: CaseFile, loaded: Loaded | None = None) -> None:
        """Make the rows of one file. Raises ``TypeError`` or ``ValueError`` for what has no place in a row."""
        made = Batch()
        made._add(file, loaded)
        self.extend(made)

    def extend(self, other: Batch) -> None:
        """Take over the rows of another batch."""
        for name in self.__dataclass_fields__:
            theirs = getattr(other, name)
            if not theirs:
                continue
            ours = getattr(self, name)
            if isinstance(ours, dict):
                ours.update(theirs)
            else:
                ours.extend(theirs)

    def _add(self, file: CaseFile, loaded: Loaded | None) -> None:
        case, now, feed_tx = file.case, file.now, loaded.feed_tx if loaded else 0
        facts, decisions = len(file.facts), len(file.decisions)
        if loaded is None:
            self.new_cases.append(rows.case_row(case, facts, decisions))
        else:
            self.cases.append(rows.case_change(case, facts, decisions, feed_tx, loaded.version))
            if (loaded.was_open and case.decided_at is not None) or case.status is CaseStatus.WITHDRAWN:
                self.ended = [(now, case.id)]
        self.new_requests = [rows.request_row(file.requests[id_]) for id_ in file.new_requests]
        self.requests = [
            rows.request_change(file.requests[id_], was) for id_, was in file.moved.items() if id_ not in file.new_requests
        ]
        self.new_clocks = [rows.clock_row(file.clocks[id_]) for id_ in file.new_clocks]
        self.clocks = [rows.clock_change(file.clocks[id_]) for id_ in file.changed_clocks - file.new_clocks]
        self.blobs = list(file.blobs.items())
        self.facts = [rows.fact_row(case.id, f) for f in file.new_facts]
        self.decisions = [rows.decision_row(case.id, d) for d in file.new_decisions]
        self.events = [rows.event_row(e, feed_tx) for e in file.events]
        self.attempts = [rows.attempt_row(file, a) for a in file.attempts]
        self.messages = [(m.request_id, m.purpose, m.content, rows.json_text(m.meta)) for m in file.messages]
        self.disclosures = [rows.disclosure_row(file, d) for d in file.disclosures]
        if file.events:
            seqs = (file.events[0].seq, file.events[-1].seq)
            self.deliveries = [rows.delivery_row(file.mint.uuid(), "events", now, case_id=case.id, seqs=seqs)]
        # A callback that found its case no longer waits for it.
        found = ((TimerKind.UNMATCHED_CALLBACK, id_) for id_ in file.settled_inbox)
        self.timers = {(x.kind, x.subject): (x.kind, x.subject, case.id, x.due_at) for x in file.timers}
        # What is set anew takes the place of what was: it need not go first.
        self.cleared = [key for key in dict.fromkeys((*file.cleared_timers, *found)) if key not in self.timers]
        self.inbox = [(result, now, "settled", id_, "settled") for id_, result in file.settled_inbox.items()]
        self.early = [(at, id_, "settled") for id_, at in file.early_inbox.items()]
        self._add_incidents(file)

    def _add_incidents(self, file: CaseFile) -> None:
        case = file.case
        self.openings = [Opening(incident, file.now, case.id, case.number) for incident in file.incidents]
        if not file.recovered:
            return
        actors = {e.payload.get("fingerprint"): e.actor for e in file.events if e.type == "incident.closed"}
        self.closings = [(print_, file.now, actors.get(print_, "gateway"), reason) for print_, reason in file.recovered]
        opened = {incident.fingerprint for incident in file.incidents}
        # Opened and closed within one unit of work: closed once more after the opening is written.
        self.closed_again = [c for c in self.closings if c[0] in opened and c[0] not in file.open_incidents]


async def write(tx: Tx, batch: Batch, mint: Mint) -> None:
    """Write everything. Raises ``GuardLost`` when a row is not as it was loaded."""
    await _guarded(tx, statements.UPDATE_CASE, batch.cases, "case")
    await tx.bulk(statements.INSERT_CASE, batch.new_cases)
    await _guarded(tx, statements.UPDATE_REQUEST, batch.requests, "request")
    await tx.bulk(statements.INSERT_REQUEST, batch.new_requests)
    await tx.bulk(statements.INSERT_CLOCK, batch.new_clocks)
    await _guarded(tx, statements.UPDATE_CLOCK, batch.clocks, "clock")
    await tx.bulk(statements.INSERT_BLOB, sorted(batch.blobs))
    await tx.bulk(statements.INSERT_FACT, batch.facts)
    await tx.bulk(statements.INSERT_DECISION, batch.decisions)
    await tx.bulk(statements.INSERT_EVENT, batch.events)
    await tx.bulk(statements.INSERT_ATTEMPT, batch.attempts)
    await tx.bulk(statements.INSERT_MESSAGE, batch.messages)
    await tx.bulk(statements.INSERT_DISCLOSURE, batch.disclosures)
    await tx.bulk(statements.CLEAR_TIMER, batch.cleared)
    await tx.bulk(statements.SET_TIMER, [batch.timers[key] for key in sorted(batch.timers)])
    await _guarded(tx, _SETTLE_INBOX, batch.inbox, "callback")
    await tx.bulk(_LOOK_AGAIN, batch.early)
    for closing in batch.closings:
        await close_incident(tx, *closing)
    alerts = await open_incidents(tx, batch.openings, mint) if batch.openings else []
    for closing in batch.closed_again:
        await close_incident(tx, *closing)
    await tx.bulk(statements.INSERT_DELIVERY, [*batch.deliveries, *alerts])
    await tx.bulk(_RELEASE_CLAIMS, batch.ended)


async def _guarded(tx: Tx, statement: bulk.Bulk, values: Sequence[Row], what: str) -> None:
    met = await tx.bulk(statement, values)
    if met != len(values):
        raise GuardLost(f"{len(values) - met} of {len(values)} {what} rows are no longer as they were loaded")


class Saver:
    """What saving asks of the database before it writes."""

    def __init__(self, db: Database) -> None:
        self._unsettled = Prepared(select(t.inbox.c.id).where(db.within(t.inbox.c.id, "ids"), t.inbox.c.state != word("settled")))

    async def settled_before(self, tx: Tx, files: Sequence[CaseFile]) -> dict[UUID, Conflict]:
        """Return, by case id, the files that would settle a callback that is settled already (or not there)."""
        wanted = [id_ for file in files for id_ in file.settled_inbox]
        if not wanted:
            return {}
        free = {row[0] for row in await tx.fetch(self._unsettled, {"ids": wanted})}
        message = "the callback has been applied already"
        return {file.case.id: Conflict("settled", message) for file in files if not free.issuperset(file.settled_inbox)}
