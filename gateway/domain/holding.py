"""Who holds the case now: applicant, office, agency, gateway or transport (promise 7)."""

from __future__ import annotations

from gateway.domain.case import Holder
from gateway.domain.case_file import CaseFile
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
    return tuple(found)


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
    if not needs_met or (step.after_decision and not file.decisions):
        return ""
    return ", ".join(kind for kind in step.facts if file.fact(kind) is None)
