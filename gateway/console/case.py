"""The page of a case."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from gateway.console.case_view import view_of
from gateway.console.cases import case_name
from gateway.console.pages import Pages
from gateway.console.visit import Visit
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import NotFound
from gateway.domain.request import Request

pages = Pages()


async def file_of(visit: Visit) -> CaseFile:
    """Return the case that the address names, as this person may see it. Raises ``NotFound``."""
    name = visit.request.path_params["case"]
    file = await visit.parts.reads.case_file(case_name(name), visit.sees)
    if file is None:
        raise NotFound("not_found", f"there is no case {name[:60]!r}")
    visit.request.scope["darcha.case"] = file.case.number
    return file


def request_of(visit: Visit, file: CaseFile) -> Request:
    """Return the request of the case that the address names. Raises ``NotFound``."""
    try:
        found = file.requests.get(UUID(visit.request.path_params["request"]))
    except ValueError:
        found = None
    if found is None:
        raise NotFound("no_request", f"the case {file.case.number} has no such request")
    return found


@pages.get("/cases/{case}")
async def show(visit: Visit) -> Response:
    """All that is known of a case."""
    view = await view_of(visit, await file_of(visit))
    return visit.render("case.html", zone=view.zone, view=view, case=view.case)
