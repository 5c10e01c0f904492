"""Instants, days and spans of time as people of each language write them. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final

from gateway.application.overview import Count

#: (uz, ru, ky, en); what stands after a number of each, short, as on a departure board.
_UNITS: Final[dict[str, dict[str, str]]] = {
    "uz": {"d": "kun", "h": "soat", "m": "daq", "s": "s", "ms": "ms"},
    "ru": {"d": "дн", "h": "ч", "m": "мин", "s": "с", "ms": "мс"},
    "ky": {"d": "күн", "h": "саат", "m": "мүн", "s": "с", "ms": "мс"},
    "en": {"d": "d", "h": "h", "m": "min", "s": "s", "ms": "ms"},
}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
#: A no-break space, so that a number keeps its unit.
_NBSP: Final = "\u00a0"


def day(at: datetime, language: str, zone: tzinfo) -> str:
    """Return the day of an instant in a zone: ``28.11.2026``, in English ``28 Nov 2026``."""
    local = at.astimezone(zone)
    if language == "en":
        return f"{local.day}{_NBSP}{_MONTHS[local.month - 1]}{_NBSP}{local.year}"
    return local.strftime("%d.%m.%Y")


def when(at: datetime, language: str, zone: tzinfo, *, seconds: bool = False) -> str:
    """Return day and time of an instant in a zone."""
    clock = at.astimezone(zone).strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{day(at, language, zone)},{_NBSP}{clock}"


def clock(at: datetime, zone: tzinfo) -> str:
    """Return the time of day with seconds."""
    return at.astimezone(zone).strftime("%H:%M:%S")


def span(secs: float, language: str) -> str:
    """Return a length of time in its two largest units: ``3 d 4 h``, ``12 min``, ``1.4 s``, ``180 ms``."""
    units = _UNITS[language]
    secs = abs(secs)
    if secs < 1:
        return f"{secs * 1000:.0f}{_NBSP}{units['ms']}"
    if secs < 10:
        return f"{secs:.1f}{_NBSP}{units['s']}"
    if secs < _MINUTE:
        return f"{secs:.0f}{_NBSP}{units['s']}"
    whole = int(secs)
    for larger, of, smaller, rest_of in (("d", _DAY, "h", _HOUR), ("h", _HOUR, "m", _MINUTE)):
        if whole >= of:
            rest = whole % of // rest_of
            tail = f" {rest}{_NBSP}{units[smaller]}" if rest and whole < 10 * of else ""
            return f"{whole // of}{_NBSP}{units[larger]}{tail}"
    return f"{whole // _MINUTE}{_NBSP}{units['m']}"


def size(count: int) -> str:
    """Return a number of bytes in the unit that fits."""
    amount = float(count)
    for unit in ("B", "KB", "MB"):
        if amount < 1024:
            return f"{amount:.0f}{_NBSP}{unit}"
        amount /= 1024
    return f"{amount:.1f}{_NBSP}GB"


def number(value: float) -> str:
    """Return a whole number with a thin space between thousands, as all four languages read it."""
    return f"{value:,.0f}".replace(",", "\u202f")


def counted(count: Count) -> str:
    """Return a count; with a plus where there are more than were counted."""
    return number(count.count) + ("+" if count.more else "")
