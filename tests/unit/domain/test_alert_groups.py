"""Which incidents are one alert."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.alert_groups import NAMED, gather, key_of, outage_key
from gateway.domain.incident import IncidentKind
from tests.unit.domain.alerts import NOW, alert, at, minting, signal


def lane_down(number: int = 0) -> Any:
    return signal(number, "lane_down", lane="registry", service="", case_number="")


def test_an_outage_with_two_hundred_cases_is_one_alert() -> None:
    made = gather([*(signal(n) for n in range(1, 200)), lane_down()], {}, minting(), NOW)
    (found,) = made.new.values()
    assert (found.key, found.kind, found.count) == (outage_key("registry"), "lane_down", 200)
    assert len(found.cases) == NAMED and {a.id for a, _ in made.joined} == {found.id}
    assert len(made.joined) == 200 and found.next_at == NOW


def test_what_comes_later_joins_the_outage_and_is_its_own_alert_without_one() -> None:
    known = {outage_key("registry"): alert()}
    made = gather([signal(1), signal(2, "in_doubt"), signal(3, agency="tax")], known, minting(), at(hours=1))
    assert known[outage_key("registry")].count == 3
    assert [a.key for a in made.new.values()] == ["exhausted:tax"]


def test_an_outage_takes_in_what_was_not_told_yet() -> None:
    fresh = alert("in_doubt", count=4, cases=("a", "b"), opened_at=at(seconds=-10))
    old = alert("exhausted", count=2, told_at=NOW)
    made = gather([lane_down()], {a.key: a for a in (fresh, old)}, minting(), NOW)
    (outage,) = made.new.values()
    assert made.merged == {fresh.id: outage}
    assert (outage.count, outage.cases, outage.opened_at) == (5, ("a", "b"), at(seconds=-10))


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (signal(1, "invalid", detail={"step": "place"}), signal(2, "invalid", detail={"step": "place"}), True),
        (signal(1, "invalid", detail={"step": "place"}), signal(2, "invalid", detail={"step": "child"}), False),
        (signal(1, "clock_warning", detail={"level": "50%"}), signal(2, "clock_warning", detail={"level": "80%"}), False),
        (signal(1, "clock_breached"), signal(2, "clock_breached"), True),
        (signal(1, "clock_breached"), signal(2, "clock_breached", service="other"), False),
        (signal(1, "contradiction"), signal(2, "contradiction", agency="tax"), False),
        (signal(1, "dead_letter", "", detail={"queue": "a"}), signal(2, "dead_letter", "", detail={"queue": "a"}), True),
        (signal(1, "foreign_worker", "", lane="a"), signal(2, "foreign_worker", "", lane="b"), False),
        (signal(1, "exhausted", ""), signal(2, "exhausted", ""), False),
        (signal(1, "time_runs_out"), signal(2, "lane_down"), False),
    ],
)
def test_what_belongs_together(one: Any, two: Any, same: bool) -> None:
    assert (key_of(one) == key_of(two)) is same


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_has_a_place(kind: IncidentKind) -> None:
    assert key_of(signal(1, kind)).startswith(str(kind))


def test_nothing_that_a_person_wrote_is_kept_for_the_message() -> None:
    detail = {
        "step": "place",
        "reason": "Amina Invented lives elsewhere",
        "said": {"pin": "3141"},
        "due_at": "2026-12-14T19:00:00+00:00",
    }
    (found,) = gather([signal(1, "contradiction", detail=detail)], {}, minting(), NOW).new.values()
    assert found.detail == {"step": "place", "due_at": "2026-12-14T19:00:00+00:00"}


def test_several_services_have_no_name_together() -> None:
    made = gather([signal(1, "in_doubt"), signal(2, "in_doubt", service="other")], {}, minting(), NOW)
    (found,) = made.new.values()
    assert found.service == "" and found.count == 2
