"""Reads the rule of a term: ``term:`` of a service or of a step, or a ``rule.yaml`` of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from gateway.catalogue.calendars import IDS
from gateway.catalogue.mistakes import CatalogueInvalid, Mistakes, nearest
from gateway.catalogue.nodes import read_nodes
from gateway.catalogue.section import ID, Section
from gateway.domain.term_rule import (
    CLOCK_TIME,
    ENDS,
    STARTS,
    STEP_STARTS,
    AfterCutOff,
    CountedFrom,
    Extension,
    Ground,
    LastInstant,
    Length,
    OnDayOff,
    Remaining,
    Rung,
    Silence,
    Suspension,
    Term,
    Unit,
    flaws,
)

#: Ten years, which the calendars look ahead, in every unit.
_MOST: Final = {
    Unit.HOURS: 3660 * 24,
    Unit.CALENDAR_DAYS: 3660,
    Unit.WORKING_DAYS: 3660,
    Unit.WEEKS: 522,
    Unit.MONTHS: 120,
    Unit.YEARS: 10,
}
#: The usual ones first: a word that is none of them is read as the first.
_UNITS: Final = (Unit.CALENDAR_DAYS, Unit.WORKING_DAYS, Unit.HOURS, Unit.WEEKS, Unit.MONTHS, Unit.YEARS)


def read_rule_file(path: Path) -> Term:
    """Return the rule that a file holds, in the shape of a service's ``term:`` (with or without that key above it).

    Raises ``CatalogueInvalid`` with every mistake, ``OSError`` when the file cannot be read.
    """
    mistakes = Mistakes()
    node = read_nodes(path.name, path.read_bytes(), mistakes)
    term: Term | None = None
    if node is not None and isinstance(node.value, dict):
        outer = Section(path.name, node, "", mistakes)
        section = outer.section("term") if set(node.value) == {"term"} else outer
        term = None if section is None else read_rule(section, None)
    elif node is not None:
        mistakes.add(path.name, node.line, "", f"an object, not {node.kind}", "write length: and unit:, as in a service's term:")
    if mistakes.found or term is None:
        raise CatalogueInvalid(mistakes.found)
    return term


def read_versions(outer: Section, key: str, read: Callable[[Section], Term]) -> tuple[Term, ...]:
    """Return the rules under a key: one, or a list of them in order of the day from which applications fall under each.

    Empty when the key is not there. Mistakes are noted.
    """
    node = outer.take(key)
    if node is None or node.value is None:
        return ()
    if not isinstance(node.value, list):
        section = outer.section(key)
        return () if section is None else (read(section),)
    made: list[Term] = []
    sections = outer.sections(key)
    if not node.value:
        outer.wrong(key, "at least one rule", "write it, or leave the key out")
    for i, section in enumerate(sections):
        rule = read(section)
        earlier = made[-1].since if made else None
        if i and not section.has("from"):
            section.wrong("from", "the first day of applications that fall under this rule", "write from: 2027-01-01")
        elif earlier is not None and rule.since is not None and rule.since <= earlier:
            expected = f"a day after {earlier}, on which the rule above begins, not {rule.since}"
            section.wrong("from", expected, "put the rules in the order of their days, one for each")
        made.append(rule)
    return tuple(made)


def read_rule(section: Section, steps: Sequence[str] | None) -> Term:
    """Return the rule of a whole service. ``steps`` are the steps that can end it, ``None``: any.

    Mistakes are noted; a rule that contradicts itself is one.
    """
    found = section.text("ends_with", "decision")
    word, _, step = found.partition(" ")
    known = [*ENDS, *(f"step {id_}" for id_ in steps or ())]
    if found not in known and not (steps is None and word == "step" and ID.fullmatch(step)):
        expected = f"{', '.join(ENDS)}, or step and the id of a step, not {found!r}"
        section.wrong("ends_with", expected, nearest(found, known))
    start = section.one_of("start", STARTS, "receipt")
    silence = Silence(section.one_of("silence", tuple(Silence), Silence.NOTHING))
    if silence is not Silence.NOTHING and found != "decision":
        expected = f"nothing: silence can only be read as a decision, and this term ends with {found}"
        section.wrong("silence", expected, "write ends_with: decision, or leave silence out")
    made = replace(_counting(section), start=start, ends_with=found, silence=silence)
    return _sound(section, made)


def read_leg(section: Section) -> Term:
    """Return the rule of a step: it starts when the agency can be asked or was asked first, and ends with its answer."""
    start = section.one_of("start", STEP_STARTS, "ready")
    return _sound(section, replace(_counting(section), start=start))


def read_clock(section: Section, kind: str) -> Term:
    """Return the rule of another clock of a case, which starts with the receipt and ends with what its kind says."""
    made = replace(_counting(section), ends_with=kind)
    if made.norm is not None:
        section.wrong("norm", "no norm: only the term of the whole service has one", "leave it out")
    return _sound(section, made)


def _counting(section: Section) -> Term:
    """Return how a term is counted, stopped and lengthened: everything but its trigger, its end and its silence."""
    unit = Unit(section.one_of("unit", _UNITS))
    hours = unit is Unit.HOURS
    made = Term(
        length=section.integer("length", least=1, most=_MOST[unit]),
        unit=unit,
        calendar=section.one_of("calendar", IDS, ""),
        roll=section.boolean("roll", not hours),
        warn_before=section.integer("warn_before", 1, most=366),
        legal_basis=section.text("legal_basis", ""),
        first_day_counted=section.boolean("first_day_counted", False),
        on_day_off=OnDayOff(section.one_of("on_day_off", tuple(OnDayOff), OnDayOff.AS_IS)),
        cut_off=section.text("cut_off", "", CLOCK_TIME, '"16:00"'),
        after_cut_off=AfterCutOff(section.one_of("after_cut_off", tuple(AfterCutOff), AfterCutOff.ROLL_FORWARD)),
        least_working_days=section.integer("least_working_days", 0, most=366),
        last_instant=LastInstant(section.one_of("last_instant", tuple(LastInstant), LastInstant.MIDNIGHT)),
        suspension=_suspension(section.section("suspension", required=False)),
        extension=_extension(section.section("extension", required=False)),
        escalation=tuple(_rung(inner) for inner in section.sections("escalation", required=False)),
        margin=_length(section.section("margin", required=False)),
        norm=_length(section.section("norm", required=False)),
        since=section.day("from"),
    )
    if hours and made.roll:
        section.wrong("roll", "false: a term in hours does not roll (Regulation 1182/71 art. 3(4))", "leave it out")
    return made


def _sound(section: Section, term: Term) -> Term:
    section.done()
    for flaw in flaws(term):
        section.wrong(flaw.key, f"a rule that does not contradict itself: {flaw.message}", "change it, or leave it out")
    return term


def _suspension(section: Section | None) -> Suspension | None:
    if section is None:
        return None
    grounds = []
    for name, inner in section.named("grounds").items():
        if ID.fullmatch(name) is None:
            inner.wrong("", f"a name like supplement, not {name!r}", "write letters, digits, - and _")
        grounds.append(Ground(name, _length(inner.section("max", required=False)), inner.text("legal_basis", "")))
        inner.done()
    remaining = Remaining(section.one_of("remaining", tuple(Remaining), Remaining.CARRIED))
    made = Suspension(tuple(grounds), remaining, section.text("legal_basis", ""))
    section.done()
    return made


def _extension(section: Section | None) -> Extension | None:
    if section is None:
        return None
    unit = Unit(section.one_of("unit", _UNITS))
    made = Extension(
        length=section.integer("length", least=1, most=_MOST[unit]),
        unit=unit,
        times=section.integer("times", 1, least=1, most=12),
        counted_from=CountedFrom(section.one_of("from", tuple(CountedFrom), CountedFrom.RAW)),
        legal_basis=section.text("legal_basis", ""),
    )
    section.done()
    return made


def _length(section: Section | None) -> Length | None:
    if section is None:
        return None
    unit = Unit(section.one_of("unit", _UNITS))
    made = Length(section.integer("length", least=1, most=_MOST[unit]), unit)
    section.done()
    return made


def _rung(section: Section) -> Rung:
    made = Rung(
        percent=section.integer("percent", least=1, most=100) if section.has("percent") else None,
        working_days_before=section.integer("working_days_before", most=366) if section.has("working_days_before") else None,
        at_expiry=bool(section.one_of("at", ("expiry",), "")),
        to=section.texts("to", ()),
        channel=section.text("channel", ""),
        language=section.one_of("language", ("uz", "ru", "ky", "en"), ""),
        text=section.title("text", required=False),
    )
    section.done()
    return made
