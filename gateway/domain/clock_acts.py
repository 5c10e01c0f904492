"""What operators do to a clock: suspend, resume, extend, each on a ground of its rule and with a date. Pure.

Each raises ``ClockRefused`` with the rule that it breaks, ``Conflict`` or ``BadInput``, and then nothing has changed:
storage discards the file. The caller calls ``advance`` afterwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gateway.domain import clock as c
from gateway.domain.calendar import Calendar
from gateway.domain.case import CaseStatus
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock
from gateway.domain.clocks import serve
from gateway.domain.course import ClockRefused
from gateway.domain.errors import BadInput, Conflict, Problem
from gateway.domain.lapsing import run_on
from gateway.domain.rules import Rules
from gateway.domain.suspending import NEEDS_APPLICANT, put_moved

#: How far ahead of ours the clock of whoever sends may be.
_AHEAD: Final = timedelta(minutes=5)


def clock_of(file: CaseFile, name: str) -> Clock:
    """Return the clock by its id, its kind (``statutory``, ``norm``) or ``step <id>``. Raises ``BadInput``."""
    names = {k.id: k.kind if k.kind != "step" else f"step {k.step}" for k in file.clocks.values()}
    for id_, known in names.items():
        if name in (known, str(id_)):
            return file.clocks[id_]
    there = ", ".join(names.values()) or "none"
    raise BadInput([Problem("/clock", "unknown_clock", f"the case has no such clock; it has: {there}", {"wanted": there})])


def suspend(file: CaseFile, rules: Rules, name: str, ground: str, at: datetime, reason: str, by: str) -> None:
    """A ground of the rule holds the clock since ``at``."""
    clock, calendar = _open(file, rules, name, at, "/from")
    _by_hand(ground)
    _put(file, rules, clock, c.suspend(clock, at, ground, calendar), "clock.suspended", by, ground=ground, at=at, reason=reason)


def resume(file: CaseFile, rules: Rules, name: str, ground: str, at: datetime, reason: str, by: str) -> None:
    """The ground (empty: the only one that holds the clock) is over since ``at``."""
    clock, calendar = _open(file, rules, name, at, "/from")
    _by_hand(ground)
    _put(file, rules, clock, c.resume(clock, at, ground, calendar), "clock.resumed", by, ground=ground, at=at, reason=reason)


def extend(file: CaseFile, rules: Rules, name: str, length: int | None, notice: datetime, reason: str, by: str) -> None:
    """The term is extended, as the applicant was notified at ``notice``; ``length`` in the rule's unit, its most unless given."""
    clock, calendar = _open(file, rules, name, notice, "/notice")
    try:
        again = c.extend(clock, notice, length, calendar)
    except ClockRefused as error:
        if error.code in ("twice", "out_of_order"):  # its only time is the notice
            error.pointer = "/notice"
        raise
    _put(file, rules, clock, again, "clock.extended", by, length=length, notice=notice, reason=reason)


def _open(file: CaseFile, rules: Rules, name: str, at: datetime, pointer: str) -> tuple[Clock, Calendar]:
    if file.case.status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN):
        raise Conflict("case_closed", f"the case is {file.case.status}; its clocks have ended")
    clock = clock_of(file, name)
    if at > file.now + _AHEAD:
        raise BadInput([Problem(pointer, "future", "this lies in the future; check the clock of the sender")])
    run_on(file, rules, file.now)
    clock = file.clocks[clock.id]
    if clock.due_at is not None and clock.due_at <= file.now and clock.state is c.ClockState.RUNNING:
        # It has expired, and only the settling time keeps that from taking effect: no earlier date undoes it.
        code = "notice_after_expiry" if pointer == "/notice" else "after_expiry"
        raise ClockRefused(
            code, f"the term ended at {clock.due_at.isoformat()}; it can no longer be suspended, resumed or extended"
        )
    return clock, rules.calendar_of(clock.rule, file.case.office)[0]


def _by_hand(ground: str) -> None:
    if ground == NEEDS_APPLICANT:
        message = "this ground begins and ends with what an agency asks of the applicant; resolve the request as needs_applicant"
        raise ClockRefused("ground_of_requests", message)


def _put(file: CaseFile, rules: Rules, was: Clock, again: Clock, event: str, by: str, **facts: object) -> None:
    put_moved(file, rules, again)
    file.event(event, {"kind": was.kind, "step": was.step, **facts, "from_due_at": was.due_at, "due_at": again.due_at}, by)
    serve(file)
