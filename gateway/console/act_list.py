"""What operators do to a case and to its requests: one entry an act, from which buttons, forms and calls are made.

A further act is a further entry of ``ACTS``, with its texts ``act.NAME``, ``act.NAME.what`` and ``done.NAME``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.application.acts import Act as Deed
from gateway.console.act import Act, Values, this_one
from gateway.console.act_fields import (
    BRANCH,
    CLOCK,
    EXTENSION,
    GROUND,
    GROUND_OVER,
    NOTICE,
    OUTCOME,
    OVER_SINCE,
    REASON,
    SINCE,
)
from gateway.console.repair_acts import REPAIRS
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.domain import acts, clock_acts, superseding
from gateway.domain.case import CaseStatus
from gateway.domain.case_file import CaseFile
from gateway.domain.clock_state import ClockState
from gateway.domain.outcomes import LookupOutcome
from gateway.domain.request import FINISHED, Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules
from gateway.domain.service import Term
from gateway.domain.superseding import Change
from gateway.domain.suspending import NEEDS_APPLICANT
from gateway.domain.transitions import may

_OPEN: Final = (CaseStatus.RECEIVED, CaseStatus.IN_PROGRESS, CaseStatus.AWAITING_APPLICANT)


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that is open now, and where its form is."""

    name: str
    path: str
    grave: bool


def offers(visit: Visit, file: CaseFile, request: Request | None) -> list[Offer]:
    """Return the acts on a request, or (``None``) on the case itself, that are open to this person now."""
    if not visit.may(Scope.OPERATE):
        return []
    on = f"/cases/{file.case.number}" + (f"/requests/{request.id}" if request is not None else "")
    fitting = [act for act in ACTS if act.on_request is (request is not None) and act.fits(visit, file, request)]
    return [Offer(act.name, f"{on}/{act.name}", act.grave) for act in fitting]


def act_of(name: str, *, on_request: bool) -> Act | None:
    """Return the act of a name."""
    return next((act for act in ACTS if act.name == name and act.on_request is on_request), None)


def _retry(values: Values, by: str, request: Request | None) -> Deed:
    def deed(file: CaseFile, rules: Rules) -> None:
        acts.retry(file, this_one(file, request), values["reason"], by, rules)

    return deed


def _resolve(values: Values, by: str, request: Request | None) -> Deed:
    outcome: LookupOutcome = values["outcome"]

    def deed(file: CaseFile, rules: Rules) -> None:
        acts.resolve(file, this_one(file, request), outcome, values["reason"], by, rules)

    return deed


def _cancel(values: Values, by: str, request: Request | None) -> Deed:
    def deed(file: CaseFile, _rules: Rules) -> None:
        acts.cancel(file, this_one(file, request), values["reason"], by)

    return deed


def _redirect(values: Values, by: str, request: Request | None) -> Deed:
    def deed(file: CaseFile, rules: Rules) -> None:
        superseding.replace(file, this_one(file, request), Change(values["branch"]), values["reason"], by, rules)

    return deed


def _suspend(values: Values, by: str, _request: Request | None) -> Deed:
    def deed(file: CaseFile, rules: Rules) -> None:
        clock_acts.suspend(file, rules, values["clock"], values["ground"], values["since"], values["reason"], by)

    return deed


def _resume(values: Values, by: str, _request: Request | None) -> Deed:
    def deed(file: CaseFile, rules: Rules) -> None:
        clock_acts.resume(file, rules, values["clock"], values["ground"], values["since"], values["reason"], by)

    return deed


def _extend(values: Values, by: str, _request: Request | None) -> Deed:
    def deed(file: CaseFile, rules: Rules) -> None:
        clock_acts.extend(file, rules, values["clock"], values["length"], values["notice"], values["reason"], by)

    return deed


def _withdraw(values: Values, by: str, _request: Request | None) -> Deed:
    def deed(file: CaseFile, rules: Rules) -> None:
        acts.withdraw(file, rules, values["reason"], by)

    return deed


def _branches(visit: Visit, request: Request | None) -> bool:
    agency = visit.parts.deployment.catalogue.agencies.get(request.agency) if request is not None else None
    return agency is not None and any(branch.code != request.branch for branch in agency.branches if request is not None)


def _clocks(file: CaseFile, state: ClockState, able: Callable[[Term], bool] = lambda _rule: True) -> bool:
    """Return whether the open case has a clock in that state whose rule allows it."""
    closed = file.case.status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN)
    return not closed and any(c.state is state and able(c.rule) for c in file.clocks.values())


def _suspendable(rule: Term) -> bool:
    return rule.suspension is not None and any(ground.name != NEEDS_APPLICANT for ground in rule.suspension.grounds)


def _extensible(rule: Term) -> bool:
    return rule.extension is not None


ACTS: Final[tuple[Act, ...]] = (
    Act("retry", (REASON,), lambda _v, _f, r: r is not None and may("retry", r.status), _retry, on_request=True),
    Act(
        "resolve",
        (OUTCOME, REASON),
        lambda _v, _f, r: r is not None and r.status not in FINISHED and r.status is not S.PLANNED,
        _resolve,
        on_request=True,
        grave=True,
    ),
    Act(
        "redirect",
        (BRANCH, REASON),
        lambda v, _f, r: r is not None and may("supersede", r.status) and _branches(v, r),
        _redirect,
        on_request=True,
    ),
    Act(
        "cancel",
        (REASON,),
        lambda _v, _f, r: r is not None and may("cancel", r.status) and r.status is not S.AWAITING_APPLICANT,
        _cancel,
        on_request=True,
        grave=True,
    ),
    Act("suspend", (CLOCK, GROUND, SINCE, REASON), lambda _v, f, _r: _clocks(f, ClockState.RUNNING, _suspendable), _suspend),
    Act("resume", (CLOCK, GROUND_OVER, OVER_SINCE, REASON), lambda _v, f, _r: _clocks(f, ClockState.SUSPENDED), _resume),
    Act("extend", (CLOCK, EXTENSION, NOTICE, REASON), lambda _v, f, _r: _clocks(f, ClockState.RUNNING, _extensible), _extend),
    Act("withdraw", (REASON,), lambda _v, f, _r: f.case.status in _OPEN and not f.case.withdrawing, _withdraw, grave=True),
    *REPAIRS,
)
