"""JSON Schemas of what events carry, made of the table of event types.

They are open: a consumer lets members pass that it does not know, for a later release may add some.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.domain.event_types import EventField, EventType, FieldKind

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_KINDS: Final[Mapping[FieldKind, Mapping[str, Any]]] = {
    "text": {"type": "string"},
    "id": {"type": "string", "format": "uuid"},
    "instant": {"type": "string", "format": "date-time"},
    "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "count": {"type": "integer", "minimum": 0},
    "flag": {"type": "boolean"},
    "object": {"type": "object"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "objects": {"type": "array", "items": {"type": "object"}},
}
_TEXT: Final = {"type": "string", "minLength": 1}


def payload_schema(made: EventType) -> dict[str, Any]:
    """Return the JSON Schema of a payload: ``data`` of the CloudEvent."""
    return {
        "$schema": DIALECT,
        "title": made.wire_name,
        "description": made.summary,
        "type": "object",
        "properties": {field.name: _member(field) for field in made.fields},
        "required": [field.name for field in made.fields if not field.optional],
    }


def _member(field: EventField) -> dict[str, Any]:
    plain = dict(_KINDS[field.kind])
    if field.values:
        plain["enum"] = [*field.values, *([None] if field.nullable else [])]
    if field.nullable:
        plain["type"] = [plain["type"], "null"]
    return {"description": field.meaning, **plain}


def envelope_schema() -> dict[str, Any]:
    """Return the JSON Schema of the message on the exchange: CloudEvents 1.0 in JSON, with our extensions."""
    members: dict[str, dict[str, Any]] = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "The event's own, the same whenever it comes again."},
        "source": {"const": "/darcha"},
        "type": {"type": "string", "pattern": r"^uz\.darcha\.[a-z_]+\.[a-z_]+\.v1$"},
        "subject": {"type": "string", "format": "uuid", "description": "The case."},
        "time": {"type": "string", "format": "date-time", "description": "When it was recorded (UTC)."},
        "datacontenttype": {"const": "application/json"},
        "sequence": {
            "type": "string",
            "pattern": "^[1-9][0-9]*$",
            "description": "Its number within the case: from 1, without gaps.",
        },
        "actor": _TEXT | {"description": "Who did it: gateway, client:NAME, operator:NAME, clerk:NAME."},
        "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "The link of the case's chain."},
        "data": {"type": "object", "description": "The payload; empty once it was erased under a retention rule."},
    }
    return {
        "$schema": DIALECT,
        "title": "Event of a case",
        "description": "CloudEvents 1.0 in JSON. Members that are not known are to be let pass.",
        "type": "object",
        "properties": members,
        "required": list(members),
    }
