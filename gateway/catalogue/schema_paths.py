"""Which paths a JSON Schema knows: so that a mapping's typing error is found when the catalogue loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_APPLICATORS: Final = ("allOf", "anyOf", "oneOf")
_CONDITIONAL: Final = ("if", "then", "else")
_MAX_REFS: Final = 64


@dataclass(frozen=True, slots=True)
class UnknownPath:
    """``path`` up to and including the first name that the schema does not know, and the names that it knows there."""

    path: tuple[str, ...]
    known: tuple[str, ...]


def unknown_path(schema: Mapping[str, Any], path: tuple[str, ...]) -> UnknownPath | None:
    """Return where ``path`` leaves the schema, or ``None`` when it leads to something. Lists are passed through."""
    here = list(_expand(schema, schema))
    for i, name in enumerate(path):
        if not here or any(_is_open(s) for s in here):
            return None
        below = [inner for s in here for inner in _step(s, name)]
        if not below:
            return UnknownPath(path[: i + 1], tuple(sorted({key for s in here for key in s.get("properties", {})})))
        here = [inner for s in below for inner in _expand(s, schema)]
    return None


def refers_outside(schema: Any) -> Iterator[str]:
    """Yield every ``$ref`` that does not lead to a place within the schema itself."""
    for part in _parts(schema):
        for key in ("$ref", "$dynamicRef"):
            target = part.get(key)
            if isinstance(target, str) and (not target.startswith("#") or _resolve(target, schema) is None):
                yield target


def closed_flaws(schema: Any, pointer: str = "") -> Iterator[str]:
    """Yield the pointer of every object that names properties and does not say whether there may be others."""
    if isinstance(schema, Mapping):
        if "properties" in schema and not {"additionalProperties", "unevaluatedProperties"} & schema.keys():
            yield pointer
        for key in ("properties", "$defs", "patternProperties"):
            for name, inner in (schema.get(key) or {}).items():
                yield from closed_flaws(inner, f"{pointer}/{key}/{name}")
        if isinstance(schema.get("items"), Mapping):
            yield from closed_flaws(schema["items"], f"{pointer}/items")


def _parts(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        yield schema
        for key, inner in schema.items():
            if key not in ("const", "enum", "default", "examples"):
                yield from _parts(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _parts(inner)


def _resolve(ref: str, root: Any) -> Any:
    here = root
    for part in ref.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, Mapping) or name not in here:
            return None
        here = here[name]
    return here


def _expand(schema: Any, root: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas that speak about the same value, and about the items where it is a list."""
    if schema is True:
        yield {"additionalProperties": True}
    if not isinstance(schema, Mapping) or depth > _MAX_REFS:
        return
    if isinstance(schema.get("$ref"), str):
        yield from _expand(_resolve(schema["$ref"], root), root, depth + 1)
    for key in _APPLICATORS:
        for inner in schema.get(key, ()):
            yield from _expand(inner, root, depth + 1)
    for key in _CONDITIONAL:
        if key in schema:
            # A condition narrows what stands beside it; that it says nothing of other names does not open them.
            yield from (s for s in _expand(schema[key], root, depth + 1) if "properties" in s or "items" in s)
    if "items" in schema:
        yield from _expand(schema["items"], root, depth + 1)
    for inner in schema.get("prefixItems", ()):
        yield from _expand(inner, root, depth + 1)
    yield schema


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Whether any name may stand in the value: nothing is said of its properties, or others are allowed."""
    if schema.get("additionalProperties") is True or schema.get("unevaluatedProperties") is True:
        return True
    says = {"properties", "additionalProperties", "unevaluatedProperties", "patternProperties", "$ref", "items", "prefixItems"}
    says |= {"enum", "const", "if", "then", "else", *_APPLICATORS}
    kinds = schema.get("type")
    takes_objects = kinds is None or "object" in ([kinds] if isinstance(kinds, str) else kinds)
    return takes_objects and not says & schema.keys()


def _step(schema: Mapping[str, Any], name: str) -> Iterator[Any]:
    properties = schema.get("properties", {})
    if name in properties:
        if properties[name] is not False:
            yield properties[name]
        return
    yield from schema.get("patternProperties", {}).values()
    for key in ("additionalProperties", "unevaluatedProperties"):
        if isinstance(schema.get(key), Mapping):
            yield schema[key]
