"""The console's texts, found by key and filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.application.languages import LANGUAGES
from gateway.console.texts import TEXTS

_PLACES: Final = {language: place for place, language in enumerate(LANGUAGES)}


def say(key: str, language: str, /, **values: object) -> str:
    """Return the text of a key. Raises ``KeyError`` for a key that no table has: a slip of ours, which tests look for."""
    text = TEXTS[key][_PLACES[language]]
    return text.format_map(values) if values else text


def word(family: str, name: str, language: str) -> str:
    """Return the text ``family.name``; the name itself when there is none, for a catalogue may bring words of its own."""
    texts = TEXTS.get(f"{family}.{name}")
    return name if texts is None else texts[_PLACES[language]]


def in_language(title: Mapping[str, str], language: str, otherwise: str = "") -> str:
    """Return a title of the catalogue in a language, else in English, Russian or whatever it has."""
    for wanted in (language, "en", "ru", "uz", "ky"):
        if title.get(wanted):
            return title[wanted]
    return otherwise
