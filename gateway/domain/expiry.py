"""The end of a term has come and nobody has acted: what the law makes of it (DESIGN section 8). Pure.

    1. the date is derived again with the calendar current now; when it is later now, only that is stored;
    2. what an agency may still be saying in a lease that began in time is waited for;
    3. then it takes effect, once: the clock is breached, or silence is read as the law reads it.

Replies that were received before the due instant have been applied by the caller, under the same lock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gateway.domain import clock as c
from gateway.domain import levels
from gateway.domain.case import CaseOutcome, Decision
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.clocks import clear_timers, fingerprint, serve, show_due, tell, wait, wait_anew
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.lapsing import lapse
from gateway.domain.progress import decide
from gateway.domain.rules import Rules
from gateway.domain.service import Silence

__all__ = ["expire", "lapse"]

_OUTCOMES: Final = {Silence.GRANTED: CaseOutcome.TACITLY_GRANTED, Silence.REFUSED: CaseOutcome.TACITLY_REFUSED}


def expire(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """The end of a clock has come. Nothing when it no longer runs; a repeat changes nothing."""
    file.clear_timer(TimerKind.CLOCK_EXPIRY, clock.id)
    if clock.state is not ClockState.RUNNING or clock.due_at is None:
        return
    if clock.due_at > file.now:  # moved since the timer was read: what was cleared is the new one
        wait(file, rules, clock)
        return
    calendar, _ = rules.calendar_of(clock.rule, file.case.office)
    current = (calendar.id, calendar.version) == (clock.calendar, clock.calendar_version)
    again = clock if current else c.rederive(clock, calendar)  # the same calendar gives the same date
    if again.due_at is not None and again.due_at > clock.due_at:
        file.put_clock(again)
        show_due(file, again)
        file.event("clock.moved", {"kind": clock.kind, "step": clock.step, "from": clock.due_at, "due_at": again.due_at})
        wait_anew(file, rules, again)
        serve(file)
        return
    until = _still_out(file, clock, clock.due_at)
    if until is not None:
        file.set_timer(TimerKind.CLOCK_EXPIRY, clock.id, until + timedelta(seconds=rules.settle_secs))
        return
    if clock.rule.silence is Silence.NOTHING or file.decisions:
        file.put_clock(c.breach(clock, file.now))
        file.event("clock.breached", {"kind": clock.kind, "step": clock.step, "at": clock.due_at, "due_at": clock.due_at})
        tell(file, clock, IncidentKind.CLOCK_BREACHED)
        levels.run_out(file, rules, clock)
    else:
        _decide_by_silence(file, rules, clock, clock.due_at)


def _still_out(file: CaseFile, clock: Clock, due_at: datetime) -> datetime | None:
    """Return until when a worker may still bring what an agency said in time; ``None``: no such lease is open."""
    leases = [
        r.lease_until
        for r in file.live_requests()
        if clock.step in ("", r.step) and r.lease_until is not None and r.released_at is not None and r.released_at < due_at
    ]
    return max((until for until in leases if until > file.now), default=None)


def _decide_by_silence(file: CaseFile, rules: Rules, clock: Clock, due_at: datetime) -> None:
    """Silence is a decision of the case, with its ground; given at the due instant, whenever it is recorded."""
    rule = clock.rule
    ended = c.tacit(clock, file.now)
    file.put_clock(ended)
    clear_timers(file, clock)
    file.recover(fingerprint(file, clock, IncidentKind.CLOCK_WARNING), "the clock has ended")
    levels.close(file, clock, "the clock has ended")
    file.event("clock.ended", {"kind": clock.kind, "step": clock.step, "state": ended.state, "at": due_at})
    levels.run_out(file, rules, clock)
    authority = str(rules.service.standard.get("authority", ""))
    ground = f"no decision within the term that ended at {due_at.isoformat()}"
    decide(file, Decision(_OUTCOMES[rule.silence], authority, due_at, file.now, ground, rule.legal_basis))
