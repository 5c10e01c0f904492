"""The case file: one case with all that belongs to it, as one unit of work loads, changes and saves it.

Rules read and change the file; nothing else happens. What has to be written is recorded here: moved requests with
the status they were loaded in (the guard of the UPDATE), new events on the chain, clocks, timers, incidents. Storage
writes all of it in one transaction or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from gateway.domain.case import Case, Decision, Fact, FactKind
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict
from gateway.domain.events import Event, chain_hash, digest_payload
from gateway.domain.incident import Incident, TimerKind
from gateway.domain.request import Request, RequestStatus, Work
from gateway.domain.transitions import MOVES, may


class Mint(Protocol):
    """Where the rules take chance from, so that they stay pure."""

    def uuid(self) -> UUID:
        """Return a new UUIDv7."""
        ...

    def salt(self) -> str:
        """Return 16 random bytes as hex."""
        ...

    def jitter(self) -> float:
        """Return a number in [0, 1)."""
        ...


@dataclass(frozen=True, slots=True)
class Timer:
    """A waiting. ``subject`` is the id of the request or clock that it is about."""

    kind: TimerKind
    subject: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a request, or to look one up."""

    request_id: UUID
    number: int
    work: Work
    outcome: str
    detail: Mapping[str, Any]
    released_at: datetime | None
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """The bytes of a request and what else the adapter needs to deliver them; written once, before the first release."""

    request_id: UUID
    purpose: Work
    content: bytes
    meta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What was given to whom: the fields that the mapping read."""

    request_id: UUID
    agency: str
    branch: str
    fields: tuple[str, ...]
    at: datetime


@dataclass(slots=True)
class CaseFile:
    """A case under its lock. ``now`` is the instant of this unit of work (UTC), the same for all it does."""

    case: Case
    now: datetime
    mint: Mint
    requests: dict[UUID, Request] = field(default_factory=dict)
    clocks: dict[UUID, Clock] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    open_incidents: set[str] = field(default_factory=set)
    is_new: bool = False

    #: When the latest word of an agency that this unit of work applies reached our edge: terms are judged by it.
    reached_at: datetime | None = None

    # What this unit of work writes.
    events: list[Event] = field(default_factory=list)
    moved: dict[UUID, RequestStatus] = field(default_factory=dict)
    new_requests: set[UUID] = field(default_factory=set)
    new_clocks: set[UUID] = field(default_factory=set)
    changed_clocks: set[UUID] = field(default_factory=set)
    new_facts: list[Fact] = field(default_factory=list)
    new_decisions: list[Decision] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    cleared_timers: list[tuple[TimerKind, UUID]] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    recovered: list[tuple[str, str]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    messages: list[StoredMessage] = field(default_factory=list)
    disclosures: list[Disclosure] = field(default_factory=list)
    settled_inbox: dict[UUID, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    #: Callbacks that came too early for their request, and when they are looked at again.
    early_inbox: dict[UUID, datetime] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        waiting = self.timers or self.cleared_timers or self.early_inbox
        return bool(self.events or self.moved or self.is_new or self.settled_inbox or self.messages or waiting)

    @property
    def reached(self) -> datetime:
        """When what now follows reached our edge, never later than now (UTC)."""
        return self.now if self.reached_at is None else min(self.reached_at, self.now)

    @property
    def decision(self) -> Decision | None:
        """The decision that the case stands by now: the last one; ``None`` while it is undecided, or was reopened."""
        return self.decisions[-1] if self.decisions and self.case.decided_at is not None else None

    def trial(self) -> CaseFile:
        """Return a file of the same case in which anything can be tried: nobody saves it, and this one stays as it is."""
        requests = {id_: replace(request) for id_, request in self.requests.items()}
        mine = (dict(self.clocks), list(self.facts), list(self.decisions), set(self.open_incidents))
        return CaseFile(replace(self.case), self.now, self.mint, requests, *mine)

    def live(self, step: str) -> Request | None:
        """Return the request that stands for the step now: the one that is not superseded."""
        for request in self.requests.values():
            if request.step == step and request.status is not RequestStatus.SUPERSEDED:
                return request
        return None

    def live_requests(self) -> Iterator[Request]:
        """Yield the requests that stand for their steps now."""
        return (r for r in self.requests.values() if r.status is not RequestStatus.SUPERSEDED)

    def fact(self, kind: FactKind) -> Fact | None:
        """Return the latest fact of a kind."""
        return next((f for f in reversed(self.facts) if f.kind is kind), None)

    def event(self, type_: str, payload: Mapping[str, Any], actor: str = "gateway") -> None:
        """Append an event to the chain. The case's sequence number and hash move with it."""
        case = self.case
        salt = self.mint.salt()
        digest = digest_payload(salt, payload)
        seq = case.seq + 1
        hash_ = chain_hash(case.id, seq, type_, self.now, actor, digest, case.chain)
        self.events.append(
            Event(self.mint.uuid(), case.id, seq, type_, self.now, actor, dict(payload), salt, digest, case.chain, hash_)
        )
        case.seq, case.chain = seq, hash_
        case.version += 1

    def touch(self, request: Request) -> None:
        """Note that a request's fields change; the UPDATE will expect the status it was loaded in."""
        if request.id not in self.new_requests:
            self.moved.setdefault(request.id, request.status)

    def move(self, request: Request, move: str) -> None:
        """Take one of the gateway's own moves. Raises ``Conflict`` when the table does not allow it."""
        if not may(move, request.status):
            raise Conflict(
                "transition",
                f"a request that is {request.status} cannot {move.replace('_', ' ')};"
                f" it has to be {' or '.join(sorted(MOVES[move][0]))}",
            )
        self.set_status(request, MOVES[move][1])

    def set_status(self, request: Request, status: RequestStatus) -> None:
        """Write a status that the table has allowed."""
        self.touch(request)
        request.status = status

    def add_request(self, request: Request) -> None:
        """Add a new request to the case."""
        self.requests[request.id] = request
        self.new_requests.add(request.id)

    def add_clock(self, clock: Clock) -> None:
        """Add a new clock to the case."""
        self.clocks[clock.id] = clock
        self.new_clocks.add(clock.id)

    def put_clock(self, clock: Clock) -> None:
        """Put the clock that follows in the place of the one of its id."""
        self.clocks[clock.id] = clock
        self.changed_clocks.add(clock.id)

    def add_fact(self, fact: Fact) -> None:
        """Add a confirmed fact."""
        self.facts.append(fact)
        self.new_facts.append(fact)

    def keep(self, digest: str, content: bytes) -> None:
        """Store a content with the case, in the same transaction; ``digest`` is its SHA-256."""
        self.blobs[digest] = content

    def add_decision(self, decision: Decision) -> None:
        """Add a decision; earlier ones stay."""
        self.decisions.append(decision)
        self.new_decisions.append(decision)

    def set_timer(self, kind: TimerKind, subject: UUID, due_at: datetime) -> None:
        """Wait until ``due_at``; an earlier timer of that kind and subject is replaced."""
        self.timers.append(Timer(kind, subject, due_at))

    def clear_timer(self, kind: TimerKind, subject: UUID) -> None:
        """Stop waiting."""
        self.timers = [t for t in self.timers if (t.kind, t.subject) != (kind, subject)]
        self.cleared_timers.append((kind, subject))

    def open_incident(self, incident: Incident) -> None:
        """Open an incident on this case, or count it on the open one of the same cause."""
        self.incidents.append(incident)
        self.case.needs_attention = True
        if incident.fingerprint not in self.open_incidents:
            self.open_incidents.add(incident.fingerprint)
            detail = {"kind": incident.kind, "fingerprint": incident.fingerprint, "detail": dict(incident.detail)}
            self.event("incident.opened", detail)

    def recover(self, fingerprint: str, reason: str, actor: str = "gateway") -> None:
        """Close the open incident of that cause, if there is one: its cause is gone, or a person says so."""
        if fingerprint in self.open_incidents:
            self.open_incidents.discard(fingerprint)
            self.recovered.append((fingerprint, reason))
            self.case.needs_attention = bool(self.open_incidents)
            self.event("incident.closed", {"fingerprint": fingerprint, "reason": reason}, actor)
