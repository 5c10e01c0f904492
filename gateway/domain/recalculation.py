"""A new version of a calendar and a clock in flight: derived again, told, and never ended by it behind anybody's back.

A date that the new version moves into the past is an incident: the clock keeps it, but takes no effect before the date
that people were told last. Until then a person can act.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.domain import clock as c
from gateway.domain import clocks, levels
from gateway.domain.calendar import Calendar
from gateway.domain.calendar_json import change_to_json
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.rules import Rules
from gateway.domain.suspension import midnight

#: Clocks whose date still depends on days to come.
IN_FLIGHT: Final = frozenset({ClockState.NOT_STARTED, ClockState.RUNNING, ClockState.SUSPENDED})
_DAY: Final = timedelta(days=1)


def recalendar(file: CaseFile, rules: Rules, clock: Clock) -> bool:
    """Derive a clock in flight anew with the current version of its calendar; return whether its date has changed.

    Idempotent: a clock that was derived with that version already is left alone. Raises ``CalendarError`` when the
    calendar is not there.
    """
    if clock.state not in IN_FLIGHT:
        return False
    calendar = rules.calendar(clock.calendar)
    if calendar.version == clock.calendar_version:
        return False
    held = again = _derived(file, clock, calendar)
    if held.state is ClockState.SUSPENDED and held.lapses_at is not None and held.lapses_at <= file.now:
        again = c.lapse(held, calendar)  # it holds the clock no longer, by the days that the new version knows
    file.put_clock(again)
    clocks.show_due(file, again)
    moved = again.due_at != clock.due_at
    if again.state is not ClockState.NOT_STARTED and (moved or again.next_at != clock.next_at):
        _wait(file, rules, clock, again)
    elif again.state is not ClockState.NOT_STARTED:
        levels.watch(file, rules, again)  # days before an end that stays may have moved
    if not moved and again.provisional == clock.provisional and held.lapses_at == clock.lapses_at:
        return False
    file.event("clock.recalculated", _facts(clock, held, again, calendar))
    if again is not held:
        tell_lapse(file, held, again)
    if moved:
        clocks.serve(file)
    return moved


def tell_lapse(file: CaseFile, was: Clock, runs: Clock) -> None:
    """Record that a suspension has used up its maximum, and since when the clock runs on."""
    facts = {"kind": was.kind, "step": was.step, "at": was.lapses_at, "due_at": runs.due_at, "why": "the maximum is used up"}
    file.event("clock.resumed", facts)


def _derived(file: CaseFile, clock: Clock, calendar: Calendar) -> Clock:
    if clock.state is ClockState.NOT_STARTED:
        since = file.case.received_at
        again = c.new_clock(
            clock.id,
            clock.case_id,
            clock.kind,
            clock.rule,
            calendar,
            clock.time_zone,
            forecast_from=since,
            step=clock.step,
            closing=clock.closing,
        )
    else:
        again = c.rederive(clock, calendar)
    if again.calendar_version == calendar.version:
        return again
    return replace(again, calendar_version=calendar.version)  # nothing had to be derived


def _wait(file: CaseFile, rules: Rules, was: Clock, now: Clock) -> None:
    fingerprint = f"{IncidentKind.CLOCK_MOVED_INTO_PAST}:{file.case.id}:{now.kind}:{now.step}"
    promised = _promised(was)
    past = now.due_at is not None and now.due_at <= file.now
    if past and was.due_at is not None and was.due_at <= file.now:
        return  # in the past before and after: what waits for the date that people were told goes on waiting for it
    if now.state is not ClockState.RUNNING or not past or promised is None or promised <= file.now:
        file.recover(fingerprint, "the calendar has moved its end into the future again")
        clocks.wait_anew(file, rules, now)
        return
    clocks.clear_timers(file, now)
    file.set_timer(TimerKind.CLOCK_EXPIRY, now.id, promised + timedelta(seconds=rules.settle_secs))
    detail = {
        "number": file.case.number,
        "clock": now.kind,
        "step": now.step,
        "from": promised,
        "due_at": now.due_at,
        "calendar": now.calendar,
        "version": now.calendar_version,
    }
    file.open_incident(Incident(IncidentKind.CLOCK_MOVED_INTO_PAST, fingerprint, detail, file.case.id))


def _promised(clock: Clock) -> datetime | None:
    """Return the end that people were told last: of a suspended clock the latest, when its maximum is used up."""
    if clock.due_at is not None:
        return clock.due_at
    told = next((line for line in clock.explanation if line["code"] == "open_suspension" and "latest" in line), None)
    return None if told is None else midnight(date.fromisoformat(told["latest"]) + _DAY, ZoneInfo(clock.time_zone))


def _facts(was: Clock, held: Clock, now: Clock, calendar: Calendar) -> dict[str, Any]:
    lapse = {} if held.lapses_at == was.lapses_at else {"lapses_from": was.lapses_at, "lapses_at": held.lapses_at}
    return lapse | {
        "clock": now.id,
        "kind": now.kind,
        "step": now.step,
        "from": was.due_at,
        "to": now.due_at,
        "provisional": now.provisional,
        "calendar": calendar.id,
        "version_from": was.calendar_version,
        "version": calendar.version,
        "why": _why(was, now, calendar),
    }


def _why(was: Clock, now: Clock, calendar: Calendar) -> list[dict[str, Any]]:
    """The steps of the calendar's history that led here, each with its decree and those of its days that the clock met."""
    zone = ZoneInfo(now.time_zone)
    ends = [at.astimezone(zone).date() for at in (was.due_at, now.due_at) if at is not None]
    starts = [at.astimezone(zone).date() for at in (now.started_at,) if at is not None]
    first, last = min(starts, default=date.min), max(ends, default=date.max - _DAY) + _DAY
    return [
        {
            "version": step.version,
            "decree": step.decree,
            "days": [change_to_json(change) for change in step.days if first <= change.day <= last],
            "years": [year for year in step.years if first.year <= year <= last.year],
        }
        for step in calendar.since(was.calendar_version) or ()
    ]
