"""What a list of cases is narrowed by: each condition as a test on a case, and as its cases' ids in the order of an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from gateway.application.reads import CaseFilter
from gateway.storage import tables as t
from gateway.storage.columns import word
from gateway.storage.search_tables import search_identifiers

_COLUMNS: Final = ("client", "service", "office", "channel", "status", "outcome")
_cases, _requests, _clocks, _incidents = t.cases.c, t.requests.c, t.clocks.c, t.incidents.c
#: As in the conditions of the partial indexes.
UNDECIDED: Final = and_(_cases.decided_at.is_(None), _cases.closed_at.is_(None))
_RETRYING: Final = and_(_requests.status == word("ready"), _requests.released_at.is_not(None))
_STATUTORY: Final = _clocks.kind == word("statutory")
_OPEN: Final = _incidents.state == word("open")
#: Sorts behind every letter and digit.
_BEHIND: Final = "~"


@dataclass(frozen=True, slots=True)
class Condition:
    """``on_case`` is the test on a row of ``cases``. ``ids`` selects the ids (once each), for an index to give in their order.

    ``ids`` is ``None`` where most cases meet the condition and no index names them. ``few``: always a handful.
    """

    on_case: ColumnElement[bool]
    ids: Select[Any] | None
    id: ColumnElement[Any]
    few: bool = False


def conditions(wanted: CaseFilter) -> list[Condition]:
    """Return the conditions of a filter; those that usually meet the fewest come first."""
    return list(_conditions(wanted))


def _conditions(wanted: CaseFilter) -> Iterator[Condition]:
    if wanted.number:
        number = and_(_cases.number >= wanted.number, _cases.number < wanted.number + _BEHIND)
        yield Condition(number, select(_cases.id).where(number), _cases.id, few=True)
    if wanted.identified_by:
        yield _identified(wanted)
    if wanted.incident:
        yield _through(_incidents.case_id, and_(_OPEN, _incidents.kind == wanted.incident, _incidents.case_id.is_not(None)))
    if wanted.retrying is not None:
        yield _through(_requests.case_id, _RETRYING, wanted.retrying)
    if wanted.needs_attention is not None:
        yield _own(_cases.needs_attention) if wanted.needs_attention else _mostly(~_cases.needs_attention)
    if wanted.reference:
        yield _own(and_(_cases.reference == wanted.reference, _cases.reference != word("")))
    for name in _COLUMNS:
        if value := getattr(wanted, name):
            yield _own(_cases[name] == value)
    if wanted.agency:
        yield _through(_requests.case_id, _requests.agency == wanted.agency)
    if wanted.clock_status:
        yield _through(_clocks.case_id, and_(_STATUTORY, _clocks.state == wanted.clock_status))
    if wanted.due_before is not None:
        yield _own(and_(UNDECIDED, _cases.due_at < wanted.due_before))


def _own(test: ColumnElement[bool]) -> Condition:
    return Condition(test, select(_cases.id).where(test), _cases.id)


def _mostly(test: ColumnElement[bool]) -> Condition:
    return Condition(test, None, _cases.id)


def _through(case_id: ColumnElement[Any], test: ColumnElement[bool], meets: bool = True) -> Condition:
    # OFFSET keeps the planner from joining it: it stays a test on each case, and the search decides what comes first.
    found = exists(select(case_id).where(case_id == _cases.id, test).offset(0))
    if not meets:
        return _mostly(~found)
    return Condition(found, select(case_id.label("id")).where(test).distinct(), case_id)


def _identified(wanted: CaseFilter) -> Condition:
    entries = search_identifiers.c
    hashes = or_(*(entries.hash == hash_ for hash_ in wanted.identified_by))
    test = and_(hashes, entries.role == wanted.identifier_role) if wanted.identifier_role else hashes
    return _through(entries.case_id, test)
