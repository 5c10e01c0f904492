"""A timeline in words: what each entry is, and who held the case, in the four languages. Both doors say it with these."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.application.derivation_texts import Four
from gateway.application.derivation_words import DEFAULT_LANGUAGE, kind_word
from gateway.application.incident_names import NAMES
from gateway.application.languages import LANGUAGES
from gateway.application.timeline import Entry, Kind
from gateway.application.timeline_texts import CALLED_BACK, EVENTS, HOLDERS, HOP, LOOKED_UP, OUTCOMES, TRY, WAITS
from gateway.domain.agency import Agency


def tell_entry(entry: Entry, language: str) -> str:
    """Return what an entry is. An unknown language is told in English; a word that no text knows as it is.

    An incident is told by the name of its kind.
    """
    match entry.kind:
        case Kind.EVENT:
            return _say(EVENTS.get(entry.what), language) or entry.what
        case Kind.WAIT:
            return _say(WAITS.get(entry.what), language) or entry.what
        case Kind.HOP:
            return _say(HOP, language)
        case Kind.CLOCK:
            return kind_word(entry.what, language)
        case Kind.ATTEMPT:
            text = TRY if entry.data.get("work") == "send" else LOOKED_UP
            return _say(text, language).format(number=entry.data.get("number", ""), outcome=outcome_word(entry.what, language))
        case Kind.CALLBACK:
            return _say(CALLED_BACK, language).format(outcome=outcome_word(entry.what, language))
        case Kind.INCIDENT:
            return _say(NAMES.get(entry.what), language) or entry.what


def outcome_word(outcome: str, language: str) -> str:
    """Return an outcome in words; an unknown one as it is."""
    return _say(OUTCOMES.get(outcome), language) or outcome


def holder_word(holder: str, language: str, agencies: Mapping[str, Agency]) -> str:
    """Return who holds a case; an agency by its title."""
    kind, _, id_ = holder.partition(":")
    if kind == "agency":
        agency = agencies.get(id_)
        titles = {} if agency is None else agency.title
        return titles.get(language) or titles.get(DEFAULT_LANGUAGE) or id_
    return _say(HOLDERS.get(holder), language) or holder


def _say(four: Four | None, language: str) -> str:
    if four is None:
        return ""
    return four[LANGUAGES.index(language if language in LANGUAGES else DEFAULT_LANGUAGE)]
