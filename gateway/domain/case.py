"""A case: the gateway's record of one application, from receipt to closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class CaseStatus(StrEnum):
    """Where a case stands. ``closed`` is decided with nothing left to hand over; a technical failure is never one."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    AWAITING_APPLICANT = "awaiting_applicant"
    DECIDED = "decided"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class CaseOutcome(StrEnum):
    """How a case was decided. ``returned`` is 'without consideration'."""

    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REFUSED = "refused"
    RETURNED = "returned"
    TACITLY_GRANTED = "tacitly_granted"
    TACITLY_REFUSED = "tacitly_refused"
    LAPSED = "lapsed"


class DecisionKind(StrEnum):
    """What a decision is to those before it. A reversal or an annulment may reopen the case (``decisions.py``)."""

    DECISION = "decision"
    CORRECTION = "correction"
    REVERSAL = "reversal"
    ANNULMENT = "annulment"


class FactKind(StrEnum):
    """What the front office can confirm about a case, and what else is kept of it as a fact with documents."""

    PAYMENT = "payment"
    COMPLETENESS = "completeness"
    ORIGINAL_SEEN = "original_seen"
    RESULT_COLLECTED = "result_collected"
    REGISTRATION = "registration"
    RESULT_READY = "result_ready"
    SUPPLEMENT = "supplement"
    CERTIFICATE = "certificate"


#: What can be confirmed by word alone; the others come about by calls of their own.
CONFIRMABLE: Final = tuple(kind for kind in FactKind if kind not in (FactKind.SUPPLEMENT, FactKind.CERTIFICATE))


@dataclass(frozen=True, slots=True)
class Fact:
    """One confirmed fact: ``at`` is when it happened, ``recorded_at`` when the gateway learnt of it (both UTC)."""

    kind: FactKind
    at: datetime
    recorded_at: datetime
    by: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision is added, never overwritten: a correction or an annulment is a further decision.

    ``outcome`` of one that reopens the case is the outcome that it takes away.
    """

    outcome: CaseOutcome
    authority: str
    date_given: datetime
    date_recorded: datetime
    ground: str = ""
    legal_basis: str = ""
    documents: Sequence[Mapping[str, Any]] = ()
    appeal: Mapping[str, Any] = field(default_factory=dict)
    kind: DecisionKind = DecisionKind.DECISION


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the case now (``applicant``, ``office``, ``agency:<id>``, ``gateway``, ``transport``), for what, since, until."""

    holder: str
    what: str
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class Case:
    """One row of ``cases``. ``version`` is its ETag; ``seq`` and ``chain`` are the head of its event chain."""

    id: UUID
    number: str
    client: str
    service: str
    service_version: str
    pin: str
    office: str
    channel: str
    reference: str
    language: str
    territory: str
    envelope: Mapping[str, Any]
    status: CaseStatus
    taken_at: datetime
    received_at: datetime
    outcome: CaseOutcome | None = None
    version: int = 1
    seq: int = 0
    chain: str = ""
    needs_attention: bool = False
    waiting_on: Sequence[Holder] = ()
    due_at: datetime | None = None
    due_provisional: bool = False
    withdrawing: bool = False
    decided_at: datetime | None = None
    closed_at: datetime | None = None
    traceparent: str = ""
