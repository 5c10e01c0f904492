"""Clocks of a case file: start them when their trigger happened, end them, let them warn and expire."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.domain import clock as c
from gateway.domain.case import FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockKind, ClockState
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.request import FINISHED
from gateway.domain.rules import Rules
from gateway.domain.service import Term


def start_clocks(file: CaseFile, rules: Rules) -> None:
    """Start each clock once its trigger has happened, and tell requests which deadline they serve. Idempotent."""
    term = rules.service.term
    if term is not None:
        known = _find(file, "statutory", "")
        if known is None or known.state is ClockState.NOT_STARTED:
            _start(file, rules, "statutory", "", term, _trigger(file, term), known)
    for step in rules.service.steps:
        if step.term is None or _find(file, "step", step.id) is not None:
            continue
        request = file.live(step.id)
        if request is not None and request.ready_at is not None:
            _start(file, rules, "step", step.id, step.term, request.ready_at, None)
    _serve(file)


def _find(file: CaseFile, kind: ClockKind, step: str) -> Clock | None:
    return next((k for k in file.clocks.values() if k.kind == kind and k.step == step), None)


def _trigger(file: CaseFile, term: Term) -> datetime | None:
    if term.start == "receipt":
        return file.case.received_at
    fact = file.fact(FactKind(term.start))
    return None if fact is None else fact.at


def _start(
    file: CaseFile, rules: Rules, kind: ClockKind, step: str, term: Term, at: datetime | None, known: Clock | None
) -> None:
    if known is not None and at is None:
        return
    calendar, zone = rules.calendar_of(term, file.case.office)
    if known is None:
        received = file.case.received_at
        known = c.new_clock(file.mint.uuid(), file.case.id, kind, term, calendar, zone, forecast_from=at or received, step=step)
        if at is not None:
            known = c.start(known, at, calendar)
        file.add_clock(known)
    else:
        known = c.start(known, at or file.now, calendar)
        _put(file, known)
    if kind == "statutory":
        _show_due(file, known)
    if at is None:
        return
    _wait(file, rules, known)
    facts = {"kind": kind, "step": step, "due_at": known.due_at, "provisional": known.provisional, "calendar": known.calendar}
    file.event("clock.started", facts)


def _put(file: CaseFile, clock: Clock) -> None:
    file.clocks[clock.id] = clock
    file.changed_clocks.add(clock.id)


def _show_due(file: CaseFile, clock: Clock) -> None:
    file.case.due_at, file.case.due_provisional = clock.due_at, clock.provisional


def _serve(file: CaseFile) -> None:
    """A request that is under way serves the earliest end of its case's and its step's clocks, also when that has moved."""
    for request in file.live_requests():
        if request.ready_at is None or request.status in FINISHED:
            continue
        ends = [k.due_at for k in file.clocks.values() if k.step in ("", request.step) and k.state not in c.ENDED and k.due_at]
        due_at = min(ends, default=None)
        if due_at != request.due_at:
            file.touch(request)
            request.due_at = due_at


def _wait(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """One row waits for the next thing that the clock has to say: the warning first, then the expiry."""
    if clock.next_at is None or clock.due_at is None:
        return
    if clock.next_at < clock.due_at:
        file.set_timer(TimerKind.CLOCK_WARNING, clock.id, clock.next_at)
    else:
        file.set_timer(TimerKind.CLOCK_EXPIRY, clock.id, clock.due_at + timedelta(seconds=rules.settle_secs))


def end_clocks(file: CaseFile, what: str, at: datetime) -> None:
    """End the clocks that ``what`` ends (``decision`` or ``step <id>``). ``at``: when it reached our edge (UTC)."""
    for clock in list(file.clocks.values()):
        ends_with = f"step {clock.step}" if clock.kind == "step" else str(clock.term["ends_with"])
        if ends_with != what or clock.state in c.ENDED:
            continue
        ended = c.end_clock(clock, at)
        _put(file, ended)
        for kind in (TimerKind.CLOCK_WARNING, TimerKind.CLOCK_EXPIRY):
            file.clear_timer(kind, clock.id)
        file.recover(_fingerprint(file, clock, IncidentKind.CLOCK_WARNING), "the clock has ended")
        file.event("clock.ended", {"kind": clock.kind, "step": clock.step, "state": ended.state, "at": at})


def cancel_clocks(file: CaseFile) -> None:
    """The case was withdrawn: what still runs counts no more. A breach stays on record."""
    for clock in list(file.clocks.values()):
        cancelled = c.cancel(clock, file.now)
        if cancelled is clock:
            continue
        _put(file, cancelled)
        for kind in (TimerKind.CLOCK_WARNING, TimerKind.CLOCK_EXPIRY):
            file.clear_timer(kind, clock.id)
        file.recover(_fingerprint(file, clock, IncidentKind.CLOCK_WARNING), "the case was withdrawn")
        file.event("clock.ended", {"kind": clock.kind, "step": clock.step, "state": cancelled.state, "at": file.now})


def warn(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """The warning of a clock fires: an incident that tells who has to move. Nothing when the clock no longer runs."""
    file.clear_timer(TimerKind.CLOCK_WARNING, clock.id)
    if clock.state is not ClockState.RUNNING or clock.warned_at is not None:
        return
    told = c.warned(clock, file.now)
    _put(file, told)
    file.event("clock.warned", {"kind": clock.kind, "step": clock.step, "due_at": clock.due_at})
    _open(file, clock, IncidentKind.CLOCK_WARNING)
    _wait(file, rules, told)


def expire(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """A clock's end has come. The date is derived again first: when it is later now, only that is stored."""
    file.clear_timer(TimerKind.CLOCK_EXPIRY, clock.id)
    if clock.state is not ClockState.RUNNING or clock.due_at is None:
        return
    if clock.due_at > file.now:  # moved since the timer was read: what was cleared is the new one
        _wait(file, rules, clock)
        return
    calendar, _ = rules.calendar_of(clock.rule, file.case.office)
    again = c.rederive(clock, calendar)
    if again.due_at is not None and again.due_at > clock.due_at:
        _put(file, again)
        if clock.kind == "statutory":
            _show_due(file, again)
        file.event("clock.moved", {"kind": clock.kind, "step": clock.step, "from": clock.due_at, "due_at": again.due_at})
        _wait(file, rules, again)
        return
    _put(file, c.breach(clock, file.now))
    file.event("clock.breached", {"kind": clock.kind, "step": clock.step, "due_at": clock.due_at})
    _open(file, clock, IncidentKind.CLOCK_BREACHED)


def _fingerprint(file: CaseFile, clock: Clock, kind: IncidentKind) -> str:
    return f"{kind}:{file.case.id}:{clock.kind}:{clock.step}"


def _open(file: CaseFile, clock: Clock, kind: IncidentKind) -> None:
    waiting = [{"holder": h.holder, "what": h.what} for h in file.case.waiting_on]
    detail = {"number": file.case.number, "due_at": clock.due_at, "step": clock.step, "waiting_on": waiting}
    file.open_incident(Incident(kind, _fingerprint(file, clock, kind), detail, file.case.id))
