"""What alerts say: every kind, every language, and nothing that does not belong outside."""

from __future__ import annotations

from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from gateway.application.languages import LANGUAGES
from gateway.domain.alerting import Telling
from gateway.domain.clock import ClockKind
from gateway.domain.incident import IncidentKind
from gateway.notify.messages import Message, message_of
from gateway.notify.texts import CLOCKS, GRAVE, LABELS, TELLINGS, WHAT, level_words

ZONE = ZoneInfo("Asia/Tashkent")
ALERT: dict[str, Any] = {
    "id": "0192aaaa-0000-7000-8000-000000000001",
    "key": "clock_warning:preschool-enrolment:place:80%",
    "kind": "clock_warning",
    "agency": "preschool-ministry",
    "lane": "preschool-ministry.1714401",
    "service": "preschool-enrolment",
    "step": "place",
    "level": "80%",
    "count": 1,
    "cases": ["0000-0001-2"],
    "open": 1,
    "is_over": False,
    "opened_at": "2026-12-12T04:00:00+00:00",
    "over_at": None,
    "detail": {
        "step": "place",
        "due_at": "2026-12-14T19:00:00+00:00",
        "waiting_on": [{"holder": "agency:preschool-ministry", "what": "place"}, {"holder": "applicant", "what": "offer"}],
    },
}


def about(what: str = "opened", **changes: Any) -> dict[str, Any]:
    return {"what": what, "text": {}, "alert": ALERT | changes}


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_has_a_short_text_in_every_language(kind: IncidentKind) -> None:
    assert set(WHAT[kind]) == set(LANGUAGES)
    assert all(0 < len(text) <= 120 for text in WHAT[kind].values())
    assert len(set(WHAT[kind].values())) == len(LANGUAGES)
    message = message_of(about(kind=kind), "ru", ZONE)
    assert message.body.startswith(WHAT[kind]["ru"]) and message.grave == (kind in GRAVE)


@pytest.mark.parametrize("words", [TELLINGS, LABELS, CLOCKS], ids=["tellings", "labels", "clocks"])
def test_every_word_is_there_in_every_language(words: dict[str, dict[str, str]]) -> None:
    assert all(set(texts) == set(LANGUAGES) and all(texts.values()) for texts in words.values())
    assert set(TELLINGS) >= set(Telling) - {Telling.OPENED}


def test_a_message_names_what_a_person_needs() -> None:
    message = message_of(about(), "en", ZONE, "0192aaaa-0000-7000-8000-000000000009")
    assert message.title == "Darcha: 0000-0001-2" and not message.grave and not message.over
    assert message.body.splitlines() == [
        "A term is about to end.",
        "Case: 0000-0001-2",
        "Agency: preschool-ministry",
        "Lane: preschool-ministry.1714401",
        "Service: preschool-enrolment",
        "Step: place",
        "Level: 80% of the term is used",
        "Due: 2026-12-15 00:00 +0500",
        "Held by: agency:preschool-ministry, applicant",
        "Since: 2026-12-12 09:00 +0500",
        "Alert: 0192aaaa-0000-7000-8000-000000000001",
        "Message: 0192aaaa-0000-7000-8000-000000000009",
    ]


DAYS_LEFT = ("калган жумуш күндөрү: 1", "working days left: 1")


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("80%", ("muddatning 80 foizi oʻtdi", "прошло 80 % срока", "мөөнөттүн 80 пайызы өттү", "80% of the term is used")),
        (
            "1wd",
            ("tugashiga qolgan ish kunlari: 1", "осталось рабочих дней: 1", "калган жумуш күндөрү: 1", "working days left: 1"),
        ),
        ("0wd", ("oxirgi kun", "последний день", "акыркы күн", "the last day")),
        ("expiry", ("muddat tugadi", "срок истёк", "мөөнөт бүттү", "the term has run out")),
        ("what else", ("what else",) * 4),
    ],
)
def test_a_level_is_said_in_every_language(level: str, words: tuple[str, ...]) -> None:
    assert tuple(level_words(level, language) for language in LANGUAGES) == words


def test_a_level_says_which_clock_has_reached_it_and_when() -> None:
    detail = {"clock": "step", "at": "2026-12-13T06:36:00+00:00", "due_at": "2026-12-14T19:00:00+00:00"}
    message = message_of(about(kind="clock_level", detail=detail), "ru", ZONE)
    assert not message.grave
    lines = message.body.splitlines()
    assert lines[0] == WHAT["clock_level"]["ru"]
    assert lines[6:10] == [
        "Какой срок: срок шага",
        "Отметка: прошло 80 % срока",
        "Достигнута: 2026-12-13 11:36 +0500",
        "Срок: 2026-12-15 00:00 +0500",
    ]
    assert message_of(about(kind="clock_level", level="expiry"), "ru", ZONE).grave
    assert not message_of(about(kind="clock_warning", level="expiry"), "ru", ZONE).grave
    assert "Clock: something" in message_of(about(kind="clock_level", detail={"clock": "something"}), "en", ZONE).body


def test_every_clock_has_words() -> None:
    assert set(CLOCKS) == set(get_args(ClockKind))


def test_many_are_counted_and_none_of_them_speaks_for_the_others() -> None:
    message = message_of(about("more", count=7, cases=["0000-0001-2", "0000-0002-3"]), "en", ZONE)
    assert message.title == "Darcha: preschool-ministry"
    lines = message.body.splitlines()
    assert lines[1:4] == ["There are more of them.", "Case: 0000-0001-2, 0000-0002-3 …", "Count: 7"]
    assert not [line for line in lines if line.startswith(("Due", "Held by"))]


def test_the_all_clear_says_what_still_waits() -> None:
    over = about("over", kind="lane_down", count=201, cases=[], open=200, is_over=True, over_at="2026-12-12T05:00:00+00:00")
    message = message_of(over, "ru", ZONE)
    assert message.over and message.title == "Darcha: preschool-ministry — Устранено."
    assert "Ждут оператора: 200" in message.body and "Закончилось: 2026-12-12 10:00 +0500" in message.body


def test_the_words_of_the_route_come_first_in_the_language_of_the_receiver() -> None:
    payload = about() | {"text": {"uz": "Navbatchi, qarang.", "ru": "Дежурный, проверьте."}}
    assert message_of(payload, "uz", ZONE).body.splitlines()[0] == "Navbatchi, qarang."
    assert message_of(payload, "ky", ZONE).body.splitlines()[0] == WHAT["clock_warning"]["ky"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_summary_says_who_silenced_why_and_what(language: str) -> None:
    silence = {
        "by": "Dilnoza", "reason": "announced works",
        "starts_at": "2026-12-12T04:00:00+00:00", "ends_at": "2026-12-12T05:00:00+00:00",
    }  # fmt: skip
    alerts = [ALERT | {"kind": "lane_down", "count": 30, "is_over": True}, *[ALERT] * 25]
    message = message_of({"what": "summary", "silence": silence, "alerts": alerts}, language, ZONE)
    lines = message.body.splitlines()
    assert lines[0] == TELLINGS["summary"][language] and not message.grave
    assert any(line.endswith("Dilnoza") for line in lines) and any(line.endswith("announced works") for line in lines)
    assert f"- preschool-ministry (30), {LABELS['is_over'][language]}: {WHAT['lane_down'][language]}" in lines
    assert len([line for line in lines if line.startswith("- ")]) == 21 and lines[-1] == "- … 6"


def test_a_summary_of_what_still_goes_on_is_as_grave_as_that() -> None:
    assert message_of({"what": "summary", "alerts": [ALERT | {"kind": "lane_down"}]}, "en", ZONE).grave


def test_what_is_unknown_is_still_told() -> None:
    payload = {"what": "new", "alert": {"kind": "something_new", "agency": "tax", "lane": "tax"}}
    assert message_of(payload, "de", ZONE) == Message("Darcha: tax", "An operator is needed.\nAgency: tax")
    assert message_of({}, "uz", ZONE).body == "Operator eʼtibori kerak."


@pytest.mark.parametrize("due_at", ["soon", "2026-12-14T19:00:00", "", None, 5])
def test_a_time_that_cannot_be_read_is_left_out(due_at: object) -> None:
    assert "Due" not in message_of(about(detail={"due_at": due_at}), "en", ZONE).body


def test_the_test_says_that_it_is_one() -> None:
    assert message_of({"what": "test"}, "ru", ZONE, "x") == Message(
        "Darcha: проверка", "Это пробное сообщение. Оповещения доходят.\nСообщение: x"
    )
