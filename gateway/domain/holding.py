"""Who holds the case now: applicant, office, agency, gateway or transport (promise 7)."""

from __future__ import annotations

from gateway.domain.case import FactKind, Holder
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock
from gateway.domain.clock_ends import HAND_OVER, awaited
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules


def holders(file: CaseFile, rules: Rules) -> tuple[Holder, ...]:
    """Return all that now hold the case, one for each open request that stands somewhere."""
    found: list[Holder] = []
    for request in file.live_requests():
        holder = _holder(request, rules)
        what = request.step
        if holder is None and request.status is S.PLANNED and (missing := _missing_facts(file, rules, request)):
            holder, what = "applicant", missing
        if holder is not None:
            since = request.sent_at or request.ready_at or request.created_at
            found.append(Holder(holder, what, since, request.until))
    if (clock := awaited(file)) is not None:
        found.append(_of_result(file, clock))
    return tuple(found)


def _of_result(file: CaseFile, clock: Clock) -> Holder:
    """The office has the result until it is ready; from then on the applicant is expected to collect it."""
    decided_at = file.case.decided_at or file.now
    ready = file.fact(FactKind.RESULT_READY)
    if clock.term["ends_with"] == HAND_OVER and ready is not None:
        return Holder("applicant", HAND_OVER, max(decided_at, ready.recorded_at), None)
    return Holder("office", str(clock.term["ends_with"]), decided_at, clock.due_at)


def _holder(request: Request, rules: Rules) -> str | None:
    people = request.agency in rules.agencies and rules.agencies[request.agency].branches_are_offices
    agency = "office" if people else f"agency:{request.agency}"
    match request.status:
        case S.READY:
            return "transport" if request.attempts else "gateway"
        case S.RELEASED | S.AWAITING_REPLY:
            return agency
        case S.AWAITING_APPLICANT:
            return "applicant"
        case S.IN_DOUBT:
            return "transport"
        case S.PARKED:
            return "gateway"
        case _:
            return None


def _missing_facts(file: CaseFile, rules: Rules, request: Request) -> str:
    """Return the facts that alone keep a step from starting (``payment``), empty when it waits for something else too."""
    step = rules.service.step(request.step)
    needs_met = all((n := file.live(need)) is not None and n.status in (S.COMPLETED, S.SKIPPED) for need in step.needs)
    if not needs_met or (step.after_decision and file.decision is None):
        return ""
    return ", ".join(kind for kind in step.facts if file.fact(kind) is None)
