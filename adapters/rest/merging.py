"""Schemas laid over one another: all that holds for one value, as one flat schema. What an example is made from.

``FALSE`` stands for what no value can meet. Lists of patterns and of forbidden schemas stand under keys of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

FALSE: Final[dict[str, Any]] = {"x-false": True}
PATTERNS: Final = "x-patterns"
NOT: Final = "x-not"
_LARGER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_SMALLER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_BOTH: Final = ("items", "additionalProperties", "contains", "propertyNames")
_MAPS: Final = ("properties", "patternProperties", "dependentSchemas")
#: These are merged by ``merged`` itself, or say nothing about a value.
_STRUCTURE: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "not", "pattern", "$defs"})


def over(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return both laid over one another; neither is changed."""
    if one.get("x-false") or other.get("x-false"):
        return FALSE
    made = dict(one)
    for key, value in other.items():
        if key in _STRUCTURE:
            continue
        if key not in made:
            made[key] = value
        elif key in _RULES:
            both = _RULES[key](made[key], value)
            if both is None:
                return FALSE
            made[key] = both
    return made


def own(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a schema says itself, without what it refers to or combines."""
    made = {key: value for key, value in schema.items() if key not in _STRUCTURE}
    if "pattern" in schema:
        made[PATTERNS] = [schema["pattern"]]
    if "not" in schema:
        made[NOT] = [schema["not"]]
    return made


def _both(one: Any, other: Any) -> Any:
    if one is False or other is False:
        return False
    if one is True or one in ({}, other):
        return other
    return one if other is True or other == {} else {"allOf": [one, other]}


def _types(one: Any, other: Any) -> Any:
    first = [one] if isinstance(one, str) else list(one)
    second = [other] if isinstance(other, str) else list(other)
    both = [kind for kind in first if kind in second or (kind == "integer" and "number" in second)]
    both += [kind for kind in second if kind == "integer" and "number" in first and kind not in both]
    return both[0] if len(both) == 1 else both or None


def _by_name(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, **{name: _both(one[name], inner) if name in one else inner for name, inner in other.items()}}


def _multiple(one: Any, other: Any) -> Any:
    if one % other == 0:
        return one
    return other if other % one == 0 else one * other


#: How two values of one keyword become one; ``None`` means that nothing can meet both. Other keywords keep the first.
_RULES: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    **dict.fromkeys(_LARGER, max),
    **dict.fromkeys(_SMALLER, min),
    **dict.fromkeys(_BOTH, _both),
    **dict.fromkeys(_MAPS, _by_name),
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    PATTERNS: lambda one, other: [*one, *other],
    NOT: lambda one, other: [*one, *other],
    "type": _types,
    "enum": lambda one, other: [item for item in one if item in other] or None,
    "const": lambda one, other: one if one == other else None,
    "multipleOf": _multiple,
    "uniqueItems": lambda one, other: one or other,
    "dependentRequired": lambda one, other: {**one, **other},
}
