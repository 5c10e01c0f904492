"""Records of the domain as rows, and rows as records. One place, so that the order of columns is decided once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from gateway.application.store import InboxItem, LaneRow
from gateway.domain.case import Case, CaseOutcome, CaseStatus, Decision, DecisionKind, Fact, FactKind, Holder
from gateway.domain.case_file import Attempt, CaseFile, Disclosure
from gateway.domain.clock import Clock, ClockState
from gateway.domain.events import Event
from gateway.domain.request import Request, RequestStatus, Work
from gateway.storage import bulk
from gateway.storage import tables as t
from gateway.storage.columns import FAR, dump_json

Row = bulk.Row

_INBOX: Final = tuple(t.inbox.c.keys()[:12])
#: Where columns of ``clocks`` stand that a process of an earlier release leaves empty, and what that means.
_CLOCK_EMPTY: Final = tuple(
    (t.clocks.c.keys().index(name), made) for name, made in (("events", ()), ("closing", ""), ("levels_told", ()))
)


def json_text(value: Any) -> str:
    return "{}" if not value and isinstance(value, Mapping) else dump_json(value)


def _holders(holders: Sequence[Holder]) -> str:
    return dump_json(
        [{"holder": h.holder, "what": h.what, "since": h.since, "until": h.until} for h in holders] if holders else []
    )


def case_row(case: Case, facts: int, decisions: int) -> Row:
    """A new case, for ``statements.INSERT_CASE``."""
    return (
        case.id,
        case.number,
        case.client,
        case.service,
        case.service_version,
        case.pin,
        case.office,
        case.channel,
        case.reference,
        case.language,
        case.territory,
        json_text(case.envelope),
        case.status,
        case.taken_at,
        case.received_at,
        case.outcome,
        case.version,
        case.seq,
        case.chain,
        case.needs_attention,
        _holders(case.waiting_on),
        case.due_at,
        case.due_provisional,
        case.withdrawing,
        case.decided_at,
        case.closed_at,
        case.traceparent,
        facts,
        decisions,
        0,
    )


def case_change(case: Case, facts: int, decisions: int, feed_tx: int, loaded_version: int) -> Row:
    """A loaded case, for ``statements.UPDATE_CASE``."""
    return (
        case.status,
        case.outcome,
        case.version,
        case.seq,
        case.chain,
        case.needs_attention,
        _holders(case.waiting_on),
        case.due_at,
        case.due_provisional,
        case.withdrawing,
        case.decided_at,
        case.closed_at,
        facts,
        decisions,
        feed_tx,
        case.id,
        loaded_version,
    )


def case_of(row: Sequence[Any]) -> Case:
    """A row of ``cases`` as the record."""
    values = list(row[:27])
    values[12] = CaseStatus(values[12])
    values[15] = CaseOutcome(values[15]) if values[15] else None
    values[20] = tuple(
        Holder(h["holder"], h["what"], datetime.fromisoformat(h["since"]), h["until"] and datetime.fromisoformat(h["until"]))
        for h in values[20]
    )
    return Case(*values)


def request_row(r: Request) -> Row:
    """A new request, for ``statements.INSERT_REQUEST``."""
    return (
        r.id,
        r.case_id,
        r.step,
        r.agency,
        r.operation,
        r.message_id,
        r.status,
        r.created_at,
        r.branch,
        r.lane,
        r.next_at,
        r.due_at,
        r.attempts,
        r.lookups,
        r.lease_id,
        r.lease_until,
        r.lease_work,
        r.contract,
        r.reference,
        json_text(r.data),
        None if r.outcome is None else dump_json(r.outcome),
        r.reason,
        r.until,
        r.supersedes,
        r.ready_at,
        r.released_at,
        r.sent_at,
        r.finished_at,
        r.pin or None,
        r.due_at or FAR,
    )


def request_change(r: Request, was: RequestStatus) -> Row:
    """A loaded request, for ``statements.UPDATE_REQUEST``: met only while its status is still ``was``."""
    return (
        r.agency,
        r.status,
        r.branch,
        r.lane,
        r.next_at,
        r.due_at,
        r.attempts,
        r.lookups,
        r.lease_id,
        r.lease_until,
        r.lease_work,
        r.contract,
        r.reference,
        json_text(r.data),
        None if r.outcome is None else dump_json(r.outcome),
        r.reason,
        r.until,
        r.ready_at,
        r.released_at,
        r.sent_at,
        r.finished_at,
        r.due_at or FAR,
        r.id,
        was,
    )


def request_of(row: Sequence[Any]) -> Request:
    """A row of ``requests`` as the record."""
    values = list(row[:29])
    values[28] = values[28] or ""
    values[6] = RequestStatus(values[6])
    if values[16] is not None:
        values[16] = Work(values[16])
    return Request(*values)


def clock_row(c: Clock) -> Row:
    """A new clock, for ``statements.INSERT_CLOCK``."""
    return (
        c.id,
        c.case_id,
        c.kind,
        c.state,
        json_text(c.term),
        c.calendar,
        c.calendar_version,
        c.time_zone,
        c.step,
        c.started_at,
        c.due_at,
        c.provisional,
        c.warn_at,
        c.warned_at,
        c.ended_at,
        dump_json(c.explanation),
        c.escalate_at,
        dump_json(c.events),
        c.lapses_at,
        c.closing,
        dump_json(c.levels_told),
    )


def clock_change(c: Clock) -> Row:
    """A loaded clock, for ``statements.UPDATE_CLOCK``. Its rule is pinned and stays."""
    return (
        c.state,
        c.calendar,
        c.calendar_version,
        c.started_at,
        c.due_at,
        c.provisional,
        c.warn_at,
        c.warned_at,
        c.ended_at,
        dump_json(c.explanation),
        c.escalate_at,
        dump_json(c.events),
        c.lapses_at,
        c.closing,
        dump_json(c.levels_told),
        c.id,
    )


def clock_of(row: Sequence[Any]) -> Clock:
    """A row of ``clocks`` as the record. Earlier releases wrote no events, no closing time and no levels."""
    values = list(row)
    values[3] = ClockState(values[3])
    for place, empty in _CLOCK_EMPTY:
        values[place] = values[place] or empty
    return Clock(*values)


def fact_row(case_id: UUID, f: Fact) -> Row:
    """A new fact, for ``statements.INSERT_FACT``."""
    return (case_id, f.kind, f.at, f.recorded_at, f.by, json_text(f.data))


def fact_of(row: Sequence[Any]) -> Fact:
    """A row of ``facts`` as the record."""
    _, _, kind, at, recorded_at, by, data = row
    return Fact(FactKind(kind), at, recorded_at, by, data)


def decision_row(case_id: UUID, d: Decision) -> Row:
    """A new decision, for ``statements.INSERT_DECISION``."""
    return (
        case_id,
        d.outcome,
        d.authority,
        d.date_given,
        d.date_recorded,
        d.ground,
        d.legal_basis,
        dump_json(list(d.documents)),
        json_text(d.appeal),
        d.kind,
    )


def decision_of(row: Sequence[Any]) -> Decision:
    """A row of ``decisions`` as the record."""
    _, _, outcome, *rest = row
    kind = DecisionKind(rest.pop() or DecisionKind.DECISION)  # the release before writes none
    return replace(Decision(CaseOutcome(outcome), *rest), kind=kind)


def event_row(e: Event, feed_tx: int) -> Row:
    """A new event, for ``statements.INSERT_EVENT``."""
    return (
        feed_tx,
        e.id,
        e.case_id,
        e.seq,
        e.type,
        e.time,
        e.actor,
        dump_json(e.payload),
        e.salt,
        e.payload_digest,
        e.prev,
        e.hash,
    )


def event_of(row: Sequence[Any]) -> Event:
    """A row of ``events`` as the record."""
    return Event(*row[2:13])


def attempt_row(file: CaseFile, a: Attempt) -> Row:
    """A new attempt, for ``statements.INSERT_ATTEMPT``."""
    return (file.case.id, a.request_id, a.number, a.work, a.outcome, json_text(a.detail), a.released_at, a.finished_at)


def attempt_of(row: Sequence[Any]) -> Attempt:
    """A row of ``attempts`` as the record."""
    _, _, request_id, number, work, outcome, detail, released_at, finished_at = row
    return Attempt(request_id, number, Work(work), outcome, detail, released_at, finished_at)


def disclosure_row(file: CaseFile, d: Disclosure) -> Row:
    """A new disclosure, for ``statements.INSERT_DISCLOSURE``."""
    return (file.case.id, d.request_id, d.agency, d.branch, dump_json(list(d.fields)), d.at)


def disclosure_of(row: Sequence[Any]) -> Disclosure:
    """A row of ``disclosures`` as the record."""
    _, _, request_id, agency, branch, fields, at = row
    return Disclosure(request_id, agency, branch, tuple(fields), at)


def delivery_row(
    id_: UUID,
    kind: str,
    now: datetime,
    *,
    target: str = "",
    case_id: UUID | None = None,
    seqs: tuple[int, int] = (0, 0),
    payload: str = "{}",
) -> Row:
    """A new delivery that is due at once, for ``statements.INSERT_DELIVERY``."""
    return (id_, kind, target, case_id, *seqs, payload, "pending", 0, now, "", now, None)


def lane_of(row: Sequence[Any]) -> LaneRow:
    """A row of ``lanes`` as the record."""
    lane = LaneRow(*row)
    lane.suspects = tuple(lane.suspects)
    return lane


def inbox_item_of(row: Sequence[Any]) -> InboxItem:
    """A row of ``inbox`` as the record. Its documents are in the store by their digests, and not carried along."""
    values = dict(zip(_INBOX, row, strict=False))
    values["blobs"] = {}
    return InboxItem(**values)
