"""Calendars as files: what is written is read back as it was, and what is no calendar is refused by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.catalogue.calendar_files import CalendarFileError, read_file, read_ics, read_rows, write_ics
from gateway.catalogue.calendars import IDS, seed
from gateway.domain.calendar import DayKind


def ics(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\nUID:1\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//elsewhere//EN\r\n{body}END:VCALENDAR\r\n".encode()


@pytest.mark.parametrize("id_", IDS)
def test_icalendar_there_and_back(id_: str) -> None:
    calendar = seed(id_)
    written = write_ics(calendar)
    read = read_ics(written)
    assert read.days_off == calendar.days_off
    assert read.working_days == calendar.working_days
    assert read.decided == calendar.decided_years
    assert write_ics(calendar) == written, "the same calendar gives the same bytes"
    assert b"\r\n" in written


def test_one_year_in_a_language() -> None:
    written = write_ics(seed("UZ-5"), 2026, "uz")
    assert "SUMMARY:Konstitutsiya kuni" in written.decode()
    assert read_ics(written).years == {2026}
    assert read_ics(written).decided == {2026}


def test_a_file_from_elsewhere() -> None:
    read = read_ics(
        ics(
            "SUMMARY:Eid al-Fitr (estimated)\r\nDTSTART;VALUE=DATE:20270310\r\nDTEND;VALUE=DATE:20270312",
            "SUMMARY:Kitob kuni\r\nDTSTART;VALUE=DATE:20270315",
            "SUMMARY:One\r\nDTSTART;VALUE=DATE:20270316\r\nDTEND;VALUE=DATE:20270316",
            "SUMMARY:Long\r\nDTSTART;VALUE=DATE:20270401\r\nDURATION:P2D",
            "SUMMARY:No more\r\nSTATUS:CANCELLED\r\nDTSTART;VALUE=DATE:20270320",
        )
    )
    march = [date(2027, 3, day) for day in (10, 11, 15, 16)]
    assert sorted(read.days_off) == [*march, date(2027, 4, 1), date(2027, 4, 2)]
    assert read.days_off[date(2027, 3, 11)].names["uz"] == "Roʻza hayit"
    assert read.days_off[date(2027, 3, 15)].names == dict.fromkeys(("uz", "ru", "ky", "en"), "Kitob kuni")
    assert {off.kind for off in read.days_off.values()} == {DayKind.HOLIDAY}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not iCalendar"),
        (b"<html></html>", "not iCalendar"),
        (ics(), "no event"),
        (ics("SUMMARY:Meeting\r\nDTSTART:20270310T090000Z"), "'Meeting' is not a whole day"),
        (ics("SUMMARY:Meeting"), "'Meeting' is not a whole day"),
        (ics("SUMMARY:Yearly\r\nDTSTART;VALUE=DATE:20270310\r\nRRULE:FREQ=YEARLY"), "'Yearly' repeats"),
        (ics("SUMMARY:Back\r\nDTSTART;VALUE=DATE:20270310\r\nDTEND;VALUE=DATE:20270301"), "1 to 60 days"),
        (ics("SUMMARY:Year\r\nDTSTART;VALUE=DATE:20270101\r\nDTEND;VALUE=DATE:20280101"), "1 to 60 days"),
        (ics("SUMMARY:Half\r\nDTSTART;VALUE=DATE:20270101\r\nDTEND:20270102T120000Z"), "does not end with a whole day"),
        (
            ics("SUMMARY:A\r\nDTSTART;VALUE=DATE:20270310", "SUMMARY:B\r\nDTSTART;VALUE=DATE:20270310"),
            "2027-03-10 is named twice",
        ),
        (
            ics(
                "DTSTART;VALUE=DATE:20270310\r\nX-DARCHA-KIND:holiday",
                "DTSTART;VALUE=DATE:20270310\r\nX-DARCHA-KIND:moved_working",
            ),
            "2027-03-10 is named twice",
        ),
        (ics("DTSTART;VALUE=DATE:20270310\r\nX-DARCHA-KIND:festival"), "festival"),
        (ics("SUMMARY:Soon\r\nDTSTART;VALUE=DATE:20271340"), "'Soon': DTSTART stands there twice or is no date"),
        (ics("SUMMARY:Two\r\nDTSTART;VALUE=DATE:20270310\r\nDTSTART;VALUE=DATE:20270311"), "'Two': DTSTART stands there twice"),
        (ics("SUMMARY:End\r\nDTSTART;VALUE=DATE:20270310\r\nDTEND;VALUE=DATE:2027031"), "'End': DTEND"),
        (ics("SUMMARY:Ages\r\nDTSTART;VALUE=DATE:20270310\r\nDURATION:P9999999D"), "'Ages' lasts"),
        (ics("DTSTART;VALUE=DATE:20270310\r\nX-DARCHA-KIND:moved_off\r\nX-DARCHA-MOVED-FROM:Saturday"), "not a date"),
    ],
)
def test_what_is_no_calendar_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(CalendarFileError, match=says):
        read_ics(content)


def test_yaml_and_json(tmp_path: Path) -> None:
    text = """
decided_years: [2027]
days_off:
  - {date: 2027-03-10, names: Eid al-Fitr}
  - {date: 2027-02-12, kind: moved_off, moved_from: 2027-02-06, decree: PQ-7}
working_days:
  - {date: 2027-02-06, moved_to: 2027-02-12}
"""
    (tmp_path / "days.yaml").write_text(text, "utf-8")
    read = read_file(tmp_path / "days.yaml")
    assert read.days_off[date(2027, 3, 10)].names["ky"] == "Орозо айт"
    assert (read.days_off[date(2027, 2, 12)].kind, read.days_off[date(2027, 2, 12)].decree) == (DayKind.MOVED_OFF, "PQ-7")
    assert read.working_days[date(2027, 2, 6)].moved_to == date(2027, 2, 12)
    assert (read.decided, read.years) == ({2027}, {2027})
    (tmp_path / "days.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(CalendarFileError, match="not text in UTF-8"):
        read_file(tmp_path / "days.yml")
    (tmp_path / "days.txt").write_text(text, "utf-8")
    with pytest.raises(CalendarFileError, match=r"\.txt is not read"):
        read_file(tmp_path / "days.txt")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "line"),
        ("[]", "days_off"),
        ("{days_off: [{date: 2027-02-30}]}", r"days_off\[0\]: day is out of range"),
        ("{days_off: [{date: 2027-02-03, nmes: Nowruz}]}", "the key 'nmes' is not known"),
        ("{days_off: [{date: 2027-02-03, names: [Nowruz]}]}", "neither a text nor one for each language"),
        ("{days_off: [{date: 20270203}]}", "dates as text"),
        ("{days_off: {date: 2027-02-03}}", "days_off is not a list"),
        ("{working_days: [{decree: PQ-1}]}", "the key 'date' is missing"),
        ("{days_off: [], decided_years: 2027}", "not a list of years"),
        ("{days_off: [{kind: holiday}]}", "date"),
        ("{days_off: [7]}", "days.yaml"),
        ("{days_off: [{date: 2027-02-03}, {date: 2027-02-03, kind: additional}]}", "named twice"),
        ("{days_off: [{date: 2027-02-03}], working_days: [{date: 2027-02-03}]}", "named twice"),
        ("{days_off: [], decided_years: [soon]}", "soon"),
    ],
)
def test_rows_that_are_wrong(text: str, says: str) -> None:
    with pytest.raises(CalendarFileError, match=says):
        read_rows(text, "days.yaml")
