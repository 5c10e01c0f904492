"""A crowd of invented cases that differ in everything a list can be narrowed to, and what each filter must find among them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from gateway.application.identifiers import BlindIndex
from gateway.application.reads import CaseFilter, Sort
from gateway.application.store import Intake, Taken
from gateway.domain.case import Case, CaseOutcome, CaseStatus
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.number import number_of
from gateway.domain.request import RequestStatus
from gateway.storage import DatabaseStore
from tests.integration.storage.samples import MINT, NOW, add_request, new_file

BLIND = BlindIndex(b"secret")
SERVICES, OFFICES, AGENCIES = ("extract", "licence", "place"), ("north", "south"), ("tax-office", "registry", "ministry")
CLIENTS, CHANNELS, PEOPLE = ("window-1", "window-2"), ("counter", "portal"), ("31203857100011", "41203857100028")
_ENDED = {CaseStatus.DECIDED, CaseStatus.CLOSED, CaseStatus.WITHDRAWN}


@dataclass
class Known:
    """What is known of a case beside its row."""

    case: Case
    agencies: set[str] = field(default_factory=set)
    clock: str = ""
    incidents: set[str] = field(default_factory=set)
    retrying: bool = False
    person: str = ""
    role: str = "applicant"


def person_of(known: Known) -> dict[str, object]:
    """The envelope with the one party that the case is found by."""
    return {"parties": [{"role": known.role, "kind": "person", "identifier": known.person}]}


def make(chance: random.Random, at: datetime = NOW) -> tuple[CaseFile, Known]:
    """Return a new case and what is known of it."""
    status = chance.choice(list(CaseStatus))
    ended = status in _ENDED
    due = chance.choice((None, *(NOW + timedelta(days=n) for n in range(4))))
    file = new_file(
        at,
        client=chance.choice(CLIENTS),
        due_at=due,
        number=number_of(chance.randrange(32**8)),
        service=chance.choice(SERVICES),
        office=chance.choice(OFFICES),
        channel=chance.choice(CHANNELS),
        reference=chance.choice(("", "R-1", "R-2")),
        status=status,
        needs_attention=chance.random() < 0.3,
        outcome=chance.choice(list(CaseOutcome)) if ended and status is not CaseStatus.WITHDRAWN else None,
        decided_at=at if ended and status is not CaseStatus.WITHDRAWN else None,
        closed_at=at if status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN) else None,
    )
    known = Known(file.case, {"tax-office"}, person=chance.choice(PEOPLE), role=chance.choice(("applicant", "subject")))
    for agency in chance.sample(AGENCIES, chance.randrange(3)):  # now and then one more of the first one's agency
        request = add_request(file, lane=agency)
        request.agency = agency
        known.agencies.add(agency)
        if chance.random() < 0.3:
            request.released_at = at
            known.retrying = known.retrying or request.status is RequestStatus.READY
    if chance.random() < 0.8:
        known.clock = chance.choice(list(ClockState))
        for kind, state in (("statutory", known.clock), ("norm", ClockState.RUNNING)):
            clock = Clock(MINT.uuid(), file.case.id, kind, ClockState(state), {"length": 5}, "UZ-5", "1", "Asia/Tashkent")
            file.add_clock(clock)
    for kind in chance.sample((IncidentKind.EXHAUSTED, IncidentKind.IN_DOUBT), chance.randrange(2)):
        file.incidents.append(Incident(kind, f"{kind}:{file.case.id}", case_id=file.case.id))
        known.incidents.add(kind)
    return file, known


async def arrive(store: DatabaseStore, *made: tuple[CaseFile, Known]) -> list[Known]:
    """Store new cases with their entries in the blind index."""
    intakes = [
        Intake(file, file.case.client, str(file.case.id), "b", {}, found_by=BLIND.entries(person_of(known)))
        for file, known in made
    ]
    results = await store.take_in(intakes)
    assert all(isinstance(result, Taken) for result in results), results
    return [known for _, known in made]


def a_filter(chance: random.Random, most: int = 4) -> CaseFilter:
    """Return a filter of up to ``most`` conditions."""
    values: dict[str, Callable[[], object]] = {
        "client": lambda: chance.choice(CLIENTS),
        "service": lambda: chance.choice((*SERVICES, "none")),
        "office": lambda: chance.choice(OFFICES),
        "channel": lambda: chance.choice(CHANNELS),
        "reference": lambda: chance.choice(("R-1", "R-2")),
        "status": lambda: chance.choice(list(CaseStatus)).value,
        "outcome": lambda: chance.choice(list(CaseOutcome)).value,
        "agency": lambda: chance.choice(AGENCIES),
        "clock_status": lambda: chance.choice(list(ClockState)).value,
        "incident": lambda: chance.choice(("exhausted", "in_doubt")),
        "retrying": lambda: chance.random() < 0.5,
        "needs_attention": lambda: chance.random() < 0.5,
        "due_before": lambda: NOW + timedelta(days=chance.randrange(5)),
        "identified_by": lambda: (BLIND.hash("person", chance.choice(PEOPLE)),),
    }
    chosen = chance.sample(sorted(values), chance.randrange(most + 1))
    role = {"identifier_role": chance.choice(("", "applicant", "subject"))} if "identified_by" in chosen else {}
    return CaseFilter(**{name: values[name]() for name in chosen}, **role)  # type: ignore[arg-type]


def expected(crowd: Sequence[Known], wanted: CaseFilter, sort: Sort) -> list[UUID]:
    """Return the ids that the filter must find, in order."""
    found = [known.case for known in crowd if _meets(known, wanted)]
    if sort is Sort.RECEIVED:
        return [case.id for case in sorted(found, key=lambda case: case.id, reverse=True)]
    dated = [(case.due_at, case.id) for case in found if case.due_at is not None and _undecided(case)]
    return [id_ for _, id_ in sorted(dated)]


def _undecided(case: Case) -> bool:
    return case.decided_at is None and case.closed_at is None


def _meets(known: Known, wanted: CaseFilter) -> bool:
    case = known.case
    own = ("client", "service", "office", "channel", "reference", "status", "outcome")
    return (
        all(getattr(wanted, name) in ("", getattr(case, name)) for name in own)
        and (not wanted.agency or wanted.agency in known.agencies)
        and wanted.clock_status in ("", known.clock)
        and (not wanted.incident or wanted.incident in known.incidents)
        and wanted.retrying in (None, known.retrying)
        and wanted.needs_attention in (None, case.needs_attention)
        and (wanted.due_before is None or (_undecided(case) and case.due_at is not None and case.due_at < wanted.due_before))
        and (not wanted.identified_by or BLIND.hash("person", known.person) in wanted.identified_by)
        and (not wanted.identified_by or wanted.identifier_role in ("", known.role))
        and case.number.startswith(wanted.number)
    )
