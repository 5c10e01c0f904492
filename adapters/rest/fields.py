"""The fields of a message in words, for those who write mappings: names, kinds, bounds, choices, documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.rest.merging import PATTERNS, over, own
from adapters.rest.model import Body, Parameter, RestOperation
from adapters.rest.schemas import Checker
from gateway.sdk import Field

#: A contract of five thousand fields helps nobody as a comment; what lies deeper is in the schema.
_MAX_FIELDS: Final = 400
_MAX_DEPTH: Final = 9
_MAX_ABOUT: Final = 300
_MAX_ENUMERATION: Final = 60
_KINDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}
_FORMATS: Final = {
    "date": "date",
    "date-time": "date and time",
    "time": "time of day",
    "duration": "duration",
    "uri": "address (URI)",
    "url": "address (URI)",
    "email": "e-mail address",
    "uuid": "UUID",
    "byte": "base64 text or a document",
    "binary": "document",
}
_RULES: Final = {
    "minLength": "at least {} long",
    "maxLength": "at most {} long",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} properties",
    "maxProperties": "at most {} properties",
}


def input_fields(operation: RestOperation) -> tuple[Field, ...]:
    """Return what stands at the top of the product of a mapping. Raises ``SchemaBroken``."""
    body = () if operation.body is None else _of_body(operation.body)
    if not operation.parameters:
        return body
    names = [parameter.name for parameter in operation.parameters]
    listed = tuple(_parameter(p, twice=names.count(p.name) > 1) for p in operation.parameters)
    made = [Field("params", "object", any(p.required for p in operation.parameters), fields=listed)]
    if operation.body is not None:
        made.append(Field("body", _kind_of_body(operation.body), operation.body.required, fields=body))
    return tuple(made)


def output_fields(operation: RestOperation) -> tuple[Field, ...]:
    """Return what an expression sees in ``body`` of a good answer. Raises ``SchemaBroken``."""
    body = operation.response(operation.success)
    if body is not None and body.kind == "binary":
        about = "goes into 'documents' of the outcome as it is"
        return (Field("media_type", "text"), Field("name", "text", required=False), Field("content", "base64 text", about=about))
    return () if body is None else _of_body(body)


def _of_body(body: Body) -> tuple[Field, ...]:
    if body.schema is None or body.kind in {"text", "binary"}:
        return ()
    walk = _Walk(body.schema.root)
    top = walk.field("", body.schema.root, required=True, trail=())
    return top.fields


def _kind_of_body(body: Body) -> str:
    return {"text": "text", "binary": "text or a document"}.get(body.kind, "object")


def _parameter(parameter: Parameter, *, twice: bool) -> Field:
    name = f"{parameter.where}.{parameter.name}" if twice else parameter.name
    if parameter.schema is None:
        return Field(name, "text", parameter.required, about=f"in the {parameter.where}")
    root = parameter.schema.root
    made = _Walk(root).field(name, root, required=parameter.required, trail=())
    rule = "; ".join(part for part in (f"in the {parameter.where}", made.rule) if part)
    about = made.about or str(_described(parameter.schema))
    return Field(name, made.kind, made.required, made.many, made.choice, made.enumeration, rule, about, made.fields, made.repeats)


def _described(checker: Checker) -> str:
    return str(checker.beside.get("description") or "")[:_MAX_ABOUT]


class _Walk:
    """Walks one schema, within bounds."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._defs: Mapping[str, Any] = root.get("$defs", {})
        self._left = _MAX_FIELDS

    def field(self, key: str, schema: Any, *, required: bool, trail: tuple[str, ...], choice: str = "") -> Field:
        """Return the field of that name."""
        self._left -= 1
        flat, branches, trail, repeats = self._flat(schema, trail)
        kinds = flat.get("type", "")
        kind = kinds if isinstance(kinds, str) else next((k for k in kinds if k != "null"), "")
        many = kind == "array" or (not kind and "items" in flat)
        inner: tuple[Field, ...] = ()
        inner_repeats = False
        if many:
            item = self.field(key, flat.get("items", True), required=True, trail=trail)
            told, inner, inner_repeats = item.kind, item.fields, item.repeats
            enumeration = item.enumeration
        else:
            told = _FORMATS.get(str(flat.get("format", "")), _KINDS.get(kind, "")) or self._implied(flat, branches)
            enumeration = tuple(str(v) for v in flat.get("enum", [flat["const"]] if "const" in flat else [])[:_MAX_ENUMERATION])
            if len(trail) < _MAX_DEPTH and not repeats:
                inner = tuple(self._below(flat, branches, trail))
        return Field(
            key,
            told,
            required,
            many,
            choice,
            enumeration,
            _rule(flat, nullable=isinstance(kinds, list) and "null" in kinds),
            str(flat.get("description") or flat.get("title") or "")[:_MAX_ABOUT],
            inner,
            repeats or inner_repeats,
        )

    def _implied(self, flat: Mapping[str, Any], branches: list[tuple[str, Any]]) -> str:
        if "properties" in flat or any(isinstance(b, Mapping) and ("$ref" in b or "properties" in b) for _, b in branches):
            return "object"
        kinds = [_KINDS.get(str(b.get("type")), "") for _, b in branches if isinstance(b, Mapping) and b.get("type") != "null"]
        return " or ".join(dict.fromkeys(k for k in kinds if k)) or "any value"

    def _flat(self, schema: Any, trail: tuple[str, ...]) -> tuple[dict[str, Any], list[tuple[str, Any]], tuple[str, ...], bool]:
        """The schema with references and ``allOf`` laid into it; its branches by the name of their choice."""
        if not isinstance(schema, Mapping):
            return {}, [], trail, False
        flat = own(schema)
        branches: list[tuple[str, Any]] = []
        repeats = False
        parts = [p for p in schema.get("allOf", ()) if not (isinstance(p, Mapping) and "x-branch" in p)]
        if (reference := schema.get("$ref")) is not None:
            id_ = str(reference).rpartition("/")[2]
            if id_ in trail:
                return flat, [], trail, True
            trail = (*trail, id_)
            parts = [self._defs.get(id_, True), *parts]
        for part in parts:
            below, more, longer, again = self._flat(part, trail)
            flat, trail, repeats = _laid(flat, below), longer, repeats or again
            branches += more
        for key in ("oneOf", "anyOf"):
            usual = [p for p in schema.get(key, ()) if not (isinstance(p, Mapping) and p.get("type") == "null")]
            if len(usual) == 1:
                below, more, trail, again = self._flat(usual[0], trail)
                flat, repeats = _laid(flat, below), repeats or again
                branches += more
            else:
                branches += [(f"{key} {len(branches) + i + 1}", part) for i, part in enumerate(usual)]
        return flat, branches, trail, repeats

    def _below(self, flat: Mapping[str, Any], branches: list[tuple[str, Any]], trail: tuple[str, ...]) -> Iterator[Field]:
        required = set(flat.get("required", ()))
        told: set[str] = set()
        for name, inner in flat.get("properties", {}).items():
            if self._left <= 0:
                return
            told.add(name)
            hidden = isinstance(inner, Mapping) and inner.get("x-hidden")
            if not hidden:
                wanted = name in required or (isinstance(inner, Mapping) and bool(inner.get("x-required")))
                yield self.field(name, inner, required=wanted, trail=(*trail, "."))
        for choice, branch in branches:
            below, _, longer, repeats = self._flat(branch, trail)
            for name, inner in below.get("properties", {}).items():
                if self._left <= 0 or repeats or len(longer) >= _MAX_DEPTH:
                    return
                if name not in told:
                    wanted = name in set(below.get("required", ()))
                    yield self.field(name, inner, required=wanted, trail=(*longer, "."), choice=choice)
            told |= set()
        more = flat.get("additionalProperties")
        if isinstance(more, Mapping) and self._left > 0:
            yield self.field("*", more, required=False, trail=(*trail, "."))


def _laid(flat: dict[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    made = over(flat, below)
    return dict(flat) if made.get("x-false") else made


def _rule(flat: Mapping[str, Any], *, nullable: bool) -> str:
    said = [text.format(flat[key]) for key, text in _RULES.items() if key in flat]
    said += [f"pattern {pattern}" for pattern in flat.get(PATTERNS, ())]
    if flat.get("uniqueItems"):
        said.append("none twice")
    if nullable:
        said.append("or null")
    return ", ".join(said)
