"""Random clocks for comparison with the oracle: a rule both ways, its events, and what the oracle is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from gateway.domain.calendar import Calendar
from gateway.domain.course import ClockEvent, ClockRefused, Course, Extended, Resumed, Suspended, Triggered, may_follow
from gateway.domain.term_rule import (
    AfterCutOff,
    CountedFrom,
    Extension,
    Ground,
    Length,
    OnDayOff,
    Remaining,
    Suspension,
    Term,
    Unit,
)
from tests.oracles.terms import Answer, Happened, Rule, answer

ZONES = {"UZ": "Asia/Tashkent", "KG": "Asia/Bishkek", "KZ": "Asia/Almaty"}
_LONGEST = {Unit.HOURS: 200, Unit.CALENDAR_DAYS: 45, Unit.WORKING_DAYS: 30, Unit.WEEKS: 6, Unit.MONTHS: 4, Unit.YEARS: 1}
_MAX_UNITS = (Unit.CALENDAR_DAYS, Unit.WORKING_DAYS, Unit.WEEKS, Unit.MONTHS)


def random_term(rnd: Random) -> Term:
    """Return a rule with every parameter that the oracle knows."""
    unit = rnd.choice([*Unit, Unit.CALENDAR_DAYS, Unit.WORKING_DAYS, Unit.WORKING_DAYS])
    hours = unit is Unit.HOURS
    more = Unit.HOURS if hours else rnd.choice([Unit.CALENDAR_DAYS, Unit.WORKING_DAYS, Unit.MONTHS])
    grounds = (Ground("expertise", _random_max(rnd, hours=hours)), Ground("supplement", _random_max(rnd, hours=hours)))
    return Term(
        length=rnd.randint(1, _LONGEST[unit]),
        unit=unit,
        roll=not hours and rnd.random() < 0.7,
        first_day_counted=not hours and rnd.random() < 0.2,
        on_day_off=rnd.choice(list(OnDayOff)),
        cut_off=rnd.choice(["", "", "16:00", "12:30"]),
        after_cut_off=rnd.choice(list(AfterCutOff)),
        least_working_days=0 if hours else rnd.choice([0, 0, 0, 2, 5]),
        suspension=Suspension(grounds, rnd.choice([Remaining.CARRIED, Remaining.CARRIED, Remaining.RESET])),
        extension=Extension(rnd.randint(1, 3 if more is Unit.MONTHS else 20), more, 2, rnd.choice(list(CountedFrom))),
    )


def _random_max(rnd: Random, *, hours: bool) -> Length | None:
    if rnd.random() < 0.5:
        return None
    return Length(rnd.randint(1, 90), Unit.HOURS) if hours else Length(rnd.randint(1, 4), rnd.choice(_MAX_UNITS))


def as_rule(term: Term) -> Rule:
    """Return the rule as the oracle reads it."""
    assert term.suspension is not None and term.extension is not None
    return Rule(
        length=term.length,
        unit=str(term.unit),
        roll=term.roll,
        first_day_counted=term.first_day_counted,
        on_day_off=str(term.on_day_off),
        cut_off=term.cut_off,
        after_cut_off=str(term.after_cut_off),
        least_working_days=term.least_working_days,
        reset=term.suspension.remaining is Remaining.RESET,
        extension_unit=str(term.extension.unit),
        extension_from=str(term.extension.counted_from),
        maxima={g.name: (g.max.length, str(g.max.unit)) for g in term.suspension.grounds if g.max is not None},
    )


@dataclass
class Lived:
    """A case that was lived through: every event that was accepted, and the codes of those that were refused."""

    term: Term
    zone: str
    calendar_id: str
    events: list[ClockEvent]
    refused: list[str]

    def happened(self) -> Happened:
        """Return what the oracle is told. Every suspension is over."""
        open_: dict[str, datetime] = {}
        spans: list[tuple[str, datetime, datetime]] = []
        for event in self.events:
            match event:
                case Suspended(at, ground):
                    if ground in open_:  # it had lapsed, and began anew
                        spans.append((ground, open_[ground], at))
                    open_[ground] = at
                case Resumed(at, ground):
                    spans.append((ground, open_.pop(ground), at))
        assert not open_
        assert self.term.extension is not None
        longer = [e.length or self.term.extension.length for e in self.events if isinstance(e, Extended)]
        return Happened(sorted(spans, key=lambda s: s[1]), longer)

    def expected(self, calendar: Calendar) -> Answer:
        """Return the oracle's answer."""
        return answer(as_rule(self.term), self.events[0].at, self.zone, calendar.is_working_day, self.happened())


def live(rnd: Random, calendar_id: str, calendar_at: Calendar, since: datetime, days: int) -> Lived:
    """Return a case received some time in ``days`` after ``since``, with random events tried on it. Times are whole seconds."""
    term = random_term(rnd)
    lived = Lived(term, ZONES[calendar_id[:2]], calendar_id, [], [])
    now = since + timedelta(seconds=rnd.randrange(days * 86400))
    _try(lived, Triggered(now), calendar_at)
    holding: set[str] = set()
    step = 3 * 86400 if term.unit is Unit.HOURS else 20 * 86400
    for _ in range(rnd.choice([0, 2, 4, 7])):
        now += timedelta(seconds=rnd.randrange(step))
        ground = rnd.choice(["expertise", "supplement"])
        if rnd.random() < 0.25:
            assert term.extension is not None
            _try(lived, Extended(now, rnd.choice([None, 1])), calendar_at)
        elif ground in holding:
            if _try(lived, Resumed(now, ground), calendar_at) is not None:
                holding.discard(ground)
        elif _try(lived, Suspended(now, ground), calendar_at) is not None:
            holding.add(ground)
    for ground in sorted(holding):
        now += timedelta(seconds=rnd.randrange(step))
        if _try(lived, Resumed(now, ground), calendar_at) is None:
            # It lapsed and the term ran out: a resume has nothing left to say. The oracle cuts it at its maximum.
            lived.events.append(Resumed(now, ground))
    return lived


def _try(lived: Lived, event: ClockEvent, calendar: Calendar) -> Course | None:
    try:
        course = may_follow(lived.term, lived.events, event, calendar, lived.zone)
    except ClockRefused as error:
        lived.refused.append(error.code)
        return None
    lived.events.append(event)
    return course


def utc(text: str) -> datetime:
    """Return an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
