"""A rule in its forms: JSON as a clock pins it, YAML as a service writes it, and its derivation in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest

from gateway.application.derivation_texts import LINES, STATES, UNITS, WHY
from gateway.application.derivation_words import amount, state_word, tell, tell_all
from gateway.application.languages import LANGUAGES
from gateway.catalogue.calendars import seed
from gateway.catalogue.mistakes import CatalogueInvalid
from gateway.catalogue.term_rules import read_rule_file
from gateway.domain.clock_events import Cancelled, Ended, Extended, Resumed, Suspended, Triggered, event_from_json, event_to_json
from gateway.domain.clock_state import ClockState
from gateway.domain.derivation import Line
from gateway.domain.term import due
from gateway.domain.term_json import term_from_json, term_to_json
from gateway.domain.term_rule import (
    AfterCutOff,
    CountedFrom,
    Extension,
    Ground,
    LastInstant,
    Length,
    OnDayOff,
    Remaining,
    Rung,
    Silence,
    Suspension,
    Term,
    Unit,
)
from tests.unit.clock.cases import random_term

WHOLE = """
length: 30
unit: calendar_days
calendar: UZ-6
start: completeness
ends_with: decision
silence: granted
roll: false
warn_before: 2
legal_basis: Law 1, art. 2
first_day_counted: true
on_day_off: roll_forward
cut_off: "16:00"
after_cut_off: next_day
least_working_days: 2
last_instant: closing
suspension:
  grounds:
    supplement: {max: {length: 10, unit: working_days}, legal_basis: art. 3}
    expertise: {}
  remaining: reset
  legal_basis: art. 4
extension: {times: 2, length: 15, unit: working_days, from: rolled, legal_basis: art. 5}
escalation:
  - {percent: 50, to: [head], channel: mail, language: ru, text: {uz: a, ru: b, ky: c, en: d}}
  - {working_days_before: 1}
  - {at: expiry}
margin: {length: 4, unit: hours}
norm: {length: 20, unit: calendar_days}
from: 2027-01-01
"""
RULE = Term(
    30,
    Unit.CALENDAR_DAYS,
    "UZ-6",
    "completeness",
    "decision",
    Silence.GRANTED,
    False,
    2,
    "Law 1, art. 2",
    True,
    OnDayOff.ROLL_FORWARD,
    "16:00",
    AfterCutOff.NEXT_DAY,
    2,
    LastInstant.CLOSING,
    Suspension((Ground("supplement", Length(10, Unit.WORKING_DAYS), "art. 3"), Ground("expertise")), Remaining.RESET, "art. 4"),
    Extension(15, Unit.WORKING_DAYS, 2, CountedFrom.ROLLED, "art. 5"),
    (
        Rung(50, to=("head",), channel="mail", language="ru", text={"uz": "a", "ru": "b", "ky": "c", "en": "d"}),
        Rung(working_days_before=1),
        Rung(at_expiry=True),
    ),
    Length(4, Unit.HOURS),
    Length(20, Unit.CALENDAR_DAYS),
    date(2027, 1, 1),
)


def written(folder: Path, text: str) -> Path:
    path = folder / "rule.yaml"
    path.write_text(text, "utf-8")
    return path


def test_every_key_is_read_and_every_field_kept(tmp_path: Path) -> None:
    assert read_rule_file(written(tmp_path, WHOLE)) == RULE
    assert term_from_json(term_to_json(RULE)) == RULE
    assert hash(term_from_json(term_to_json(RULE))) == hash(RULE)
    under_term = "term: {length: 5, unit: working_days}"
    assert read_rule_file(written(tmp_path, under_term)) == Term(5, Unit.WORKING_DAYS)


@pytest.mark.parametrize("number", range(30))
def test_any_rule_survives_json(number: int) -> None:
    term = random_term(Random(number))  # noqa: S311 # a rule by its number
    assert term_from_json(term_to_json(term)) == term


def test_a_plain_rule_keeps_the_form_of_the_first_version() -> None:
    first = {
        "length": 5,
        "unit": "working_days",
        "calendar": "UZ-5",
        "start": "receipt",
        "ends_with": "decision",
        "silence": "nothing",
        "roll": True,
        "warn_before": 1,
        "legal_basis": "",
    }
    assert term_to_json(Term(5, Unit.WORKING_DAYS, "UZ-5")) == first
    assert term_from_json(first) == Term(5, Unit.WORKING_DAYS, "UZ-5")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("length: 5\nunit: working_days\nnorm: {length: 6, unit: working_days}", "exceeds the term"),
        ("length: 11\nunit: years", "at most 10"),
        ("length: 5\nunit: working_days\nextension: {length: 121, unit: months}", "at most 120"),
        ("length: 5\nunit: workdays", "did you mean working_days"),
        ("length: 5\nunit: hours\nroll: true", "does not roll"),
        ("length: 5\nunit: working_days\nends_with: result_ready\nsilence: granted", "only be read as a decision"),
        ("length: 5\nunit: working_days\ncut_off: 4pm", "a text like"),
        ("length: 5\nunit: working_days\ncutoff: '16:00'", "did you mean cut_off"),
        ("length: 5\nunit: working_days\nends_with: step", "decision, result_ready, hand_over"),
        ("length: 5\nunit: working_days\nsuspension: {grounds: {}}", "at least one ground"),
        ("length: 5\nunit: working_days\nescalation: [{to: [head]}]", "a rung has one time"),
        ("- 5", "an object"),
    ],
)
def test_a_wrong_rule_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CatalogueInvalid, match=told):
        read_rule_file(written(tmp_path, text))


@pytest.mark.parametrize(
    "event",
    [
        Triggered(datetime(2026, 6, 1, tzinfo=UTC)),
        Suspended(datetime(2026, 6, 1, tzinfo=UTC), "expertise"),
        Resumed(datetime(2026, 6, 1, tzinfo=UTC)),
        Extended(datetime(2026, 6, 1, tzinfo=UTC), 3),
        Ended(datetime(2026, 6, 1, tzinfo=UTC), date(2026, 5, 30)),
        Ended(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 5, 30, tzinfo=UTC)),
        Cancelled(datetime(2026, 6, 1, tzinfo=UTC)),
    ],
)
def test_events_survive_json(event: Triggered) -> None:
    assert event_from_json(event_to_json(event)) == event


def test_every_text_stands_in_four_languages() -> None:
    for texts in (*LINES.values(), *STATES.values(), *WHY.values(), *UNITS.values()):
        assert len(texts) == len(LANGUAGES) and all(texts) and len(set(texts)) == len(LANGUAGES)
    assert set(STATES) == {str(state) for state in ClockState}


def test_a_derivation_is_told_in_words() -> None:
    start = datetime(2026, 12, 7, 5, tzinfo=UTC)
    lines = due(Term(5, Unit.WORKING_DAYS, legal_basis="Law 1"), start, seed("UZ-5"), "Asia/Tashkent").explanation
    told = [line["text"] for line in tell_all(lines, "en")]
    assert told[0].startswith("The term is 5 working days; calendar UZ-5") and told[0].endswith("(Law 1).")
    assert told[2] == "2026-12-08: not counted, 1 day. Holiday: Constitution Day"
    assert "decree (2026-12-31, lex.uz/docs/7938920)" in told[4]
    assert told[-1] == "The term lasts until 2026-12-14 24:00."
    assert tell_all(lines, "ru")[2]["text"] == "08.12.2026: не считается, 1 день. Праздник: День Конституции"
    assert "Konstitutsiya kuni" in tell_all(lines, "uz")[2]["text"] and "Майрам" in tell_all(lines, "ky")[2]["text"]
    assert tell_all(lines, "fr") == tell_all(lines, "en") and tell_all(lines, "en")[2]["code"] == "not_counted"


def test_numbers_and_what_is_not_known() -> None:
    forms = [amount(n, "working_days", "ru") for n in (1, 2, 5, 11, 21, 112)]
    assert [form.split(" ", 1)[1] for form in forms] == [
        "рабочий день",
        "рабочих дня",
        "рабочих дней",
        "рабочих дней",
        "рабочий день",
        "рабочих дней",
    ]
    assert amount(1, "months", "en") == "1 month" and amount(2, "months", "en") == "2 months"
    assert tell(Line("of_tomorrow"), "en") == "of_tomorrow" and state_word("of_tomorrow", "uz") == "of_tomorrow"
    assert tell({"code": "rule"}, "en").startswith("The term is 0")  # a line that lacks its params is still told
