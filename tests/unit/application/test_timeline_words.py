"""Every word of a timeline exists in four languages, and every event that the gateway writes has one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.application import timeline_texts as texts
from gateway.application.incident_names import NAMES
from gateway.application.timeline import _WAITS, Entry, Kind
from gateway.application.timeline_words import holder_word, outcome_word, tell_entry
from gateway.domain.event_types import EVENT_TYPES
from gateway.domain.incident import IncidentKind
from gateway.domain.outcomes import OUTCOMES
from tests.unit.application.small import agencies

LANGUAGES = ("uz", "ru", "ky", "en")
GATEWAY = Path(__file__).parents[3] / "gateway"
NOW = datetime(2026, 12, 7, tzinfo=UTC)
#: ``file.event("…"``, and what is handed to helpers that write it.
_WRITTEN = re.compile(r'"((?:applicant|case|certificate|clock|decision|fact|incident|message|reply|request)\.[a-z_]+)"')


def test_every_event_has_words() -> None:
    written = set()
    for folder in ("domain", "application"):
        for path in (GATEWAY / folder).glob("*.py"):
            if path.stem != "timeline_texts":
                written |= set(_WRITTEN.findall(path.read_text("utf-8")))
    assert written - set(texts.EVENTS) <= {"case.number", "request.message_id", "request.reference"}
    assert set(texts.EVENTS) <= written


def test_every_type_of_event_that_is_published_has_words_and_no_other() -> None:
    assert set(texts.EVENTS) == set(EVENT_TYPES)


def test_every_kind_of_incident_has_its_name() -> None:
    assert set(NAMES) == set(IncidentKind)
    assert all(len(set(four)) == len(LANGUAGES) for four in NAMES.values())
    assert tell_entry(Entry(Kind.INCIDENT, "in_doubt", NOW), "ru") == "Доставка не подтверждена"
    assert tell_entry(Entry(Kind.INCIDENT, "not_yet_known", NOW), "ru") == "not_yet_known"


def test_every_wait_and_outcome_has_words() -> None:
    assert set(texts.WAITS) == set(_WAITS.values())
    assert set(texts.OUTCOMES) == set(OUTCOMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_said_in_each_language(language: str) -> None:
    place = LANGUAGES.index(language)
    tables = (texts.EVENTS, texts.WAITS, texts.OUTCOMES, texts.HOLDERS, NAMES)
    said = [four[place] for table in tables for four in table.values()]
    assert all(said)
    latin = re.compile(r"[A-Za-z]")
    cyrillic = re.compile(r"[Ѐ-ӿ]")
    assert not any((latin if language in ("ru", "ky") else cyrillic).search(word) for word in said)


def test_entries_in_words() -> None:
    tried = Entry(Kind.ATTEMPT, "accepted", NOW, NOW, data={"work": "send", "number": 2})
    assert tell_entry(tried, "uz") == "2-urinish: qabul qilindi"
    assert tell_entry(Entry(Kind.ATTEMPT, "not_there", NOW, NOW, data={"work": "lookup"}), "ru") == "Уточнение: в ведомстве нет"
    assert tell_entry(Entry(Kind.CALLBACK, "completed", NOW), "ky") == "Идоранын билдирүүсү: аткарылды"
    assert tell_entry(Entry(Kind.HOP, "", NOW, NOW), "de") == "On its way to a worker"
    assert tell_entry(Entry(Kind.EVENT, "plugin.said", NOW), "en") == "plugin.said"
    assert tell_entry(Entry(Kind.CLOCK, "statutory", NOW), "en") == "Statutory term"
    assert outcome_word("new", "en") == "new"
    assert holder_word("agency:registry", "en", agencies()) == "registry"
    assert holder_word("transport", "ru", {}) == "связь"
