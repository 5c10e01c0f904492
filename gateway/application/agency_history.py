"""How an agency has been of late: what its attempts led to, hour by hour, and when its lanes were down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

#: Outcomes that say nothing good of the connection or the contract. A refusal is an answer.
FAILED: Final = frozenset({"retry_later", "unknown", "invalid", "misconfigured"})
#: The newest requests of an agency whose attempts are looked at; an agency with more says how far back that reaches.
REQUESTS: Final = 2000


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt: when it ended (UTC), in which lane, and what it led to."""

    at: datetime
    lane: str
    outcome: str

    @property
    def failed(self) -> bool:
        """Whether it counts as an error."""
        return self.outcome in FAILED


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a lane was down or misconfigured; ``until`` is ``None`` while it is."""

    lane: str
    kind: str
    since: datetime
    until: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """``whole_since``: from then on every attempt is counted; ``None``: all that were asked for are."""

    tried: Sequence[Tried] = field(default_factory=tuple)
    whole_since: datetime | None = None


class AgencyHistory(Protocol):
    """What pages about agencies ask of the database. Each read is bounded, however much there is."""

    async def tried(self, agency: str, since: datetime, most: int = REQUESTS) -> History:
        """Return the attempts that ended since then, of the newest ``most`` requests of an agency."""
        ...

    async def outages(self, since: datetime, agency: str = "") -> list[Outage]:
        """Return what was down since then, the newest first; of one agency or (empty) of all."""
        ...
