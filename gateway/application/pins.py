"""Services and contracts as bytes: what a case pins is kept in the database, and travels to workers.

The bytes are canonical JSON: the same service gives the same bytes on every machine. Standard library only, so that a
worker can read a contract without the catalogue's reader.

    CatalogueError
    └── PinUnreadable   the bytes are no pin, or of a form that this version does not know
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from typing import Any, Final

from gateway.domain.agency import Agency, Branch, Breaker, LanePolicy, Lookup, Operation, RetryPolicy
from gateway.domain.case import FactKind
from gateway.domain.errors import CatalogueError
from gateway.domain.events import canonical
from gateway.domain.service import AfterDeadline, Expression, Service, Step, Term, Unique
from gateway.domain.term_json import term_from_json, term_to_json

#: Rises when a reader of the old form could not read the new one.
FORMAT: Final = 1


class PinUnreadable(CatalogueError):
    """The bytes are no pin that this version can read."""


def pin_service(service: Service) -> bytes:
    """Return the service as bytes. ``service_from_pin`` gives an equal one."""
    return canonical({"kind": "service", "format": FORMAT, "service": _plain(service)})


def service_from_pin(raw: bytes) -> Service:
    """Return the service. Raises ``PinUnreadable``."""
    value = _read(raw, "service")
    try:
        return _service(value)
    except (KeyError, TypeError, ValueError) as error:
        raise PinUnreadable(f"the pinned service cannot be read: {type(error).__name__}: {error}") from error


def pin_agency(agency: Agency) -> bytes:
    """Return the contract as bytes. ``agency_from_pin`` gives an equal one, but for the endpoints.

    Endpoints are always the current ones (DESIGN section 7) and travel with each release, so no pin keeps them.
    """
    kept = replace(agency, endpoint="", branches=tuple(replace(b, endpoint="") for b in agency.branches))
    return canonical({"kind": "agency", "format": FORMAT, "agency": _plain(kept)})


def agency_from_pin(raw: bytes) -> Agency:
    """Return the contract, without endpoints. Raises ``PinUnreadable``."""
    value = _read(raw, "agency")
    try:
        return _agency(value)
    except (KeyError, TypeError, ValueError) as error:
        raise PinUnreadable(f"the pinned contract cannot be read: {type(error).__name__}: {error}") from error


def service_digest(service: Service) -> str:
    """Return the hex SHA-256 over all that a case pins of a service: form, steps, mappings, terms, words."""
    return hashlib.sha256(pin_service(replace(service, digest=""))).hexdigest()


def files_digest(files: Mapping[str, bytes]) -> str:
    """Return the hex SHA-256 over files in path order; each path and content is under it by its length."""
    total = hashlib.sha256()
    for path in sorted(files):
        content = files[path]
        total.update(f"{len(path.encode())}:{path}:{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()


#: Fields that came later stand in a pin only where they say something: what did not change keeps its digest.
_LATER: Final = ("later_terms", "clocks")


def _plain(value: Any) -> Any:
    if isinstance(value, Term):
        return term_to_json(value)
    if is_dataclass(value):
        held = {f.name: getattr(value, f.name) for f in fields(value)}
        return {name: _plain(inner) for name, inner in held.items() if inner or name not in _LATER}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _read(raw: bytes, kind: str) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise PinUnreadable(f"the pin is not JSON: {error}") from error
    if not isinstance(value, dict) or value.get("kind") != kind or value.get("format") != FORMAT:
        raise PinUnreadable(f"this is no pinned {kind} of format {FORMAT}; a newer Darcha may have written it")
    found: dict[str, Any] = value[kind]
    return found


def _service(value: dict[str, Any]) -> Service:
    return Service(
        **value
        | {
            "steps": tuple(_step(step) for step in value["steps"]),
            "decision": Expression(**value["decision"]),
            "term": _term(value["term"]),
            "unique": _unique(value["unique"]),
            "roles": tuple(value["roles"]),
            "channels": tuple(value["channels"]),
            "after_deadline": AfterDeadline(value["after_deadline"]),
            "later_terms": _terms(value.get("later_terms", ())),
            "clocks": {kind: _terms(rules) for kind, rules in value.get("clocks", {}).items()},
        }
    )


def _step(value: dict[str, Any]) -> Step:
    return Step(
        **value
        | {
            "input": Expression(**value["input"]),
            "needs": tuple(value["needs"]),
            "facts": tuple(FactKind(kind) for kind in value["facts"]),
            "when": _expression(value["when"]),
            "branch": _expression(value["branch"]),
            "term": _term(value["term"]),
            "later_terms": _terms(value.get("later_terms", ())),
        }
    )


def _expression(value: dict[str, Any] | None) -> Expression | None:
    return None if value is None else Expression(**value)


def _term(value: dict[str, Any] | None) -> Term | None:
    return None if value is None else term_from_json(value)


def _terms(value: Iterable[Mapping[str, Any]]) -> tuple[Term, ...]:
    return tuple(term_from_json(rule) for rule in value)


def _unique(value: dict[str, Any] | None) -> Unique | None:
    return None if value is None else Unique(tuple(Expression(**by) for by in value["by"]), value["then"])


def _agency(value: dict[str, Any]) -> Agency:
    successor = value["succeeded_by"]
    return Agency(
        **value
        | {
            "operations": {id_: _operation(operation) for id_, operation in value["operations"].items()},
            "branches": tuple(_branch(branch) for branch in value["branches"]),
            "lane": _lane(value["lane"]),
            "succeeded_by": None if successor is None else (successor[0], date.fromisoformat(successor[1])),
            "files": {path: base64.b64decode(content, validate=True) for path, content in value["files"].items()},
        }
    )


def _operation(value: dict[str, Any]) -> Operation:
    lookup = value["lookup"]
    if lookup is not None:
        expressions = {"input": Expression(**lookup["input"]), "response": Expression(**lookup["response"])}
        lookup = Lookup(**lookup | expressions)
    return Operation(
        **value
        | {
            "response": _expression(value["response"]),
            "lookup": lookup,
            "answers": tuple(value["answers"]),
            "callback": {name: Expression(**expression) for name, expression in value["callback"].items()},
        }
    )


def _branch(value: dict[str, Any]) -> Branch:
    return Branch(
        **value
        | {
            "territories": tuple(value["territories"]),
            "lane": None if value["lane"] is None else _lane(value["lane"]),
            "valid_from": _day(value["valid_from"]),
            "valid_to": _day(value["valid_to"]),
        }
    )


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _lane(value: dict[str, Any]) -> LanePolicy:
    return LanePolicy(**value | {"breaker": Breaker(**value["breaker"]), "retry": RetryPolicy(**value["retry"])})
