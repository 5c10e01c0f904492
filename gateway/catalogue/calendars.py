"""The calendars that Darcha starts with: UZ, KG and KZ, for five-day and six-day weeks, seeded from ``holidays``.

What the library knows is the five-day week. What it does not know of the six-day week is settled here:

* A holiday on a Saturday is made up for on a Monday only where Saturday is a day of rest (Labour Code of Uzbekistan of
  2022, art. 208: the *day of rest* that coincides with a holiday moves). In a six-day week only Sundays are.
* A decree that moves a Saturday's rest to a weekday speaks to five-day weeks. In a six-day week that Saturday works
  anyway, and the weekday is off only if the decree gives it as an additional day. ``_SIX_DAY_OFF`` holds these for the
  years whose decrees are known (as published with the decrees of December 2022 to December 2025 and June 2023).
* A rest that is moved from a Sunday, or from a Monday that made up for a Sunday, is moved for everyone.

Years in which a day of the calendar is an estimate, or the decree that moves days is not known, are provisional: those
after the last decree, and for six-day weeks those whose moved days are known for five-day weeks alone. An operator's
amendment (``Calendar.amended``) overrides all of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata
from typing import Any, Final

from gateway.catalogue.holiday_names import ADDITIONAL, MOVED, NAMES
from gateway.domain.calendar import Calendar, CalendarError, DayKind, DayOff, WorkingDay
from gateway.domain.service import Text

FIRST_YEAR: Final = 2018
LAST_YEAR: Final = 2036
#: Grows when the tables of this file change what a calendar says.
_REVISION: Final = 1
#: How the library marks an Islamic holiday that no authority has fixed yet.
_ESTIMATED: Final = "estimated)"
_SATURDAY: Final = 5
_SUNDAY: Final = 6
_WEEKENDS: Final = {"5": frozenset({_SATURDAY, _SUNDAY}), "6": frozenset({_SUNDAY})}

#: Where the decrees on moved and additional days of a year stand (Uzbekistan; a decree of one December may speak of both years).
_DECREES: Final[dict[str, dict[int, str]]] = {
    "UZ": {
        2018: "lex.uz/docs/3479237",
        2019: "lex.uz/docs/4054698",
        2020: "lex.uz/docs/4595638",
        2021: "lex.uz/docs/5137156",
        2022: "lex.uz/docs/5784917",
        2023: "lex.uz/docs/6324664",
        2024: "lex.uz/docs/6704048",
        2025: "lex.uz/docs/7275687",
        2026: "lex.uz/docs/7938920",
    },
    "KG": {
        2021: "cbd.minjust.gov.kg/7-20440",
        2022: "cbd.minjust.gov.kg/7-21274",
        2023: "cbd.minjust.gov.kg/7-21921",
        2024: "cbd.minjust.gov.kg/7-22932",
        2025: "cbd.minjust.gov.kg/7-36549",
    },
    "KZ": {
        2021: "adilet.zan.kz/P2000000930",
        2022: "adilet.zan.kz/P2200000796",
        2023: "adilet.zan.kz/P2300000326",
        2024: "adilet.zan.kz/G24G0000109",
        2025: "adilet.zan.kz/G24G0000436",
    },
}
#: Resolutions that speak of single days rather than of a year.
_SINGLE_DECREES: Final = {
    ("UZ", date(2025, 12, 31)): "lex.uz/docs/7938920",
    ("UZ", date(2026, 3, 20)): "PQ-106, 17.03.2026",
    ("UZ", date(2026, 5, 27)): "PQ-194, 20.05.2026",
}
#: Additional days off of the six-day week in Uzbekistan.
_SIX_DAY_OFF: Final[dict[str, dict[int, tuple[tuple[int, int], ...]]]] = {
    "UZ": {
        2023: ((1, 3), (3, 20), (3, 22), (4, 24), (7, 1), (9, 2), (12, 30)),
        2024: ((1, 2), (3, 23), (4, 12), (8, 31), (12, 30)),
        2025: ((1, 2),),
        2026: ((1, 3), (5, 30), (12, 31)),
    }
}


@dataclass(frozen=True, slots=True)
class _Source:
    """What is read from the library for one jurisdiction. ``last_moved``: the last year whose decree on moved days it knows."""

    country: type[Any]
    special: Mapping[int, Any]
    last_moved: int


@cache
def seed(calendar: str) -> Calendar:
    """Return the seeded calendar of that id (``UZ-5``, ``UZ-6``, ``KG-5``, ``KG-6``, ``KZ-5``, ``KZ-6``).

    Raises ``CalendarError`` when there is none of that id.
    """
    if calendar not in IDS:
        raise CalendarError(f"there is no calendar {calendar!r}; there are {', '.join(IDS)}")
    jurisdiction, week = calendar.split("-")
    return _build(jurisdiction, week)


IDS: Final = tuple(f"{jurisdiction}-{week}" for jurisdiction in ("UZ", "KG", "KZ") for week in ("5", "6"))


def seed_all() -> dict[str, Calendar]:
    """Return every seeded calendar by id."""
    return {id_: seed(id_) for id_ in IDS}


def _source(jurisdiction: str) -> _Source:
    # Imported here: the library is needed once at start, by the roles that count days, and takes 20 MiB.
    if jurisdiction == "UZ":
        from holidays.countries import uzbekistan as uz  # noqa: PLC0415

        special: Mapping[int, Any] = uz.UzbekistanStaticHolidays.special_public_holidays
        return _Source(uz.Uzbekistan, special, max(special))
    if jurisdiction == "KG":
        from holidays.countries import kyrgyzstan as kg  # noqa: PLC0415

        # The Labour Code of 2025 names the days itself and moves none: the Eids alone wait for a decree.
        return _Source(kg.Kyrgyzstan, kg.KyrgyzstanStaticHolidays.special_public_holidays, LAST_YEAR)
    from holidays.countries import kazakhstan as kz  # noqa: PLC0415

    moves: Mapping[int, Any] = kz.KazakhstanStaticHolidays.special_public_holidays
    return _Source(kz.Kazakhstan, moves, max(moves))


def _build(jurisdiction: str, week: str) -> Calendar:
    source = _source(jurisdiction)
    weekend = _WEEKENDS[week]
    days_off: dict[date, DayOff] = {}
    working: dict[date, WorkingDay] = {}
    decided: set[int] = set()
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        days, estimated = _days_of_law(source.country, year, weekend, jurisdiction)
        days_off |= days
        if year <= source.last_moved and not estimated:
            decided.add(year)
    for year, rows in sorted(source.special.items()):
        # A decree that says nothing of this week leaves its year open, unless the table below says more.
        spoke = FIRST_YEAR <= year <= LAST_YEAR and _apply_decree(jurisdiction, year, _rows(rows), weekend, days_off, working)
        if not spoke and year not in _SIX_DAY_OFF.get(jurisdiction, {}):
            decided.discard(year)
    if week == "6":
        for year, additional in _SIX_DAY_OFF.get(jurisdiction, {}).items():
            for month, number in additional:
                off = DayOff(DayKind.ADDITIONAL, ADDITIONAL, _DECREES[jurisdiction][year])
                days_off.setdefault(date(year, month, number), off)
    return Calendar(f"{jurisdiction}-{week}", seed_version(), jurisdiction, weekend, days_off, working, frozenset(decided))


def _apply_decree(
    jurisdiction: str,
    year: int,
    rows: tuple[tuple[Any, ...], ...],
    weekend: frozenset[int],
    days_off: dict[date, DayOff],
    working: dict[date, WorkingDay],
) -> bool:
    """Enter the additional and moved days of one year; return whether every one of them concerns this week pattern."""
    decree = _DECREES[jurisdiction].get(year, "")
    complete = True
    for row in rows:
        day = date(year, row[0], row[1])
        if len(row) == 3:
            ground = _SINGLE_DECREES.get((jurisdiction, day), decree)
            days_off.setdefault(day, DayOff(DayKind.ADDITIONAL, ADDITIONAL, ground))
            continue
        origin = date(row[4] if len(row) > 4 else year, row[2], row[3])
        if origin.weekday() not in weekend and origin not in days_off:
            complete = False  # the rest of a day that this week works anyway: there is nothing to move
            continue
        days_off[day] = DayOff(DayKind.MOVED_OFF, MOVED, decree, origin)
        if origin in days_off and days_off[origin].kind is DayKind.OBSERVED:
            del days_off[origin]  # a plain weekday again
        elif origin not in days_off:
            working[origin] = WorkingDay(decree, day)
    return complete


def _days_of_law(country: type[Any], year: int, weekend: frozenset[int], jurisdiction: str) -> tuple[dict[date, DayOff], bool]:
    """Return a year's holidays and the days that make up for them, without what decrees moved; and whether any is an estimate."""

    class OneWeek(country):  # type: ignore[misc] # the library's class, with this week's days of rest
        def _is_observed(self, dt: date) -> bool:
            return dt.weekday() in weekend and bool(super()._is_observed(dt))

        def _add_special_holidays(self, mapping_names: Any, *, observed: bool = False) -> None:
            """Leave the decrees out: they are read from the table, with their grounds."""

    OneWeek.weekend = set(weekend)
    plain = OneWeek(years=year, language="en_US", observed=False)
    full = OneWeek(years=year, language="en_US")
    days: dict[date, DayOff] = {}
    for day, name in full.items():
        kind = DayKind.HOLIDAY if day in plain else DayKind.OBSERVED
        days[day] = DayOff(kind, _names(name), _SINGLE_DECREES.get((jurisdiction, day), ""))
    return days, any(_ESTIMATED in name for name in full.values())


def _rows(rows: Any) -> tuple[tuple[Any, ...], ...]:
    """The library writes a year with one row without the outer brackets."""
    return rows if isinstance(rows[0], tuple) else (rows,)


def _names(english: str) -> Text:
    """Return the names in every language of a day whose English name the library gives (two holidays may coincide)."""
    parts = [part.split(" (", 1)[0] for part in english.split("; ")]
    known = [NAMES.get(part, {"en": part}) for part in parts]
    languages = [lang for lang in ("uz", "ru", "ky", "en") if all(lang in names for names in known)]
    return {lang: "; ".join(dict.fromkeys(names[lang] for names in known)) for lang in languages}


def seed_version() -> str:
    """Return the version of every seeded calendar. Reads no calendar."""
    return f"holidays-{metadata.version('holidays')}.{_REVISION}"
