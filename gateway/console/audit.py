"""The audit: what people did on cases, newest first, and what they did beside them, as far as it is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from starlette.responses import Response

from gateway.application.audit import ActFilter, ActOnCase
from gateway.application.reads import Page
from gateway.console import formatting
from gateway.console.errors import problems_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.texts import TEXTS
from gateway.console.timeline import Line, Names, timeline
from gateway.console.visit import Visit
from gateway.console.words import in_language
from gateway.domain.errors import BadInput, Problem

pages = Pages()
_PAGE: Final = 50
_BESIDE: Final = 20
REVEALED: Final = "message.revealed"
#: Kinds of acts, by the beginnings of their events' types. ``revealed`` stands out: personal data was looked at.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "revealed": (REVEALED,),
    "requests": ("request.", "reply."),
    "clocks": ("clock.",),
    "cases": ("case.", "fact.", "decision.", "applicant."),
    "incidents": ("incident.",),
    "certificates": ("certificate.",),
}


@dataclass(frozen=True, slots=True)
class ActLine:
    """An act as the list tells it. ``revealed``: personal data was shown to somebody."""

    number: str
    line: Line
    revealed: bool


@pages.get("/audit", Scope.OPERATE)
async def show(visit: Visit) -> Response:
    """The list, narrowed to a person, a kind of act, a span of days."""
    query = visit.request.query_params
    values = {name: query.get(name, "").strip()[:100] for name in ("actor", "kind", "since", "until")}
    found, problems = Page(), []
    try:
        found = await visit.parts.audit.acts(_wanted(visit, values), query.get("after", "")[:80], _PAGE)
    except BadInput as error:
        problems = problems_of(error, visit.language)
    narrowed = any(values.values()) or "after" in query
    return visit.render(
        "audit.html",
        status=422 if problems else 200,
        acts=_lines(visit, found.items),
        beside=[] if narrowed else await visit.parts.audit.acts_beside(_BESIDE),
        narrowed=narrowed,
        values=values,
        kinds=list(KINDS),
        problems=problems,
        older=visit.with_query(after=found.after) if found.after else "",
        newest=visit.with_query(after="") if "after" in query else "",
    )


def types_of(kind: str) -> tuple[str, ...]:
    """Return the types of events that a kind of act has. Raises ``KeyError`` for a kind that there is not."""
    beginnings = KINDS[kind]
    return tuple(name for name in sorted({REVEALED, *_TYPES}) if name.startswith(beginnings))


_TYPES: Final = tuple(key.removeprefix("event.") for key in TEXTS if key.startswith("event."))


def _wanted(visit: Visit, values: Mapping[str, str]) -> ActFilter:
    problems = []
    if values["kind"] and values["kind"] not in KINDS:
        problems.append(Problem("/kind", "not_a_choice", "there is no such kind of act"))
    since, until = _day(visit, "since", values["since"], problems), _day(visit, "until", values["until"], problems)
    if since is not None and until is not None and until < since:
        problems.append(Problem("/until", "span_backwards", "the last day comes before the first"))
    if problems:
        raise BadInput(problems)
    return ActFilter(
        values["actor"],
        types_of(values["kind"]) if values["kind"] else (),
        since,
        None if until is None else until + timedelta(days=1),
    )


def _day(visit: Visit, name: str, text: str, problems: list[Problem]) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time.min, visit.parts.zone)
    except ValueError:
        problems.append(Problem(f"/{name}", "bad_date", "a day is written as YYYY-MM-DD"))
        return None


def _lines(visit: Visit, acts: Sequence[ActOnCase]) -> list[ActLine]:
    language, zone = visit.language, visit.parts.zone
    titles = {step.id: step.title for s in visit.parts.deployment.catalogue.services.values() for step in s.steps}
    names = Names(
        language,
        lambda id_: in_language(titles.get(id_, {}), language, id_),
        visit.agency_title,
        lambda at: formatting.when(at, language, zone),
    )
    return [ActLine(act.case_number, timeline([act.event], names)[0], act.event.type == REVEALED) for act in acts]
