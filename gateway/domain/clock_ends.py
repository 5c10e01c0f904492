"""What ends the clocks of a case: its decision, what is confirmed of it, what an agency says; and what is waited for. Pure.

    clock             ends with
    statutory, norm   the decision, a step, ``result_ready`` or ``hand_over``, as the rule says
    step              the agency's answer
    acknowledgement   the registration, or the first word of an agency; with the decision at the latest
    completeness      the confirmed completeness, or a question to the applicant; with the decision at the latest

What can no longer come is not waited for: a decision that gives nothing leaves nothing to hand over, and a step that will
not happen once the case is decided ends its term with the decision. What is confirmed bears the date of the act; one in
time that was recorded late is disputed, as a decision is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gateway.domain import clock as c
from gateway.domain import outcomes as o
from gateway.domain.case import CaseOutcome, Decision, Fact, FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.clocks import end_clocks, put_ended
from gateway.domain.outcomes import LookupOutcome
from gateway.domain.request import RequestStatus as S

RESULT_READY: Final = "result_ready"
HAND_OVER: Final = "hand_over"
#: Ends that follow the decision and are confirmed by the office.
HANDED: Final = (RESULT_READY, HAND_OVER)
_ACKNOWLEDGEMENT: Final = "acknowledgement"
_COMPLETENESS: Final = "completeness"
#: What is handed over was ready.
_BY_FACT: Final[Mapping[FactKind, tuple[str, ...]]] = {
    FactKind.REGISTRATION: (_ACKNOWLEDGEMENT,),
    FactKind.COMPLETENESS: (_COMPLETENESS,),
    FactKind.RESULT_READY: (RESULT_READY,),
    FactKind.RESULT_COLLECTED: (RESULT_READY, HAND_OVER),
}
#: Decisions that leave nothing to hand over.
_NOTHING: Final = frozenset({CaseOutcome.REFUSED, CaseOutcome.RETURNED, CaseOutcome.TACITLY_REFUSED, CaseOutcome.LAPSED})
_WORDS: Final = (o.Completed, o.Refused, o.Accepted, o.Progress, o.NeedsApplicant)
_OPEN: Final = (ClockState.RUNNING, ClockState.SUSPENDED, ClockState.BREACHED)
_NEVER: Final = (S.SKIPPED, S.CANCELLED)


def by_fact(file: CaseFile, fact: Fact) -> None:
    """A fact was confirmed: it is received now, and dated when it happened."""
    for what in _BY_FACT.get(fact.kind, ()):
        end_clocks(file, what, file.now, fact.at)


def by_word(file: CaseFile, outcome: LookupOutcome, at: datetime) -> None:
    """An agency's word reached our edge at ``at``. That a request belongs elsewhere acknowledges nothing."""
    if isinstance(outcome, _WORDS):
        end_clocks(file, _ACKNOWLEDGEMENT, at)
    if isinstance(outcome, o.NeedsApplicant):
        end_clocks(file, _COMPLETENESS, at)


def by_decision(file: CaseFile, decision: Decision) -> None:
    """The case was decided."""
    end_clocks(file, "decision", file.reached, decision.date_given)
    for what in (_ACKNOWLEDGEMENT, _COMPLETENESS):
        end_clocks(file, what, file.reached)
    if decision.outcome in _NOTHING:
        for what in HANDED:
            end_clocks(file, what, file.reached, decision.date_given)


def settle(file: CaseFile) -> None:
    """End what waits for a step that will never be answered: its own clock is cancelled, the term of a decided case ends
    with the decision. Idempotent."""
    for clock in list(file.clocks.values()):
        if clock.state in c.ENDED:
            continue
        if clock.kind == "step":
            if _never(file, clock.step) and (cancelled := c.cancel(clock, file.now)) is not clock:
                put_ended(file, clock, cancelled, file.now)
        elif (decision := file.decision) is not None and (step := _step_of(clock)) and _never(file, step):
            at = min(file.reached, decision.date_recorded)
            put_ended(file, clock, c.end_clock(clock, at, decision.date_given), at, decision.date_given)


def awaited(file: CaseFile) -> Clock | None:
    """Return a clock of a decided case that runs, or ran out, until its result is ready or handed over."""
    if file.decision is None:
        return None
    return next((k for k in file.clocks.values() if k.state in _OPEN and k.term.get("ends_with") in HANDED), None)


def _step_of(clock: Clock) -> str:
    word, _, step = str(clock.term.get("ends_with", "")).partition(" ")
    return step if word == "step" else ""


def _never(file: CaseFile, step: str) -> bool:
    request = file.live(step)
    return request is None or request.status in _NEVER
