"""Agencies: how each of their lanes is and has been, and letting them rest and work again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from gateway.application.agencies import AgencyActs, agency_of
from gateway.application.agency_history import History, Outage
from gateway.application.reads import LaneState
from gateway.console.errors import Shown, problems_of
from gateway.console.forms import reason_of
from gateway.console.health_strip import Strip, first_hour, lay_out
from gateway.console.overview import health_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.console.words import in_language
from gateway.domain.agency import Agency, LanePolicy
from gateway.domain.errors import Conflict, NotFound, Refusal

pages = Pages()
#: The list tells the errors of the last hours only, from fewer requests an agency.
_HOURS: Final = 3
RECENT: Final = timedelta(hours=_HOURS)
_REQUESTS: Final = 300
#: An outage that is over is told this long on the page of its agency.
_OUTAGES: Final = timedelta(days=7)
_INCIDENTS: Final = 6


@dataclass(frozen=True, slots=True)
class LaneView:
    """A lane as its row tells it. ``share`` is the share of errors of the last hours, ``None`` when nothing was tried."""

    name: str
    title: str
    state: LaneState
    policy: LanePolicy
    health: str
    tried: int
    failed: int

    @property
    def share(self) -> float | None:
        """The share of errors, 0 to 1."""
        return self.failed / self.tried if self.tried else None


@dataclass(frozen=True, slots=True)
class AgencyView:
    """An agency with its lanes, its own first."""

    agency: Agency
    title: str
    people: bool
    lanes: Sequence[LaneView]

    @property
    def paused(self) -> Sequence[str]:
        """The lanes that are paused."""
        return [lane.name for lane in self.lanes if lane.state.row.paused]

    @property
    def may_pause(self) -> bool:
        """Whether any of its lanes is not paused."""
        return any(not lane.state.row.paused for lane in self.lanes)

    @property
    def may_resume(self) -> bool:
        """Whether any of its lanes is paused, or rests."""
        return any(lane.health != "open" for lane in self.lanes)

    @property
    def health(self) -> str:
        """The worst of its lanes."""
        return min((lane.health for lane in self.lanes), key=_WORST.index, default="open")


_WORST: Final = ("paused", "resting", "failing", "open")


@pages.get("/agencies", Scope.OPERATE)
async def list_agencies(visit: Visit) -> Response:
    """All agencies, those that need somebody first."""
    lanes = await _lanes(visit)
    since = visit.parts.now() - RECENT
    views = []
    for agency in visit.parts.deployment.catalogue.agencies.values():
        history = await visit.parts.agency_history.tried(agency.id, since, _REQUESTS)
        views.append(_view(visit, agency, lanes, history))
    views.sort(key=lambda view: (_WORST.index(view.health), view.title.casefold()))
    return visit.render("agencies.html", agencies=views, hours=_HOURS)


@pages.get("/agencies/{agency}", Scope.OPERATE)
async def show(visit: Visit) -> Response:
    """One agency: lanes, the last day as a strip, outages, contract."""
    agency = agency_of(visit.parts.deployment, visit.request.path_params["agency"])
    history, outages, strip = await _day(visit, agency)
    view = _view(visit, agency, await _lanes(visit), history)
    reads = visit.parts.reads
    incidents = await reads.incidents(state="open", kind="", agency=agency.id, case_id=None, after="", limit=_INCIDENTS)
    return visit.render(
        "agency.html",
        view=view,
        agency=agency,
        strip=strip,
        outages=outages,
        whole_since=history.whole_since,
        incidents=incidents.items,
        hours=_HOURS,
        branches=[(b, in_language(b.title, visit.language, b.code)) for b in agency.branches],
    )


@pages.get("/agencies/{agency}/{act}", Scope.OPERATE)
async def ask(visit: Visit) -> Response:
    """The form to pause or resume."""
    return await _form(visit, _act(visit))


@pages.post("/agencies/{agency}/pause")
async def pause(visit: Visit) -> Response:
    """Let its lanes rest."""
    return await _do(visit, "pause")


@pages.post("/agencies/{agency}/resume")
async def resume(visit: Visit) -> Response:
    """Let its lanes work again."""
    return await _do(visit, "resume")


def _act(visit: Visit) -> str:
    name = str(visit.request.path_params["act"])
    if name not in ("pause", "resume"):
        raise NotFound("not_found", "there is no such act")
    return name


async def _do(visit: Visit, act: str) -> Response:
    parts = visit.parts
    agency = agency_of(parts.deployment, visit.request.path_params["agency"])
    acts = AgencyActs(parts.deployment, parts.store, parts.bus)
    seen = str(visit.form.get("paused", "")).split()
    try:
        reason = reason_of(visit)
        deed = acts.pause if act == "pause" else acts.resume
        await deed(agency.id, reason, visit.actor, seen=seen)
    except NotFound:
        raise
    except Refusal as error:
        status = 409 if isinstance(error, Conflict) else 422
        return await _form(visit, act, problems_of(error, visit.language), status)
    return visit.redirect(f"/agencies/{agency.id}", done=f"agency_{act}")


async def _form(visit: Visit, act: str, problems: Sequence[Shown] = (), status: int = 200) -> Response:
    agency = agency_of(visit.parts.deployment, visit.request.path_params["agency"])
    view = _view(visit, agency, await _lanes(visit), History())
    if not problems and not (view.may_pause if act == "pause" else view.may_resume):
        problems = [Shown("", visit.text(f"agency.{act}.gone"))]
    values: dict[str, Any] = {"view": view, "act": act, "problems": problems, "reason": str(visit.form.get("reason", ""))}
    return visit.render("agency_act.html", status=status, **values)


async def _lanes(visit: Visit) -> dict[str, LaneState]:
    return {state.row.name: state for state in await visit.parts.reads.lanes()}


async def _day(visit: Visit, agency: Agency) -> tuple[History, list[Outage], Strip]:
    now, history = visit.parts.now(), visit.parts.agency_history
    found = await history.tried(agency.id, first_hour(now))
    outages = await history.outages(now - _OUTAGES, agency.id)
    return found, outages, lay_out(found, outages, now)


def _view(visit: Visit, agency: Agency, lanes: Mapping[str, LaneState], history: History) -> AgencyView:
    people = agency.id in visit.parts.deployment.answered_by_people()
    found = [_lane(visit, agency, lanes[name], history) for name in agency.lanes if name in lanes]
    return AgencyView(agency, visit.agency_title(agency.id), people, found)


def _lane(visit: Visit, agency: Agency, state: LaneState, history: History) -> LaneView:
    now, name = visit.parts.now(), state.row.name
    branch = agency.branch(name.removeprefix(f"{agency.id}.")) if name != agency.id else None
    title = in_language(branch.title, visit.language, name) if branch is not None else visit.text("agency.own_lane")
    mine = [tried for tried in history.tried if tried.lane == name and tried.at >= now - RECENT]
    failed = sum(tried.failed for tried in mine)
    return LaneView(name, title, state, agency.policy_of(name), health_of(state, now), len(mine), failed)
