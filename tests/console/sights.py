"""Every page of the console, by the route that makes it: a new route has no sight yet, and ``test_pages.py`` says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.console.act_list import ACTS
from gateway.console.app import MODULES
from tests.console.town import Town

OPERATOR, CLERK, STRANGER = "dilnoza", "clerk", ""


@dataclass(frozen=True)
class Sight:
    """A page as ``who`` sees it. ``name`` is that of its screenshots; ``status`` is what it is answered with."""

    name: str
    route: str
    path: Callable[[Town], str]
    who: str = OPERATOR
    status: int = 200


def _acts() -> list[Sight]:
    """One for each act: its form differs, whether or not it can be done as things stand."""
    found = []
    for act in ACTS:
        if act.on_request:
            route, path = "/cases/{case}/requests/{request}/{act}", "/cases/{t.broken}/requests/{t.broken_request}/"
        else:
            route, path = "/cases/{case}/{act}", "/cases/{t.broken}/"
        found.append(_at(f"act-{act.name}", route, f"{path}{act.name}"))
    return found


def _at(name: str, route: str, path: str = "", who: str = OPERATOR, status: int = 200) -> Sight:
    return Sight(name, route, lambda t: (path or route).format(t=t), who, status)


SIGHTS: tuple[Sight, ...] = (
    _at("login", "/login", who=STRANGER),
    _at("not-found", "/cases/{case}", "/cases/ZZZZ-ZZZZ-Z", status=404),
    _at("overview", "/"),
    _at("cases", "/cases"),
    _at("cases-filtered", "/cases", "/cases?status=in_progress&needs_attention=yes"),
    _at("cases-identifier", "/cases/identifier"),
    _at("cases-none", "/cases", "/cases?reference=nobody-has-this"),
    _at("case-decided", "/cases/{case}", "/cases/{t.case}"),
    _at("case-broken", "/cases/{case}", "/cases/{t.broken}"),
    _at("trace", "/cases/{case}/trace", "/cases/{t.case}/trace"),
    _at("spans", "/cases/{case}/spans", "/cases/{t.case}/spans"),
    *_acts(),
    _at("reveal", "/cases/{case}/requests/{request}/reveal", "/cases/{t.broken}/requests/{t.broken_request}/reveal"),
    _at("incidents", "/incidents"),
    _at("incidents-list", "/incidents/list"),
    _at("incidents-closed", "/incidents/list", "/incidents/list?state=closed"),
    _at("incident-group", "/incidents/groups/{group}", "/incidents/groups/{t.group}"),
    _at("incident", "/incidents/{incident}", "/incidents/{t.incident}"),
    _at("replays", "/replays"),
    _at("replay-new", "/replays/new"),
    _at("replay-dry-run", "/replays/{replay}", "/replays/{t.dry_run}"),
    _at("replay-done", "/replays/{replay}", "/replays/{t.replay}"),
    _at("agencies", "/agencies"),
    _at("agency", "/agencies/{agency}", "/agencies/preschool-ministry"),
    _at("agency-paused", "/agencies/{agency}", "/agencies/statistics"),
    _at("agency-pause", "/agencies/{agency}/{act}", "/agencies/tax/pause"),
    _at("agency-resume", "/agencies/{agency}/{act}", "/agencies/statistics/resume"),
    _at("desk", "/desk", who=CLERK),
    _at("task", "/desk/{task}", "/desk/{t.task}", who=CLERK),
    _at("calendars", "/calendars"),
    _at("calendar", "/calendars/{calendar}", "/calendars/UZ-5"),
    _at("calendar-changes", "/calendars/{calendar}/changes", "/calendars/UZ-5/changes"),
    _at("calendar-amend", "/calendars/{calendar}/amend", "/calendars/UZ-5/amend"),
    _at("webhooks", "/webhooks"),
    _at("webhook", "/webhooks/{webhook}", "/webhooks/{t.webhook}"),
    _at("webhook-add", "/webhooks/add"),
    _at("webhook-change", "/webhooks/{webhook}/change", "/webhooks/{t.webhook}/change"),
    _at("webhook-remove", "/webhooks/{webhook}/remove", "/webhooks/{t.webhook}/remove"),
    _at("catalogue", "/catalogue"),
    _at("service", "/catalogue/{service}", "/catalogue/cadastre-extract"),
    _at(
        "service-version",
        "/catalogue/{service}/versions/{digest}",
        "/catalogue/cadastre-extract/versions/{t.service_digest}",
    ),
    _at("contract", "/catalogue/agencies/{agency}", "/catalogue/agencies/tax"),
    _at(
        "contract-version",
        "/catalogue/agencies/{agency}/versions/{digest}",
        "/catalogue/agencies/tax/versions/{t.agency_digest}",
    ),
    _at("audit", "/audit"),
)
#: What is answered with something else than a page, with the reason why nobody looks at it.
NO_PAGES = {
    "/start": "goes on to the first page that is open",
    "/find": "goes on to the case",
    "/cases/{case}.json": "a file",
    "/cases/{case}/stream": "a stream",
    "/cases/{case}/documents/{digest}": "a file",
    "/desk/{task}/documents/{digest}": "a file",
}


def routes() -> set[str]:
    """Every route of the app that is read."""
    return {route.path for module in MODULES for route in module.pages.routes if "GET" in (route.methods or ())}
