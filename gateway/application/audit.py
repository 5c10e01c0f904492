"""Who did what: the acts of people, across all cases and beside them. The port of reading; nothing here changes anything.

On cases every act is an event that names who acted. Beside cases only this is recorded with a name: versions of calendars,
replays, and lanes that are paused now. Changes of webhooks and of accounts are not recorded with who made them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from gateway.application.reads import Page
from gateway.domain.events import Event


class Beside(StrEnum):
    """What a person did that belongs to no case."""

    CALENDAR = "calendar"
    REPLAY_SEEN = "replay_seen"
    REPLAY_STARTED = "replay_started"
    REPLAY_CHANGED = "replay_changed"
    LANE_PAUSED = "lane_paused"


@dataclass(frozen=True, slots=True)
class ActFilter:
    """What the acts are narrowed to. Empty means any.

    ``actor`` is a name, with or without its kind (``operator:dilnoza``); ``types`` are types of events; ``since`` and
    ``until`` (UTC) bound when the act was recorded, the second one exclusive.
    """

    actor: str = ""
    types: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActOnCase:
    """An event by a person, and the number of its case."""

    event: Event
    case_number: str


@dataclass(frozen=True, slots=True)
class ActBeside:
    """An act that belongs to no case. ``subject`` is a calendar's or a lane's name or a replay's id; ``ground`` the decree or
    the reason that was given."""

    at: datetime
    by: str
    what: Beside
    subject: str
    ground: str


class AuditReads(Protocol):
    """The reading side of the store."""

    async def acts(self, wanted: ActFilter, after: str, limit: int) -> Page:
        """Return acts on cases (``ActOnCase``), newest first. That a front office handed an application in is none: there are
        as many of these as cases, and the list of cases shows them. Raises ``BadInput`` for a cursor that no page gave."""
        ...

    async def case_numbers(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Return the numbers of cases by their ids."""
        ...

    async def acts_beside(self, limit: int) -> list[ActBeside]:
        """Return the newest acts that belong to no case, newest first."""
        ...


#: Kinds of actors that are people, or act for them.
PEOPLE = ("operator", "clerk", "client")
