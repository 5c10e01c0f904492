"""Replays: what is wanted, the dry run, and a replay under way: how far it has come, pausing, going on, stopping.

A dry run is a page of its own address that can be read again for an hour; starting it works on exactly what it shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from gateway.application.reads import Page
from gateway.application.redo import Action
from gateway.application.replays import FRESH, Replay, ReplayState, Wanted
from gateway.console.errors import Shown, problems_of
from gateway.console.forms import id_of, reason_of, titled, typed
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.console.words import word
from gateway.domain.errors import BadInput, Conflict, NotFound, Problem, Refusal
from gateway.domain.incident import IncidentKind
from gateway.domain.request import RequestStatus as S

pages = Pages()
_PAGE: Final = 25
_ITEMS: Final = 100
#: The statuses that a replay can be about, those of the first two unless chosen otherwise.
STATUSES: Final = (S.PARKED, S.IN_DOUBT, S.READY, S.AWAITING_APPLICANT)
_USUAL: Final = (S.PARKED, S.IN_DOUBT)
#: In the order of the page; what a dry run has are the first two.
RESULTS: Final = ("waiting", "refused", "under_way", "completed_again", "failed_again", "skipped")
_OF_SEEN: Final = ("waiting", "refused")
_MOST_PER_MINUTE: Final = 60_000
#: Fields of the form that name requests by what they are.
_NARROWING: Final = ("agency", "service", "office", "step", "branch")


@pages.get("/replays", Scope.OPERATE)
async def list_replays(visit: Visit) -> Response:
    """Replays, newest first, and the dry runs that nobody has started yet."""
    after = visit.request.query_params.get("after", "")[:400]
    page, problems, status = Page(), list[Shown](), 200
    try:
        page = await visit.parts.replays.listed(after, _PAGE)
    except BadInput as error:
        problems, status = problems_of(error, visit.language), 422
    return visit.render(
        "replays.html",
        status=status,
        replays=page.items,
        problems=problems,
        older=visit.with_query(after=page.after) if page.after else "",
        newest=visit.with_query(after="") if after else "",
    )


@pages.get("/replays/new", Scope.OPERATE)
async def ask(visit: Visit) -> Response:
    """The form: which requests, what to do, why."""
    query = visit.request.query_params
    return await _form(visit, {name: value[:200] for name, value in query.items()})


@pages.post("/replays")
async def see(visit: Visit) -> Response:
    """Make the dry run. Nothing of any case is changed."""
    form = {name: value for name, value in visit.form.items() if isinstance(value, str)}
    try:
        wanted, action, reason = _read(visit, form)
        seen = await visit.parts.replays.see(wanted, action, reason, visit.actor)
    except Refusal as error:
        return await _form(visit, form, problems_of(error, visit.language), 422)
    return visit.redirect(f"/replays/{seen.id}")


@pages.get("/replays/{replay}", Scope.OPERATE)
async def show(visit: Visit) -> Response:
    """A dry run, or a replay and how far it has come."""
    return await _replay(visit)


@pages.post("/replays/{replay}/start")
async def start(visit: Visit) -> Response:
    """Begin with exactly what the dry run shows."""
    id_ = id_of(visit, "replay")
    try:
        await visit.parts.replays.start(id_, _per_minute(visit), visit.actor)
    except NotFound:
        raise
    except Refusal as error:
        return await _replay(visit, problems_of(error, visit.language), 409 if isinstance(error, Conflict) else 422)
    return visit.redirect(f"/replays/{id_}", done="replay_start")


@pages.post("/replays/{replay}/change")
async def change(visit: Visit) -> Response:
    """Pause it, go on, or stop it for good: the button says which."""
    id_, replays = id_of(visit, "replay"), visit.parts.replays
    deeds = {"pause": replays.pause, "resume": replays.resume, "stop": replays.stop}
    name = str(visit.form.get("deed", ""))
    try:
        if name not in deeds:
            raise BadInput([Problem("/deed", "not_a_choice", "say what to do: pause, resume or stop")])
        await deeds[name](id_, reason_of(visit), visit.actor)
    except NotFound:
        raise
    except Refusal as error:
        return await _replay(visit, problems_of(error, visit.language), 409 if isinstance(error, Conflict) else 422)
    return visit.redirect(f"/replays/{id_}", done=f"replay_{name}")


def _read(visit: Visit, form: Mapping[str, str]) -> tuple[Wanted, Action, str]:
    """Return what the form asks for. Raises ``BadInput`` with every problem at once."""
    problems: list[Problem] = []
    statuses = tuple(status for status in STATUSES if form.get(f"status_{status}"))
    values: dict[str, Any] = {name: form.get(name, "").strip()[:200] for name in (*_NARROWING, "kind", "group")}
    wanted = Wanted(**values, statuses=statuses or _USUAL)
    if not statuses:
        problems.append(Problem("/statuses", "not_a_choice", "choose at least one status"))
    if not wanted.narrows:
        problems.append(Problem("/agency", "replay_of_all", "say which requests; never simply all"))
    action = form.get("action", "")
    if action not in list(Action):
        problems.append(Problem("/action", "not_a_choice", "say what to do"))
    reason = ""
    try:
        reason = reason_of(visit)
    except BadInput as error:
        problems += error.problems
    if problems:
        raise BadInput(problems)
    return wanted, Action(action), reason


def _per_minute(visit: Visit) -> int:
    text = typed(visit, "per_minute")
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 6 or int(text) > _MOST_PER_MINUTE:
        raise BadInput([Problem("/per_minute", "bad_rate", f"a whole number up to {_MOST_PER_MINUTE}")])
    return int(text)


async def _form(visit: Visit, values: Mapping[str, str], problems: Sequence[Shown] = (), status: int = 200) -> Response:
    catalogue, language = visit.parts.deployment.catalogue, visit.language
    group = await visit.parts.groups.get(values["group"][:64]) if values.get("group") else None
    chosen = {s for s in STATUSES if values.get(f"status_{s}")} or (set() if visit.form else set(_USUAL))
    kinds = sorted(((str(k), word("incident", k, language)) for k in IncidentKind), key=lambda choice: choice[1].casefold())
    shown: dict[str, Any] = {
        "values": {"action": values.get("act", "retry"), **values},
        "problems": problems,
        "group": group,
        "actions": [str(action) for action in Action],
        "statuses": [(str(s), s in chosen) for s in STATUSES],
        "agencies": titled(visit, catalogue.agencies),
        "services": titled(visit, catalogue.services),
        "offices": titled(visit, catalogue.offices),
        "kinds": kinds,
    }
    return visit.render("replay_new.html", status=status, **shown)


async def _replay(visit: Visit, problems: Sequence[Shown] = (), status: int = 200) -> Response:
    replays, id_ = visit.parts.replays, id_of(visit, "replay")
    replay = await replays.get(id_)
    query = visit.request.query_params
    names = _OF_SEEN if replay.state is ReplayState.SEEN else RESULTS
    chosen = query.get("result", "")
    chosen = chosen if chosen in names else _first(replay, names)
    text = query.get("after", "")
    after = int(text) if text.isdecimal() and len(text) < 10 else 0
    page = await replays.items(id_, after, _ITEMS, chosen)
    now = visit.parts.now()
    shown: dict[str, Any] = {
        "replay": replay,
        "seen": replay.state is ReplayState.SEEN,
        "startable": now - replay.seen_at <= FRESH and bool(replay.progress.get("waiting")),
        "fresh_until": replay.seen_at + FRESH,
        "total": sum(count for name, count in replay.progress.items() if name != "refused"),
        "settled": sum(count for name, count in replay.progress.items() if name not in ("refused", "waiting", "under_way")),
        "results": [(name, replay.progress.get(name, 0)) for name in names if name == chosen or replay.progress.get(name)],
        "chosen": chosen,
        "items": page.items,
        "wanted": _told(visit, replay.wanted),
        "next_page": visit.url(f"/replays/{id_}", result=chosen, after=page.after) if page.after else "",
        "first_page": visit.url(f"/replays/{id_}", result=chosen) if after else "",
        "here": visit.url(f"/replays/{id_}"),
        "live": visit.url(f"/replays/{id_}", result=chosen, after=after or "", live="1"),
        "problems": problems,
        "values": {name: str(visit.form.get(name, "")) for name in ("reason", "per_minute")},
    }
    return visit.render("replay.html", status=status, **shown)


def _first(replay: Replay, names: Sequence[str]) -> str:
    """Which requests are shown first: of a dry run those that would be done, else those that came back, else what there is."""
    order = names if replay.state is ReplayState.SEEN else ("failed_again", "skipped", "under_way", "waiting", *names)
    return next((name for name in order if replay.progress.get(name)), names[0])


def _told(visit: Visit, wanted: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What narrows a replay, as (key of its name, what it is in words, where that is or nothing)."""
    group = str(wanted.get("group", ""))
    told = [(key, text, "") for key, text in _narrowed(visit, {k: v for k, v in wanted.items() if k != "group"})]
    return [*told, ("replay.by.group", group, visit.url(f"/incidents/groups/{group}"))] if group else told


def _narrowed(visit: Visit, wanted: Mapping[str, Any]) -> list[tuple[str, str]]:
    language, catalogue = visit.language, visit.parts.deployment.catalogue
    found = []
    for name, value in wanted.items():
        match name:
            case "agency" | "incident_agency":
                found.append(("cases.agency", visit.agency_title(str(value))))
            case "service":
                found.append(("cases.service", visit.service_title(str(value))))
            case "office" if value in catalogue.offices:
                found.append(("cases.office", visit.office_title(str(value))))
            case "kind":
                found.append(("incidents.kind", word("incident", str(value), language)))
            case "statuses":
                found.append(("cases.status", ", ".join(word("request_status", str(s), language) for s in value)))
            case "requests":
                found.append(("replay.requests", str(len(value))))
            case _:
                found.append((f"replay.by.{name}", str(value)))
    return found
