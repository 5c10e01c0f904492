"""Incidents: what is open by its cause, one cause with its incidents, one incident, and closing them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from gateway.application.incidents import close_incident, incident_of
from gateway.application.reads import IncidentRow, Page
from gateway.application.ways_out import WayOut, way_out
from gateway.console.act_list import act_of
from gateway.console.errors import Shown, problems_of
from gateway.console.forms import id_of, reason_of, titled
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import ROOT, Visit
from gateway.console.words import word
from gateway.domain.errors import BadInput, Conflict, NotFound, Problem, Refusal
from gateway.domain.incident import IncidentKind

pages = Pages()
_PAGE: Final = 50
_GROUPS: Final = 40
#: What of a way out is done to a request, and under which name the act stands.
_ON_REQUEST: Final = ("retry", "supersede", "resolve", "cancel", "late_reply")
_ON_CASE: Final = ("decide", "reopen", "suspend", "extend")
#: What can be done to all requests of a group at once.
_IN_BULK: Final = ("retry", "supersede", "cancel")


@dataclass(frozen=True, slots=True)
class Link:
    """A way to go on: ``text`` is the key of its name."""

    path: str
    text: str
    grave: bool = False


@pages.get("/incidents", Scope.OPERATE)
async def list_groups(visit: Visit) -> Response:
    """What is open, by cause, the largest first."""
    kind, agency = _chosen(visit)
    query, problems = visit.request.query_params, list[Shown]()
    after = query.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 6 else 0
    page = await visit.parts.groups.listed(kind=kind, agency=agency, after=start, limit=_GROUPS)
    counts = await visit.parts.reads.counts("incidents")
    groups = [(group, way_out(group.kind)) for group in page.items]
    return visit.render(
        "incidents.html",
        groups=groups,
        total=sum(counts["incidents"].values()),
        older=visit.with_query(after=page.after) if page.after else "",
        newest=visit.with_query(after="") if start else "",
        problems=problems,
        **_filters(visit, kind, agency),
    )


@pages.get("/incidents/list", Scope.OPERATE)
async def list_incidents(visit: Visit) -> Response:
    """Incidents one by one, open or closed, newest first."""
    kind, agency = _chosen(visit)
    query = visit.request.query_params
    state = "closed" if query.get("state") == "closed" else "open"
    page, problems = Page(), list[Shown]()
    try:
        page = await _page(visit, state=state, kind=kind, agency=agency)
    except BadInput as error:
        problems = problems_of(error, visit.language)
    return visit.render(
        "incident_list.html",
        status=422 if problems else 200,
        incidents=page.items,
        state=state,
        problems=problems,
        **_around(visit, page),
        **_filters(visit, kind, agency),
    )


@pages.get("/incidents/groups/{group}", Scope.OPERATE)
async def show_group(visit: Visit) -> Response:
    """One cause: what it is, what can be done, and its incidents."""
    return await _group(visit)


@pages.post("/incidents/groups/{group}/close")
async def close_group(visit: Visit) -> Response:
    """Close all that stood open when the page was read."""
    group = visit.request.path_params["group"]
    try:
        reason = reason_of(visit)
        closed = await visit.parts.groups.close(group, _seen(visit), reason, visit.actor)
    except Refusal as error:
        return await _group(visit, problems_of(error, visit.language), 409 if isinstance(error, Conflict) else 422)
    if closed.left:
        return visit.redirect(f"/incidents/groups/{group}", done="group_partly")
    return visit.redirect("/incidents", done="group_closed")


@pages.get("/incidents/{incident}", Scope.OPERATE)
async def show(visit: Visit) -> Response:
    """One incident."""
    return await _incident(visit)


@pages.post("/incidents/{incident}/close")
async def close(visit: Visit) -> Response:
    """Close it."""
    parts, id_ = visit.parts, id_of(visit, "incident")
    try:
        reason = reason_of(visit)
        await close_incident(parts.reads, parts.store, parts.acts, id_, reason, visit.actor)
    except NotFound:
        raise
    except Refusal as error:
        return await _incident(visit, problems_of(error, visit.language), 409 if isinstance(error, Conflict) else 422)
    return visit.redirect(f"/incidents/{id_}", done="incident_closed")


def _chosen(visit: Visit) -> tuple[str, str]:
    query = visit.request.query_params
    return query.get("kind", "")[:100], query.get("agency", "")[:100]


def _filters(visit: Visit, kind: str, agency: str) -> dict[str, Any]:
    kinds = sorted(((str(k), word("incident", k, visit.language)) for k in IncidentKind), key=lambda choice: choice[1].casefold())
    agencies = titled(visit, visit.parts.deployment.catalogue.agencies)
    return {"kinds": kinds, "agencies": agencies, "kind": kind, "agency": agency}


async def _page(visit: Visit, *, state: str, kind: str = "", agency: str = "", group: str = "") -> Page:
    after = visit.request.query_params.get("after", "")[:400]
    return await visit.parts.reads.incidents(
        state=state, kind=kind, agency=agency, case_id=None, after=after, limit=_PAGE, group=group
    )


def _around(visit: Visit, page: Page) -> dict[str, Any]:
    return {
        "older": visit.with_query(after=page.after) if page.after else "",
        "newest": visit.with_query(after="") if "after" in visit.request.query_params else "",
    }


def _seen(visit: Visit) -> datetime:
    try:
        found = datetime.fromisoformat(str(visit.form.get("seen_at", "")))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput([Problem("", "page_stale", "the form does not say when the group was seen; open the page again")])
    return found


async def _group(visit: Visit, problems: Sequence[Shown] = (), status: int = 200) -> Response:
    key = visit.request.path_params["group"][:64]
    group = await visit.parts.groups.get(key)
    page = Page()
    try:
        page = await _page(visit, state="open", group=key)
    except BadInput as error:
        problems, status = [*problems, *problems_of(error, visit.language)], 422
    way = way_out(group.kind) if group is not None else None
    bulk = [
        Link(visit.url("/replays/new", group=key, act=act), f"replay.action.{act}", act == "cancel")
        for act in _IN_BULK
        if way is not None and "replay" in way.actions and act in way.actions
    ]
    return visit.render(
        "incident_group.html",
        status=status,
        key=key,
        group=group,
        way=way,
        bulk=bulk,
        links=_agency_links(group.agency, way) if group is not None and way is not None else [],
        incidents=page.items,
        problems=problems,
        reason=str(visit.form.get("reason", "")),
        seen_at=visit.form.get("seen_at") or (await visit.parts.store.now()).isoformat(),
        **_around(visit, page),
    )


async def _incident(visit: Visit, problems: Sequence[Shown] = (), status: int = 200) -> Response:
    incident = await incident_of(visit.parts.reads, id_of(visit, "incident"))
    way = way_out(incident.kind)
    return visit.render(
        "incident.html",
        status=status,
        incident=incident,
        way=way,
        links=await _links(visit, incident, way) if incident.state == "open" else [],
        detail=_detail(visit, incident),
        problems=problems,
        reason=str(visit.form.get("reason", "")),
    )


def _detail(visit: Visit, incident: IncidentRow) -> list[tuple[str, str]]:
    """What else is known of it. What was said may be personal: it is told in full to those who may reveal it."""
    found = []
    for name, value in incident.detail.items():
        if value in ("", None) or name in ("reason", "number"):
            continue
        if isinstance(value, Mapping | list):
            said = value.get("outcome") if isinstance(value, Mapping) else None
            if visit.may(Scope.REVEAL):
                found.append((name, json.dumps(value, ensure_ascii=False, default=str)))
            elif said:
                found.append((name, word("said", str(said), visit.language)))
        else:
            found.append((name, str(value)))
    return found


async def _links(visit: Visit, incident: IncidentRow, way: WayOut) -> list[Link]:
    """The acts of the way out that are open now on the incident's case, request and agency."""
    found = _agency_links(incident.agency, way)
    file = await visit.parts.reads.case_file(incident.case_id) if incident.case_id is not None else None
    if file is None:
        return found
    request = file.requests.get(incident.request_id) if incident.request_id is not None else None
    on = f"/cases/{file.case.number}"
    for name in way.actions:
        if name in _ON_REQUEST and request is not None:
            act, path = act_of(name, on_request=True), f"{on}/requests/{request.id}/{name}"
        elif name in _ON_CASE:
            act, path = act_of(name, on_request=False), f"{on}/{name}"
        else:
            continue
        if act is not None and act.fits(visit, file, request if act.on_request else None):
            found.append(Link(visit.url(path), f"act.{name}", act.grave))
    return found


def _agency_links(agency: str, way: WayOut) -> list[Link]:
    if agency and "resume_lane" in way.actions:
        return [Link(f"{ROOT}/agencies/{agency}/resume", "agency.resume")]
    return []
