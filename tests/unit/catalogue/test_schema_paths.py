"""Which paths a schema knows."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.catalogue.schema_paths import closed_flaws, refers_outside, unknown_path

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "plain": {"type": "string"},
        "choice": {"enum": ["a", "b"]},
        "list": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        "open": {"type": "object", "additionalProperties": True},
        "anything": {},
        "true": True,
        "never": False,
        "mapped": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": False, "properties": {"x": {}}},
        },
        "either": {
            "oneOf": [
                {"type": "object", "additionalProperties": False, "properties": {"one": {"type": "string"}}},
                {"type": "object", "additionalProperties": False, "properties": {"two": {"type": "string"}}},
            ]
        },
        "tuple": {"type": "array", "prefixItems": [{"type": "object", "additionalProperties": False, "properties": {"p": {}}}]},
        "tree": {"$ref": "#/$defs/tree"},
        "person": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"kind": {}, "name": {"type": "string"}},
            "if": {"properties": {"kind": {"const": "x"}}, "required": ["kind"]},
            "then": {"required": ["name"]},
        },
    },
    "$defs": {
        "item": {"type": "object", "additionalProperties": False, "properties": {"a/b": {"type": "integer"}}},
        "tree": {"type": "object", "additionalProperties": False, "properties": {"child": {"$ref": "#/$defs/tree"}}},
    },
}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "plain",
        "list",
        "list.a/b",
        "open.x.y",
        "anything.x",
        "true.x",
        "mapped.k.x",
        "either.one",
        "either.two",
        "tuple.p",
        "tree.child.child.child",
        "person.name",
        "mapped.k.x.deeper",
    ],
)
def test_known(path: str) -> None:
    assert unknown_path(SCHEMA, tuple(path.split(".")) if path else ()) is None


@pytest.mark.parametrize(
    ("path", "at", "known"),
    [
        ("nothing", "nothing", "plain"),
        ("plain.x", "plain.x", ""),
        ("choice.x", "choice.x", ""),
        ("list.c.d", "list.c", "a/b"),
        ("never", "never", "plain"),
        ("mapped.k.y", "mapped.k.y", "x"),
        ("either.three", "either.three", "one"),
        ("tree.child.x", "tree.child.x", "child"),
        ("person.title", "person.title", "name"),
    ],
)
def test_unknown(path: str, at: str, known: str) -> None:
    found = unknown_path(SCHEMA, tuple(path.split(".")))
    assert found is not None
    assert found.path == tuple(at.split("."))
    assert known in found.known or (not known and not found.known)


def test_references_that_lead_outside() -> None:
    refs = {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"$ref": "#/$defs/none"}}, "items": {"$ref": "https://x.example/y"}}
    assert set(refers_outside(refs)) == {"#/$defs/none", "https://x.example/y"}
    assert list(refers_outside({"const": {"$ref": "x"}})) == []


def test_objects_that_do_not_say_whether_they_are_closed() -> None:
    assert list(closed_flaws(SCHEMA)) == []
    assert list(closed_flaws({"properties": {"a": {"items": {"properties": {}}}}})) == ["", "/properties/a/items"]
