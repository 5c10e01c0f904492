"""When people are told of an alert: once, again, higher up, and that it is over. Time is an argument."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.alerting import (
    Alert,
    AlertRules,
    Members,
    Receiver,
    Route,
    Rung,
    Silence,
    Telling,
    acknowledge,
    advance,
    summarise,
)
from tests.unit.domain.alerts import LADDER, NOW, RULES, alert, at, silence

DOWN = Members(open=1, lane_open=1, lane_all=1)
UP = Members(open=3, lane_open=0, lane_all=1)


def told(
    found: Alert, members: Members, when: datetime, *silences: Silence, rules: AlertRules = RULES
) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(one.what), one.to) for one in advance(found, members, rules, silences, when)]


def test_it_gathers_first_and_is_told_once() -> None:
    found = alert()
    assert told(found, DOWN, NOW) == [] and found.next_at == at(seconds=5)
    assert told(found, DOWN, at(seconds=4)) == []
    assert told(found, DOWN, at(seconds=5)) == [("opened", ("operators",))]
    assert found.next_at == at(seconds=605), "the second rung is next"
    assert told(found, DOWN, at(seconds=6)) == []


def test_what_may_be_an_outage_gathers_for_longer() -> None:
    found = alert("in_doubt")
    assert told(found, Members(1), at(seconds=59)) == []
    assert told(found, Members(1), at(seconds=60)) == [("opened", ("operators",))]


def test_it_climbs_the_ladder_while_nobody_takes_it_on() -> None:
    found = alert()
    told(found, DOWN, at(seconds=5))
    assert told(found, DOWN, at(seconds=604)) == []
    assert told(found, DOWN, at(seconds=605)) == [("escalated", ("shift",))]
    assert told(found, DOWN, at(seconds=3605)) == [("escalated", ("head", "operators"))]
    assert (found.rung, found.told_to) == (3, ("operators", "shift", "head"))
    assert found.next_at == at(seconds=3605 + 4 * 3600), "then it is repeated"
    assert told(found, DOWN, found.next_at) == [("repeated", ("operators", "shift", "head"))]


def test_rungs_that_were_missed_are_told_in_their_order() -> None:
    found = alert()
    told(found, DOWN, at(seconds=5))
    assert told(found, DOWN, at(hours=2)) == [("escalated", ("shift",)), ("escalated", ("head", "operators"))]


def test_who_takes_it_on_stops_escalation_and_repeats_but_not_the_all_clear() -> None:
    found = alert()
    told(found, DOWN, at(seconds=5))
    acknowledge(found, "Dilnoza", "they are called", at(seconds=60))
    assert (found.acknowledged_by, found.note, found.next_at) == ("Dilnoza", "they are called", at(seconds=60))
    assert told(found, DOWN, at(seconds=60)) == [] and found.next_at is None
    assert told(found, DOWN, at(days=3)) == []
    assert told(found, UP, at(days=4)) == [] and found.next_at == at(days=4, seconds=30)
    assert told(found, UP, at(days=4, seconds=30)) == [("over", ("operators",))]


def test_an_outage_is_over_when_the_lane_works_though_requests_still_wait() -> None:
    assert UP.gone and not DOWN.gone
    assert Members(0).gone and not Members(1).gone


def test_it_is_over_once_its_cause_is_gone_for_a_while() -> None:
    found = alert()
    told(found, DOWN, at(seconds=5))
    assert told(found, UP, at(seconds=10)) == []
    assert told(found, DOWN, at(seconds=20)) == [] and found.over_since is None, "it came back: the same outage"
    assert told(found, UP, at(seconds=30)) == []
    assert told(found, UP, at(seconds=59)) == []
    assert told(found, UP, at(seconds=60)) == [("over", ("operators",))]
    assert (found.is_over, found.over_at, found.next_at) == (True, at(seconds=60), None)
    assert told(found, DOWN, at(seconds=90)) == [], "what is over is not told any more"


def test_what_is_over_before_it_was_told_is_told_with_its_end() -> None:
    found = alert()
    assert told(found, UP, at(seconds=1)) == []
    assert told(found, UP, at(seconds=5)) == [("opened", ("operators",))]
    assert told(found, UP, at(seconds=31)) == [("over", ("operators",))]


def test_that_it_grows_is_told_at_most_every_so_often_even_when_taken_on() -> None:
    found = alert("clock_breached", "")
    told(found, Members(1), at(seconds=5))
    acknowledge(found, "Dilnoza", "", at(seconds=6))
    found.count = 4
    assert told(found, Members(4), at(seconds=1804)) == [] and found.next_at == at(seconds=1805)
    assert told(found, Members(4), at(seconds=1805)) == [("more", ("operators",))]
    assert told(found, Members(4), at(days=1)) == [], "it has not grown since"


def test_that_more_cases_suffer_from_an_outage_is_no_news() -> None:
    found = alert()
    told(found, DOWN, at(seconds=5))
    acknowledge(found, "Dilnoza", "", at(seconds=6))
    found.count = 200
    assert told(found, DOWN, at(days=1)) == []


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({}, True),
        ({"agency": "registry"}, True),
        ({"agency": "tax"}, False),
        ({"kind": "lane_down", "agency": "registry"}, True),
        ({"kind": "invalid"}, False),
        ({"service": "permit"}, False),
        ({"starts_at": at(seconds=1)}, False),
        ({"ends_at": NOW}, False),
    ],
)
def test_what_a_silence_covers(fields: dict[str, Any], covered: bool) -> None:
    assert silence(**fields).covers(alert(), NOW) is covered


def test_a_silence_holds_it_back_and_its_summary_tells_it() -> None:
    found, quiet = alert(), silence()
    assert told(found, DOWN, at(seconds=4), quiet) == [] and found.silence_id is None
    assert told(found, DOWN, at(seconds=5), quiet) == []
    assert found.silence_id == quiet.id and found.next_at == quiet.ends_at
    assert told(found, DOWN, at(hours=2), quiet) == [], "the summary comes first"
    alerts, to = summarise(quiet, [found], RULES, [], at(hours=2))
    assert (alerts, to) == ([found], ("operators",))
    assert (found.silence_id, found.told_to, found.rung) == (None, ("operators",), 1)
    assert told(found, DOWN, at(hours=2)) == [] and found.next_at == at(hours=2, minutes=10)
    assert told(found, DOWN, at(hours=2, minutes=10)) == [("escalated", ("shift",))], "its ladder began with the summary"


def test_what_ends_within_a_silence_is_told_by_the_summary_alone() -> None:
    found, quiet = alert(), silence(starts_at=at(minutes=1))
    told(found, DOWN, at(seconds=5))
    assert told(found, UP, at(minutes=2), quiet) == []
    assert found.silence_id is None and found.next_at == at(minutes=2, seconds=30)
    assert told(found, UP, at(minutes=2, seconds=30), quiet) == []
    assert found.is_over and found.silence_id == quiet.id
    _, to = summarise(quiet, [found], RULES, [], at(hours=2))
    assert to == ("operators",) and found.silence_id is None
    assert told(found, UP, at(hours=2)) == []


def test_an_alert_that_has_nothing_to_say_meanwhile_is_not_held() -> None:
    found, quiet = alert(), silence(starts_at=at(seconds=10), ends_at=at(seconds=60))
    told(found, DOWN, at(seconds=5))
    assert told(found, DOWN, at(seconds=20), quiet) == [] and found.silence_id is None


def test_what_another_silence_covers_stays_held() -> None:
    found, first, second = alert(), silence(), silence(8, agency="registry", ends_at=at(hours=5))
    told(found, DOWN, at(seconds=5), first)
    assert summarise(first, [found], RULES, [second], at(hours=2)) == ([], ())
    assert found.silence_id == second.id
    assert summarise(second, [found], RULES, [second], at(hours=5))[1] == ("operators",)


def test_the_first_route_that_fits_decides() -> None:
    permit = Route((Rung(("head",)),), services=("permit",), kinds=("clock_warning",), levels=("80%",))
    rules = AlertRules({"default": Receiver("default")}, (permit, Route(LADDER, agencies=("tax",))))
    assert rules.route(alert("clock_warning", "", service="permit", level="80%")) is permit
    assert rules.route(alert("clock_warning", "tax", service="permit", level="50%")).ladder == LADDER
    assert rules.route(alert("clock_warning", "", service="other", level="80%")).ladder == (Rung(("default",)),)


def test_telling_is_a_closed_set() -> None:
    assert {str(what) for what in Telling} == {"opened", "more", "repeated", "escalated", "over", "summary", "test"}
    assert UUID(int=7) == silence().id
