"""Every text stands in all four languages, and every text that a page asks for is there."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from gateway.application.identifiers import KINDS, ROLES
from gateway.application.languages import LANGUAGES
from gateway.application.reads import Sort
from gateway.console.act_fields import _PARTS as PARTS
from gateway.console.act_fields import OUTCOMES
from gateway.console.act_list import ACTS
from gateway.console.case_filter import FILTERS, ORDER
from gateway.console.language import NAMES
from gateway.console.navigation import NAVIGATION
from gateway.console.texts import MODULES, TEXTS
from gateway.domain.case import CaseOutcome, CaseStatus, FactKind
from gateway.domain.event_types import EVENT_TYPES
from gateway.domain.incident import IncidentKind
from gateway.domain.outcomes import OUTCOMES as SAID
from gateway.domain.request import RequestStatus, Work
from gateway.notify.texts import WHAT

CONSOLE = Path(__file__).parents[3] / "gateway" / "console"
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
#: Words that two languages rightly spell alike, and nothing else is excused.
ALIKE = {
    "app.name",
    "actor.operator",
    "nav.menu",
    "nav.language",
    "channel.portal",
    "holder.gateway",
    "party.gateway",
    "actor.gateway",
}
CYRILLIC, LATIN = re.compile("[а-яёңөүА-ЯЁҢӨҮ]"), re.compile("[a-zA-Z]")


def test_every_text_has_four_languages_and_the_same_places_to_fill_in() -> None:
    for key, texts in TEXTS.items():
        assert len(texts) == 4, key
        assert all(text.strip() == text and text for text in texts), key
        if key.startswith("problem.bad_object") or key == "field.data_hint":
            continue  # they show a piece of JSON, and nothing is filled in
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in texts]
        assert all(each == names[0] for each in names), key


def test_each_language_is_written_in_its_own_letters() -> None:
    for key, (uz, ru, ky, en) in TEXTS.items():
        if key == "app.name":
            continue
        for text in (uz, en):
            assert not CYRILLIC.search(re.sub(r"\{\w+\}", "", text)), (key, text)
        for text in (ru, ky):
            bare = re.sub(r"\{\w+\}|№", "", text)
            assert CYRILLIC.search(bare) or not LATIN.search(bare), (key, text)


def test_no_two_languages_have_the_same_text_by_oversight() -> None:
    for key, (uz, ru, ky, en) in TEXTS.items():
        if key.split(".")[0] in ("event", "act", "error", "overview", "case", "login"):
            assert uz != en, key
            assert ru != ky or len(ru) < 24 or key in ALIKE, key


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_every_key_that_a_template_asks_for_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    for key in re.findall(r"""\bt\(\s*["']([a-z_.]+)["']\s*[,)]""", text):
        assert key in TEXTS, f"{path.name} asks for {key}"
    for family in re.findall(r"""\bt\(\s*["']([a-z_.]+\.)["']\s*~""", text):
        assert any(key.startswith(family) for key in TEXTS), f"{path.name} asks for the family {family}"
    for family in re.findall(r"""\bword\(\s*["']([a-z_]+)["']""", text):
        assert any(key.startswith(f"{family}.") for key in TEXTS), f"{path.name} asks for the family {family}"


def test_every_key_that_the_code_asks_for_is_there() -> None:
    for path in CONSOLE.glob("*.py"):
        text = path.read_text("utf-8")
        for key in re.findall(r"""(?:\.text|\bsay)\(\s*"([a-z_.]+)\"""", text):
            assert key in TEXTS, f"{path.name} asks for {key}"


def test_every_closed_set_has_its_words() -> None:
    families = {
        "case_status": CaseStatus,
        "outcome": CaseOutcome,
        "fact": FactKind,
        "request_status": RequestStatus,
        "work": Work,
        "said": SAID,
        "incident": IncidentKind,
        "lane": ("open", "paused", "resting", "failing"),
        "holder": ("applicant", "office", "gateway", "transport"),
        "channel": ("counter", "portal", "mobile", "post"),
        "theme": ("auto", "light", "dark"),
        "field.outcome": OUTCOMES,
        "cases_sort": Sort,
        "identifier_kind": KINDS,
        "identifier_role": ROLES,
    }
    missing = [f"{family}.{name}" for family, names in families.items() for name in names if f"{family}.{name}" not in TEXTS]
    assert not missing


def test_every_kind_of_incident_says_what_to_do() -> None:
    assert {str(kind) for kind in IncidentKind} <= {str(kind) for kind in WHAT}


def test_every_event_of_the_domain_has_a_line_in_the_timeline() -> None:
    assert {f"event.{name}" for name in EVENT_TYPES} == {key for key in TEXTS if key.startswith("event.")}


def test_acts_filters_and_navigation_have_their_texts() -> None:
    keys = [key for act in ACTS for key in (f"act.{act.name}", f"act.{act.name}.what", f"done.{act.name}")]
    keys += [key for act in ACTS for field in act.fields for key in (field.label, field.hint) if key]
    keys += [key for part in PARTS.values() for key in (part.label, part.hint) if key]
    keys += [key for each in (*FILTERS, ORDER) for key in (each.label, each.hint) if key] + [entry.key for entry in NAVIGATION]
    assert not [key for key in keys if key not in TEXTS]
    assert set(NAMES) == set(LANGUAGES)
    assert sum(len(module.TEXTS) for module in MODULES) == len(TEXTS)
