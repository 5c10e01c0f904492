"""Templates: strict about what is missing, and every value escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gateway.application.languages import LANGUAGES
from gateway.console import formatting
from gateway.console.language import NAMES
from gateway.console.static_files import address_of
from gateway.console.texts import TEXTS
from gateway.console.words import in_language, say, word

ENVIRONMENT: Final = Environment(
    loader=PackageLoader("gateway.console", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ROOT: Final = "/console"
ENVIRONMENT.globals |= {
    "root": _ROOT,
    "languages": LANGUAGES,
    "language_names": NAMES,
    "static": lambda name: f"{_ROOT}{address_of(name)}",
}
ENVIRONMENT.tests["known_text"] = TEXTS.__contains__
ENVIRONMENT.filters |= {"size": formatting.size, "number": formatting.number, "counted": formatting.counted}


def rendered(template: str, language: str, zone: ZoneInfo, now: datetime, **values: Any) -> str:
    """Return a page in a language, its times in ``zone``, seen at ``now`` (UTC)."""
    words = _Words(language, zone, now)
    return ENVIRONMENT.get_template(template).render(
        t=partial(_say, language),
        word=partial(_word, language),
        when=words.when,
        day=words.day,
        clock=words.clock,
        span=words.span,
        left=words.left,
        title_in=words.title_in,
        language=language,
        zone=zone.key,
        now=now,
        **values,
    )


def _say(language: str, key: str, /, **values: object) -> str:
    return say(key, language, **values)


def _word(language: str, family: str, name: object) -> str:
    return word(family, str(name), language)


class _Words:
    """What a template asks of one page: times in its zone, in its language."""

    def __init__(self, language: str, zone: ZoneInfo, now: datetime) -> None:
        self._language, self._zone, self._now = language, zone, now

    def when(self, at: datetime | None, *, seconds: bool = False) -> Markup:
        """A moment, machine-readable too."""
        return self._time(at, "" if at is None else formatting.when(at, self._language, self._zone, seconds=seconds))

    def day(self, at: datetime | None) -> Markup:
        return self._time(at, "" if at is None else formatting.day(at, self._language, self._zone))

    def clock(self, at: datetime | None) -> Markup:
        return self._time(at, "" if at is None else formatting.clock(at, self._zone))

    def span(self, secs: float) -> str:
        return formatting.span(secs, self._language)

    def left(self, at: datetime) -> str:
        """How long it is until then, or since."""
        secs = (at - self._now).total_seconds()
        return say("time.left" if secs >= 0 else "time.over", self._language, span=formatting.span(secs, self._language))

    def title_in(self, title: Mapping[str, str], otherwise: str = "") -> str:
        return in_language(title, self._language, otherwise)

    def _time(self, at: datetime | None, text: str) -> Markup:
        if at is None:
            return Markup("")
        local = at.astimezone(self._zone).isoformat(timespec="seconds")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(local, f"{local} ({self._zone.key})", escape(text))
