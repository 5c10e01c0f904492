"""The port of reading: what the doors ask of the database. Nothing here changes anything.

Records are the domain's own; pages are ``(items, cursor of the next page or empty)``. Cursors are opaque text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from gateway.application.feed import FeedItem
from gateway.application.overview import Count, Group, Overview
from gateway.application.store import LaneRow
from gateway.domain.case import Case
from gateway.domain.case_file import Attempt, CaseFile, Disclosure
from gateway.domain.events import Event


class Sort(StrEnum):
    """The order of a list of cases.

    ``received``: newest first. ``due``: least time remaining first; only cases that are undecided and have a due date.
    """

    RECEIVED = "received"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list of cases is narrowed to. Empty means any. ``client`` is always set for a front office's key.

    ``number`` is a number or its beginning, in its one spelling. ``clock_status`` is the state of the statutory clock,
    ``incident`` the kind of an open incident of the case. ``retrying``: a request that went out before waits to go out again.
    ``due_before`` (UTC): undecided, and due earlier than that. ``identified_by``: hashes of one identifier, under each key
    that is in use, in ``identifier_role`` or in any.
    """

    client: str = ""
    service: str = ""
    office: str = ""
    status: str = ""
    outcome: str = ""
    agency: str = ""
    channel: str = ""
    reference: str = ""
    needs_attention: bool | None = None
    due_before: datetime | None = None
    number: str = ""
    clock_status: str = ""
    incident: str = ""
    retrying: bool | None = None
    identified_by: tuple[bytes, ...] = ()
    identifier_role: str = ""


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as stored. ``count`` is how often its cause showed while it was open."""

    id: UUID
    kind: str
    fingerprint: str
    state: str
    opened_at: datetime
    last_at: datetime
    count: int
    detail: Mapping[str, Any]
    case_id: UUID | None = None
    case_number: str = ""
    request_id: UUID | None = None
    agency: str = ""
    lane: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    close_reason: str = ""
    group_key: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """Who holds an API key. ``bound_to`` is an agency, a branch ``agency/branch`` or an office, where the scope needs one."""

    name: str
    scopes: frozenset[str]
    bound_to: str = ""


@dataclass(frozen=True, slots=True)
class DeskTask:
    """A request that stands in the inbox of people."""

    request_id: UUID
    case_id: UUID
    case_number: str
    agency: str
    branch: str
    operation: str
    status: str
    due_at: datetime | None
    since: datetime
    task: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the front office or an agency gave it. ``compared_by`` is who saw the original."""

    id: UUID
    digest: str
    name: str
    media_type: str
    size: int
    kind: str
    origin: str
    client: str
    created_at: datetime
    compared_by: str = ""
    case_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane with what is going on in it."""

    row: LaneRow
    ready: int
    in_flight: int
    oldest_ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. ``after`` is the cursor of the next page, empty at the end."""

    items: Sequence[Any] = field(default_factory=tuple)
    after: str = ""


class Reads(Protocol):
    """The reading side of the store."""

    async def case_file(self, case: UUID | str, client: str = "") -> CaseFile | None:
        """Return the whole file by id or number, without a lock; ``None`` when it is not there or not this client's."""
        ...

    async def cases(self, wanted: CaseFilter, after: str, limit: int, sort: Sort = Sort.RECEIVED) -> Page:
        """Return cases (``Case``) in that order, stable while cases arrive: none twice, none left out.

        A cursor belongs to the filter and the order that gave it. Raises ``BadInput`` for any other.
        """
        ...

    async def case_counts(self, wanted: CaseFilter, by: Sequence[Group]) -> Mapping[Group, Mapping[str, Count]]:
        """Return how many cases meet the filter, by each of the groups: group → value → count.

        With an empty filter each value is counted up to ``MOST_COUNTED``. With any other the newest ``MOST_COUNTED`` cases
        that meet it are counted; where there are more, every count says so.
        """
        ...

    async def overview(self) -> Overview:
        """Return what operators look at first (``overview.py``), each count up to ``MOST_COUNTED``."""
        ...

    async def feed_end(self) -> str:
        """Return the cursor behind the last event there is now."""
        ...

    async def feed(self, after: str, limit: int, *, client: str = "", agencies: bool = False) -> Sequence[FeedItem]:
        """Return events after a cursor of ``events_after`` in the same order, each with its own cursor and its case.

        ``agencies``: whether to look up which agencies each case is with.
        """
        ...

    async def events_of(self, case_id: UUID, after_seq: int = 0, limit: int = 1000) -> list[Event]: ...

    async def events_after(self, after: str, limit: int, client: str = "") -> Page:
        """Return events of all cases in commit order. No cursor passes an open transaction."""
        ...

    async def attempts_of(self, case_id: UUID) -> list[Attempt]: ...
    async def disclosures_of(self, case_id: UUID) -> list[Disclosure]: ...
    async def is_claimed(self, unique: str) -> bool:
        """Return whether an open case holds this claim (``Intake.unique``)."""
        ...

    async def case_of_request(self, request_id: UUID) -> UUID | None: ...
    async def incidents(
        self, *, state: str, kind: str, agency: str, case_id: UUID | None, after: str, limit: int, group: str = ""
    ) -> Page: ...
    async def incident(self, id_: UUID) -> IncidentRow | None: ...
    async def lanes(self) -> list[LaneState]: ...
    async def desk(self, agencies: Sequence[str], branch: str, after: str, limit: int) -> Page:
        """Return open tasks (``DeskTask``) of agencies answered by people, earliest legal deadline first."""
        ...

    async def client_of_key(self, key_hash: str) -> Client | None: ...
    async def clients(self) -> list[Client]: ...
    async def add_key(self, key_hash: str, client: Client) -> None: ...
    async def add_document(self, document: DocumentRow, content: bytes) -> None: ...
    async def document(self, id_: UUID) -> DocumentRow | None: ...
    async def documents_by_digest(self, digests: Sequence[str], client: str) -> list[DocumentRow]: ...
    async def counts(self, *names: str) -> Mapping[str, Mapping[str, int]]:
        """Return counts: cases by status, requests by status, open incidents by kind, deliveries by state.

        ``names`` chooses (none: all). Cases and requests are counted by looking at each, which is nothing for every second.
        """
        ...

    async def running_clocks(self, soon: datetime) -> Mapping[str, tuple[int, int]]:
        """Return kind → (how many clocks run, how many of them end before ``soon``)."""
        ...

    async def version_of(self, case_id: UUID) -> int | None:
        """Return the case's version now; ``None`` when there is no such case."""
        ...


__all__ = [
    "Case",
    "CaseFilter",
    "Client",
    "Count",
    "DeskTask",
    "DocumentRow",
    "FeedItem",
    "Group",
    "IncidentRow",
    "LaneState",
    "Overview",
    "Page",
    "Reads",
    "Sort",
]
