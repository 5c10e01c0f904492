"""What the list of cases can be narrowed to: one entry a filter, from which form, query and ``CaseFilter`` are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Any, Final

from gateway.application.derivation_words import state_word
from gateway.application.reads import CaseFilter, Sort
from gateway.console.visit import Visit
from gateway.console.words import in_language, word
from gateway.domain.case import CaseOutcome, CaseStatus
from gateway.domain.clock_state import ClockState
from gateway.domain.errors import BadInput, Problem
from gateway.domain.incident import IncidentKind
from gateway.domain.number import beginning

#: (value of the query, text)
Choice = tuple[str, str]
_CHANNELS: Final = ("counter", "portal", "mobile", "post")


@dataclass(frozen=True, slots=True)
class Filter:
    """``name`` is the field of ``CaseFilter`` and of the query, ``label`` the key of its text.

    ``choices``: what can be chosen, else a text is typed in (``kind``: the type of the field). ``read`` makes the filter's
    value of the typed text; raises ``ValueError``. ``hint`` is the key of a further text. ``all_cases``: not for those who
    see the cases of one client only.
    """

    name: str
    label: str
    choices: Callable[[Visit], Sequence[Choice]] | None = None
    kind: str = "text"
    read: Callable[[str, Visit], Any] = lambda text, _visit: text
    hint: str = ""
    wrong: str = ""
    all_cases: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A filter as the form shows it, with what is chosen now."""

    name: str
    label: str
    hint: str
    kind: str
    value: str
    choices: Sequence[Choice] | None

    @property
    def said(self) -> str:
        """What is chosen, in words."""
        return next((text for value, text in self.choices or () if value == self.value), self.value)


def _titles(of: Callable[[Visit], Mapping[str, Any]]) -> Callable[[Visit], Sequence[Choice]]:
    def choices(visit: Visit) -> Sequence[Choice]:
        found = [(id_, in_language(each.title, visit.language, id_)) for id_, each in of(visit).items()]
        return sorted(found, key=lambda choice: choice[1].casefold())

    return choices


def _words(family: str, names: Sequence[str]) -> Callable[[Visit], Sequence[Choice]]:
    return lambda visit: [(name, word(family, name, visit.language)) for name in names]


def _yes_or_no(key: str) -> Callable[[Visit], Sequence[Choice]]:
    return lambda visit: [(answer, visit.text(f"{key}_{answer}")) for answer in ("yes", "no")]


def _by_name(choices: Callable[[Visit], Sequence[Choice]]) -> Callable[[Visit], Sequence[Choice]]:
    return lambda visit: sorted(choices(visit), key=lambda choice: choice[1].casefold())


def _clock_states(visit: Visit) -> Sequence[Choice]:
    return [(str(state), state_word(state, visit.language)) for state in ClockState]


def _yes(text: str, _visit: Visit) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


def _end_of(text: str, visit: Visit) -> datetime:
    return datetime.combine(date.fromisoformat(text), time.min, visit.parts.zone)


def _number(text: str, _visit: Visit) -> str:
    return beginning(text)


#: In the order of the form. A further filter is a further entry.
FILTERS: Final[tuple[Filter, ...]] = (
    Filter("status", "cases.status", _words("case_status", [str(s) for s in CaseStatus])),
    Filter("needs_attention", "cases.attention", _yes_or_no("cases.attention"), read=_yes),
    Filter("service", "cases.service", _titles(lambda visit: visit.parts.deployment.catalogue.services)),
    Filter("office", "cases.office", _titles(lambda visit: visit.parts.deployment.catalogue.offices)),
    Filter("agency", "cases.agency", _titles(lambda visit: visit.parts.deployment.catalogue.agencies)),
    Filter("outcome", "cases.outcome", _words("outcome", [str(o) for o in CaseOutcome])),
    Filter("channel", "cases.channel", _words("channel", _CHANNELS)),
    Filter("due_before", "cases.due_before", kind="date", read=_end_of, wrong="bad_date"),
    Filter("clock_status", "cases.clock_status", _clock_states),
    Filter("incident", "cases.incident", _by_name(_words("incident", [str(kind) for kind in IncidentKind]))),
    Filter("retrying", "cases.retrying", _yes_or_no("cases.retrying"), read=_yes),
    Filter("number", "cases.number", hint="cases.number_hint", read=_number, wrong="case_number"),
    Filter("reference", "cases.reference", hint="cases.reference_hint"),
    Filter("client", "cases.client", all_cases=True),
)
#: In which order the list stands; it is chosen and kept with the filters.
ORDER: Final = Filter("sort", "cases.sort", _words("cases_sort", [str(sort) for sort in Sort]))


def known_to(visit: Visit) -> Sequence[Filter]:
    """Return what this person can choose, the order last."""
    return [f for f in (*FILTERS, ORDER) if not (f.all_cases and visit.sees)]


def shown(visit: Visit) -> list[Shown]:
    """Return the form's fields with what the query says."""
    query = visit.request.query_params
    return [
        Shown(
            f.name,
            visit.text(f.label),
            visit.text(f.hint) if f.hint else "",
            f.kind,
            query.get(f.name, "")[:200],
            f.choices(visit) if f.choices is not None else None,
        )
        for f in known_to(visit)
    ]


def chosen(visit: Visit) -> dict[str, str]:
    """Return what the query narrows to, without what is empty or unknown."""
    query = visit.request.query_params
    return {f.name: value for f in known_to(visit) if (value := query.get(f.name, "").strip()[:200])}


def wanted(visit: Visit) -> CaseFilter:
    """Return the filter that the query asks for, narrowed to what this person sees. Raises ``BadInput`` naming the field."""
    given = chosen(visit)
    values: dict[str, Any] = {"client": visit.sees}
    problems = []
    for f in known_to(visit):
        if f.name in given and f is not ORDER:
            try:
                values[f.name] = f.read(given[f.name], visit)
            except (ValueError, OverflowError):
                problems.append(Problem(f"/{f.name}", f.wrong or "not_a_choice", f"{f.name} cannot be read"))
    if problems:
        raise BadInput(problems)
    return CaseFilter(**values)


def order(visit: Visit) -> Sort:
    """Return the order that the query asks for. Raises ``BadInput``."""
    try:
        return Sort(chosen(visit).get(ORDER.name, Sort.RECEIVED))
    except ValueError:
        raise BadInput([Problem(f"/{ORDER.name}", "not_a_choice", "there is no such order")]) from None


def is_cheap(wanted: CaseFilter) -> bool:
    """Whether all that meet the filter can be counted beside the list: one index answers it, not several together."""
    empty = CaseFilter()
    return len([each for each in fields(CaseFilter) if getattr(wanted, each.name) != getattr(empty, each.name)]) <= 1
