"""An agency waits for the applicant: the clocks whose rule names that ground wait with it, and no others. Pure.

A clock of the whole case stands still while any request waits for the applicant, the clock of a step while its own does.
What the rule does not allow (the maximum is used up, the term is over) leaves the clock running.
"""

from __future__ import annotations

from typing import Final

from gateway.domain import clock as c
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.clocks import fingerprint, serve, show_due, wait_anew
from gateway.domain.course import ClockRefused, Resumed, Suspended
from gateway.domain.incident import IncidentKind
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules

#: The ground in a rule that an agency's question to the applicant is. It begins and ends with the question itself.
NEEDS_APPLICANT: Final = "needs_applicant"


def follow_applicant(file: CaseFile, rules: Rules) -> None:
    """Suspend and resume clocks as requests begin and cease to wait for the applicant. Idempotent."""
    asked = {r.step for r in file.live_requests() if r.status is S.AWAITING_APPLICANT}
    moved = False
    for clock in list(file.clocks.values()):
        if clock.state not in (ClockState.RUNNING, ClockState.SUSPENDED) or not clock.term.get("suspension"):
            continue
        waits = clock.step in asked if clock.kind == "step" else bool(asked)
        if waits != (NEEDS_APPLICANT in held_on(clock)):
            moved |= _move(file, rules, clock, suspend=waits)
    if moved:
        serve(file)


def held_on(clock: Clock) -> tuple[str, ...]:
    """Return the grounds that have begun and are not over, in the order in which they began."""
    grounds: list[str] = []
    for event in clock.history:
        if isinstance(event, Suspended):
            grounds.append(event.ground)
        elif isinstance(event, Resumed) and grounds:
            grounds.remove(event.ground or grounds[0])
    return tuple(grounds)


def put_moved(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """Keep a clock that was suspended, resumed or extended: the case shows its date, and rows wait for what it says now."""
    file.put_clock(clock)
    show_due(file, clock)
    if clock.state is ClockState.SUSPENDED or clock.warned_at is None:
        file.recover(fingerprint(file, clock, IncidentKind.CLOCK_WARNING), "the end of the clock has moved")
    wait_anew(file, rules, clock)


def _move(file: CaseFile, rules: Rules, clock: Clock, *, suspend: bool) -> bool:
    calendar, _ = rules.calendar_of(clock.rule, file.case.office)
    at = max([file.reached, *(event.at for event in clock.history)])
    try:
        again = c.suspend(clock, at, NEEDS_APPLICANT, calendar) if suspend else c.resume(clock, at, NEEDS_APPLICANT, calendar)
    except ClockRefused:
        return False
    put_moved(file, rules, again)
    facts = {"kind": clock.kind, "step": clock.step, "ground": NEEDS_APPLICANT, "at": at, "due_at": again.due_at}
    file.event("clock.suspended" if suspend else "clock.resumed", facts)
    return True
