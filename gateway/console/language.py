"""In which language somebody reads: what they chose, else what their account says, else what their browser asks for."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from gateway.application.languages import LANGUAGES, negotiate

#: As each language calls itself.
NAMES: Final = {"uz": "Oʻzbekcha", "ru": "Русский", "ky": "Кыргызча", "en": "English"}
COOKIE: Final = "darcha_language"


def language_of(request: Request, account: str = "") -> str:
    """Return one of ``LANGUAGES``: by the query, the cookie, the account, Accept-Language; English when none fits."""
    for given in (request.query_params.get("lang", ""), request.cookies.get(COOKIE, ""), account):
        if given in LANGUAGES:
            return given
    return negotiate(request.headers.get("accept-language", ""))
