"""A request: one message of one step of one case to one agency, with one message id for life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class RequestStatus(StrEnum):
    """Where a request stands (DESIGN section 9). The transitions stand in ``transitions.py``."""

    PLANNED = "planned"
    SKIPPED = "skipped"
    READY = "ready"
    RELEASED = "released"
    AWAITING_REPLY = "awaiting_reply"
    AWAITING_APPLICANT = "awaiting_applicant"
    IN_DOUBT = "in_doubt"
    PARKED = "parked"
    COMPLETED = "completed"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


S = RequestStatus
#: Nothing will be sent and nothing is expected any more.
FINISHED = frozenset({S.SKIPPED, S.COMPLETED, S.REFUSED, S.SUPERSEDED, S.CANCELLED})
#: Somebody outside the gateway may be acting on it, or may already have acted.
IN_FLIGHT = frozenset({S.RELEASED, S.AWAITING_REPLY, S.AWAITING_APPLICANT, S.IN_DOUBT})


class Work(StrEnum):
    """What a release asks a worker to do with a request."""

    SEND = "send"
    LOOKUP = "lookup"
    POLL = "poll"
    CANCEL = "cancel"


@dataclass(slots=True)
class Request:
    """One row of ``requests``. ``next_at`` is when the gateway has work on it; ``None`` means it only waits.

    ``message_id`` never changes. ``lease_*`` are set while a worker holds it. ``due_at`` is the earliest legal
    deadline that it serves, by which lanes are drained. ``attempts`` counts releases that spent an attempt. ``pin`` is the
    digest of the service whose mapping makes its bytes; empty: the one that the case pins.
    """

    id: UUID
    case_id: UUID
    step: str
    agency: str
    operation: str
    message_id: UUID
    status: RequestStatus
    created_at: datetime
    branch: str = ""
    lane: str = ""
    next_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    lookups: int = 0
    lease_id: UUID | None = None
    lease_until: datetime | None = None
    lease_work: Work | None = None
    contract: str = ""
    reference: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    outcome: Mapping[str, Any] | None = None
    reason: str = ""
    until: datetime | None = None
    supersedes: UUID | None = None
    ready_at: datetime | None = None
    released_at: datetime | None = None
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    pin: str = ""

    @property
    def work(self) -> Work:
        """What a release of this request would ask for now."""
        if self.status is S.IN_DOUBT:
            return Work.LOOKUP
        if self.status is S.AWAITING_REPLY:
            return Work.POLL
        return Work.SEND
