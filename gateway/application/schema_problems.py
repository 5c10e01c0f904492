"""JSON Schema errors as problems: pointer, rule and what would be right, for each broken rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import jsonschema_rs

from gateway.application.messages import problem
from gateway.domain.errors import Problem

#: keyword → (our code, the key of what is wanted within the error's details)
_RULES: Final[Mapping[str, tuple[str, str]]] = {
    "minimum": ("minimum", "limit"),
    "maximum": ("maximum", "limit"),
    "exclusiveMinimum": ("above", "limit"),
    "exclusiveMaximum": ("below", "limit"),
    "multipleOf": ("multiple", "multiple_of"),
    "minLength": ("too_short", "limit"),
    "maxLength": ("too_long", "limit"),
    "minItems": ("too_few", "limit"),
    "maxItems": ("too_many", "limit"),
    "minProperties": ("too_few", "limit"),
    "maxProperties": ("too_many", "limit"),
    "pattern": ("pattern", "pattern"),
    "const": ("const", "expected_value"),
}
_FORMATS: Final[Mapping[str, str]] = {"date": "YYYY-MM-DD", "time": "hh:mm:ss+05:00", "email": "name@example.uz"}


def form_validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema (JSON Schema 2020-12, formats asserted, nothing fetched).

    Raises ``ValueError`` when it is no valid schema, or refers to what is not within it.
    """
    try:
        return jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True, offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise ValueError(str(error).split("\n", 1)[0]) from error


def problems_of(validator: jsonschema_rs.Draft202012Validator, value: Any, prefix: str = "", most: int = 100) -> list[Problem]:
    """Return every broken rule of ``value``, at most ``most``. ``prefix`` is the pointer at which ``value`` stands."""
    found: dict[tuple[str, str, str], Problem] = {}
    for error in validator.iter_errors(value):
        for one in _problems(error, prefix):
            found.setdefault((one.pointer, one.code, one.message), one)
        if len(found) >= most:
            break
    return list(found.values())[:most]


def pointer_of(path: list[str | int]) -> str:
    """Return the JSON Pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _problems(error: jsonschema_rs.ValidationError, prefix: str) -> Iterator[Problem]:
    pointer = prefix + pointer_of(error.instance_path)
    kind = error.kind.name
    details = error.kind.as_dict()
    if kind in _RULES:
        code, key = _RULES[kind]
        wanted = details[key]
        yield problem(pointer, code, wanted=wanted if isinstance(wanted, str) else json.dumps(wanted, ensure_ascii=False))
    elif kind in _SPECIAL:
        yield from _SPECIAL[kind](pointer, details)
    else:
        yield problem(pointer, "schema", wanted=kind)


def _required(pointer: str, details: Mapping[str, Any]) -> Iterator[Problem]:
    name = details["property"]
    yield problem(pointer + pointer_of([name]), "required", name=name)


def _unknown(pointer: str, details: Mapping[str, Any]) -> Iterator[Problem]:
    for name in details["unexpected"]:
        yield problem(pointer + pointer_of([name]), "unknown_field", name=name)


def _format(pointer: str, details: Mapping[str, Any]) -> Iterator[Problem]:
    name = details["format"]
    yield problem(pointer, "time") if name == "date-time" else problem(pointer, "format", wanted=_FORMATS.get(name, name))


def _enum(pointer: str, details: Mapping[str, Any]) -> Iterator[Problem]:
    options = (o if isinstance(o, str) else json.dumps(o, ensure_ascii=False) for o in details["options"])
    yield problem(pointer, "enum", wanted=", ".join(options))


_SPECIAL: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Problem]]]] = {
    "required": _required,
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "falseSchema": lambda pointer, _: iter([problem(pointer, "unknown_field", name=pointer.rpartition("/")[2])]),
    "type": lambda pointer, details: iter([problem(pointer, "type", wanted=", ".join(details["types"]))]),
    "enum": _enum,
    "format": _format,
    "uniqueItems": lambda pointer, _: iter([problem(pointer, "repeated")]),
    "oneOf": lambda pointer, _: iter([problem(pointer, "alternatives")]),
    "anyOf": lambda pointer, _: iter([problem(pointer, "alternatives")]),
}
