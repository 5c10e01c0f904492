"""The cookie of a session: for this console alone, out of reach of scripts, and for https only where there is https."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.application.accounts import LONGEST

COOKIE: Final = "darcha_session"
PATH: Final = "/console"


def token_of(request: Request) -> str:
    """Return the token that the browser sent, empty when it has none."""
    token = request.cookies.get(COOKIE, "")
    return token if len(token) <= 200 else ""


def set_cookie(response: Response, name: str, value: str, *, secure: bool, age_secs: int, http_only: bool = True) -> None:
    """Set a cookie of the console."""
    response.set_cookie(name, value, max_age=age_secs, path=PATH, secure=secure, httponly=http_only, samesite="lax")


def begin(response: Response, token: str, *, secure: bool) -> None:
    """Let the browser keep the token of a new session."""
    set_cookie(response, COOKIE, token, secure=secure, age_secs=int(LONGEST.total_seconds()))


def end(response: Response, *, secure: bool) -> None:
    """Let the browser forget it."""
    response.delete_cookie(COOKIE, path=PATH, secure=secure, httponly=True, samesite="lax")
