"""What the list of cases can be narrowed to: one entry a filter, from which form, query and ``CaseFilter`` are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from gateway.application.reads import CaseFilter
from gateway.console.visit import Visit
from gateway.console.words import in_language, word
from gateway.domain.case import CaseOutcome, CaseStatus
from gateway.domain.errors import BadInput, Problem

#: (value of the query, text)
Choice = tuple[str, str]
_CHANNELS: Final = ("counter", "portal", "mobile", "post")


@dataclass(frozen=True, slots=True)
class Filter:
    """``name`` is the field of ``CaseFilter`` and of the query, ``label`` the key of its text.

    ``choices``: what can be chosen, else a text is typed in (``kind``: the type of the field). ``read`` makes the filter's
    value of the typed text; raises ``ValueError``. ``hint`` is the key of a further text.
    """

    name: str
    label: str
    choices: Callable[[Visit], Sequence[Choice]] | None = None
    kind: str = "text"
    read: Callable[[str, Visit], Any] = lambda text, _visit: text
    hint: str = ""
    wrong: str = ""


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


def _attention(visit: Visit) -> Sequence[Choice]:
    return [("yes", visit.text("cases.attention_yes")), ("no", visit.text("cases.attention_no"))]


def _yes(text: str, _visit: Visit) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


def _end_of(text: str, visit: Visit) -> datetime:
    return datetime.combine(date.fromisoformat(text), time.min, visit.parts.zone)


#: In the order of the form. A further filter is a further entry.
FILTERS: Final[tuple[Filter, ...]] = (
    Filter("status", "cases.status", _words("case_status", [str(s) for s in CaseStatus])),
    Filter("needs_attention", "cases.attention", _attention, read=_yes),
    Filter("service", "cases.service", _titles(lambda visit: visit.parts.deployment.catalogue.services)),
    Filter("office", "cases.office", _titles(lambda visit: visit.parts.deployment.catalogue.offices)),
    Filter("agency", "cases.agency", _titles(lambda visit: visit.parts.deployment.catalogue.agencies)),
    Filter("outcome", "cases.outcome", _words("outcome", [str(o) for o in CaseOutcome])),
    Filter("channel", "cases.channel", _words("channel", _CHANNELS)),
    Filter("due_before", "cases.due_before", kind="date", read=_end_of, wrong="bad_date"),
    Filter("reference", "cases.reference", hint="cases.reference_hint"),
)


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
        for f in FILTERS
    ]


def chosen(visit: Visit) -> dict[str, str]:
    """Return what the query narrows to, without what is empty or unknown."""
    query = visit.request.query_params
    return {f.name: value for f in FILTERS if (value := query.get(f.name, "").strip()[:200])}


def wanted(visit: Visit) -> CaseFilter:
    """Return the filter that the query asks for, narrowed to what this person sees. Raises ``BadInput`` naming the field."""
    given = chosen(visit)
    values: dict[str, Any] = {"client": visit.sees}
    problems = []
    for f in FILTERS:
        if f.name in given:
            try:
                values[f.name] = f.read(given[f.name], visit)
            except (ValueError, OverflowError):
                problems.append(Problem(f"/{f.name}", f.wrong or "not_a_choice", f"{f.name} cannot be read"))
    if problems:
        raise BadInput(problems)
    return CaseFilter(**values)
