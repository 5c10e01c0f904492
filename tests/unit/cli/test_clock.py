"""``darcha clock``: what it prints and how it ends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.catalogue.calendars import seed
from gateway.cli import clock
from gateway.cli.calendar_local import write
from gateway.cli.main import app
from gateway.domain.amendment import Amendment, amend
from gateway.domain.calendar import DayKind, DayOff
from tests.unit.cli.conftest import FakeClient


def darcha(*words: str) -> Result:
    return CliRunner().invoke(app, ["clock", *words])


@pytest.fixture
def rule(tmp_path: Path) -> Any:
    def write(text: str) -> str:
        path = tmp_path / "rule.yaml"
        path.write_text(text, "utf-8")
        return str(path)

    return write


def asked(rule: str, received: str, calendar: str, *more: str) -> Any:
    done = darcha("due", "--rule", rule, "--received", received, "--calendar", calendar, "--json", *more)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_known_answers_by_command(rule: Any) -> None:
    ten = rule("{length: 10, unit: working_days}")
    assert asked(ten, "2026-04-20", "KG-5")["date"] == "2026-05-12"
    assert asked(ten, "2026-04-20", "KG-5", "--suspend", "2026-04-24..2026-05-10")["date"] == "2026-05-19"
    fourteen = rule("{length: 14, unit: calendar_days}")
    found = asked(fourteen, "2026-04-17", "KG-5", "--extend", "14@2026-04-30")
    assert (found["date"], found["assumed"], found["state"]) == ("2026-05-15", ["extension"], "running")
    assert asked(fourteen, "2026-04-17", "KG-5", "--extend", "14@2026-04-30", "--extend-from", "rolled")["date"] == "2026-05-25"
    cut = rule('{length: 14, unit: calendar_days, cut_off: "16:00"}')
    ends = [asked(cut, f"2017-10-10T{at}+05:00", "UZ-5")["date"] for at in ("15:59:59", "16:00:00")]
    assert ends == ["2017-10-24", "2017-10-25"]


def test_the_answer_in_json_and_in_words(rule: Any) -> None:
    five = rule("{length: 5, unit: working_days}")
    found = asked(five, "2026-12-07", "UZ-5", "--lang", "ru")
    assert found["due_at"] == "2026-12-14T19:00:00Z" and found["raw"] == "2026-12-14" and not found["provisional"]
    assert found["calendar"] == "UZ-5" and found["version"].startswith("holidays-")
    assert found["explanation"][2]["code"] == "not_counted" and "День Конституции" in found["explanation"][2]["text"]
    assert sum(line["days"] for line in found["explanation"] if line["code"] == "counted") == 5
    told = darcha("due", "--rule", five, "--received", "2026-12-07", "--calendar", "UZ-5", "--lang", "uz")
    assert told.exit_code == 0 and told.stdout.startswith("2026-12-14") and "Konstitutsiya kuni" in told.stdout


def test_a_time_without_an_offset_is_what_the_local_clocks_show(rule: Any) -> None:
    cut = rule('{length: 14, unit: calendar_days, cut_off: "16:00"}')
    for calendar in ("UZ-5", "KG-5"):
        ends = [asked(cut, f"2017-10-10T{at}", calendar)["date"] for at in ("15:59", "15:59:59", "16:00")]
        assert ends == ["2017-10-24", "2017-10-24", "2017-10-25"]


def test_the_calendar_before_and_after_a_decree(rule: Any, tmp_path: Path) -> None:
    fifteen, before, after = rule("{length: 15, unit: working_days}"), tmp_path / "before.json", tmp_path / "after.json"
    days = (date(2026, 5, 28), date(2026, 5, 29))
    old = amend(seed("UZ-5"), Amendment("none yet", plain=days), "before")
    write(old, before)
    write(amend(old, Amendment("PF-1", off={day: {} for day in days}), "after"), after)
    found = [asked(fifteen, "2026-05-12", str(file)) for file in (before, after)]
    assert [one["date"] for one in found] == ["2026-06-03", "2026-06-05"]
    assert [one["version"] for one in found] == ["before", "after"]
    twice = before.read_text("utf-8").replace('"2026-12-08"', '"2026-09-01"')  # which is a day off as well
    before.write_text(twice, "utf-8")
    after.write_text("{", "utf-8")
    for file, told in ((before, "stands in it twice"), (after, "not JSON")):
        done = darcha("due", "--rule", fifteen, "--received", "2026-05-12", "--calendar", str(file))
        assert done.exit_code == 2 and told in done.output.replace("\n", " ")
    strange = tmp_path / "XX.json"
    write(replace(old, id="XX-5"), strange)
    done = darcha("due", "--rule", fifteen, "--received", "2026-05-12", "--calendar", str(strange))
    assert done.exit_code == 2 and "--zone" in done.output


def test_a_calendar_without_a_working_day_is_told(rule: Any, tmp_path: Path) -> None:
    rest = {date(2026, 5, 1) + timedelta(n): DayOff(DayKind.ADDITIONAL) for n in range(90)}
    write(replace(seed("UZ-5"), days_off=rest, working_days={}), tmp_path / "rest.json")
    five = rule("{length: 5, unit: working_days}")
    done = darcha("due", "--rule", five, "--received", "2026-05-12", "--calendar", str(tmp_path / "rest.json"))
    assert done.exit_code == 1 and "no working day within 60 days" in done.output.replace("\n", " ")


def test_suspensions_without_a_ground_may_overlap_and_come_in_any_order(rule: Any) -> None:
    ten = rule("{length: 10, unit: working_days}")
    whole = asked(ten, "2026-04-20", "KG-5", "--suspend", "2026-04-24..2026-05-10")
    parts = ("--suspend", "2026-05-01..2026-05-10", "--suspend", "2026-04-24..2026-05-03", "--suspend", "2026-04-24..2026-05-03")
    found = asked(ten, "2026-04-20", "KG-5", *parts)
    assert found["date"] == whole["date"] == "2026-05-19" and found["assumed"] == ["suspension"]


def test_years_that_the_calendar_knows_nothing_of_are_named(rule: Any) -> None:
    ten = rule("{length: 10, unit: working_days}")
    assert asked(ten, "2016-08-30", "UZ-5")["unknown_years"] == [2016]
    assert asked(ten, "2026-12-30", "UZ-5")["unknown_years"] == []
    told = darcha("due", "--rule", ten, "--received", "2099-12-30", "--calendar", "UZ-5").stdout
    assert "names no day of 2099" in told and "names no day of 2100" in told


def test_a_closing_time_that_is_needed_is_asked_for(rule: Any) -> None:
    closes = rule("{length: 5, unit: working_days, last_instant: closing}")
    done = darcha("due", "--rule", closes, "--received", "2026-04-20", "--calendar", "KG-5")
    assert done.exit_code == 2 and done.output.startswith("--closing")
    assert asked(closes, "2026-04-20", "KG-5", "--closing", "18:00")["due_at"] == "2026-04-27T12:00:00Z"


def test_an_open_suspension_has_no_date(rule: Any) -> None:
    ten = rule("{length: 10, unit: working_days}")
    found = asked(ten, "2026-04-20", "KG-5", "--suspend", "2026-04-24..", "--as-of", "2026-05-01")
    assert (found["state"], found["due_at"], found["earliest"]) == ("suspended", None, "2026-05-19")
    late = asked(ten, "2026-04-20", "KG-5", "--as-of", "2026-05-13")
    assert (late["state"], late["date"]) == ("breached", "2026-05-12")


GROUNDS = "{length: 10, unit: working_days, suspension: {grounds: {a: {}, b: {}}}, extension: {length: 5, unit: working_days}}"


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (("--suspend", "2026-06-24..2026-07-10@a"), 1, "after_expiry"),
        (("--suspend", "2026-04-24..2026-04-26@c"), 1, "unknown_ground"),
        (("--extend", "5@2026-04-22", "--extend", "5@2026-04-23"), 1, "too_many_extensions"),
        (("--extend", "5@2026-05-13"), 1, "notice_after_expiry"),
        (("--extend", "6@2026-04-22"), 1, "extension_too_long"),
        (("--suspend", "2026-04-24..2026-04-26"), 2, "(a, b); write 2026-04-24..2026-04-26@ground"),
        (("--suspend", "2026-04-24..2026-04-26@"), 2, "; write 2026-04-24..2026-04-26@ground"),
        (("--suspend", "2026-04-01..2026-04-02@a"), 1, "not_started"),
        (("--suspend", "2026-04-24"), 2, "is not FROM..TO"),
        (("--suspend", "2026-04-24..2026-04-20@a"), 2, "ends before it begins"),
        (("--extend", "five@2026-04-24"), 2, "DAYS@NOTICE"),
        (("--as-of", "2026-04-24 at 10"), 2, "write one like"),
        (("--received", "2026-W17-1"), 2, "no date or time"),
        (("--received", "2026-03-29T02:30:00", "--zone", "Europe/Berlin"), 2, "with its offset"),
        (("--received", "2026-10-25T02:30:00", "--zone", "Europe/Berlin"), 2, "with its offset"),
        (("--calendar", "none.json"), 2, "none.json cannot be read"),
        (("--zone", "Asia/Nowhere"), 2, "no time zone"),
        (("--calendar", "KG-7"), 2, "did you mean KG-6?"),
        (("--received", "2026-02-30"), 2, "no date"),
    ],
)
def test_what_is_refused_and_how_it_ends(rule: Any, more: tuple[str, ...], code: int, told: str) -> None:
    done = darcha("due", "--rule", rule(GROUNDS), "--received", "2026-04-20", "--calendar", "KG-5", *more)
    assert done.exit_code == code and told in done.output.replace("\n", " ")


def test_a_rule_with_mistakes_is_told_and_a_missing_one_too(rule: Any, tmp_path: Path) -> None:
    wrong = rule("{length: 5, unit: working_days, norm: {length: 6, unit: working_days}}")
    done = darcha("due", "--rule", wrong, "--received", "2026-04-20", "--calendar", "KG-5", "--json")
    assert done.exit_code == 1 and "exceeds the term" in json.loads(done.stdout)["mistakes"][0]["expected"]
    gone = darcha("due", "--rule", str(tmp_path / "none.yaml"), "--received", "2026-04-20", "--calendar", "KG-5")
    assert gone.exit_code == 2 and "cannot be read" in gone.output


def test_a_service_without_a_case() -> None:
    words = ("explain", "--service", "cadastre-extract", "--received", "2026-12-30", "--json")
    done = darcha(*words)
    assert done.exit_code == 0 and json.loads(done.stdout)["date"] == "2027-01-06"
    assert json.loads(darcha(*words, "--office", "osh-center").stdout)["calendar"] == "KG-5"
    assert darcha(*words, "--office", "nowhere").exit_code == 2
    assert darcha("explain", "--service", "cadastre", "--received", "2026-12-30").exit_code == 2
    assert darcha("explain").exit_code == 2


def test_the_clocks_of_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    clock_ = {"kind": "statutory", "step": "", "due_at": "2026-12-14T19:00:00Z", "state": "running"}
    lines = [{"code": "rule", "text": "The term is 5 working days."}]
    spoken: list[str] = []

    class Client(FakeClient):
        def __init__(self, address: str, key: str, *, language: str) -> None:
            super().__init__(address, key)
            spoken.append(language)

    monkeypatch.setattr(clock, "GatewayClient", Client)
    monkeypatch.setattr(FakeClient, "calls", [])
    monkeypatch.setattr(FakeClient, "answers", {"/v1/cases/7/clocks": {"items": [{**clock_, "explanation": lines}]}})
    done = darcha("explain", "7", "--lang", "ky")
    assert done.exit_code == 0 and spoken == ["ky"]
    assert "Мыйзамдагы мөөнөт (statutory): 2026-12-14T19:00:00Z" in done.stdout and "The term is 5 working days." in done.stdout
    assert json.loads(darcha("explain", "7", "--json").stdout)[0]["state"] == "running"
