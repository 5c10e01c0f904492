"""A case as its page tells it: everything read once, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.application import attribution
from gateway.application.derivation_words import kind_word, state_word, tell_all
from gateway.application.reads import IncidentRow
from gateway.application.timeline import callbacks_named, entries_of, offices_of
from gateway.application.ways_out import WayOut, way_out
from gateway.console import formatting, sequence
from gateway.console.act_list import Offer, offers
from gateway.console.timeline import Line, Names, told
from gateway.console.visit import Visit
from gateway.console.words import in_language, word
from gateway.domain.case import Case
from gateway.domain.case_file import CaseFile, Disclosure
from gateway.domain.clock import Clock
from gateway.domain.errors import CatalogueError
from gateway.domain.events import verify
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.service import Service

#: So many lines of the timeline stand on the page, the latest; every event is in the JSON.
LINES_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class StepView:
    """A step with the request that stands for it now, and those before."""

    title: str
    agency: str
    branch: str
    request: Request
    earlier: Sequence[Request]
    offers: Sequence[Offer]


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock with how its date came about."""

    clock: Clock
    name: str
    state: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document of the case and where it comes from."""

    digest: str
    name: str
    kind: str
    media_type: str
    size: int
    source: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """``broken`` is the first event that breaks the chain, ``None`` when it holds."""

    file: CaseFile
    zone: ZoneInfo
    holders: Sequence[tuple[str, str, datetime | None]]
    incidents: Sequence[tuple[IncidentRow, WayOut]]
    steps: Sequence[StepView]
    clocks: Sequence[ClockView]
    documents: Sequence[DocumentView]
    disclosures: Sequence[tuple[str, Disclosure]]
    lines: Sequence[Line]
    diagram: sequence.Diagram
    more_lines: int
    events: int
    broken: int | None
    offers: Sequence[Offer]

    def party(self, id_: str) -> str:
        """Return how a party of the diagram is called."""
        return next((p.title for p in self.diagram.parties if p.id == id_), id_)

    @property
    def case(self) -> Case:
        """The case itself."""
        return self.file.case

    @property
    def statutory(self) -> ClockView | None:
        """The clock of the statutory term, if there is one."""
        return next((c for c in self.clocks if c.clock.kind == "statutory"), None)


async def service_of(visit: Visit, case: Case) -> Service | None:
    """Return the service as the case pins it; ``None`` when the database has lost it."""
    try:
        return await attribution.service_of(visit.parts.deployment, visit.parts.store, case.pin)
    except CatalogueError:
        return None


async def view_of(visit: Visit, file: CaseFile) -> CaseView:
    """Read what the page shows beside the file."""
    case, reads, language = file.case, visit.parts.reads, visit.language
    service = await service_of(visit, case)
    events = await attribution.events_of_case(reads, case.id)
    attempts = await reads.attempts_of(case.id)
    zone = visit.zone_of(case.office)
    titles = {step.id: step.title for step in service.steps} if service is not None else {}

    def step(id_: str) -> str:
        return in_language(titles.get(id_, {}), language, id_)

    names = Names(language, step, visit.agency_title, lambda at: formatting.when(at, language, zone), visit.holder_name)
    incidents = await reads.incidents(state="open", kind="", agency="", case_id=case.id, after="", limit=20)
    callbacks = await visit.parts.history.callbacks_by_id(callbacks_named(events))
    entries = entries_of(file, events, attempts, callbacks, (), offices_of(visit.parts.deployment))
    lines = told(entries, events, names)
    found = sequence.messages(events, attempts, file.requests, language, step)
    return CaseView(
        file=file,
        zone=zone,
        holders=[(visit.holder_name(h.holder), _what(h.what, step, language), h.until) for h in case.waiting_on],
        incidents=[(incident, way_out(incident.kind)) for incident in incidents.items],
        steps=step_views(visit, file, service),
        clocks=[_clock(clock, step, language) for clock in _in_order(file)],
        documents=_documents(visit, file),
        disclosures=[(visit.agency_title(d.agency), d) for d in await reads.disclosures_of(case.id)],
        lines=lines[:LINES_SHOWN],
        more_lines=max(0, len(lines) - LINES_SHOWN),
        diagram=sequence.lay_out(found, visit.agency_title, language),
        events=len(events),
        broken=verify(events),
        offers=offers(visit, file, None),
    )


def _what(what: str, step: Any, language: str) -> str:
    """A step by its title; what is awaited of the applicant by its own word."""
    return ", ".join(step(name) if step(name) != name else word("fact", name, language) for name in what.split(", "))


def step_views(visit: Visit, file: CaseFile, service: Service | None) -> list[StepView]:
    """Return the steps in the order of the service, each with the request that stands for it now."""
    found = []
    titles = {step.id: step.title for step in service.steps} if service is not None else {}
    order = list(titles)
    live = sorted(file.live_requests(), key=lambda r: order.index(r.step) if r.step in titles else len(order))
    for request in live:
        agency = visit.parts.deployment.catalogue.agencies.get(request.agency)
        branch = agency.branch(request.branch) if agency is not None and request.branch else None
        earlier = [r for r in file.requests.values() if r.step == request.step and r.status is S.SUPERSEDED]
        found.append(
            StepView(
                in_language(titles.get(request.step, {}), visit.language, request.step),
                visit.agency_title(request.agency),
                in_language(branch.title, visit.language, request.branch) if branch is not None else request.branch,
                request,
                earlier,
                offers(visit, file, request),
            )
        )
    return found


def _in_order(file: CaseFile) -> list[Clock]:
    order = {"statutory": 0, "norm": 1, "step": 3}
    return sorted(file.clocks.values(), key=lambda clock: (order.get(clock.kind, 2), clock.step))


def _clock(clock: Clock, step: Any, language: str) -> ClockView:
    name = kind_word(clock.kind, language) + (f" · {step(clock.step)}" if clock.step else "")
    return ClockView(
        clock, name, state_word(clock.state, language), [str(x["text"]) for x in tell_all(clock.explanation, language)]
    )


def _documents(visit: Visit, file: CaseFile) -> list[DocumentView]:
    """Each content once, with the first place where it turned up."""
    found: dict[str, DocumentView] = {}
    for source, document in documents_of(file):
        digest = str(document.get("digest", ""))
        if digest and digest not in found:
            kind, _, name = source.partition(":")
            told = visit.agency_title(name) if kind == "agency" else visit.text(f"case.from_{kind}")
            found[digest] = DocumentView(
                digest,
                str(document.get("name") or document.get("kind") or digest[:12]),
                str(document.get("kind", "")),
                str(document.get("media_type", "")),
                int(document.get("size") or 0),
                told,
            )
    return list(found.values())


def documents_of(file: CaseFile) -> list[tuple[str, Mapping[str, Any]]]:
    """Return every document that the case knows of, and whose it is: ``application``, ``agency:ID`` or ``decision``."""
    found: list[tuple[str, Mapping[str, Any]]] = [("application", d) for d in file.case.envelope.get("documents") or ()]
    for fact in file.facts:
        found += [("application", d) for d in fact.data.get("documents") or ()]
    for request in file.requests.values():
        found += [(f"agency:{request.agency}", d) for d in (request.outcome or {}).get("documents") or ()]
    for decision in file.decisions:
        found += [("decision", d) for d in decision.documents]
    return found
