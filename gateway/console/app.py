"""The console's app: its pages, its errors as pages, and the headers of every answer. ``build_console`` is all that
``bootstrap`` needs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.application.reads import Client
from gateway.application.store import StoreUnavailable
from gateway.console import (
    agencies,
    audit,
    calendar_acts,
    calendars,
    case,
    case_acts,
    case_files,
    case_stream,
    case_trace,
    cases,
    catalogue,
    desk,
    identifier,
    incidents,
    login,
    overview,
    replays,
    reveal,
    static_files,
    webhook_acts,
    webhooks,
)
from gateway.console.errors import FormRefused, NotAllowed, TooLarge, problems_of
from gateway.console.headers import Headers
from gateway.console.language import language_of
from gateway.console.parts import ConsoleParts
from gateway.console.preferences import Preferences
from gateway.console.sessions import token_of
from gateway.console.visit import Visit
from gateway.domain.errors import Conflict, NotFound, Refusal

_log: Final = structlog.get_logger(__name__)
#: Every module of pages. A path is tried in this order.
MODULES: Final = (
    *(login, overview, agencies, incidents, replays, desk),
    *(cases, identifier, case_files, case_stream, case_trace, reveal, case_acts, case),
    *(calendars, calendar_acts, webhook_acts, webhooks, catalogue, audit),
)


def build_console(parts: ConsoleParts) -> Starlette:
    """Return the ASGI app, to be mounted at ``/console``."""
    routes = [Route("/static/{name}", static_files.serve, methods=["GET"])]
    for module in MODULES:
        routes += module.pages.routes
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Headers), Middleware(LastCatch), Middleware(Preferences, secure=parts.secure)],
        exception_handlers={HTTPException: _failed, Refusal: _failed, StoreUnavailable: _failed},
    )
    app.router.redirect_slashes = False
    app.state.parts = parts
    return app


class LastCatch:
    """What nobody foresaw becomes a page too, with the headers of every page; nothing of it is told but that it happened."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            raise
        except Exception as error:  # the border: a person gets a page, never a stack trace
            if begun:
                raise
            await (await _failed(Request(scope, receive), error))(scope, receive, send)


async def _failed(request: Request, error: Exception) -> Response:
    """Return the page of an error, for whoever is signed in."""
    status, key = _told(error)
    if status >= 500 and not isinstance(error, StoreUnavailable):
        _log.error("unforeseen", exc_info=error)
    parts: ConsoleParts = request.app.state.parts
    visit = Visit(request, parts, language_of(request))
    if not isinstance(error, StoreUnavailable):
        await _recognise(visit)
    problems = problems_of(error, visit.language) if isinstance(error, Refusal) and key == "error.refused" else []
    return visit.render("error.html", status=status, title=visit.text(f"{key}.title"), hint=visit.text(key), problems=problems)


async def _recognise(visit: Visit) -> None:
    """Let the page of an error keep its navigation where somebody is signed in."""
    token = token_of(visit.request)
    try:
        found = await visit.parts.accounts.who(token, touch=False) if token else None
    except StoreUnavailable:
        return
    if found is not None:
        session, account = found
        visit.session = session
        visit.client = Client(account.name, frozenset(account.scopes), account.bound_to)
        visit.language = language_of(visit.request, account.language)


def _told(error: Exception) -> tuple[int, str]:
    """Return status and text of an error. Of one that nobody foresaw nothing is told; the log has it."""
    match error:
        case NotAllowed():
            return HTTPStatus.FORBIDDEN, "error.not_allowed"
        case FormRefused():
            return HTTPStatus.FORBIDDEN, "error.form_refused"
        case TooLarge():
            return 413, "error.too_large"
        case NotFound():
            return HTTPStatus.NOT_FOUND, "error.not_found"
        case Conflict():
            return HTTPStatus.CONFLICT, "error.refused"
        case Refusal():
            return HTTPStatus.UNPROCESSABLE_ENTITY, "error.refused"
        case StoreUnavailable():
            return HTTPStatus.SERVICE_UNAVAILABLE, "error.unavailable"
        case HTTPException(status_code=404):
            return HTTPStatus.NOT_FOUND, "error.not_found"
        case HTTPException() if error.status_code < 500:
            return error.status_code, "error.bad_call"
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "error.unforeseen"
