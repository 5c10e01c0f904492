"""Looking at a message as it was: who looks and why is an event of the case first; only then it is shown, and kept nowhere.

The answer to the form shows the message and sends nobody elsewhere: it has no address. To look again is to say why again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from gateway.application.reveal import Reveal
from gateway.console.case import file_of, request_of
from gateway.console.errors import Shown
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.console.words import say
from gateway.domain.case_file import CaseFile
from gateway.domain.request import Request

pages = Pages()
_LONGEST_REASON: Final = 2000
#: So much of a message stands on a page.
_MOST_SHOWN: Final = 150_000


@pages.get("/cases/{case}/requests/{request}/reveal", Scope.REVEAL)
async def ask(visit: Visit) -> Response:
    """The form: what will be shown, and that it is recorded."""
    file = await file_of(visit)
    return _form(visit, file, request_of(visit, file), visit.request.query_params.get("what", "sent")[:60])


@pages.post("/cases/{case}/requests/{request}/reveal", Scope.REVEAL)
async def look(visit: Visit) -> Response:
    """Record it, then show it."""
    file = await file_of(visit)
    request = request_of(visit, file)
    what, reason = str(visit.form.get("what", ""))[:60], str(visit.form.get("reason", "")).strip()
    if not reason or len(reason) > _LONGEST_REASON:
        code = "too_long_text" if reason else "reason_missing"
        return _form(visit, file, request, what, [Shown("reason", say(f"problem.{code}", visit.language))], reason)
    parts = visit.parts
    shown = await Reveal(parts.acts, parts.reads, parts.history).run(request.id, what, reason, visit.actor)
    try:
        text = shown.content.decode()
    except UnicodeDecodeError:
        text = ""
    return visit.render(
        "revealed.html",
        zone=visit.zone_of(file.case.office),
        case=file.case,
        request=request,
        agency=visit.agency_title(request.agency),
        shown=shown,
        text=text[:_MOST_SHOWN],
        cut=len(text) > _MOST_SHOWN,
        reason=reason,
    )


def _form(
    visit: Visit, file: CaseFile, request: Request, what: str, problems: Sequence[Shown] = (), reason: str = ""
) -> Response:
    return visit.render(
        "reveal.html",
        status=422 if problems else 200,
        case=file.case,
        request=request,
        agency=visit.agency_title(request.agency),
        what=what,
        kind=what if what in ("sent", "lookup") else "callback",
        problems=problems,
        reason=reason[:_LONGEST_REASON],
    )
