"""A simulated year through the gateway's own machinery: outages, suspensions, extensions, decrees, and two schedulers.

Every end, every lapse and every effect is compared with the slow oracle, which is told of nothing but what happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import pytest

from gateway.catalogue.calendars import seed
from gateway.domain.calendar import Calendar
from gateway.domain.clock import Clock, ClockState
from gateway.domain.course import ClockEvent, Ended, Extended, Resumed, Suspended, Triggered
from gateway.domain.service import Silence
from gateway.domain.term_rule import Ground
from tests.oracles.terms import Answer, Happened, Rule, _away, answer
from tests.unit.clock.cases import as_rule, random_term, utc
from tests.unit.clock.lives import SETTLE, Act, Effect, Life, World, ask, expired, operate, pay, say, supplement
from tests.unit.clock.test_year import CALENDARS, OFF, WORKS

#: A decree of 7 July that speaks of the day before too, and one of September that annuls days of it that have passed.
DECREED, ANNULLED = utc("2026-07-07T20:00:00"), utc("2026-09-16T06:00:00")
SINCE, UNTIL = utc("2026-01-01T00:00:00"), utc("2028-06-01T00:00:00")
OUTCOMES = {Silence.GRANTED: "tacitly_granted", Silence.REFUSED: "tacitly_refused"}
#: Longer than any maximum, and than any word of an agency takes.
LONG = timedelta(days=200)
Span = tuple[str, datetime, datetime]


@cache
def decrees() -> list[tuple[datetime, Mapping[str, Calendar]]]:
    first = {id_: seed(id_) for id_ in CALENDARS}
    second = {id_: c.amended("2", off=OFF, working=WORKS).following(c, "decree of 7 July") for id_, c in first.items()}
    kept = {day: off for day, off in OFF.items() if day.month == 7}
    third = {id_: first[id_].amended("3", off=kept).following(second[id_], "annulled in part on 16 September") for id_ in first}
    return [(datetime.min.replace(tzinfo=UTC), first), (DECREED, second), (ANNULLED, third)]


def a_life(rnd: Random, world: World, number: int) -> Life:
    term = random_term(rnd)
    assert term.suspension is not None
    grounds = (*term.suspension.grounds, Ground("needs_applicant", rnd.choice([None, term.suspension.grounds[0].max])))
    silence = rnd.choice([Silence.NOTHING, Silence.NOTHING, Silence.GRANTED, Silence.REFUSED])
    start = rnd.choice(["receipt", "receipt", "payment"])
    suspension = replace(term.suspension, grounds=grounds)
    term = replace(term, suspension=suspension, silence=silence, start=start, warn_before=rnd.choice([-1, 1, 3]))
    received = SINCE + timedelta(seconds=rnd.randrange(300 * 86400))
    if rnd.random() < 0.5:  # in time for a decree
        received = rnd.choice([DECREED, ANNULLED]) - timedelta(seconds=rnd.randrange(50 * 86400))
    life = Life(rnd, world, term, CALENDARS[number % len(CALENDARS)], world.up_at(received))
    step = 3 * 86400 if term.unit == "hours" else 20 * 86400
    now, plan = life.now, list[tuple[datetime, Act]]()
    if start == "payment" and rnd.random() < 0.9:
        now += timedelta(seconds=rnd.randrange(step))
        plan.append((now, pay))
    at = now
    for _ in range(rnd.choice([0, 2, 4, 7])):
        at += timedelta(seconds=rnd.randrange(step))
        plan.append((at, operate))
    if rnd.random() < 0.3:
        asked = now + timedelta(seconds=rnd.randrange(2 * step))
        plan += [(asked, ask), (asked + timedelta(seconds=rnd.randrange(60, step)), supplement)]
    if rnd.random() < 0.6:
        plan.append((now + timedelta(seconds=rnd.randrange(4 * step)), say))
    life.run(plan, UNTIL)
    return life


def spans(events: list[ClockEvent]) -> list[Span]:
    """What the oracle is told of suspensions; one that nobody ended goes on, as far as its maximum lets it."""
    open_: dict[str, datetime] = {}
    found: list[Span] = []
    for event in events:
        match event:
            case Suspended(at, ground):
                if ground in open_:
                    found.append((ground, open_[ground], at))
                open_[ground] = at
            case Resumed(at, ground):
                name = ground or next(iter(open_))
                found.append((name, open_.pop(name), at))
    found += [(ground, start, start + LONG) for ground, start in open_.items()]
    return sorted(found, key=lambda span: span[1])


def oracle(life: Life, clock: Clock, version: int) -> Answer:
    events = list(clock.history)
    started = events[0].at if events and isinstance(events[0], Triggered) else life.file.case.received_at
    assert life.term.extension is not None
    longer = [e.length or life.term.extension.length for e in events if isinstance(e, Extended)]
    calendar = life.world.decrees[version][1][life.calendar_id]
    return answer(as_rule(life.term), started, clock.time_zone, calendar.is_working_day, Happened(spans(events), longer))


def lapse_of(rule: Rule, ground: str, held: list[Span], zone: ZoneInfo, calendar: Calendar) -> datetime:
    """When the last span of a ground has used up its maximum, by going through its days (or hours) one by one."""
    mine = [span for span in held if span[0] == ground]
    start = mine[-1][1]
    most, unit = rule.maxima[ground]
    if unit == "hours":
        used = sum((end - begin for _, begin, end in mine[:-1]), timedelta())
        return start + max(timedelta(hours=most) - used, timedelta())
    mine[-1] = (ground, start, start + LONG)
    away = _away(rule, Happened(mine), zone, calendar.is_working_day)
    day = start.astimezone(zone).date()
    while day in away:
        day += timedelta(1)
    return max(start, datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))


def check_versions(life: Life, clock: Clock, done_at: datetime) -> int:
    """A clock counts with a version that stood, and with none from before what the recalculation has brought to it."""
    known = [calendars[life.calendar_id].version for _, calendars in life.world.decrees]
    version = known.index(clock.calendar_version)
    assert version <= life.world.number(done_at)
    assert version >= max((n for n, at in life.recalculated.items() if at < done_at), default=0)
    return version


def check_effect(life: Life, effect: Effect) -> None:
    clock, told = effect.clock, effect.told.payload
    version = check_versions(life, clock, effect.done_at)
    due_at = oracle(life, clock, version).due_at
    assert (clock.due_at, told["at"]) == (due_at, due_at), "its true time"
    assert effect.done_at >= due_at + SETTLE
    current = life.world.number(effect.done_at)
    assert oracle(life, clock, current).due_at <= effect.done_at, "not by a calendar that no longer stands"
    for event in life.events:  # what people were told last is waited for
        moved = event.type == "clock.recalculated" and event.payload["to"] is not None and event.payload["from"] is not None
        if moved and event.payload["to"] <= event.time < event.payload["from"]:
            assert effect.done_at >= event.payload["from"] + SETTLE
    if life.term.silence is not Silence.NOTHING and clock.state is not ClockState.BREACHED:
        decision = life.file.decisions[0]
        assert (str(decision.outcome), decision.date_given) == (OUTCOMES[life.term.silence], due_at)


def check_lapses(life: Life, clock: Clock) -> int:
    count = 0
    for event in life.events:
        if event.type != "clock.resumed" or "why" not in event.payload:
            continue
        at = event.payload["at"]
        before = list(clock.history)
        place = next((n for n, e in enumerate(before) if isinstance(e, Resumed) and e.at == at), len(before))
        held = spans(before[:place])
        calendar = life.world.calendar(life.calendar_id, event.time)
        rule, zone = as_rule(life.term), ZoneInfo(clock.time_zone)
        open_ = [ground for ground, start, end in held if end == start + LONG]
        if place == len(before):
            continue  # a word that came before the lapse has ended the clock: it has not happened to it
        assert at == max(lapse_of(rule, ground, held, zone, calendar) for ground in open_), (life, event)
        assert at <= event.time
        count += 1
    return count


def check(life: Life, seen: Counter[str]) -> None:
    clock = life.clock
    assert len(life.effects) <= 1, "each expiry exactly once"
    for effect in life.effects:
        check_effect(life, effect)
    seen["lapsed"] += check_lapses(life, clock)
    ended = next((e.at for e in clock.history if isinstance(e, Ended)), None)
    settled_at = life.effects[0].done_at if life.effects else life.ended_at or UNTIL
    version = check_versions(life, clock, settled_at)
    expected = oracle(life, clock, version)
    tacit = life.term.silence is not Silence.NOTHING
    match clock.state:
        case ClockState.NOT_STARTED:
            assert (clock.due_at, life.effects) == (expected.due_at, [])
        case ClockState.SUSPENDED:
            assert (clock.due_at, clock.lapses_at, life.effects) == (None, None, [])
        case ClockState.CANCELLED:
            assert not life.effects
        case ClockState.MET:
            assert ended is not None and ended < expected.due_at and not life.effects
        case ClockState.MET_LATE:
            assert ended is not None and expected.due_at == clock.due_at and ended >= expected.due_at
            first_look = life.world.up_at(expected.due_at + SETTLE) + timedelta(seconds=5)
            assert life.effects or (life.ended_at or UNTIL) <= first_look, "breached unless the word was applied before a look"
        case _:
            assert clock.state is expired(clock, life.term.silence), clock
            assert len(life.effects) == 1 and clock.due_at == expected.due_at
            assert tacit is (clock.state is not ClockState.BREACHED)
    seen[str(clock.state)] += 1
    seen["late look"] += any(e.done_at > (e.clock.due_at or UNTIL) + timedelta(hours=1) for e in life.effects)
    seen["moved at expiry"] += any(e.type == "clock.moved" for e in life.events)
    seen["recalculated"] += any(e.type == "clock.recalculated" for e in life.events)
    seen["into the past"] += any(i.startswith("clock_moved_into_past") for i in life.file.open_incidents)
    seen["asked"] += any(e.type == "clock.suspended" and "reason" not in e.payload for e in life.events)
    seen["extended"] += any(e.type == "clock.extended" for e in life.events)
    seen.update(f"refused: {code}" for code in life.refused)


def year(cases: int, seed_: int) -> Counter[str]:
    """Live ``cases`` cases through 2026, each to its end, and compare with the oracle."""
    rnd = Random(seed_)  # noqa: S311 # a repeatable year
    seen: Counter[str] = Counter()
    for number in range(cases):
        if number % 25 == 0:
            world = World.random(rnd, decrees(), SINCE, 600)
        check(a_life(rnd, world, number), seen)
    return seen


@pytest.mark.parametrize("part", range(4))
def test_a_year_with_outages_agrees_with_the_oracle(part: int) -> None:
    seen = year(500, 4026 + part)
    states = ("met", "met_late", "breached", "tacitly_granted", "tacitly_refused", "suspended", "not_started", "cancelled")
    # "moved at expiry" and "into the past" are too rare for each part; test_recalculation and test_expiry_and_decree have them.
    lived = ("late look", "lapsed", "asked", "extended", "recalculated")
    refused = ("after_expiry", "notice_after_expiry", "too_many_extensions", "ground_used_up", "twice", "already_ended")
    for what in (*states, *lived, *(f"refused: {code}" for code in refused)):
        assert seen[what] > 0, (what, seen)
