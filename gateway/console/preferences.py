"""Language and theme are chosen with a link, so that no script is needed: ``?lang=uz`` and ``?theme=dark`` become cookies."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.application.languages import LANGUAGES
from gateway.console.language import COOKIE
from gateway.console.sessions import set_cookie
from gateway.console.visit import THEME_COOKIE, THEMES

_YEAR_SECS: Final = 365 * 24 * 3600


class Preferences:
    """Keeps what a link chose and goes on to the same page without it."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] == "http" and scope["method"] == "GET":
            request = Request(scope)
            language, theme = request.query_params.get("lang"), request.query_params.get("theme")
            if language in LANGUAGES or theme in THEMES:
                rest = [(k, v) for k, v in request.query_params.multi_items() if k not in ("lang", "theme")]
                address = scope["path"] + (f"?{urlencode(rest)}" if rest else "")
                response = RedirectResponse("/" + address.lstrip("/"), 303)
                for name, value, known in ((COOKIE, language, LANGUAGES), (THEME_COOKIE, theme, THEMES)):
                    if value in known:
                        set_cookie(response, name, str(value), secure=self._secure, age_secs=_YEAR_SECS)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
