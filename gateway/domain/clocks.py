"""Clocks of a case file: start them when their trigger happened, end them, let them warn. Expiry is in ``expiry.py``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.domain import clock as c
from gateway.domain import levels
from gateway.domain.case import FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockKind, ClockState
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.request import FINISHED, Request
from gateway.domain.rules import Rules
from gateway.domain.service import Silence, Term
from gateway.domain.term_rule import norm_of, rule_on

#: Clocks of the whole case beside its term and the service norm.
_OTHERS: Final[tuple[ClockKind, ...]] = ("acknowledgement", "completeness")
#: What waits on account of a clock.
_TIMERS: Final = (TimerKind.CLOCK_WARNING, TimerKind.CLOCK_EXPIRY, TimerKind.CLOCK_LAPSE, TimerKind.CLOCK_LEVEL)


def start_clocks(file: CaseFile, rules: Rules) -> None:
    """Start each clock once its trigger has happened, and tell requests which deadline they serve. Idempotent.

    The rule is the one that held on the day on which the person handed the application in: neither a late transmission nor a
    later amendment puts a case under another one.
    """
    day = file.case.taken_at.astimezone(rules.zone_of(file.case.office)).date()
    term = rules.service.term_on(day)
    if term is not None:
        _of_the_case(file, rules, "statutory", term)
        if (norm := norm_of(term)) is not None:
            _of_the_case(file, rules, "norm", norm)
    for kind in _OTHERS:
        if (rule := rule_on(rules.service.clocks.get(kind, ()), day)) is not None:
            _of_the_case(file, rules, kind, rule)
    for step in rules.service.steps:
        if step.term is None or _find(file, "step", step.id) is not None:
            continue
        rule = step.term_on(day)
        at = None if rule is None else _of_step(file, step.id, rule)
        if rule is not None and at is not None:
            _start(file, rules, "step", step.id, rule, at, None)
    serve(file)


def _of_the_case(file: CaseFile, rules: Rules, kind: ClockKind, term: Term) -> None:
    known = _find(file, kind, "")
    if known is None or known.state is ClockState.NOT_STARTED:
        _start(file, rules, kind, "", term, _trigger(file, rules, term), known)


def _of_step(file: CaseFile, step: str, term: Term) -> datetime | None:
    """The agency's leg starts when it can be asked, or when it was asked for the first time."""
    if term.start == "dispatch":
        return _first_release(r for r in file.requests.values() if r.step == step)
    request = file.live(step)
    return None if request is None else request.ready_at


def _first_release(requests: Iterable[Request]) -> datetime | None:
    return min((r.released_at for r in requests if r.released_at is not None), default=None)


def _find(file: CaseFile, kind: ClockKind, step: str) -> Clock | None:
    return next((k for k in file.clocks.values() if k.kind == kind and k.step == step), None)


def _trigger(file: CaseFile, rules: Rules, term: Term) -> datetime | None:
    if term.start == "receipt":
        return file.case.received_at
    if term.start == "dispatch":  # to an agency: what the office does itself is none
        agencies = rules.agencies
        away = (r for r in file.requests.values() if r.agency not in agencies or not agencies[r.agency].branches_are_offices)
        return _first_release(away)
    fact = file.fact(FactKind(term.start))
    return None if fact is None else fact.at


def _start(
    file: CaseFile, rules: Rules, kind: ClockKind, step: str, term: Term, at: datetime | None, known: Clock | None
) -> None:
    if known is not None and at is None:
        return
    calendar, zone = rules.calendar_of(term, file.case.office)
    if known is None:
        known = c.new_clock(
            file.mint.uuid(),
            file.case.id,
            kind,
            term,
            calendar,
            zone,
            forecast_from=at or file.case.received_at,
            step=step,
            closing=rules.closing_of(term, file.case.office, file.live(step) if step else None),
        )
        if at is not None:
            known = c.start(known, at, calendar)
        file.add_clock(known)
    else:
        known = c.start(known, at or file.now, calendar)
        file.put_clock(known)
    show_due(file, known)
    if at is None:
        return
    wait(file, rules, known)
    facts = {"kind": kind, "step": step, "due_at": known.due_at, "provisional": known.provisional, "calendar": known.calendar}
    file.event("clock.started", facts)


def show_due(file: CaseFile, clock: Clock) -> None:
    """The case shows the end of its statutory clock; none while that is suspended."""
    if clock.kind == "statutory":
        file.case.due_at, file.case.due_provisional = clock.due_at, clock.provisional


def serve(file: CaseFile) -> None:
    """A request that is under way serves the earliest end of its case's and its step's clocks, also when that has moved.

    Only ``LEGAL`` clocks put anybody first.
    """
    for request in file.live_requests():
        if request.ready_at is None or request.status in FINISHED:
            continue
        serves = (k for k in file.clocks.values() if k.kind in c.LEGAL and k.step in ("", request.step))
        due_at = min((k.due_at for k in serves if k.state not in c.ENDED and k.due_at), default=None)
        if due_at != request.due_at:
            file.touch(request)
            request.due_at = due_at


def wait(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """One row waits for the next thing that the clock has to say: the warning first, then the expiry; of a suspended one
    the lapse of its suspension. Another waits for the next level of its ladder, where it has one. The rows of before are
    cleared by whoever moved it (``wait_anew``)."""
    levels.watch(file, rules, clock)
    if clock.next_at is None:
        return
    if clock.state is ClockState.SUSPENDED:
        file.set_timer(TimerKind.CLOCK_LAPSE, clock.id, clock.next_at)
    elif clock.due_at is not None and clock.next_at < clock.due_at:
        file.set_timer(TimerKind.CLOCK_WARNING, clock.id, clock.next_at)
    elif clock.due_at is not None:
        file.set_timer(TimerKind.CLOCK_EXPIRY, clock.id, clock.due_at + timedelta(seconds=rules.settle_secs))


def wait_anew(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """A clock has been moved: what waited on its account waits no more, and for what it says now."""
    clear_timers(file, clock)
    wait(file, rules, clock)


def clear_timers(file: CaseFile, clock: Clock) -> None:
    """Nothing waits on account of this clock any more."""
    for kind in _TIMERS:
        file.clear_timer(kind, clock.id)


def end_clocks(file: CaseFile, what: str, at: datetime, dated: datetime | None = None) -> None:
    """End the clocks that ``what`` ends (as in ``Term.ends_with``). ``at``: when it reached our edge (UTC).

    ``dated`` is the date that it bears itself: one in time that reached us late is disputed, and a person decides.
    """
    for clock in list(file.clocks.values()):
        ends_with = f"step {clock.step}" if clock.kind == "step" else str(clock.term["ends_with"])
        if ends_with != what or clock.state in c.ENDED:
            continue
        put_ended(file, clock, c.end_clock(clock, at, dated), at, dated)


def put_ended(file: CaseFile, clock: Clock, ended: Clock, at: datetime, dated: datetime | None = None) -> None:
    """Keep a clock that has ended: nothing waits on its account any more, and a disputed end is told to a person."""
    why = "the clock has ended"
    file.put_clock(ended)
    clear_timers(file, clock)
    file.recover(fingerprint(file, clock, IncidentKind.CLOCK_WARNING), why)
    levels.close(file, clock, why)
    file.event("clock.ended", {"kind": clock.kind, "step": clock.step, "state": ended.state, "at": at, "dated": dated})
    if ended.state is ClockState.DISPUTED:
        tell(file, clock, IncidentKind.CLOCK_DISPUTED, at=at, dated=dated)


def cancel_clocks(file: CaseFile, why: str) -> None:
    """The case is over, withdrawn or closed: what still runs counts no more. A breach stays on record."""
    for clock in list(file.clocks.values()):
        cancelled = c.cancel(clock, file.now)
        levels.close(file, clock, why)
        if cancelled is clock:
            continue
        file.put_clock(cancelled)
        clear_timers(file, clock)
        file.recover(fingerprint(file, clock, IncidentKind.CLOCK_WARNING), why)
        file.event("clock.ended", {"kind": clock.kind, "step": clock.step, "state": cancelled.state, "at": file.now})


def warn(file: CaseFile, rules: Rules, clock: Clock) -> None:
    """The warning of a clock fires: an incident that tells who has to move. Nothing when the clock no longer runs."""
    file.clear_timer(TimerKind.CLOCK_WARNING, clock.id)
    if clock.state is not ClockState.RUNNING or clock.warned_at is not None:
        return
    if clock.warn_at is not None and clock.warn_at > file.now:  # moved since the timer was read: what was cleared is the new one
        wait(file, rules, clock)
        return
    told = c.warned(clock, file.now)
    file.put_clock(told)
    file.event("clock.warned", {"kind": clock.kind, "step": clock.step, "at": clock.warn_at, "due_at": clock.due_at})
    tell(file, clock, IncidentKind.CLOCK_WARNING)
    wait(file, rules, told)


def silence_has_spoken(file: CaseFile, at: datetime) -> bool:
    """Whether what reached us at ``at`` came when the law had already read silence as a decision, though that is not
    recorded yet: the settling time is not over. Such a word is kept and decides nothing."""
    return any(
        k.kind == "statutory"
        and k.state is ClockState.RUNNING
        and k.due_at is not None
        and k.due_at <= at
        and k.term.get("silence") not in (None, Silence.NOTHING)
        for k in file.clocks.values()
    )


def fingerprint(file: CaseFile, clock: Clock, kind: IncidentKind) -> str:
    """The cause of an incident about a clock."""
    return f"{kind}:{file.case.id}:{clock.kind}:{clock.step}"


def tell(file: CaseFile, clock: Clock, kind: IncidentKind, **more: Any) -> None:
    """Open an incident about a clock, with who has to move."""
    waiting = [{"holder": h.holder, "what": h.what} for h in file.case.waiting_on]
    detail: dict[str, Any] = {"number": file.case.number, "clock": clock.kind, "due_at": clock.due_at, "step": clock.step}
    detail |= {"waiting_on": waiting, **more}
    file.open_incident(Incident(kind, fingerprint(file, clock, kind), detail, file.case.id))
