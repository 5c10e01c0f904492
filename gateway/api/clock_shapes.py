"""The shapes of clocks and of whose the time was."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.api.shapes import Out


class HeldOut(Out):
    """What one holder has of a stretch of time: ``held_secs`` alone or with others, ``share_secs`` divided among them."""

    holder: str
    held_secs: float
    share_secs: float


class AttributionOut(Out):
    """A stretch of time and whose it was; the shares add up to ``secs``."""

    since: datetime
    until: datetime
    secs: float
    parts: list[HeldOut]


class ClockOut(Out):
    """One running period of a case, and how its date was derived."""

    id: UUID
    kind: str
    name: str
    step: str
    state: str
    started_at: datetime | None
    due_at: datetime | None
    provisional: bool
    warn_at: datetime | None
    warned_at: datetime | None
    ended_at: datetime | None
    calendar: str
    calendar_version: str
    time_zone: str
    term: dict[str, Any]
    explanation: list[dict[str, Any]]
    escalate_at: datetime | None
    lapses_at: datetime | None
    closing: str
    events: list[dict[str, Any]]
    attribution: AttributionOut | None


class ClockList(Out):
    """The clocks of a case, and whose its time was from receipt until now or its closing."""

    items: list[ClockOut]
    attribution: AttributionOut
