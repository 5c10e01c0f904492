"""The rule of a term as JSON, as clocks and services pin it.

Keys are the names of the fields. Those of the first version always stand there, the others only where they say something:
so a plain term keeps the form that earlier releases read, and the digest of a service that did not change stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from gateway.domain.term_rule import (
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
)

#: By the identity of what was read, which is kept so that no other object can take it on.
_KNOWN: Final[dict[int, tuple[Mapping[str, Any], Term]]] = {}
_MOST: Final = 1024
_FIRST: Final = ("length", "unit", "calendar", "start", "ends_with", "silence", "roll", "warn_before", "legal_basis")


def term_to_json(term: Term) -> dict[str, Any]:
    """Return the term as a JSON object."""
    made = {key: _plain(getattr(term, key)) for key in _FIRST}
    for field in fields(Term):
        value = getattr(term, field.name)
        if field.name not in made and value != field.default:
            made[field.name] = _plain(value)
    return made


def term_from_json(value: Mapping[str, Any]) -> Term:
    """Return the term that ``term_to_json`` wrote. Raises ``ValueError``, ``TypeError`` or ``KeyError`` when it is not one.

    An object that is closed to change, as many clocks of one rule share it, is read once.
    """
    if not isinstance(value, MappingProxyType):
        return _read(value)
    known = _KNOWN.get(id(value))
    if known is None or known[0] is not value:
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        known = _KNOWN[id(value)] = (value, _read(value))
    return known[1]


def _read(value: Mapping[str, Any]) -> Term:
    given = dict(value)
    given["unit"] = Unit(given["unit"])
    for key, read in _READ.items():
        if given.get(key) is not None:
            given[key] = read(given[key])
    return Term(**given)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return str(value) if isinstance(value, str) else value


def _length(value: Mapping[str, Any]) -> Length:
    return Length(**{**value, "unit": Unit(value["unit"])})


def _ground(value: Mapping[str, Any]) -> Ground:
    most = value.get("max")
    return Ground(**{**value, "max": None if most is None else _length(most)})


def _suspension(value: Mapping[str, Any]) -> Suspension:
    grounds = tuple(_ground(ground) for ground in value["grounds"])
    return Suspension(**{**value, "grounds": grounds, "remaining": Remaining(value.get("remaining", Remaining.CARRIED))})


def _extension(value: Mapping[str, Any]) -> Extension:
    start = CountedFrom(value.get("counted_from", CountedFrom.RAW))
    return Extension(**{**value, "unit": Unit(value["unit"]), "counted_from": start})


def _escalation(value: Any) -> tuple[Rung, ...]:
    return tuple(Rung(**{**rung, "to": tuple(rung.get("to", ()))}) for rung in value)


_READ: Final[Mapping[str, Any]] = {
    "silence": Silence,
    "on_day_off": OnDayOff,
    "after_cut_off": AfterCutOff,
    "last_instant": LastInstant,
    "suspension": _suspension,
    "extension": _extension,
    "escalation": _escalation,
    "margin": _length,
    "norm": _length,
    "since": date.fromisoformat,
}
