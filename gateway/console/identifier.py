"""Finding a person's cases by the identifier: a form of its own, so that it stands in no address, no log and no saved filter."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

from gateway.application.identifiers import KINDS, PATTERN, ROLES, BlindIndex
from gateway.application.reads import CaseFilter, Page
from gateway.console.errors import Shown, problems_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.domain.errors import BadInput, Problem

pages = Pages()
_PAGE: Final = 50
_WRITTEN: Final = re.compile(PATTERN)


@pages.get("/cases/identifier")
async def show(visit: Visit) -> Response:
    """The form."""
    return _shown(visit)


@pages.post("/cases/identifier", Scope.READ)
async def find(visit: Visit) -> Response:
    """The cases in which the identifier stands, newest first, of those that this person sees."""
    try:
        wanted = _wanted(visit)
        found = await visit.parts.reads.cases(wanted, str(visit.form.get("after", ""))[:400], _PAGE)
    except BadInput as error:
        return _shown(visit, problems=problems_of(error, visit.language))
    return _shown(visit, found)


def _wanted(visit: Visit) -> CaseFilter:
    form = {name: str(visit.form.get(name, "")).strip() for name in ("identifier", "kind", "role")}
    problems = []
    if not _WRITTEN.fullmatch(form["identifier"]):
        problems.append(Problem("/identifier", "identifier_form", "letters and digits, 50 at most"))
    if form["kind"] not in KINDS:
        problems.append(Problem("/kind", "not_a_choice", "there is no such kind of identifier"))
    if form["role"] not in ("", *ROLES):
        problems.append(Problem("/role", "not_a_choice", "there is no such role"))
    if problems:
        raise BadInput(problems)
    hashed = BlindIndex(visit.parts.secret).hash(form["kind"], form["identifier"])
    return CaseFilter(client=visit.sees, identified_by=(hashed,), identifier_role=form["role"])


def _shown(visit: Visit, found: Page | None = None, problems: list[Shown] | None = None) -> Response:
    return visit.render(
        "identifier.html",
        status=422 if problems else 200,
        found=found,
        identifier=str(visit.form.get("identifier", ""))[:50],
        kind=str(visit.form.get("kind", "")),
        role=str(visit.form.get("role", "")),
        kinds=KINDS,
        roles=ROLES,
        problems=problems or [],
    )
