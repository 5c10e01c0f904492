"""An office: a centre or its mobile team."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.domain.service import Text


@dataclass(frozen=True, slots=True)
class Office:
    """``calendar`` names jurisdiction and week pattern (``UZ-5``); ``time_zone`` is an IANA name; ``hours`` are local."""

    id: str
    title: Text
    territory: str
    time_zone: str
    calendar: str
    hours: str = "09:00-18:00"
    parent: str = ""
    mobile: bool = False
    territories: tuple[str, ...] = field(default=())
