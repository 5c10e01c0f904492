"""The four languages that people read, and which of them somebody asks for."""

from __future__ import annotations

from typing import Final

#: In the order of every table of texts: Uzbek in Latin letters, Russian, Kyrgyz, English.
LANGUAGES: Final = ("uz", "ru", "ky", "en")
FALLBACK: Final = "en"


def negotiate(accept_language: str) -> str:
    """Return the best of ``LANGUAGES`` for an Accept-Language header (RFC 9110), English when none fits."""
    best, weight = FALLBACK, 0.0
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
