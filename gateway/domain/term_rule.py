"""The rule of a term as data: what starts it, how it is counted, what stops and lengthens it, what silence means.

Frozen and hashable, so that what is derived from a rule can be remembered by it. ``flaws`` tells what contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

#: The first instant of a day, in the form of ``cut_off``.
CLOCK_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
STARTS: Final = ("receipt", "completeness", "payment", "registration", "dispatch")
ENDS: Final = ("decision", "result_ready", "hand_over")
#: What starts the term of a step: the agency can be asked, or it was asked for the first time.
STEP_STARTS: Final = ("ready", "dispatch")


class Unit(StrEnum):
    """The unit of a term."""

    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Silence(StrEnum):
    """What the law reads into an authority's silence when the term ends."""

    NOTHING = "nothing"
    GRANTED = "granted"
    REFUSED = "refused"


class OnDayOff(StrEnum):
    """What a receipt on a day off counts as: received that day, or on the next working day.

    A cut-off after which one is received on the next working day makes ``as_is`` that as well (see ``receipt``).
    """

    AS_IS = "as_is"
    ROLL_FORWARD = "roll_forward"


class AfterCutOff(StrEnum):
    """What a receipt at or after the cut-off counts as: received on the next working day, or on the next day."""

    ROLL_FORWARD = "roll_forward"
    NEXT_DAY = "next_day"


class LastInstant(StrEnum):
    """When the last day is over: at 24:00 local time, or when the office closes."""

    MIDNIGHT = "24:00"
    CLOSING = "closing"


class Remaining(StrEnum):
    """What is left of a term after a suspension: the rest of it, or the whole term anew."""

    CARRIED = "carried"
    RESET = "reset"


class CountedFrom(StrEnum):
    """Where an extension begins: at the day the count ended on, or at the day that it was rolled to."""

    RAW = "raw"
    ROLLED = "rolled"


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time in a unit."""

    length: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground of suspension. ``max`` is the most that it stops the clock in all, over all its suspensions of one clock."""

    name: str
    max: Length | None = None
    legal_basis: str = ""


@dataclass(frozen=True, slots=True)
class Suspension:
    """On which grounds a term may be suspended, and what is left of it afterwards."""

    grounds: tuple[Ground, ...]
    remaining: Remaining = Remaining.CARRIED
    legal_basis: str = ""

    def ground(self, name: str) -> Ground | None:
        """Return the ground of that name, or ``None``."""
        return next((ground for ground in self.grounds if ground.name == name), None)


@dataclass(frozen=True, slots=True)
class Extension:
    """How often a term may be extended, by how much at most each time, and from which end it is counted."""

    length: int
    unit: Unit
    times: int = 1
    counted_from: CountedFrom = CountedFrom.RAW
    legal_basis: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of an escalation ladder. One of the three says when: ``percent`` of the running time, working days before
    the end (at 09:00), or the expiry itself. ``to`` names people or groups, ``channel`` a way to reach them."""

    percent: int | None = None
    working_days_before: int | None = None
    at_expiry: bool = False
    to: tuple[str, ...] = ()
    channel: str = ""
    language: str = ""
    text: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Term:
    """A term as data. ``start`` is ``receipt`` or another of ``STARTS``; ``ends_with`` is one of ``ENDS`` or ``step <id>``.

    ``calendar`` names jurisdiction and week (``UZ-5``); empty means the office's own. ``roll``: an end on a day off
    moves to the next working day (never for a term in hours). ``warn_before`` is in working days before the end.
    ``first_day_counted``: the day of the trigger is the first day of the term. ``cut_off`` is a local time ``HH:MM``;
    who comes at or after it comes too late for that day. ``least_working_days`` have to lie within the term, its last day
    included. ``margin``: how long before the end a person has to take over. ``norm``: the service norm, not longer than
    the term. ``since``: the first day of applications that fall under the rule; ``None`` for the first rule of a service.
    """

    length: int
    unit: Unit
    calendar: str = ""
    start: str = "receipt"
    ends_with: str = "decision"
    silence: Silence = Silence.NOTHING
    roll: bool = True
    warn_before: int = 1
    legal_basis: str = ""
    first_day_counted: bool = False
    on_day_off: OnDayOff = OnDayOff.AS_IS
    cut_off: str = ""
    after_cut_off: AfterCutOff = AfterCutOff.ROLL_FORWARD
    least_working_days: int = 0
    last_instant: LastInstant = LastInstant.MIDNIGHT
    suspension: Suspension | None = None
    extension: Extension | None = None
    escalation: tuple[Rung, ...] = ()
    margin: Length | None = None
    norm: Length | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Flaw:
    """A contradiction in a rule: the field, the rule it breaks as a stable word, and what to do, in English."""

    key: str
    rule: str
    message: str


def rule_on(rules: Sequence[Term], day: date) -> Term | None:
    """Return the rule that applications of a day fall under: the last that had begun by then; ``None`` before the first.

    ``rules`` are in order of ``since``.
    """
    return next((rule for rule in reversed(rules) if rule.since is None or rule.since <= day), None)


def norm_of(term: Term) -> Term | None:
    """Return the service norm as a term of its own, counted like the statutory one; ``None`` when the rule has none."""
    if term.norm is None:
        return None
    plain = replace(term, length=term.norm.length, unit=term.norm.unit, silence=Silence.NOTHING, norm=None)
    if term.norm.unit is not Unit.HOURS:
        return plain
    # Hours are counted as they pass: what speaks of days does not apply to them.
    return replace(plain, roll=False, first_day_counted=False, least_working_days=0, last_instant=LastInstant.MIDNIGHT)


def flaws(term: Term) -> tuple[Flaw, ...]:
    """Return everything in the rule that contradicts itself; empty for a sound rule."""
    return tuple(_flaws(term))


def _flaws(term: Term) -> Iterator[Flaw]:
    if term.length < 0:
        yield Flaw("length", "negative", f"a term cannot be {term.length} {term.unit} long")
    if term.cut_off and CLOCK_TIME.fullmatch(term.cut_off) is None:
        yield Flaw("cut_off", "cut_off", f"a cut-off is a time like 16:00, not {term.cut_off!r}")
    if term.unit is Unit.HOURS:
        if term.first_day_counted or term.least_working_days or term.last_instant is LastInstant.CLOSING:
            message = "a term in hours runs from instant to instant; it has no first day, last day or least number of days"
            yield Flaw("unit", "hours", message)
    elif term.least_working_days < 0:
        yield Flaw("least_working_days", "negative", "the least number of working days is 0 or more")
    if term.norm is not None and _surely_longer(term.norm, Length(term.length, term.unit)):
        norm = f"{term.norm.length} {term.norm.unit}"
        yield Flaw("norm", "norm", f"the norm of {norm} exceeds the term of {term.length} {term.unit}; make it shorter")
    yield from _suspension_flaws(term)
    yield from _extension_flaws(term)
    yield from _escalation_flaws(term)


def _extension_flaws(term: Term) -> Iterator[Flaw]:
    if (more := term.extension) is not None:
        if more.length < 1 or more.times < 1:
            yield Flaw("extension", "positive", "an extension is at least 1 long and possible at least once")
        if (more.unit is Unit.HOURS) is not (term.unit is Unit.HOURS):
            yield Flaw("extension.unit", "hours", "a term in hours is extended by hours, and a term in days by days or longer")


def _escalation_flaws(term: Term) -> Iterator[Flaw]:
    for i, rung in enumerate(term.escalation):
        if (rung.percent is not None) + (rung.working_days_before is not None) + rung.at_expiry != 1:
            yield Flaw(f"escalation[{i}]", "one_time", "a rung has one time: a percentage, working days before, or the expiry")
        elif rung.percent is not None and not 1 <= rung.percent <= 100:
            yield Flaw(f"escalation[{i}].percent", "percent", "a percentage is 1 to 100")
    if term.margin is not None and term.margin.unit not in (Unit.HOURS, Unit.CALENDAR_DAYS, Unit.WORKING_DAYS):
        yield Flaw("margin.unit", "margin", "a margin is in hours, calendar days or working days")


def _suspension_flaws(term: Term) -> Iterator[Flaw]:
    if term.suspension is None:
        return
    names = [ground.name for ground in term.suspension.grounds]
    if not names:
        yield Flaw("suspension.grounds", "grounds", "name at least one ground, or leave the suspension out")
    for ground in term.suspension.grounds:
        if names.count(ground.name) > 1:
            yield Flaw(f"suspension.grounds.{ground.name}", "twice", f"the ground {ground.name} stands there twice")
        if ground.max is not None and ground.max.length < 1:
            yield Flaw(f"suspension.grounds.{ground.name}.max", "positive", "a maximum is at least 1")


#: The fewest and the most hours that one of a unit can be. Of working days see ``_least`` and ``_most``.
_LEAST: Final = {
    Unit.HOURS: 1,
    Unit.CALENDAR_DAYS: 24,
    Unit.WORKING_DAYS: 24,
    Unit.WEEKS: 168,
    Unit.MONTHS: 28 * 24,
    Unit.YEARS: 365 * 24,
}
_MOST: Final = _LEAST | {Unit.MONTHS: 31 * 24, Unit.YEARS: 366 * 24}


def _surely_longer(norm: Length, term: Length) -> bool:
    if norm.unit is term.unit:
        return norm.length > term.length
    return _least(norm) > _most(term)


def _least(norm: Length) -> int:
    """The fewest hours of a norm. Of eight days in a row one rests at least, whatever a decree moves."""
    rests = (norm.length - 1) // 7 if norm.unit is Unit.WORKING_DAYS else 0
    return (norm.length + rests) * _LEAST[norm.unit]


def _most(term: Length) -> int:
    """The most hours of a term. With the longest holidays, working days take twice their number and a fortnight at most."""
    if term.unit is Unit.WORKING_DAYS:
        return (2 * term.length + 14) * 24
    return term.length * _MOST[term.unit]
