"""``darcha clock`` with the calendars of a deployment: over its api with a key, or from a file that was exported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.application.derivation_words import kind_word, state_word
from gateway.catalogue.calendar_files import write_ics
from gateway.catalogue.calendars import seed
from gateway.cli import clock, clock_calendar
from gateway.cli.main import app
from gateway.client import GatewayRefused, GatewayUnreachable
from gateway.domain.calendar import Calendar, DayKind, DayOff
from gateway.domain.calendar_json import calendar_to_json
from tests.unit.cli.conftest import Calls, FakeClient

DECREE = "PQ-77, invented"


class Client(FakeClient):
    """Also takes the language that ``clock explain`` speaks."""

    def __init__(self, address: str, key: str, *, language: str = "en") -> None:
        super().__init__(address, key)
        self.calls.append(("language", language, key))


@pytest.fixture(autouse=True)
def gateway(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> Calls:
    for module in (clock, clock_calendar):
        monkeypatch.setattr(module, "GatewayClient", Client)
    for name in ("DARCHA_URL", "DARCHA_KEY"):
        monkeypatch.delenv(name, raising=False)
    return calls


@pytest.fixture
def rule(tmp_path: Path) -> str:
    path = tmp_path / "rule.yaml"
    path.write_text("{length: 5, unit: working_days}", "utf-8")
    return str(path)


def amended() -> Calendar:
    """Wednesday 9 December 2026 is given off besides."""
    names = dict.fromkeys(("uz", "ru", "ky", "en"), "Qoʻshimcha dam olish kuni")
    off = {date(2026, 12, 9): DayOff(DayKind.ADDITIONAL, names, DECREE)}
    return seed("UZ-5").amended("2", off=off)


def darcha(*words: str) -> Result:
    return CliRunner().invoke(app, ["clock", *words])


def due(rule: str, *more: str) -> Result:
    return darcha("due", "--rule", rule, "--received", "2026-12-07", "--calendar", "UZ-5", "--json", *more)


def service(*more: str) -> Result:
    return darcha("explain", "--service", "cadastre-extract", "--received", "2026-12-07", "--json", *more)


def found(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_without_a_key_the_seeded_calendar_counts_and_nobody_is_asked(rule: str, gateway: Calls) -> None:
    assert found(due(rule))["date"] == "2026-12-14" and found(service())["version"] == seed("UZ-5").version
    assert gateway == []


def test_with_a_key_the_calendar_of_the_gateway_counts(rule: str, gateway: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeClient, "answers", {"/v1/calendars/UZ-5": calendar_to_json(amended())})
    answer = found(due(rule, "--key", "k"))
    assert (answer["date"], answer["version"]) == ("2026-12-15", "2")
    assert DECREE in json.dumps(answer["explanation"])
    plain, with_key = found(service()), found(service("--key", "k"))
    assert (with_key["version"], with_key["due_at"] > plain["due_at"]) == ("2", True)
    assert [call[:2] for call in gateway if call[0] == "GET"] == [("GET", "/v1/calendars/UZ-5")] * 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatewayRefused(404, {"code": "not_found", "detail": "there is no calendar"}), 1),
        (GatewayUnreachable("nobody answers"), 3),
    ],
)
def test_a_gateway_that_has_no_such_calendar_or_is_away(
    rule: str, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    monkeypatch.setattr(FakeClient, "answers", {"/v1/calendars/UZ-5": error})
    for done in (due(rule, "--key", "k"), service("--key", "k")):
        assert done.exit_code == code and done.stdout == ""


@pytest.mark.parametrize("suffix", [".json", ".ics"])
def test_a_file_that_was_exported_counts_and_no_gateway_is_asked(rule: str, gateway: Calls, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"uz{suffix}"
    content = write_ics(amended()) if suffix == ".ics" else json.dumps(calendar_to_json(amended())).encode()
    path.write_bytes(content)
    answer = found(due(rule, "--calendar-file", str(path), "--key", "k"))
    assert (answer["date"], answer["provisional"]) == ("2026-12-15", False)
    assert answer["version"] == ("2" if suffix == ".json" else "uz.ics")
    assert DECREE in json.dumps(answer["explanation"])
    assert found(service("--calendar-file", str(path)))["version"] == answer["version"]
    assert gateway == []


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        ("not: [closed", 1, "uz.json"),
        ("{}", 1, "a calendar has days_off"),
        ('{"id": "KG-5", "days_off": [], "working_days": []}', 2, "is the calendar KG-5, asked for is UZ-5"),
        ('{"id": "UZ-5", "year": 2026, "days_off": [], "working_days": []}', 2, "the year 2026 alone"),
        (None, 2, "cannot be read"),
    ],
)
def test_a_file_that_is_none_of_this(rule: str, tmp_path: Path, content: str | None, code: int, told: str) -> None:
    path = tmp_path / "uz.json"
    if content is not None:
        path.write_text(content, "utf-8")
    done = due(rule, "--calendar-file", str(path))
    assert done.exit_code == code and told in done.output.replace("\n", " "), done.output


SCRIPTS: Mapping[str, str] = {"uz": "ish kuni", "ru": "рабочих", "ky": "жумуш", "en": "working days"}


@pytest.mark.parametrize("lang", list(SCRIPTS))
def test_a_derivation_in_each_language(rule: str, lang: str) -> None:
    told = darcha("due", "--rule", rule, "--received", "2026-12-07", "--calendar", "UZ-5", "--lang", lang)
    assert told.exit_code == 0 and told.stdout.startswith("2026-12-14") and SCRIPTS[lang] in told.stdout
    words = ("explain", "--service", "cadastre-extract", "--received", "2026-12-07", "--lang", lang)
    assert SCRIPTS[lang] in darcha(*words).stdout


@pytest.mark.parametrize("lang", list(SCRIPTS))
def test_the_clocks_of_a_case_in_each_language(gateway: Calls, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    lines = [{"code": "rule", "text": "told by the gateway"}, {"code": "newer", "days": 1}]
    shown = {"kind": "step", "step": "queue", "due_at": None, "state": "suspended", "explanation": lines}
    monkeypatch.setattr(FakeClient, "answers", {"/v1/cases/7/clocks": {"items": [shown]}})
    done = darcha("explain", "7", "--lang", lang, "--key", "k")
    assert done.exit_code == 0 and ("language", lang, "k") in gateway
    first, *rest = done.stdout.splitlines()
    assert first == f"{kind_word('step', lang)} queue (step): -  {state_word('suspended', lang)} (suspended)"
    assert [line.strip() for line in rest] == ["told by the gateway", "newer"]
    assert json.loads(darcha("explain", "7", "--lang", lang, "--json").stdout) == [shown]


def test_a_case_that_is_not_there_and_a_gateway_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, code in ((GatewayRefused(404, {"code": "not_found", "detail": "no case"}), 1), (GatewayUnreachable("away"), 3)):
        monkeypatch.setattr(FakeClient, "answers", {"/v1/cases/7/clocks": error})
        assert darcha("explain", "7", "--json").exit_code == code


FULL = "{length: 10, unit: working_days, suspension: {grounds: {a: {}}}, extension: {length: 5, unit: working_days}}"


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (("--suspend", "2026-12-22..2026-12-24"), 1, "after_expiry"),
        (("--suspend", "2026-12-09..2026-12-11", "--suspend", "2026-12-10..2026-12-14"), 1, "twice"),
        (("--extend", "5@2026-12-22"), 1, "notice_after_expiry"),
        (("--suspend", "2026-12-01..2026-12-08"), 1, "not_started"),
        (("--suspend", "..2026-12-11"), 2, "is not FROM..TO"),
        (("--suspend", "2026-12-11..2026-12-09"), 2, "ends before it begins"),
        (("--suspend", "2026-12-11T25:00..2026-12-12"), 2, "is no date or time"),
        (("--closing", "25:00"), 2, "no time like 18:00"),
        (("--extend", "5"), 2, "DAYS@NOTICE"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_refused(tmp_path: Path, more: tuple[str, ...], code: int, told: str, *, as_json: bool) -> None:
    path = tmp_path / "rule.yaml"
    path.write_text(FULL, "utf-8")
    words = ("due", "--rule", str(path), "--received", "2026-12-07", "--calendar", "UZ-5", *more)
    done = darcha(*words, *(["--json"] if as_json else []))
    assert done.exit_code == code and told in done.output.replace("\n", " "), done.output
    if as_json and code == 1:
        assert json.loads(done.stdout)["refused"] == told


def test_an_instant_belongs_to_the_day_of_its_zone(rule: str) -> None:
    """20:30 of 6 December in UTC is 01:30 of the 7th in Tashkent, and 15:30 of the 6th in New York."""
    words = ("due", "--rule", rule, "--received", "2026-12-06T20:30:00Z", "--calendar", "UZ-5", "--json")
    assert found(darcha(*words))["due_at"] == "2026-12-14T19:00:00Z"
    away = found(darcha(*words, "--zone", "America/New_York"))
    assert (away["date"], away["due_at"]) == ("2026-12-12", "2026-12-13T05:00:00Z")
