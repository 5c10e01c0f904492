"""Routes of one module of pages: each call becomes a ``Visit`` of somebody who may be here, or an answer that says why not."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive

from gateway.application.reads import Client
from gateway.console.errors import FormRefused, NotAllowed, TooLarge
from gateway.console.language import language_of
from gateway.console.parts import FORM_BYTES, ConsoleParts
from gateway.console.scopes import Scope
from gateway.console.sessions import token_of
from gateway.console.visit import ROOT, Visit

Page = Callable[[Visit], Awaitable[Response]]
#: The field of each form, and the header of htmx, that carries the session's token.
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf"


class Pages:
    """The pages of one module."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def get(self, path: str, *scopes: Scope, all_cases: bool = False) -> Callable[[Page], Page]:
        """A page to read; without ``scopes`` for all who may read. ``all_cases``: not for those bound to one client."""
        return self._route("GET", path, scopes or (Scope.READ,), all_cases=all_cases)

    def post(self, path: str, *scopes: Scope) -> Callable[[Page], Page]:
        """A form; without ``scopes`` for operators."""
        return self._route("POST", path, scopes or (Scope.OPERATE,), all_cases=False)

    def _route(self, method: str, path: str, scopes: tuple[Scope, ...], *, all_cases: bool) -> Callable[[Page], Page]:
        def register(page: Page) -> Page:
            async def endpoint(request: Request) -> Response:
                visit = await _visit(request)
                if visit is None:
                    return _to_login(request)
                if method == "POST":
                    visit.form = await read_form(request, visit.parts.document_bytes)
                    require_token(visit.form, request, visit.csrf)
                if not visit.may(*scopes) or (all_cases and visit.sees):
                    raise NotAllowed(scopes)
                return await page(visit)

            self.routes.append(Route(path, endpoint, methods=[method], name=f"{page.__module__}.{page.__name__}"))
            return page

        return register


async def _visit(request: Request) -> Visit | None:
    parts: ConsoleParts = request.app.state.parts
    live = request.query_params.get("live") == "1"
    token = token_of(request)
    found = await parts.accounts.who(token, touch=not live) if token else None
    if found is None:
        return None
    session, account = found
    client = Client(account.name, frozenset(account.scopes), account.bound_to)
    request.scope["darcha.client"] = f"account:{account.name}"
    return Visit(request, parts, language_of(request, account.language), client, session, live=live)


def _to_login(request: Request) -> Response:
    """Sign in first, then come back; a fragment that refreshes itself cannot, so the page is told to."""
    path = request.scope["path"] if request.method == "GET" else ROOT
    query = request.url.query
    back = quote(f"{path}?{query}" if query and request.method == "GET" else path, safe="/")
    address = f"{ROOT}/login?next={back}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"hx-redirect": address})
    return RedirectResponse(address, 303)


async def read_form(request: Request, document_bytes: int = 0) -> FormData:
    """Return what a form says. Raises ``TooLarge``; a file may be as large as a document."""
    multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
    most = FORM_BYTES + (document_bytes if multipart else 0)
    limited = Request(request.scope, _limited(request.receive, most))
    return await limited.form(max_files=20, max_fields=200, max_part_size=FORM_BYTES)


def _limited(receive: Receive, most: int) -> Receive:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise TooLarge(most)
        return message

    return counting


def require_token(form: FormData, request: Request, expected: str) -> None:
    """Raise ``FormRefused`` unless the form comes from a page of this session (CSRF)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FormRefused
    given = str(form.get(CSRF_FIELD, "")) or request.headers.get(CSRF_HEADER, "")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise FormRefused
