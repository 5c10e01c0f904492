"""Whom a service's ladder calls: which addresses of a receiver, in which language, with which words."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.application.alerts import alert_facts, notices
from gateway.domain.alert_groups import gather, key_of
from gateway.domain.alerting import Alert, AlertRules, Members, Receiver, Route, Telling, Told, advance
from gateway.domain.alerting import Rung as AckRung
from gateway.domain.calling import Call, call_to_json, calls_of, mark_of, places
from gateway.domain.term_rule import Rung
from tests.unit.domain.alerts import LADDER, NOW, RULES, alert, at, minting, signal

HURRY = {"uz": "Tezlashtiring", "ru": "Ускорьте", "ky": "Тездетиңиз", "en": "Hurry"}
LOOK = {"uz": "Qarang", "ru": "Проверьте", "ky": "Караңыз", "en": "Look"}
TO_HEAD = Rung(percent=80, to=("head",), channel="tgram", language="ru", text=HURRY)
TO_DESK = Rung(percent=80, to=("desk",))
TO_ANYBODY = Rung(percent=80, text=LOOK)


def level_alert(*rungs: Rung, **fields: Any) -> Alert:
    given: dict[str, Any] = {"service": "permit", "level": "80%", "detail": {"calls": [call_to_json(rung) for rung in rungs]}}
    return alert("clock_level", "", **(given | fields))


def calls(*rungs: Rung) -> tuple[Call, ...]:
    return calls_of({"calls": [call_to_json(rung) for rung in rungs]})


def test_a_rung_travels_as_json_without_what_it_leaves_open() -> None:
    assert call_to_json(TO_DESK) == {"to": ["desk"]} and call_to_json(Rung(percent=50)) == {}
    assert calls(TO_HEAD, TO_DESK) == (Call(("head",), "tgram", "ru", HURRY), Call(("desk",)))
    assert calls_of({}) == () and calls_of({"calls": None}) == ()


@pytest.mark.parametrize(
    ("rungs", "ladder"),
    [
        ((TO_HEAD,), (AckRung(("head",)),)),
        ((TO_HEAD, TO_DESK, TO_HEAD), (AckRung(("head", "desk")),)),
        ((TO_ANYBODY,), LADDER),
        ((TO_ANYBODY, TO_DESK), (AckRung(("operators", "desk")), *LADDER[1:])),
        ((), LADDER),
    ],
)
def test_who_is_named_is_told_instead_of_the_route_and_who_names_nobody_leaves_it_to_the_route(
    rungs: tuple[Rung, ...], ladder: tuple[AckRung, ...]
) -> None:
    assert RULES.ladder(level_alert(*rungs)) == ladder


def test_the_alert_of_a_level_is_told_to_whom_its_rung_names() -> None:
    found = level_alert(TO_HEAD)
    assert advance(found, Members(1), RULES, (), at(seconds=5)) == [Told(Telling.OPENED, ("head",))]
    assert advance(found, Members(1), RULES, (), at(hours=3)) == [], "nobody above is called but by the next level"
    assert advance(found, Members(1), RULES, (), at(hours=5)) == [Told(Telling.REPEATED, ("head",))]


def test_a_route_can_want_some_levels_only() -> None:
    route = Route((AckRung(("head",)),), levels=("1wd", "expiry"))
    rules = AlertRules(RULES.receivers, (route, *RULES.routes))
    assert [rules.route(level_alert(level=level)) is route for level in ("80%", "1wd", "expiry")] == [False, True, True]


ADDRESSES = ("mailtos://a", "tgram://b", "json://c", "mailto://d")


@pytest.mark.parametrize(
    ("channels", "reached"),
    [
        ((), [(1, ""), (2, ""), (3, ""), (4, "")]),
        (("tgram",), [(2, "tgram")]),
        (("mailto",), [(1, "mailto"), (4, "mailto")]),
        (("MAILTOS",), [(1, "MAILTOS"), (4, "MAILTOS")]),
        (("tgram", "mailto"), [(1, "mailto"), (2, "tgram"), (4, "mailto")]),
        (("tgram", ""), [(1, ""), (2, "tgram"), (3, ""), (4, "")]),
        (("slack",), [(1, "slack"), (2, "slack"), (3, "slack"), (4, "slack")]),
    ],
)
def test_a_channel_limits_the_addresses_and_never_to_none(channels: tuple[str, ...], reached: list[tuple[int, str]]) -> None:
    found = places(ADDRESSES, tuple(Call(channel=channel) for channel in channels))
    assert [(place, call.channel) for place, call in found] == reached


RECEIVERS = {
    "default": Receiver("default", ("json://default",)),
    "head": Receiver("head", ("mailtos://head", "tgram://head"), "uz"),
    "desk": Receiver("desk", ("json://desk",), "ky"),
    "nowhere": Receiver("nowhere"),
}
ROUTE_TEXT = {"text": {"en": "of the route"}}


def told(to: tuple[str, ...], *rungs: Rung) -> list[tuple[str, str, Any]]:
    made = notices(Told(Telling.OPENED, to), ROUTE_TEXT, RECEIVERS, calls(*rungs))
    return [(n.target, n.payload.get("language", ""), n.payload["text"]) for n in made]


def test_each_receiver_gets_the_words_that_are_for_it() -> None:
    assert told(("head", "desk"), TO_HEAD, TO_DESK) == [("head/2", "ru", HURRY), ("desk/1", "", ROUTE_TEXT["text"])]
    assert told(("desk",), TO_HEAD, TO_ANYBODY) == [("desk/1", "", LOOK)], "whom the route names gets the words for anybody"
    assert told(("head",)) == [("head/1", "", ROUTE_TEXT["text"]), ("head/2", "", ROUTE_TEXT["text"])]


def test_an_address_gets_one_message_though_two_rungs_reach_it() -> None:
    assert told(("head", "head"), TO_HEAD, Rung(percent=80, to=("head",), text=LOOK)) == [
        ("head/1", "", LOOK),
        ("head/2", "ru", HURRY),
    ]


def test_a_receiver_that_is_gone_is_the_default_and_one_without_an_address_is_said_so() -> None:
    assert [target for target, _, _ in told(("gone", "lost"), Rung(percent=80, to=("gone",), language="ru"))] == ["default/1"]
    assert told(("nowhere",), Rung(percent=80, to=("nowhere",), language="ru")) == [("nowhere", "ru", ROUTE_TEXT["text"])]


def test_what_the_rungs_say_does_not_leave_with_the_message() -> None:
    assert alert_facts(level_alert(TO_HEAD, detail={"calls": [{}], "clock": "statutory"}))["detail"] == {"clock": "statutory"}


def level_signal(number: int, *rungs: Rung, **detail: Any) -> Any:
    said = {"clock": "statutory", "level": "80%", "calls": [call_to_json(rung) for rung in rungs]}
    return signal(number, "clock_level", "", detail=said | detail)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (level_signal(1), level_signal(2), True),
        (level_signal(1, TO_HEAD), level_signal(2, TO_HEAD), True),
        (level_signal(1, TO_HEAD), level_signal(2, TO_DESK), False),
        (level_signal(1), level_signal(2, level="50%"), False),
        (level_signal(1), level_signal(2, clock="step"), False),
        (level_signal(1, clock="step", step="a"), level_signal(2, clock="step", step="b"), False),
        (signal(1, "clock_warning", detail={"clock": "norm"}), signal(2, "clock_warning", detail={"clock": "statutory"}), False),
    ],
)
def test_cases_of_one_service_clock_and_level_are_one_alert(one: Any, two: Any, same: bool) -> None:
    assert (key_of(one) == key_of(two)) is same


def test_an_alert_keeps_what_its_rungs_say() -> None:
    (found,) = gather([level_signal(n, TO_HEAD) for n in range(1, 40)], {}, minting(), NOW).new.values()
    assert (found.count, found.level, calls_of(found.detail)) == (39, "80%", calls(TO_HEAD))


def test_the_mark_is_of_what_is_said_and_empty_where_nothing_is() -> None:
    assert mark_of({}) == mark_of({"calls": [{}]}) == ""
    assert mark_of({"calls": [call_to_json(TO_HEAD)]}) == mark_of({"calls": [call_to_json(TO_HEAD), {}]}) != ""
