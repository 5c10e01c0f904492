"""The port of storage: what the use cases ask of PostgreSQL or SQLite.

Every method is one transaction. Nothing is awaited inside one but the database. A function that is passed in is pure
and may be called again when a transaction has to be repeated (a serialisation failure, a guard that no longer holds),
so it works on the file that it is given and on nothing else.

    StoreError
    └── StoreUnavailable   the database cannot be reached now; nothing was changed, try again
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from gateway.application.identifiers import Entry
from gateway.domain.calendar import Calendar
from gateway.domain.case_file import CaseFile, StoredMessage
from gateway.domain.errors import DarchaError
from gateway.domain.events import Event
from gateway.domain.incident import Incident, TimerKind
from gateway.domain.request import Work


class StoreError(DarchaError):
    """Base of what storage raises."""


class StoreUnavailable(StoreError):
    """The database is not there. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Intake:
    """One application to take in: a new case file, and under which key of which client.

    ``unique`` is the keyed hash of the service's ``unique`` rule, or empty; ``unique_then`` its consequence.
    ``answer`` is what the client is told; a repeat of the key gets the same. ``found_by`` are its entries in the blind index.
    """

    file: CaseFile
    client: str
    key: str
    body_hash: str
    answer: Mapping[str, Any]
    unique: str = ""
    unique_then: str = "refuse"
    found_by: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """The application is stored and committed."""

    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Repeated:
    """The key was used before with the same body: the first answer, nothing changed."""

    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key was used before with another body. Nothing changed."""


@dataclass(frozen=True, slots=True)
class AlreadyOpen:
    """The service allows one such application at a time, and one is open. Nothing changed."""


IntakeResult = Taken | Repeated | KeyReused | AlreadyOpen


@dataclass(slots=True)
class LaneRow:
    """The state of a lane that all dispatchers share. ``tokens`` is the rate bucket, ``filled_at`` when it was filled.

    ``failures`` counts transport failures in a row; ``rests_until`` is the breaker's pause; ``suspects`` are the ids of
    different requests that said 'misconfigured' since the last success. ``recovered`` is not kept: incidents that the change
    closes, as (fingerprint, reason).
    """

    name: str
    agency: str
    paused: bool = False
    paused_reason: str = ""
    paused_by: str = ""
    paused_at: datetime | None = None
    tokens: float = 0.0
    filled_at: datetime | None = None
    failures: int = 0
    rests_until: datetime | None = None
    suspects: Sequence[str] = ()
    recovered: list[tuple[str, str]] = field(default_factory=list, compare=False)


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A callback, committed before it was answered. ``key`` identifies a repeat within the agency.

    ``blobs`` are handed in with it and stay in the store; a claimed item carries none.
    """

    id: UUID
    agency: str
    name: str
    key: str
    reference: str
    message_id: str
    outcome: Mapping[str, Any]
    received_at: datetime
    answer: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    blobs: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose time has come."""

    kind: TimerKind
    subject: UUID
    case_id: UUID | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Timers that must not fire now: those of ``kinds`` that were due before ``before`` (UTC)."""

    kinds: frozenset[TimerKind]
    before: datetime

    def covers(self, kind: TimerKind, due_at: datetime) -> bool:
        """Return whether a timer of that kind and time is held."""
        return kind in self.kinds and due_at < self.before


@dataclass(frozen=True, slots=True)
class OutboundDelivery:
    """A delivery claimed for sending. ``kind`` is ``events``, which carries them; ``alert``, an incident to be gathered into an
    alert; or ``notice``, a message to the address ``target``. Those of webhooks are ``Outgoing`` (``webhook_store.py``)."""

    id: UUID
    kind: str
    target: str
    case_id: UUID | None
    payload: Mapping[str, Any]
    attempts: int
    created_at: datetime
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """Who made a version of a calendar, when and why. ``number`` counts from 1 in each calendar; seeded ones have no decree."""

    id: str
    number: int
    version: str
    made_at: datetime
    made_by: str
    decree: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """One version of a calendar as it is kept."""

    entry: CalendarEntry
    calendar: Calendar


Decide = Callable[[CaseFile], None]
#: What an amendment makes of the current version; raises a ``Refusal`` when it cannot.
MakeCalendar = Callable[[CalendarVersion], Calendar]


class Store(Protocol):
    """The writing side. Reads for the doors stand in ``reads.py``.

    Every ``decide`` gets the file under the case's lock with ``file.now`` set to the database's time. A ``DarchaError``
    that it raises concerns that case alone: the file is discarded, the others are saved, and the error is returned.
    """

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    async def take_in(self, intakes: Sequence[Intake]) -> list[IntakeResult | Exception]:
        """Store many new cases in one commit, each item's failure kept to itself.

        The loser of a race for a key re-reads the winner. A row in ``deliveries`` is written with the events.
        """
        ...

    async def find_key(self, client: str, key: str) -> tuple[str, Mapping[str, Any]] | None:
        """Return (body_hash, answer) of a used idempotency key."""
        ...

    async def change(
        self, case_ids: Sequence[UUID], decide: Decide, *, calendars: Mapping[str, int] | None = None
    ) -> dict[UUID, Exception | None]:
        """Lock the cases in id order, let ``decide`` work on each file, and save all in one commit.

        When the group fails at the database, each case is done alone. A case that does not exist maps to ``NotFound``.
        ``calendars``: the number of each version that ``decide`` counts with. When a further one stands once the cases are
        locked, nothing is done, and each case maps to a ``Conflict`` with code ``calendar_moved``.
        """
        ...

    async def ready_lanes(self) -> list[str]:
        """Return the lanes in which a request has work whose time has come."""
        ...

    async def next_work_at(self) -> datetime | None:
        """Return the earliest ``next_at`` that lies in the future, so that a dispatcher sleeps no longer than that."""
        ...

    async def release(
        self,
        lane: str,
        room: Callable[[LaneRow, int, datetime], int],
        decide: Callable[[CaseFile, list[UUID]], None],
        most: int,
    ) -> list[CaseFile]:
        """Hand out work of one lane under the lane's lock, earliest legal deadline first.

        ``room(row, in flight, now)`` returns how many may go and may change the row. ``decide(file, request ids)``
        prepares and releases the requests of one case. A lane or case that another process holds is passed over. A
        ``DarchaError`` of ``decide`` leaves that case as it was.
        """
        ...

    async def messages(self, wanted: Sequence[tuple[UUID, Work]]) -> dict[tuple[UUID, Work], StoredMessage]:
        """Return stored message bytes; a lookup's is stored under ``Work.LOOKUP``."""
        ...

    async def attempt_traces(self, requests: Sequence[tuple[UUID, UUID]]) -> dict[UUID, list[tuple[str, str]]]:
        """Return by request (case id, request id) the (work, ``traceparent``) of each try that was traced, oldest first."""
        ...

    async def ended_leases(self, most: int) -> list[tuple[UUID, UUID]]:
        """Return (case id, request id) of leases that have ended, oldest first."""
        ...

    async def end_all_leases(self) -> int:
        """Let every lease end now. Only for the embedded mode, whose one process has just started."""
        ...

    async def change_lane(self, lane: str, change: Callable[[LaneRow, datetime], list[Incident]]) -> LaneRow:
        """Lock a lane's row, change it, and open the incidents returned, in one commit."""
        ...

    async def ensure_lanes(self, lanes: Mapping[str, str]) -> None:
        """Make sure that each lane (name → agency) has its row."""
        ...

    async def keep_callback(self, item: InboxItem) -> Mapping[str, Any]:
        """Store a callback and return the answer to give: its own, or the first one when it is a repeat."""
        ...

    async def claim_callbacks(self, most: int) -> list[tuple[InboxItem, UUID | None, UUID | None]]:
        """Return callbacks that are new or newly matchable with (case id, request id) found by reference or message id.

        Unmatched ones get a timer and are returned once more when a request of that agency learns its reference.
        They are settled by ``file.settled_inbox`` within ``change``; a claim is not a lock: applying twice is harmless
        because an item that is settled is not returned, and ``change`` refuses to settle one twice (the file is discarded).
        """
        ...

    async def standing_callbacks(self, case_ids: Sequence[UUID]) -> list[tuple[InboxItem, UUID, UUID]]:
        """Return the callbacks of these cases that nobody has applied yet, with (case id, request id), in the order in which
        they came. Nothing is claimed: ``change`` refuses to settle one twice."""
        ...

    async def due_timers(self, most: int, hold: Hold | None = None) -> list[DueTimer]:
        """Return timers whose time has come, oldest first. They are cleared by ``file.clear_timer`` within ``change``.

        Those that ``hold`` covers are left out, and do not stand before the others.
        """
        ...

    async def next_timer_at(self) -> datetime | None:
        """Return the earliest time of a timer or the end of a lease."""
        ...

    async def clear_timer(self, kind: TimerKind, subject: UUID) -> None:
        """Clear a timer that belongs to no case."""
        ...

    async def open_incidents(self, incidents: Sequence[Incident]) -> None:
        """Open incidents that belong to no case under lock (a lane, a dead letter); each with its alert delivery."""
        ...

    async def close_incidents(self, fingerprints: Sequence[str], reason: str, by: str) -> int:
        """Close open incidents of these causes that belong to no case."""
        ...

    async def incident_is_open(self, fingerprint: str) -> bool:
        """Return whether an incident of that cause is open."""
        ...

    async def last_event_at(self) -> datetime | None:
        """Return when the last event was recorded, of whichever case; ``None``: there is none yet."""
        ...

    async def claim_deliveries(self, most: int, lease_secs: float) -> list[OutboundDelivery]:
        """Claim deliveries whose time has come, by state; one in flight per kind, target and case, in order."""
        ...

    async def settle_deliveries(self, results: Sequence[tuple[UUID, str, datetime | None, str]]) -> None:
        """Write (id, state, next_at, error): ``delivered``, ``pending`` with a time, or ``exhausted`` (kept, and an incident)."""
        ...

    async def next_delivery_at(self) -> datetime | None:
        """Return the earliest time at which a delivery is due."""
        ...

    async def keep_seeds(self, calendars: Sequence[Calendar]) -> None:
        """Keep seeded calendars that are not kept yet. One that operators have amended stays as they made it."""
        ...

    async def calendar_numbers(self) -> dict[str, int]:
        """Return the number of the current version of each calendar."""
        ...

    async def calendar_version(self, id_: str, number: int | None = None, version: str = "") -> CalendarVersion | None:
        """Return a version by its number or name, else the current one."""
        ...

    async def calendar_entries(self, id_: str) -> list[CalendarEntry]:
        """Return who made each version of a calendar, the current one first."""
        ...

    async def amend_calendar(self, id_: str, make: MakeCalendar, *, by: str, note: str = "") -> CalendarVersion:
        """Add the version that ``make`` makes of the current one; amendments of one calendar take turns.

        Raises what ``make`` raises, and ``NotFound`` when the calendar is not kept.
        """
        ...

    async def clocks_behind(self, id_: str) -> int:
        """Return how many clocks in flight were derived with an older version of the calendar."""
        ...

    async def recalculate(
        self, id_: str, number: int, decide: Decide, most: int, beside: Collection[UUID] = ()
    ) -> dict[UUID, Exception | None]:
        """Lock up to ``most`` cases with clocks in flight that were derived with a version before ``number``, soonest due
        first, let ``decide`` work on each and save all in one commit. Cases that others hold, and those in ``beside``,
        are passed over. What ``decide`` raises concerns its case alone.
        """
        ...

    async def put_blobs(self, blobs: Mapping[str, bytes]) -> None:
        """Store contents by SHA-256 digest; one that is there already is left alone."""
        ...

    async def get_blob(self, digest: str) -> bytes | None: ...

    async def put_pins(self, pins: Mapping[str, bytes]) -> None:
        """Keep what cases pin, by digest."""
        ...

    async def get_pin(self, digest: str) -> bytes | None: ...
    async def now(self) -> datetime:
        """Return the database's time (UTC)."""
        ...
