"""The catalogue: the services with their steps as a graph, their versions and what differs; the contracts of the agencies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import orjson
from starlette.responses import Response

from gateway.application.derivation_words import amount, kind_word
from gateway.application.kept_versions import MOST_OPEN
from gateway.application.pins import pin_agency, pin_service
from gateway.console import step_graph
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.version_differences import MOST as MOST_DIFFERENCES
from gateway.console.version_differences import Difference, differences
from gateway.console.visit import Visit
from gateway.console.words import in_language
from gateway.domain.agency import Agency, LanePolicy
from gateway.domain.errors import NotFound
from gateway.domain.service import Service, Step
from gateway.domain.term_rule import Term

pages = Pages()
#: So many waits of a retry schedule are shown; by then each has reached its cap, or the cap is far.
_WAITS: Final = 8


@dataclass(frozen=True, slots=True)
class Kept:
    """A version in the list of versions. ``open_cases`` of those that were looked at; ``current``: new cases pin it."""

    digest: str
    version: str
    current: bool
    open_cases: int


@dataclass(frozen=True, slots=True)
class LaneView:
    """A lane of an agency: the policy of the agency or of one branch, and the longest waits between its first tries."""

    name: str
    title: str
    policy: LanePolicy
    waits: Sequence[float]


@pages.get("/catalogue")
async def list_services(visit: Visit) -> Response:
    """All services, and for operators all agencies."""
    catalogue = visit.parts.deployment.catalogue
    operator = visit.may(Scope.OPERATE)
    opened = await visit.parts.versions.open_cases() if operator else None
    older: dict[str, int] = {}
    for (id_, digest), count in opened.counts.items() if opened is not None else ():
        current = catalogue.services.get(id_)
        if current is None or current.digest != digest:
            older[id_] = older.get(id_, 0) + count
    used: dict[str, list[str]] = {}
    for service in catalogue.services.values():
        for agency in dict.fromkeys(step.agency for step in service.steps):
            used.setdefault(agency, []).append(service.id)
    today = _today(visit)
    return visit.render(
        "catalogue.html",
        services=[(service, service.term_on(today)) for service in catalogue.services.values()],
        agencies=list(catalogue.agencies.values()) if operator else [],
        used=used,
        older=older,
        opened=opened,
        most=MOST_OPEN,
        digest=catalogue.digest,
        amount=_amounts(visit),
    )


@pages.get("/catalogue/{service}")
async def show_service(visit: Visit) -> Response:
    """A service: steps, documents, fee, terms, versions."""
    service, operator = _service(visit), visit.may(Scope.OPERATE)
    versions: list[Kept] = []
    opened = None
    if operator:
        opened = await visit.parts.versions.open_cases()
        for kept in await visit.parts.versions.of("service", service.id):
            current = kept.digest == service.digest
            versions.append(Kept(kept.digest, kept.version, current, opened.of(service.id, kept.digest)))
        versions.sort(key=lambda version: not version.current)
    graph = step_graph.lay_out(service)
    today = _today(visit)
    return visit.render(
        "service.html",
        service=service,
        graph=graph,
        box_width=step_graph.WIDTH,
        box_height=step_graph.HEIGHT,
        lines=_lines(visit, service),
        terms=_terms(service, today),
        clocks={kind: rules for kind, rules in service.clocks.items() if rules},
        documents=[in_language(one, visit.language) for one in _texts(service.standard.get("documents"))],
        criteria=[in_language(one, visit.language) for one in _texts(service.standard.get("criteria"))],
        fee=service.standard.get("fee") or {},
        authority=visit.agency_title(str(service.standard.get("authority", ""))),
        versions=versions,
        opened=opened,
        most=MOST_OPEN,
        amount=_amounts(visit),
        kind_word=lambda kind: kind_word(kind, visit.language),
    )


@pages.get("/catalogue/{service}/versions/{digest}", Scope.OPERATE)
async def compare_service(visit: Visit) -> Response:
    """What the current version has that a kept one has not, and the other way round."""
    service = _service(visit)
    was = await _content(visit, "service", service.id)
    now = orjson.loads(pin_service(service))["service"]
    return _compared(visit, in_language(service.title, visit.language, service.id), f"/catalogue/{service.id}", was, now)


@pages.get("/catalogue/agencies/{agency}", Scope.OPERATE)
async def show_agency(visit: Visit) -> Response:
    """The contract of an agency."""
    agency = _agency(visit)
    kept = await visit.parts.versions.of("agency", agency.id)
    catalogue = visit.parts.deployment.catalogue
    return visit.render(
        "contract.html",
        agency=agency,
        lanes=[_lane(visit, agency, name) for name in agency.lanes],
        services=[s for s in catalogue.services.values() if any(step.agency == agency.id for step in s.steps)],
        versions=[Kept(one.digest, "", one.digest == agency.digest, 0) for one in kept],
    )


@pages.get("/catalogue/agencies/{agency}/versions/{digest}", Scope.OPERATE)
async def compare_agency(visit: Visit) -> Response:
    """What of a contract differs from a kept one. Endpoints are always the current ones and kept with none."""
    agency = _agency(visit)
    was = await _content(visit, "agency", agency.id)
    now = orjson.loads(pin_agency(agency))["agency"]
    return _compared(visit, in_language(agency.title, visit.language, agency.id), f"/catalogue/agencies/{agency.id}", was, now)


def _compared(visit: Visit, title: str, back: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Response:
    found: list[Difference] = differences(was, now)
    return visit.render(
        "version_differences.html",
        title=title,
        back=back,
        digest=visit.request.path_params["digest"],
        version=str(was.get("version", "")),
        differences=found[:MOST_DIFFERENCES],
        more=len(found) > MOST_DIFFERENCES,
    )


async def _content(visit: Visit, kind: str, id_: str) -> Mapping[str, Any]:
    digest = visit.request.path_params["digest"]
    found = await visit.parts.versions.content(digest) if len(digest) <= 128 else {}
    held = found.get(kind)
    if not isinstance(held, dict) or held.get("id") != id_:
        raise NotFound("not_found", f"{id_} has no version {digest[:80]!r}")
    return held


def _service(visit: Visit) -> Service:
    name = visit.request.path_params["service"]
    found = visit.parts.deployment.catalogue.services.get(name)
    if found is None:
        raise NotFound("not_found", f"there is no service {name[:60]!r}")
    return found


def _agency(visit: Visit) -> Agency:
    name = visit.request.path_params["agency"]
    found = visit.parts.deployment.catalogue.agencies.get(name)
    if found is None:
        raise NotFound("not_found", f"there is no agency {name[:60]!r}")
    return found


def _lines(visit: Visit, service: Service) -> dict[str, list[str]]:
    """What stands in each box: the title in one or two lines."""
    found = {
        step_graph.START: step_graph.two_lines(visit.text("catalogue.application")),
        step_graph.DECISION: step_graph.two_lines(visit.text("catalogue.decision")),
    }
    return found | {step.id: step_graph.two_lines(_title(visit, step)) for step in service.steps}


def _title(visit: Visit, step: Step) -> str:
    return in_language(step.title, visit.language, step.id)


def _terms(service: Service, today: date) -> list[tuple[Term, bool]]:
    """The rules of the statutory term, and which one counts for an application of today."""
    current = service.term_on(today)
    rules = ([] if service.term is None else [service.term]) + list(service.later_terms)
    return [(rule, rule is current) for rule in rules]


def _lane(visit: Visit, agency: Agency, name: str) -> LaneView:
    branch = agency.branch(name.removeprefix(f"{agency.id}."))
    title = in_language(branch.title, visit.language, branch.code) if branch is not None and name != agency.id else ""
    policy = agency.policy_of(name)
    retry = policy.retry
    count = min(_WAITS, retry.attempts or _WAITS)
    return LaneView(name, title, policy, [min(retry.cap_secs, retry.base_secs * 2.0**n) for n in range(count)])


def _amounts(visit: Visit) -> Callable[[int, str], str]:
    return lambda length, unit: amount(length, str(unit), visit.language)


def _texts(value: Any) -> list[Mapping[str, str]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _today(visit: Visit) -> date:
    return visit.parts.now().astimezone(visit.parts.zone).date()
