"""A machine hands over to a person while paper or the telephone can still do it in time (the margin of a rule).

Tries go on beside: whoever is first. What waits for that instant is the failing request, not the clock: most requests
succeed, and their cases have nothing to wait for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.domain.case_file import CaseFile
from gateway.domain.clock import LEGAL, ClockState
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S

_OPEN: Final = (ClockState.RUNNING, ClockState.BREACHED)


def takes_over_at(file: CaseFile, request: Request) -> datetime | None:
    """Return when a person has to take over for the clocks that the request serves; the earliest of their instants."""
    serves = (k for k in file.clocks.values() if k.kind in LEGAL and k.step in ("", request.step) and k.state in _OPEN)
    return min((k.escalate_at for k in serves if k.escalate_at is not None), default=None)


def watch(file: CaseFile, request: Request) -> None:
    """A try has failed and there will be another: from the margin on a person is told, before it a row waits for that."""
    at = takes_over_at(file, request)
    if at is None:
        return
    if at > file.now:
        file.set_timer(TimerKind.ESCALATION, request.id, at)
        return
    kind = IncidentKind.TIME_RUNS_OUT
    detail = {"number": file.case.number, "step": request.step, "status": request.status, "due_at": request.due_at}
    incident = Incident(kind, f"{kind}:{request.id}", detail, file.case.id, request.id, request.agency, request.lane)
    if incident.fingerprint not in file.open_incidents:
        file.open_incident(incident)


def hand_over(file: CaseFile, request: Request) -> None:
    """The margin has come: what is still tried in vain is told to a person. Nothing when it has gone through since."""
    file.clear_timer(TimerKind.ESCALATION, request.id)
    if _has_failed(request):
        watch(file, request)


def _has_failed(request: Request) -> bool:
    """Whether a try has failed and a machine goes on trying, or asking what became of it."""
    spent = request.attempts - (request.status is S.RELEASED)  # the one that is out has not failed yet
    return request.status is S.IN_DOUBT or (request.status in (S.READY, S.RELEASED) and spent > 0)
