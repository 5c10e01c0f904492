"""Values as text, where a protocol has text only (parameters, forms, XML), and back by what the schema allows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from adapters.rest.schemas import Checker, SchemaBroken

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_ANY: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
#: So many types are all: the schema says nothing.
ANY: Final = len(_ANY)


class Shape:
    """A schema as far as reading needs it: which types are allowed, and what lies below."""

    def __init__(self, root: Mapping[str, Any], node: Any = None) -> None:
        self._root = root
        self.node: Any = root if node is None else node

    @classmethod
    def of(cls, checker: Checker | None) -> Shape:
        """Return the shape of a schema; of no schema, one that allows anything. Never raises."""
        try:
            return cls({}, True) if checker is None else cls(checker.root)
        except SchemaBroken:
            return cls({}, True)

    def parts(self) -> list[dict[str, Any]]:
        """The schema itself and all that it refers to or combines in place."""
        found: list[dict[str, Any]] = []
        todo, seen = [self.node], set[int]()
        while todo:
            node = todo.pop()
            if not isinstance(node, dict) or id(node) in seen:
                continue
            seen.add(id(node))
            found.append(node)
            if (reference := node.get("$ref")) is not None:
                todo.append((self._root.get("$defs") or {}).get(str(reference).rpartition("/")[2]))
            for key in ("allOf", "anyOf", "oneOf"):
                todo += node.get(key, ())
            todo += [node[key] for key in ("then", "else") if key in node]
        return found

    @property
    def types(self) -> frozenset[str]:
        """The types that some part allows; all where none says."""
        found: set[str] = set()
        for part in self.parts():
            kind = part.get("type")
            if isinstance(kind, str | list):
                found |= {kind} if isinstance(kind, str) else set(kind)
            elif "enum" in part or "const" in part:
                found |= {type_of(value) for value in part.get("enum", [part.get("const")])}
            elif "properties" in part:
                found.add("object")
            elif "items" in part:
                found.add("array")
        return frozenset(found) or _ANY

    def under(self, name: str) -> Shape:
        """The shape of an object's property."""
        for part in self.parts():
            inner = part.get("properties", {}).get(name)
            if inner is not None:
                return Shape(self._root, inner)
        for part in self.parts():
            if isinstance(part.get("additionalProperties"), dict):
                return Shape(self._root, part["additionalProperties"])
        return Shape(self._root, True)

    @property
    def properties(self) -> dict[str, Shape]:
        """All properties that some part names."""
        found: dict[str, Shape] = {}
        for part in self.parts():
            for name, inner in part.get("properties", {}).items():
                found.setdefault(name, Shape(self._root, inner))
        return found

    @property
    def items(self) -> Shape:
        """The shape of an array's items."""
        for part in self.parts():
            if isinstance(part.get("items"), dict):
                return Shape(self._root, part["items"])
        return Shape(self._root, True)

    def said(self, key: str) -> Any:
        """The first value of a keyword in the schema and its parts, ``None`` where none has it."""
        return next((part[key] for part in self.parts() if key in part), None)


def type_of(value: Any) -> str:
    """Return the JSON Schema type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return {float: "number", str: "string", list: "array", dict: "object"}.get(type(value), "string")


def text(value: Any) -> str:
    """Return a value as text: scalars plainly, lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | Mapping) or value is None:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return str(value)


def read(written: str, shape: Shape) -> Any:
    """Return the value that a text stands for, by the types that the schema allows; a text where none other fits."""
    types = shape.types
    if types == _ANY:
        return written  # the schema says nothing: a text is what it certainly is
    if "string" in types and (values := shape.said("enum")) is not None and written in values:
        return written
    if "boolean" in types and written in {"true", "false"}:
        return written == "true"
    if types & {"integer", "number"} and _INTEGER.fullmatch(written):
        return int(written)
    if "number" in types and _NUMBER.fullmatch(written):
        return float(written)
    if types & {"object", "array"} and written[:1] in {"{", "["}:
        try:
            return json.loads(written)
        except ValueError:
            return written
    if "null" in types and "string" not in types and written == "null":
        return None
    return written


def bare(value: Any) -> bool:
    """Whether a value is a scalar that has a text of its own."""
    return value is not None and not isinstance(value, list | Mapping)
