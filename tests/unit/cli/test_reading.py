"""What the command line makes of events and examples, without a gateway."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.cli.examples import Example, Played, _differences, varied
from gateway.cli.output import duration

BEGAN = datetime(2026, 12, 7, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("secs", "said"),
    [(0, "0 ms"), (0.25, "250 ms"), (1, "1.0 s"), (119, "119.0 s"), (120, "2 min"), (7200, "2.0 h"), (172801, "2.0 days")],
)
def test_how_people_say_a_span_of_time(secs: float, said: str) -> None:
    assert duration(BEGAN, BEGAN + timedelta(seconds=secs)) == said


def example(**application: Any) -> Example:
    return Example("permit/granted", {"title": "T", "application": application, "expected": {}})


def test_an_example_for_other_people_keeps_what_the_simulators_choose_by() -> None:
    given = example(
        reference="W-1", parties=[{"identifier": "31204856120017"}], form={"child": "61402197150042", "text": "12345678901234x"}
    )
    made = varied(given, 7)
    application = made.content["application"]
    assert made.name == "permit/granted#7" and application["reference"] == "W-1-7"
    (identifier,) = [p["identifier"] for p in application["parties"]]
    assert identifier != "31204856120017" and len(identifier) == 14
    assert (identifier[:3], identifier[-4:]) == ("312", "0017")  # century, and the digits that mean something
    assert application["form"]["text"] == "12345678901234x"
    assert given.content["application"]["reference"] == "W-1"  # the example itself is as it was


def test_no_two_variations_are_the_same_person() -> None:
    given = example(parties=[{"identifier": "31299996120017"}])
    seen = {varied(given, n).content["application"]["parties"][0]["identifier"] for n in range(1000)}
    assert len(seen) == 1000


def test_the_example_itself_is_number_0() -> None:
    given = example(reference="W-1")
    assert varied(given, 0) is given


def played(case: dict[str, Any], requests: list[dict[str, Any]]) -> Played:
    return Played(example(), case, requests)


CASE = {"status": "closed", "outcome": "granted", "decisions": [{"ground": "born here"}]}
REQUESTS = [
    {"step": "birth", "status": "superseded", "branch": "north"},
    {"step": "birth", "status": "completed", "branch": "south"},
]
EXPECTED = {
    "status": "closed",
    "outcome": "granted",
    "steps": {"birth": "completed"},
    "branches": {"birth": "south"},
    "ground": "born",
}


def test_a_case_that_ended_as_expected_differs_in_nothing() -> None:
    assert list(_differences(EXPECTED, played(CASE, REQUESTS))) == []


@pytest.mark.parametrize(
    "change",
    [
        {"status": "withdrawn"},
        {"outcome": "refused"},
        {"steps": {"birth": "refused"}},
        {"steps": {"other": "completed"}},
        {"branches": {"birth": "north"}},
        {"ground": "elsewhere"},
    ],
)
def test_each_difference_is_named(change: dict[str, Any]) -> None:
    (difference,) = _differences(EXPECTED | change, played(CASE, REQUESTS))
    assert "expected" in difference
