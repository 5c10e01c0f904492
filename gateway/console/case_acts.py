"""Acting on a case: a form page for each act of ``act_list.py``, which says what will happen before it is confirmed.

The form carries the version of the case that was read. When the case has moved meanwhile, nothing is done, and the form comes
back as the case now stands. After the deed the browser is sent to the case, so that a reload repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from gateway.console.act import Act
from gateway.console.act_fields import OUTCOMES, About, Field, part_of, read_all
from gateway.console.act_list import act_of
from gateway.console.case import file_of, request_of
from gateway.console.case_view import StepView, service_of, step_views
from gateway.console.errors import Shown, problems_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.domain.errors import Conflict, NotFound, Refusal

pages = Pages()


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field as the form shows it."""

    name: str
    label: str
    kind: str
    hint: str
    required: bool
    choices: Sequence[tuple[str, str]]


@pages.get("/cases/{case}/{act}", Scope.OPERATE)
async def ask(visit: Visit) -> Response:
    """The form of an act on the case."""
    file, act = await file_of(visit), _act(visit, on_request=False)
    return await _form(visit, About(visit, file, None), act)


@pages.post("/cases/{case}/{act}")
async def do(visit: Visit) -> Response:
    """Do it."""
    file, act = await file_of(visit), _act(visit, on_request=False)
    return await _do(visit, About(visit, file, None), act)


@pages.get("/cases/{case}/requests/{request}/{act}", Scope.OPERATE)
async def ask_about_request(visit: Visit) -> Response:
    """The form of an act on a request."""
    file, act = await file_of(visit), _act(visit, on_request=True)
    return await _form(visit, About(visit, file, request_of(visit, file)), act)


@pages.post("/cases/{case}/requests/{request}/{act}")
async def do_to_request(visit: Visit) -> Response:
    """Do it."""
    file, act = await file_of(visit), _act(visit, on_request=True)
    return await _do(visit, About(visit, file, request_of(visit, file)), act)


def _act(visit: Visit, *, on_request: bool) -> Act:
    found = act_of(visit.request.path_params["act"], on_request=on_request)
    if found is None:
        raise NotFound("not_found", "there is no such act")
    return found


async def _do(visit: Visit, about: About, act: Act) -> Response:
    form = {name: value for name, value in visit.form.items() if isinstance(value, str)}
    case = about.file.case
    version = int(text) if (text := form.get("version", "")).isdecimal() and len(text) < 12 else -1
    try:
        about = await _looked(about, act)
        deed = act.deed({**read_all(act.fields, form, about), "seen": about.seen.found}, visit.actor, about.request)
        await visit.parts.acts.run(case.id, deed, version)
    except NotFound:
        raise
    except Refusal as error:
        if isinstance(error, Conflict) and error.code == "moved":
            again = await file_of(visit)
            request = again.requests.get(about.request.id) if about.request is not None else None
            told = visit.text("act.moved", old=version if version >= 0 else "?", new=again.case.version)
            return await _form(visit, About(visit, again, request), act, form, [Shown("", told)], 412)
        status = 409 if isinstance(error, Conflict) else 422
        return await _form(visit, about, act, form, problems_of(error, visit.language), status)
    return visit.redirect(f"/cases/{case.number}", done=act.name)


async def _looked(about: About, act: Act) -> About:
    return about if act.look is None else replace(about, seen=await act.look(about))


async def _form(
    visit: Visit,
    about: About,
    act: Act,
    values: Mapping[str, str] | None = None,
    problems: Sequence[Shown] = (),
    status: int = 200,
) -> Response:
    case = about.file.case
    if not problems and not act.fits(visit, about.file, about.request):
        problems = [Shown("", visit.text("act.gone"))]
    service = await service_of(visit, case)
    about = await _looked(about, act)
    step: StepView | None = None
    if about.request is not None:
        step = next((s for s in step_views(visit, about.file, service) if s.request.id == about.request.id), None)
    fields = [_field_view(field, about) for field in act.fields]
    outcomes: dict[str, list[FieldView]] = {}
    if any(field.kind == "outcome" for field in act.fields):
        outcomes = {name: [_field_view(part_of(name, part), about) for part, _ in parts] for name, parts in OUTCOMES.items()}
    shown: dict[str, Any] = {
        "act": act,
        "case": case,
        "step": step,
        "fields": fields,
        "outcomes": outcomes,
        "labels": {f.name: visit.text(f.label) for f in (*fields, *(part for parts in outcomes.values() for part in parts))},
        "values": values or {},
        "problems": problems,
        "path": visit.path,
        "seen": about.seen.lines,
    }
    return visit.render("act.html", status=status, zone=visit.zone_of(case.office), **shown)


def _field_view(field: Field, about: About) -> FieldView:
    choices = field.choices(about) if field.choices is not None else ()
    return FieldView(field.name, field.label, field.kind, field.hint, field.required, choices)
