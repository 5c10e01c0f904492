"""A suspension has used up its maximum: the clock runs on since then, whether or not anybody has resumed it. Pure.

A timer waits for that. What is judged by the clock before the timer has fired (``run_on``) finds it where it then is: a
scheduler that was down makes nothing punctual, and opens no clock again that has run out.
"""

from __future__ import annotations

from datetime import datetime

from gateway.domain import clock as c
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.clocks import serve, show_due, wait, wait_anew
from gateway.domain.incident import TimerKind
from gateway.domain.recalculation import recalendar, tell_lapse
from gateway.domain.rules import Rules


def lapse(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """The time of the lapse has come. Nothing when the clock is not suspended; a repeat changes nothing.

    Derived again with the calendar current now: when it holds the clock still, only that is stored.
    """
    file.clear_timer(TimerKind.CLOCK_LAPSE, clock.id)
    if clock.state is not ClockState.SUSPENDED or clock.lapses_at is None:
        return
    if clock.lapses_at > file.now:  # moved since the timer was read: what was cleared is the new one
        wait(file, rules, clock)
        return
    calendar, _ = rules.calendar_of(clock.rule, file.case.office)
    if calendar.version != clock.calendar_version:
        recalendar(file, rules, clock)
        clock = file.clocks[clock.id]
        if clock.state is not ClockState.SUSPENDED:
            return
        if clock.lapses_at is None or clock.lapses_at > file.now:
            wait_anew(file, rules, clock)
            return
    runs = c.lapse(clock, calendar)
    file.put_clock(runs)
    show_due(file, runs)
    tell_lapse(file, clock, runs)
    wait_anew(file, rules, runs)
    serve(file)


def run_on(file: CaseFile, rules: Rules, at: datetime) -> None:
    """Let every clock run on whose suspension has lapsed by ``at``, so that it is judged by the date that it then has."""
    for clock in list(file.clocks.values()):
        if clock.state is ClockState.SUSPENDED and clock.lapses_at is not None and clock.lapses_at <= at:
            lapse(file, rules, clock)
