"""In which language somebody reads: what they chose, else what their account says, else what their browser asks for."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

LANGUAGES: Final = ("uz", "ru", "ky", "en")
#: As each language calls itself.
NAMES: Final = {"uz": "Oʻzbekcha", "ru": "Русский", "ky": "Кыргызча", "en": "English"}
COOKIE: Final = "darcha_language"
_FALLBACK: Final = "en"


def language_of(request: Request, account: str = "") -> str:
    """Return one of ``LANGUAGES``: by the query, the cookie, the account, Accept-Language; English when none fits."""
    for given in (request.query_params.get("lang", ""), request.cookies.get(COOKIE, ""), account):
        if given in LANGUAGES:
            return given
    return negotiate(request.headers.get("accept-language", ""))


def negotiate(accept_language: str) -> str:
    """Return the best of ``LANGUAGES`` for an Accept-Language header (RFC 9110), English when none fits."""
    best, weight = _FALLBACK, 0.0
    for part in accept_language.split(",", 16)[:16]:
        name, _, params = part.strip().partition(";")
        quality = _quality(params)
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES and quality > weight:
            best, weight = language, quality
    return best


def _quality(params: str) -> float:
    key, _, value = params.strip().partition("=")
    if key.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
