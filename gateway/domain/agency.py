"""An agency as its contract describes it. Frozen; read by ``gateway.catalogue`` from ``contracts/<agency>/``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gateway.domain.service import Expression, Text


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Capped exponential back-off with full jitter, in seconds. ``attempts`` bounds how often it is tried where the agency
    can bear no more; 0: as long as the legal time lasts (``retry.py``)."""

    base_secs: float = 2.0
    cap_secs: float = 4 * 3600.0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Breaker:
    """After ``failures`` in a row the lane rests ``pause_secs``, then lets one request try."""

    failures: int = 5
    pause_secs: float = 30.0


@dataclass(frozen=True, slots=True)
class LanePolicy:
    """How much an agency or branch can bear. ``rate_per_sec`` 0 means no limit; ``hours`` is ``HH:MM-HH:MM`` or empty."""

    concurrency: int = 8
    rate_per_sec: float = 0.0
    hours: str = ""
    breaker: Breaker = field(default_factory=Breaker)
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def window(self) -> int:
        """How many requests may be out at once: the concurrency and a small read-ahead."""
        return self.concurrency + max(2, self.concurrency // 2)


@dataclass(frozen=True, slots=True)
class Lookup:
    """How to learn what became of a message. ``absence_conclusive``: NotThere permits a resend after ``settled_after_secs``."""

    operation: str
    input: Expression
    response: Expression
    absence_conclusive: bool = False
    settled_after_secs: float = 60.0


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of an agency.

    ``response`` turns the reply's body (as JSON) into an outcome (see ``outcome_from_json``); ``answers`` is the table
    of faults or status codes; ``callback`` the response expression for later replies, under the callback operation's
    name. ``reply_within_secs``: an accepted request that hears nothing for so long is an incident. ``options`` are the
    adapter's own. Absent expression ``response`` means: any well-formed reply is ``Completed`` with the body as data.
    """

    id: str
    idempotent: bool
    timeout_secs: float = 30.0
    response: Expression | None = None
    lookup: Lookup | None = None
    answers: tuple[Mapping[str, Any], ...] = ()
    callback: Mapping[str, Expression] = field(default_factory=dict)
    reply_within_secs: float | None = None
    cancel: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Branch:
    """A territorial unit. ``lane`` is set when it has its own policy, and then its own queue."""

    code: str
    title: Text
    territories: tuple[str, ...] = ()
    endpoint: str = ""
    lane: LanePolicy | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Agency:
    """A back office. ``contract`` is the file name of the WSDL, OpenAPI or XSD within ``files``.

    ``files`` are the folder's files by relative path; ``digest`` is the SHA-256 over them in path order.
    ``branches_are_offices``: the agency is the front office itself, its branches are the offices (the adapter desk).
    ``auth`` names secrets as ``secret://…`` only.
    """

    id: str
    title: Text
    adapter: str
    operations: Mapping[str, Operation]
    endpoint: str = ""
    contract: str = ""
    auth: Mapping[str, Any] = field(default_factory=dict)
    callbacks: Mapping[str, Any] = field(default_factory=dict)
    branches: tuple[Branch, ...] = ()
    branches_are_offices: bool = False
    lane: LanePolicy = field(default_factory=LanePolicy)
    worker_user: str = ""
    succeeded_by: tuple[str, date] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    digest: str = ""

    def branch(self, code: str) -> Branch | None:
        """Return the branch of that code, or ``None``."""
        return next((b for b in self.branches if b.code == code), None)

    def branches_for(self, territory: str, on: date) -> tuple[Branch, ...]:
        """Return the branches that serve ``territory`` (official district code) on the day ``on``."""
        return tuple(
            b
            for b in self.branches
            if territory in b.territories
            and (b.valid_from is None or b.valid_from <= on)
            and (b.valid_to is None or on <= b.valid_to)
        )

    def lane_of(self, branch: str) -> str:
        """Return the lane's name: the agency's id, or ``agency.branch`` where the branch has its own policy."""
        found = self.branch(branch)
        return f"{self.id}.{branch}" if found is not None and found.lane is not None else self.id

    def policy_of(self, lane: str) -> LanePolicy:
        """Return the policy of one of this agency's lanes."""
        found = self.branch(lane.removeprefix(f"{self.id}."))
        return found.lane if found is not None and found.lane is not None and lane != self.id else self.lane

    @property
    def lanes(self) -> tuple[str, ...]:
        """All lanes of this agency, its own first."""
        return (self.id, *(f"{self.id}.{b.code}" for b in self.branches if b.lane is not None))
