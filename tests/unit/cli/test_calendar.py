"""``darcha calendar``: offline for the seeded ones, through the api for what is kept and amended."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.catalogue.calendar_files import read_ics
from gateway.catalogue.calendars import seed
from gateway.cli import calendar
from gateway.cli.calendar_local import calendar_of
from gateway.client import GatewayRefused
from gateway.domain.amendment import Amendment, amend
from gateway.domain.calendar import Calendar
from gateway.domain.calendar_json import diff_to_json, exceptions_to_json
from tests.unit.cli.conftest import Calls, Darcha, FakeClient

AMEND = "/v1/calendars/UZ-5/amendments"
KEY = ("--key", "k")


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, darcha: Darcha) -> None:
    monkeypatch.setattr(calendar, "GatewayClient", FakeClient)


def kept(made: Calendar, number: int = 1) -> dict[str, Any]:
    """A calendar as the api shows it."""
    return {
        "id": made.id,
        "jurisdiction": made.jurisdiction,
        "weekend": sorted(made.weekend),
        "decided_years": sorted(made.decided_years),
        "number": number,
        "version": made.version,
        "made_by": "operator:dilnoza",
        "decree": "",
        "note": "",
        "year": None,
        "provisional": None,
        **exceptions_to_json(made),
    }


def amended(body: Any, _more: Any) -> dict[str, Any]:
    made = amend(seed("UZ-5"), Amendment(body["decree"], decided=(2027,)), "2")
    return {"version": "2", "changes": diff_to_json(seed("UZ-5"), made)}


def test_a_seeded_year_is_shown_without_a_gateway(darcha: Darcha, calls: Calls) -> None:
    shown = darcha("calendar", "show", "UZ-5", "--year", "2026")
    assert shown.exit_code == 0
    assert "2026 is decided" in shown.stdout
    assert "2026-12-12" in shown.stdout
    assert "provisional" in darcha("calendar", "show", "UZ-5", "--year", "2030").stdout
    data = json.loads(darcha("calendar", "show", "KG-5", "--year", "2026", "--json").stdout)
    assert (data["id"], {row["date"][:4] for row in data["days_off"]}) == ("KG-5", {"2026"})
    assert not calls
    assert darcha("calendar", "show", "XX-5").exit_code == 1
    assert darcha("calendar", "show", "UZ-5", "--version", "7").exit_code == 2


def test_icalendar_is_printed(darcha: Darcha) -> None:
    shown = darcha("calendar", "show", "UZ-5", "--ics")
    assert read_ics(shown.stdout_bytes).days_off == seed("UZ-5").days_off


def test_seeded_calendars_are_compared_without_a_gateway(darcha: Darcha) -> None:
    found = json.loads(darcha("calendar", "diff", "UZ-5", "UZ-6", "--json").stdout)
    saturday = next(day for day in found["days"] if day["date"] == "2026-12-12")
    assert (saturday["was"]["kind"], saturday["now"]["kind"]) == ("moved_working", "working")
    assert darcha("calendar", "diff", "UZ-5", "UZ-5").stdout.count("\n") == 1


def test_versions_are_compared_through_the_gateway(darcha: Darcha, calls: Calls) -> None:
    made = amend(seed("UZ-5"), Amendment("PQ-1", decided=(2027,)), "2")
    versions = {"1": kept(seed("UZ-5")), "2": kept(made, 2)}
    answers = {"/v1/calendars/UZ-5": lambda _body, more: versions[more["params"]["version"]]}
    shown = darcha("calendar", "diff", "UZ-5@1", "UZ-5@2", *KEY, answers=answers)
    assert "decided now: 2027" in shown.stdout
    assert len(calls) == 2


def test_an_amendment_is_sent_as_it_was_said(darcha: Darcha, calls: Calls) -> None:
    words = (
        "--decree PQ-1 --off 2027-01-04 --off 2027-03-10=Nowruz --working 2027-02-06 --plain 2027-12-08"
        " --moved 2027-02-13=2027-02-15 --decided 2027"
    )
    done = darcha("calendar", "amend", "UZ-5", *words.split(), *KEY, answers={AMEND: amended})
    assert done.exit_code == 0, done.stderr
    assert "Kept as version 2." in done.stdout
    ((method, path, body),) = calls
    assert (method, path) == ("POST", AMEND)
    assert body == {
        "decree": "PQ-1",
        "note": "",
        "off": [
            {"date": "2027-01-04"},
            {"date": "2027-03-10", "names": {"uz": "Navroʻz bayrami", "ru": "Навруз", "ky": "Нооруз майрамы", "en": "Nowruz"}},
        ],
        "working": ["2027-02-06"],
        "plain": ["2027-12-08"],
        "moved": [{"from": "2027-02-13", "to": "2027-02-15"}],
        "decided": [2027],
    }


def test_a_dry_run_says_so(darcha: Darcha) -> None:
    def tried(body: Any, more: Any) -> Any:
        assert (more["params"], more["headers"]) == ({"dry_run": "true"}, {"If-Match": '"3"'})
        return amended(body, more)

    words = ("--decree", "PQ-1", "--decided", "2027", "--dry-run", "--if-version", "3")
    assert "dry run" in darcha("calendar", "amend", "UZ-5", *words, *KEY, answers={AMEND: tried}).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--off", "2027-02-30"),
        ("--working", "Saturday"),
        ("--moved", "2027-02-13"),
        ("--moved", "2027-02-13=soon"),
        ("--decided", "soon"),
    ],
)
def test_what_is_not_written_as_it_should_be(darcha: Darcha, calls: Calls, words: tuple[str, ...]) -> None:
    assert darcha("calendar", "amend", "UZ-5", "--decree", "PQ-1", *words, *KEY).exit_code == 2
    assert not calls


def test_a_refusal_names_the_rule(darcha: Darcha) -> None:
    refused = GatewayRefused(422, {"errors": [{"pointer": "/off/0", "message": "2026-12-08 is a day off already"}]})
    done = darcha("calendar", "amend", "UZ-5", "--decree", "PQ-1", "--off", "2026-12-08", *KEY, answers={AMEND: refused})
    assert done.exit_code == 2
    assert "2026-12-08 is a day off already" in done.stderr


def test_an_exported_file_changes_nothing_when_it_is_read(darcha: Darcha, calls: Calls, tmp_path: Path) -> None:
    for name in ("days.ics", "days.json"):
        assert darcha("calendar", "export", "UZ-5", str(tmp_path / name)).exit_code == 0
        words = (str(tmp_path / name), "--calendar", "UZ-5", "--decree", "PQ-1", "--replace")
        done = darcha("calendar", "import", *words, *KEY, answers={"/v1/calendars/UZ-5": kept(seed("UZ-5"))})
        assert (done.exit_code, "Nothing to change" in done.stderr) == (0, True)
    assert {method for method, _, _ in calls} == {"GET"}
    assert darcha("calendar", "export", "UZ-5", str(tmp_path / "days.txt")).exit_code == 2


def test_a_file_amends_what_the_calendar_does_not_say_yet(darcha: Darcha, calls: Calls, tmp_path: Path) -> None:
    file = tmp_path / "days.yaml"
    file.write_text("{days_off: [{date: 2027-01-01}, {date: 2027-02-03, names: Nowruz}], decided_years: [2026, 2027]}", "utf-8")
    answers = {"/v1/calendars/UZ-5": kept(seed("UZ-5"), 4), AMEND: amended}
    words = (str(file), "--calendar", "UZ-5", "--decree", "PQ-1", *KEY)
    assert darcha("calendar", "import", *words, answers=answers).exit_code == 0
    body = calls[-1][2]
    assert [row["date"] for row in body["days_off"]] == ["2027-02-03"]
    assert (body["decided"], "plain" in body) == ([2027], False)
    assert darcha("calendar", "import", *words, "--replace", answers=answers).exit_code == 0
    gone = calls[-1][2]["plain"]
    assert "2027-12-08" in gone
    assert {day[:4] for day in gone} == {"2027"}
    file.write_text("[]", "utf-8")
    assert darcha("calendar", "import", *words, answers=answers).exit_code == 1
    assert darcha("calendar", "import", "gone.ics", "--calendar", "UZ-5", "--decree", "x", *KEY, answers=answers).exit_code == 2


def test_an_amended_calendar_is_written_into_a_file_without_a_gateway(darcha: Darcha, calls: Calls, tmp_path: Path) -> None:
    made, more = tmp_path / "made.json", tmp_path / "more.json"
    words = ("calendar", "amend", "UZ-5", "--decree", "PQ-1", "--plain", "2026-05-28", "--moved", "2027-02-13=2027-02-15")
    done = darcha(*words, "--to", str(made))
    assert done.exit_code == 0 and "Written" in done.stdout
    calendar_ = calendar_of(str(made))
    assert calendar_.is_working_day(date(2026, 5, 28)) and calendar_.is_working_day(date(2027, 2, 13))
    (tmp_path / "days.yaml").write_text("{days_off: [{date: 2027-03-10, names: Nowruz}]}", "utf-8")
    file = (str(tmp_path / "days.yaml"), "--calendar", str(made), "--decree", "PQ-2")
    assert darcha("calendar", "import", *file, "--to", str(more)).exit_code == 0
    assert calendar_of(str(more)).version == calendar_.version.replace("+1", "+2")
    assert "2027-03-10" in darcha("calendar", "diff", str(made), str(more)).stdout
    refused = darcha(*words[:4], "PQ-1", "--off", "2026-12-08", "--working", "2026-12-07", "--to", str(more))
    assert refused.exit_code == 2 and "/off/0: 2026-12-08 is a day off already" in refused.stderr
    assert darcha(*words, "--to", str(tmp_path / "made.ics")).exit_code == 2
    assert darcha("calendar", "show", str(tmp_path / "none.json")).exit_code == 1
    assert not calls


def test_what_is_no_calendar_is_told_before_a_gateway_is_asked(darcha: Darcha, calls: Calls, tmp_path: Path) -> None:
    (tmp_path / "days.ics").write_text("no calendar", "utf-8")
    done = darcha("calendar", "import", str(tmp_path / "days.ics"), "--calendar", "UZ-5", "--decree", "PQ-1", *KEY)
    assert done.exit_code == 1 and "not iCalendar" in done.stderr and not calls


def test_weeks_that_differ_are_named(darcha: Darcha) -> None:
    assert "Saturday, Sunday off → Sunday off" in darcha("calendar", "diff", "UZ-5", "UZ-6").stdout
    found = json.loads(darcha("calendar", "diff", "UZ-5", "UZ-6", "--json").stdout)
    assert found["weekend"] == {"was": [5, 6], "now": [6]}


def test_lists(darcha: Darcha) -> None:
    row = kept(seed("UZ-5")) | {"behind": 12}
    assert "12" in darcha("calendar", "list", *KEY, answers={"/v1/calendars": {"items": [row]}}).stdout
    entry = {"number": 2, "version": "2", "made_at": "2026-12-10T05:00:00+00:00", "made_by": "operator:dilnoza"}
    answers = {"/v1/calendars/UZ-5/versions": {"items": [entry | {"decree": "PQ-1", "note": ""}]}}
    assert "PQ-1" in darcha("calendar", "versions", "UZ-5", *KEY, answers=answers).stdout
    assert json.loads(darcha("calendar", "versions", "UZ-5", *KEY, "--json", answers=answers).stdout)[0]["number"] == 2
