"""A calendar as JSON: what is stored of each version, sent by the api, and kept in files. Nothing is lost on the way.

Day off: ``{"date", "kind", "names"?, "decree"?, "moved_from"?}``; working day: ``{"date", "decree"?, "moved_to"?}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from gateway.domain.calendar import Amended, Calendar, CalendarError, DayChange, DayKind, DayOff, Reason, WorkingDay
from gateway.domain.service import Text


def calendar_to_json(calendar: Calendar) -> dict[str, Any]:
    """Return the whole calendar, its history included."""
    return {
        "id": calendar.id,
        "version": calendar.version,
        "jurisdiction": calendar.jurisdiction,
        "weekend": sorted(calendar.weekend),
        "decided_years": sorted(calendar.decided_years),
        "days_off": [off_to_json(day, off) for day, off in sorted(calendar.days_off.items())],
        "working_days": [working_to_json(day, working) for day, working in sorted(calendar.working_days.items())],
        "history": [step_to_json(step) for step in calendar.history],
    }


def calendar_from_json(value: Mapping[str, Any]) -> Calendar:
    """Return the calendar that ``calendar_to_json`` wrote. Raises ``CalendarError`` when it is not one."""
    try:
        for rows in (value["days_off"], value["working_days"]):
            if len({row["date"] for row in rows}) < len(rows):
                raise CalendarError("this is not a calendar: a date stands in it twice")
        texts: dict[tuple[tuple[str, str], ...], Text] = {}
        return Calendar(
            id=str(value["id"]),
            version=str(value["version"]),
            jurisdiction=str(value["jurisdiction"]),
            weekend=frozenset(value["weekend"]),
            days_off=dict(off_from_json(row, texts) for row in value["days_off"]),
            working_days=dict(working_from_json(row) for row in value["working_days"]),
            decided_years=frozenset(value["decided_years"]),
            history=tuple(_step(row) for row in value.get("history", ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CalendarError(f"this is not a calendar: {type(error).__name__}: {error}") from error


def exceptions_to_json(calendar: Calendar, year: int | None = None) -> dict[str, Any]:
    """Return the days off and the working days, of one year or of all, with every key."""
    off = [(day, rest) for day, rest in sorted(calendar.days_off.items()) if year in (None, day.year)]
    working = [(day, work) for day, work in sorted(calendar.working_days.items()) if year in (None, day.year)]
    bare_off: dict[str, Any] = {"names": {}, "decree": "", "moved_from": None}
    bare_working: dict[str, Any] = {"decree": "", "moved_to": None}
    return {
        "days_off": [bare_off | off_to_json(day, rest) for day, rest in off],
        "working_days": [bare_working | working_to_json(day, work) for day, work in working],
    }


def diff_to_json(was: Calendar, now: Calendar) -> dict[str, Any]:
    """Return what two calendars see differently: each day with what it was and is, and the years decided since or no more."""
    return {
        "from": _name(was),
        "to": _name(now),
        "days": [
            {"date": c.day.isoformat(), "was": _reason(was.reason(c.day)), "now": _reason(now.reason(c.day))}
            for c in now.changes_from(was)
        ],
        "decided": sorted(now.decided_years - was.decided_years),
        "undecided": sorted(was.decided_years - now.decided_years),
    }


def off_to_json(day: date, off: DayOff) -> dict[str, Any]:
    """Return one day off."""
    row: dict[str, Any] = {"date": day.isoformat(), "kind": str(off.kind)}
    if off.names:
        row["names"] = dict(off.names)
    return row | _decree(off.decree) | ({} if off.moved_from is None else {"moved_from": off.moved_from.isoformat()})


def working_to_json(day: date, working: WorkingDay) -> dict[str, Any]:
    """Return one working day that the week pattern would let rest."""
    moved = {} if working.moved_to is None else {"moved_to": working.moved_to.isoformat()}
    return {"date": day.isoformat()} | _decree(working.decree) | moved


def step_to_json(step: Amended) -> dict[str, Any]:
    """Return one step of a calendar's history."""
    return {
        "since": step.since,
        "version": step.version,
        "decree": step.decree,
        "days": [change_to_json(change) for change in step.days],
        "years": list(step.years),
    }


def change_to_json(change: DayChange) -> dict[str, Any]:
    """Return what became of one day."""
    return {"date": change.day.isoformat(), "was": str(change.was), "now": str(change.became)}


def off_from_json(row: Mapping[str, Any], texts: dict[tuple[tuple[str, str], ...], Text] | None = None) -> tuple[date, DayOff]:
    """Return one day off. ``texts`` lets equal names be one object. Raises ``KeyError``, ``ValueError`` or ``TypeError``."""
    names: Text = {str(language): str(text) for language, text in row.get("names", {}).items()}
    if texts is not None:
        names = texts.setdefault(tuple(sorted(names.items())), names)
    kind = DayKind(row["kind"])
    if kind in (DayKind.WORKING, DayKind.WEEKEND, DayKind.MOVED_WORKING):
        raise ValueError(f"{row['date']}: a day off cannot be of the kind {kind}")
    return _date(row["date"]), DayOff(kind, names, str(row.get("decree", "")), _maybe(row.get("moved_from")))


def working_from_json(row: Mapping[str, Any]) -> tuple[date, WorkingDay]:
    """Return one working day. Raises ``KeyError``, ``ValueError`` or ``TypeError``."""
    return _date(row["date"]), WorkingDay(str(row.get("decree", "")), _maybe(row.get("moved_to")))


def _step(row: Mapping[str, Any]) -> Amended:
    days = tuple(DayChange(_date(d["date"]), DayKind(d["was"]), DayKind(d["now"])) for d in row["days"])
    return Amended(row["since"], row["version"], row["decree"], days, tuple(row["years"]))


def _decree(decree: str) -> dict[str, str]:
    return {"decree": decree} if decree else {}


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _maybe(value: Any) -> date | None:
    return None if value is None else _date(value)


def _name(calendar: Calendar) -> str:
    return f"{calendar.id}@{calendar.version}"


def _reason(reason: Reason) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": str(reason.kind), "works": reason.works, "names": dict(reason.names), "decree": reason.decree}
    return told | {"other": None if reason.other is None else reason.other.isoformat()}
