"""Signing in and out. The form carries a token that a cookie repeats, so that nobody is signed in by a foreign page."""

from __future__ import annotations

import secrets
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.application.accounts import NotLetIn, TooManyTries
from gateway.console import sessions
from gateway.console.errors import FormRefused
from gateway.console.language import language_of
from gateway.console.navigation import NAVIGATION
from gateway.console.pages import CSRF_FIELD, Pages, read_form, require_token
from gateway.console.parts import ConsoleParts
from gateway.console.scopes import Scope
from gateway.console.visit import ROOT, Visit

#: What ties the form to the browser before there is a session.
_COOKIE: Final = "darcha_login"
_AGE_SECS: Final = 3600

pages = Pages()


async def show(request: Request) -> Response:
    """The form."""
    visit = _stranger(request)
    token = sessions.token_of(request)
    if token and await visit.parts.accounts.who(token) is not None:
        return RedirectResponse(_next(request.query_params.get("next", "")), 303)
    return _form(visit, request.query_params.get("next", ""))


async def enter(request: Request) -> Response:
    """Sign in. The session is a new one, whatever cookie came along."""
    visit = _stranger(request)
    form = visit.form = await read_form(request)
    wanted, name = str(form.get("next", "")), str(form.get("name", ""))
    try:
        require_token(form, request, request.cookies.get(_COOKIE, ""))
    except FormRefused:
        return _form(visit, wanted, name=name, problem=visit.text("login.stale"), status=403)
    address = request.client.host if request.client is not None else ""
    accounts = visit.parts.accounts
    try:
        token, _ = await accounts.enter(name, str(form.get("password", "")), address)
    except TooManyTries as error:
        told = visit.text("login.too_many", secs=error.wait_secs)
        return _form(visit, wanted, name=name, problem=told, status=429, retry_after=error.wait_secs)
    except NotLetIn:
        return _form(visit, wanted, name=name, problem=visit.text("login.wrong"), status=403)
    if (before := sessions.token_of(request)) != "":
        await accounts.leave(before)
    response = RedirectResponse(_next(wanted), 303)
    sessions.begin(response, token, secure=visit.parts.secure)
    response.delete_cookie(_COOKIE, path=sessions.PATH)
    return response


@pages.post("/logout", *Scope)
async def leave(visit: Visit) -> Response:
    """Sign out."""
    await visit.parts.accounts.leave(sessions.token_of(visit.request))
    response = RedirectResponse(f"{ROOT}/login", 303)
    sessions.end(response, secure=visit.parts.secure)
    return response


@pages.get("/start", *Scope)
async def start(visit: Visit) -> Response:
    """The first page that is open to this person."""
    for entry in NAVIGATION:
        if visit.may_go(entry):
            return visit.redirect(entry.path)
    return visit.render("nothing.html")


def _stranger(request: Request) -> Visit:
    parts: ConsoleParts = request.app.state.parts
    return Visit(request, parts, language_of(request))


def _form(visit: Visit, wanted: str, *, name: str = "", problem: str = "", status: int = 200, retry_after: int = 0) -> Response:
    token = visit.request.cookies.get(_COOKIE, "")[:200] or secrets.token_urlsafe(24)
    headers = {"retry-after": str(retry_after)} if retry_after else None
    values: dict[str, Any] = {"wanted": wanted, "name": name[:100], "problem": problem, "token": token, "csrf_field": CSRF_FIELD}
    response = visit.render("login.html", status=status, headers=headers, **values)
    sessions.set_cookie(response, _COOKIE, token, secure=visit.parts.secure, age_secs=_AGE_SECS)
    return response


def _next(wanted: str) -> str:
    """Where to go: a page of this console and nothing else, or the first that is open."""
    inside = wanted == ROOT or wanted.startswith((f"{ROOT}/", f"{ROOT}?"))
    return wanted if inside and "\\" not in wanted and not any(ord(c) < 32 for c in wanted) else f"{ROOT}/start"


pages.routes += [Route("/login", show, methods=["GET"]), Route("/login", enter, methods=["POST"])]
