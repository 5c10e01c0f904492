"""Cases in which something has been due for hours, one maker a sort, made by the rules and stored directly.

breached   the term has run out, and the law reads nothing into silence
granted    the term has run out, and silence is a grant            refused    the same, silence is a refusal
warned     the warning is due and the end is not                   missed     warning and end have both been missed
lapsed     a suspension has used up its maximum                    deadline   the applicant has not acted in time
leased     a lease ended without an outcome                        broken     its rules are lost: it is set aside
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from gateway.application.calendars import Calendars
from gateway.application.deployment import Deployment
from gateway.application.envelope import CheckedApplication
from gateway.application.store import InboxItem, Intake
from gateway.application.submit import Submit
from gateway.catalogue.calendars import IDS, seed, seed_version
from gateway.domain import clock as c
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock
from gateway.domain.clocks import clear_timers, show_due, wait_anew
from gateway.domain.incident import TimerKind
from gateway.domain.progress import advance
from gateway.domain.request import Request, RequestStatus, Work
from gateway.domain.service import AfterDeadline, Expression, Service, Silence, Step, Term, Unit
from gateway.domain.term_rule import Ground, Length, Suspension
from gateway.storage import SystemMint
from tests.unit.application.small import catalogue

MINT: Final = SystemMint()
HOUR: Final = timedelta(hours=1)
#: Every case was received so long ago; a short term ended three hours later.
AGE: Final = 5 * HOUR
SHORT, LONG = 3, 1000
DECIDED: Final = """
steps.birth.status = "completed" ? {"outcome": "granted", "authority": "registry"}
: steps.birth.status = "refused" ? {"outcome": "refused", "authority": "registry"} : null
"""


def service(id_: str, term: Term | None, **more: Any) -> Service:
    """Return a service of one step, decided by what the registry says."""
    step = Step("birth", "registry", "Find", Expression('{"id": applicant.identifier}', "input.jsonata"))
    return Service(id_, "1", {"en": id_}, {}, (step,), Expression(DECIDED, "decision.jsonata"), term, digest=f"s-{id_}", **more)


def hours(length: int, **more: Any) -> Term:
    """Return a term that nobody is warned of."""
    return Term(length, Unit.HOURS, "UZ-5", warn_before=-1, **more)


SERVICES: Final = (
    service("breached", hours(SHORT)),
    service("granted", hours(SHORT, silence=Silence.GRANTED)),
    service("refused", hours(SHORT, silence=Silence.REFUSED)),
    service("warned", hours(LONG)),
    service("missed", hours(SHORT)),
    service("lapsed", hours(LONG, suspension=Suspension((Ground("expertise", Length(1, Unit.HOURS)),)))),
    service("deadline", hours(LONG), after_deadline=AfterDeadline.REFUSE),
    service("leased", None),
    service("broken", hours(SHORT)),
)


def deployment(services: Sequence[Service] = SERVICES) -> Deployment:
    """Return the rules of these services, as one process has them."""
    return Deployment(catalogue(services), {}, Calendars(seed, IDS, seed_version()), settle_secs=0)


def due_case(rules: Deployment, sort: str, now: datetime, age: timedelta = AGE) -> CaseFile:
    """Return a new case of that sort, received ``age`` ago. It waits for the agency unless its sort says otherwise."""
    received = now - age
    nobody: Any = None
    submit = Submit(rules, nobody, nobody, MINT, b"secret", lambda: received)
    parties = [{"role": "applicant", "kind": "person", "identifier": "41203857100011"}]
    words = {"office": "centre", "channel": "counter", "language": "uz", "parties": parties, "form": {}}
    file = submit.new_case(CheckedApplication(envelope=words, service=sort, taken_at=received), "counter", "")
    request = only(file)
    file.move(request, "release")
    request.attempts, request.released_at, request.next_at = 1, received, None
    if sort != "leased":
        file.set_status(request, RequestStatus.AWAITING_REPLY)
        request.reference = f"R-{file.case.id}"
    if sort in _SORTS:
        _SORTS[sort](rules, file, received)
    advance(file, rules.rules(file.case.pin))
    return file


def only(file: CaseFile) -> Request:
    """The case's request."""
    (request,) = file.requests.values()
    return request


def clock_of(file: CaseFile) -> Clock:
    """The case's clock."""
    (clock,) = file.clocks.values()
    return clock


def _warned(rules: Deployment, file: CaseFile, received: datetime) -> None:
    clock = replace(clock_of(file), warn_at=received + HOUR)
    file.put_clock(clock)
    wait_anew(file, rules.rules(file.case.pin), clock)


def _lapsed(rules: Deployment, file: CaseFile, received: datetime) -> None:
    clock = c.suspend(clock_of(file), received + HOUR, "expertise", rules.calendars("UZ-5"))
    file.put_clock(clock)
    show_due(file, clock)
    wait_anew(file, rules.rules(file.case.pin), clock)


def _deadline(_rules: Deployment, file: CaseFile, received: datetime) -> None:
    ask_applicant(file, received + 2 * HOUR)


def ask_applicant(file: CaseFile, until: datetime) -> None:
    """Let the case's request wait for the applicant."""
    request = only(file)
    file.set_status(request, RequestStatus.AWAITING_APPLICANT)
    request.reason, request.until = "certificate", until
    file.set_timer(TimerKind.APPLICANT_DEADLINE, request.id, until)


def _leased(_rules: Deployment, file: CaseFile, received: datetime) -> None:
    request = only(file)
    request.lease_id, request.lease_work, request.lease_until = MINT.uuid(), Work.SEND, received + HOUR


def _broken(_rules: Deployment, file: CaseFile, _received: datetime) -> None:
    clock = clock_of(file)
    clear_timers(file, clock)
    file.set_timer(TimerKind.CLOCK_EXPIRY, clock.id, file.now)


_SORTS: Final[Mapping[str, Callable[[Deployment, CaseFile, datetime], None]]] = {
    "warned": _warned,
    "missed": _warned,
    "lapsed": _lapsed,
    "deadline": _deadline,
    "leased": _leased,
    "broken": _broken,
}


def intake(file: CaseFile) -> Intake:
    """Return what stores a new case."""
    return Intake(file, "counter", str(file.case.id), "b1", {"id": str(file.case.id)})


def callback(received_at: datetime, reference: str, outcome: str = "completed", **more: Any) -> InboxItem:
    """Return a callback of the registry, as the inbox keeps it."""
    id_: UUID = MINT.uuid()
    said = {"outcome": outcome, **more}
    return InboxItem(id_, "registry", "Said", str(id_), reference, "", said, received_at, {"status": 200})
