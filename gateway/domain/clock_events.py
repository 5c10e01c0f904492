"""What happens to a clock: triggered, suspended, resumed, extended, ended, cancelled. ``at`` is when (any zone)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Triggered:
    """The trigger of the rule happened."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Suspended:
    """A ground begins to hold the clock."""

    at: datetime
    ground: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """A ground no longer holds the clock. ``ground`` may be empty while one alone holds it."""

    at: datetime
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Extended:
    """An extension was notified at ``at``. ``length`` is in the unit of the rule's extension, ``None`` for all of it."""

    at: datetime
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What ends the clock reached our edge at ``at``; ``dated`` is the date (or instant) that it bears itself."""

    at: datetime
    dated: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """There is nothing left to keep the term for, as after a withdrawal."""

    at: datetime


ClockEvent = Triggered | Suspended | Resumed | Extended | Ended | Cancelled

_KINDS: Final[Mapping[str, type[ClockEvent]]] = {
    "triggered": Triggered,
    "suspended": Suspended,
    "resumed": Resumed,
    "extended": Extended,
    "ended": Ended,
    "cancelled": Cancelled,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


def event_to_json(event: ClockEvent) -> dict[str, Any]:
    """Return the event as a JSON object: ``event`` is its kind, ``at`` in ISO 8601, and its own fields."""
    made: dict[str, Any] = {"event": _NAMES[type(event)], "at": event.at.isoformat()}
    match event:
        case Suspended(ground=ground) | Resumed(ground=ground):
            made["ground"] = ground
        case Extended(length=length):
            made["length"] = length
        case Ended(dated=dated):
            made["dated"] = None if dated is None else dated.isoformat()
    return made


def event_from_json(value: Mapping[str, Any]) -> ClockEvent:
    """Return the event that ``event_to_json`` wrote. Raises ``KeyError``, ``TypeError`` or ``ValueError`` when it is not one."""
    given = dict(value)
    kind = _KINDS[given.pop("event")]
    given["at"] = datetime.fromisoformat(given["at"])
    if isinstance(dated := given.get("dated"), str):
        given["dated"] = datetime.fromisoformat(dated) if "T" in dated else date.fromisoformat(dated)
    return kind(**given)
