"""What ``service.yaml`` says of terms beyond one rule: rules by the day of the application, legs, and the other clocks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.application.pins import pin_service, service_from_pin
from gateway.catalogue.loader import load_catalogue
from gateway.domain.service import Service, Term, Unit
from gateway.domain.term_rule import LastInstant
from tests.unit.catalogue.small import ADAPTERS, ENVIRON, S, check, edited, files, only, write

SERVICE = f"{S}/service.yaml"
PLAIN = "term: {length: 5, unit: working_days, ends_with: step licence}\n"
LEG = "    term: {length: 2, unit: calendar_days}\n"
LISTED = """\
term:
  - {length: 5, unit: working_days}
  - {from: 2027-01-01, length: 3, unit: working_days, last_instant: closing}
  - {from: 2028-07-01, length: 24, unit: hours}
"""
CLOCKS = """\
clocks:
  acknowledgement: {length: 1, unit: working_days, legal_basis: "Law on rivers, art. 3"}
  completeness:
    - {length: 2, unit: working_days}
    - {from: 2027-01-01, length: 1, unit: working_days}
"""


def service_of(root: Path, given: Mapping[str, str]) -> Service:
    return load_catalogue(write(root, given), environ=ENVIRON, adapters=ADAPTERS).services["fishing-licence"]


def test_the_rule_follows_the_day_of_the_application(tmp_path: Path) -> None:
    service = service_of(tmp_path, edited(SERVICE, PLAIN, LISTED))
    found = {day: service.term_on(date.fromisoformat(day)) for day in ("2020-01-01", "2026-12-31", "2027-01-01", "2028-06-30")}
    assert [None if rule is None else (rule.length, rule.since) for rule in found.values()] == [
        (5, None),
        (5, None),
        (3, date(2027, 1, 1)),
        (3, date(2027, 1, 1)),
    ]
    later = service.term_on(date(2028, 7, 1))
    assert later is not None and later.unit is Unit.HOURS
    middle = service.term_on(date(2027, 5, 1))
    assert middle is not None and middle.last_instant is LastInstant.CLOSING


def test_before_the_first_rule_there_is_no_term(tmp_path: Path) -> None:
    alone = "term: {from: 2027-01-01, length: 5, unit: working_days}\n"
    service = service_of(tmp_path, edited(SERVICE, PLAIN, alone))
    assert service.term_on(date(2026, 12, 31)) is None and service.term_on(date(2027, 1, 1)) == service.term


def test_a_leg_may_start_with_the_dispatch_and_have_rules_by_day(tmp_path: Path) -> None:
    leg = """\
    term:
      - {length: 2, unit: calendar_days}
      - {from: 2027-01-01, length: 1, unit: calendar_days, start: dispatch}
"""
    licence = service_of(tmp_path, edited(SERVICE, LEG, leg)).step("licence")
    assert licence.term_on(date(2026, 1, 1)) == Term(2, Unit.CALENDAR_DAYS, start="ready")
    assert licence.term_on(date(2027, 1, 1)) == Term(1, Unit.CALENDAR_DAYS, start="dispatch", since=date(2027, 1, 1))


def test_the_other_clocks_start_with_the_receipt_and_end_with_what_they_are_for(tmp_path: Path) -> None:
    service = service_of(tmp_path, edited(SERVICE, PLAIN, PLAIN + CLOCKS))
    assert {kind: [(r.length, r.start, r.ends_with) for r in rules] for kind, rules in service.clocks.items()} == {
        "acknowledgement": [(1, "receipt", "acknowledgement")],
        "completeness": [(2, "receipt", "completeness"), (1, "receipt", "completeness")],
    }


def test_a_term_may_end_with_a_step_after_the_decision_or_with_what_the_office_confirms(tmp_path: Path) -> None:
    for place, end in enumerate(("step hand-over", "result_ready", "hand_over")):
        term = service_of(tmp_path / str(place), edited(SERVICE, "step licence", end)).term
        assert term is not None and term.ends_with == end


def test_a_pin_keeps_all_of_it_and_earlier_pins_are_read(tmp_path: Path) -> None:
    text = files()[SERVICE].replace(PLAIN, LISTED + CLOCKS)
    service = service_of(tmp_path / "new", files() | {SERVICE: text})
    assert service_from_pin(pin_service(service)) == service
    plain = service_of(tmp_path / "plain", files())
    pinned: dict[str, Any] = json.loads(pin_service(plain))
    assert not {"later_terms", "clocks"} & pinned["service"].keys(), "an earlier release could not read it"
    assert not any("later_terms" in step for step in pinned["service"]["steps"])
    for step in pinned["service"]["steps"]:
        if step["term"] is not None:
            step["term"]["start"] = "receipt"  # as the release before wrote a leg
    before = service_from_pin(json.dumps(pinned).encode())
    assert before.later_terms == () and before.clocks == {} and before.term == plain.term


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ("from: 2028-07-01", "from: 2026-07-01", "term[2].from", "a day after 2027-01-01"),
        ("from: 2028-07-01", "from: 2027-01-01", "term[2].from", "a day after 2027-01-01"),
        ("from: 2028-07-01, ", "", "term[2].from", "the first day of applications"),
        ("from: 2028-07-01", "from: next year", "term[2].from", "a day like 2027-01-01"),
        ("length: 24", "silence: granted, ends_with: hand_over, length: 24", "term[2].silence", "only be read as a decision"),
        ("acknowledgement:", "aknowledgement:", "clocks.aknowledgement", "a key that is known here"),
        ("length: 1, unit: working_days, legal_basis", "start: payment, length: 1, unit: working_days, legal_basis",
         "clocks.acknowledgement.start", "a key that is known here"),
        ("length: 1, unit: working_days, legal_basis", "norm: {length: 1, unit: hours}, length: 1, unit: weeks, legal_basis",
         "clocks.acknowledgement.norm", "no norm"),
        ("from: 2027-01-01, length: 1", "length: 1", "clocks.completeness[1].from", "the first day of applications"),
    ],
)  # fmt: skip
def test_mistakes_are_told_where_they_stand(tmp_path: Path, old: str, new: str, key: str, expected: str) -> None:
    text = files()[SERVICE].replace(PLAIN, LISTED + CLOCKS)
    assert old in text
    mistake = only(check(tmp_path, files() | {SERVICE: text.replace(old, new, 1)}))
    assert (mistake.key, expected in mistake.expected) == (key, True), mistake


def test_an_empty_list_of_rules_is_a_mistake(tmp_path: Path) -> None:
    assert only(check(tmp_path, edited(SERVICE, PLAIN, "term: []\n"))).key == "term"
