"""Example values made from a JSON Schema, for simulated answers where the contract shows none. Deterministic.

Only what contracts of agencies use: where a schema asks for more (a pattern, conditions), the value may not be valid;
the simulator checks and says so, and an example in the contract or a rule in ``simulator.yaml`` helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.rest.openapi import Body, ContractBroken, OpenApi

_MAX_DEPTH: Final = 12
_FORMATS: Final[Mapping[str, str]] = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T10:00:00+05:00",
    "time": "10:00:00+05:00",
    "email": "namuna@example.uz",
    "uri": "https://example.uz/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "byte": "TmFtdW5h",
}


def example(contract: OpenApi, body: Body) -> Any:
    """Return the contract's first example of a body, else one made from its schema."""
    if body.examples:
        return body.examples[0]
    return None if body.schema is None else made_from(contract, body.schema.location)


def made_from(contract: OpenApi, location: str, depth: int = 0) -> Any:
    """Return a value for the schema at ``file#pointer``."""
    try:
        where, schema = contract.node_at(location)
    except ContractBroken:
        return None
    return _value(contract, where, schema, depth)


def _value(contract: OpenApi, where: str, schema: Mapping[str, Any], depth: int) -> Any:
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("oneOf", "anyOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return _below(contract, where, schema[key][0], f"{key}/0", depth)
    if isinstance(schema.get("allOf"), list):
        parts = [_below(contract, where, part, f"allOf/{i}", depth) for i, part in enumerate(schema["allOf"])]
        objects = [part for part in parts if isinstance(part, dict)]
        own = _object(contract, where, schema, depth)
        return {k: v for part in (*objects, own) for k, v in part.items()} if objects or own else parts[0] if parts else None
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or (kind is None and "properties" in schema):
        return _object(contract, where, schema, depth)
    if kind == "array":
        items = schema.get("items")
        count = max(1, int(schema.get("minItems", 1))) if depth < _MAX_DEPTH and isinstance(items, Mapping) else 0
        return [_below(contract, where, items, "items", depth) for _ in range(count)]
    return _scalar(kind, schema)


def _object(contract: OpenApi, where: str, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth >= _MAX_DEPTH:
        return {}
    wanted = schema.get("required") or ()
    properties = schema.get("properties") or {}
    return {
        name: _below(contract, where, node, f"properties/{_token(name)}", depth)
        for name, node in properties.items()
        if name in wanted
    }


def _below(contract: OpenApi, where: str, node: Any, step: str, depth: int) -> Any:
    if not isinstance(node, Mapping):
        return None
    file, _, at = where.partition("#")
    return made_from(contract, f"{file}#{at}/{step}", depth + 1)


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _scalar(kind: Any, schema: Mapping[str, Any]) -> Any:
    if kind == "integer":
        return int(schema.get("minimum", 1))
    if kind == "number":
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    text = _FORMATS.get(str(schema.get("format", "")), "namuna")
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    text = text.ljust(least, "x")
    return text[: int(most)] if most is not None else text
