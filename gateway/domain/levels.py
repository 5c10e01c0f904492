"""The ladder of a running clock: each level that is reached is told once, to whom the service's rule says. Pure.

One row waits for the next level that was not told yet. What the rules are:

- A level is told at its instant while the clock runs: as an event with its true time, and as an incident that goes to whom
  its rungs name (``calling.py``). A suspended clock tells nothing, and one that has ended neither.
- The level at which the term runs out takes part in the expiry's own effect, after the settling time: who answered in time
  has not let it run out. Where silence decides, that is the clock's end too, and its incident is left to a person.
- After a standstill every level that was missed is an event, in order and with its true time, and only the highest is an
  incident: whoever comes then needs to know how far it has come, not how often nobody was told.
- When the end moves and a level is in the future again, it counts as not told, and its incident is over.
- The service norm is counted by the same rule and climbs no ladder: the people on it answer for the term.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.calendar import Calendar
from gateway.domain.calling import call_to_json
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState, course_of
from gateway.domain.escalation import ladder, level_of
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.rules import Rules
from gateway.domain.term_rule import Rung


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a clock's ladder: its word, its instant (UTC), the rungs that stand there, and whether it is the end itself."""

    name: str
    at: datetime
    rungs: tuple[Rung, ...]
    is_end: bool


def levels_of(clock: Clock, calendar: Calendar) -> tuple[Level, ...]:
    """Return the levels of the clock's ladder in order of time; none while it has no end."""
    if not _climbs(clock):
        return ()
    course = course_of(clock, calendar)
    due_at = course.due_at
    if due_at is None:
        return ()
    found: dict[str, Level] = {}
    for rung, at in ladder(clock.rule, course, calendar, clock.time_zone):
        name = level_of(rung)
        before = found.get(name)
        found[name] = Level(name, at, (*(before.rungs if before is not None else ()), rung), at >= due_at)
    return tuple(found.values())


def watch(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """A row waits for the next level of a clock that runs. What was told and is in the future again is told anew then."""
    if clock.state is not ClockState.RUNNING:
        return
    levels = _levels(file, rules, clock)
    again = {level.name for level in levels if level.at > file.now} & set(clock.levels_told)
    if again:
        _close(file, clock, sorted(again), "the end of the clock has moved")
        clock = replace(clock, levels_told=tuple(name for name in clock.levels_told if name not in again))
        file.put_clock(clock)
    due = [level.at for level in levels if not level.is_end and level.name not in clock.levels_told]
    if due:
        file.set_timer(TimerKind.CLOCK_LEVEL, clock.id, min(due))


def reach(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """The instant of a level has come. Nothing when the clock no longer runs; a repeat changes nothing."""
    file.clear_timer(TimerKind.CLOCK_LEVEL, clock.id)
    if clock.state is not ClockState.RUNNING:
        return
    levels = _levels(file, rules, clock)
    come = _untold(clock, (level for level in levels if not level.is_end and level.at <= file.now))
    if come:
        # Where the end has come too, and a level stands there, that one will be the highest.
        over = clock.due_at is not None and clock.due_at <= file.now
        clock = _told(file, clock, come, aloud=not (over and any(level.is_end for level in levels)))
    watch(file, rules, clock)


def run_out(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """The end of the clock has taken effect; ``clock`` is as it was when that came. Its last level is told, if it has one."""
    come = _untold(clock, _levels(file, rules, clock))
    if come:
        file.clear_timer(TimerKind.CLOCK_LEVEL, clock.id)
        _told(file, file.clocks[clock.id], come, aloud=True)


def close(file: CaseFile, clock: Clock, why: str) -> None:
    """The clock has ended: what was told of its levels is over."""
    _close(file, clock, clock.levels_told, why)


def fingerprint(file: CaseFile, clock: Clock, level: str) -> str:
    """The cause of the incident that a level is reached."""
    return f"{IncidentKind.CLOCK_LEVEL}:{file.case.id}:{clock.kind}:{clock.step}:{level}"


def _levels(file: CaseFile, rules: Rules, clock: Clock) -> tuple[Level, ...]:
    return levels_of(clock, rules.calendar_of(clock.rule, file.case.office)[0]) if _climbs(clock) else ()


def _climbs(clock: Clock) -> bool:
    return clock.kind != "norm" and bool(clock.term.get("escalation"))


def _untold(clock: Clock, levels: Iterable[Level]) -> list[Level]:
    return [level for level in levels if level.name not in clock.levels_told]


def _told(file: CaseFile, clock: Clock, come: Sequence[Level], *, aloud: bool) -> Clock:
    """Note the levels as told, each with its true time, and open the incident of the highest (``aloud``)."""
    clock = replace(clock, levels_told=(*clock.levels_told, *(level.name for level in come)))
    file.put_clock(clock)
    for level in come:
        facts = {"kind": clock.kind, "step": clock.step, "level": level.name, "at": level.at, "due_at": clock.due_at}
        file.event("clock.level_reached", facts)
    if aloud:
        highest = come[-1]
        detail = {
            "number": file.case.number,
            "clock": clock.kind,
            "step": clock.step,
            "level": highest.name,
            "at": highest.at,
            "due_at": clock.due_at,
            "waiting_on": [{"holder": h.holder, "what": h.what} for h in file.case.waiting_on],
            "calls": [call_to_json(rung) for rung in highest.rungs],
        }
        file.open_incident(Incident(IncidentKind.CLOCK_LEVEL, fingerprint(file, clock, highest.name), detail, file.case.id))
    return clock


def _close(file: CaseFile, clock: Clock, names: Iterable[str], why: str) -> None:
    for name in names:
        file.recover(fingerprint(file, clock, name), why)
