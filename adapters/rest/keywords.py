"""One schema of a contract as JSON Schema 2020-12 that surely compiles: every dialect and every common mistake.

Only keywords that are known are taken over, in the shape that 2020-12 gives them. What cannot be meant is left out, with
a note; what is clearly meant is put right (``type: int``, ``maximum: "10"``, ``nullable``, exclusive bounds as booleans).
The walk hands each inner schema and each reference to the ``Walk`` that asked, which knows where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from adapters.rest.regexes import usable

_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
#: Words for types met in practice, and what they mean: the type and, where it says so, the format.
_MEANT: Final[Mapping[str, tuple[str, str]]] = {
    "int": ("integer", ""), "int32": ("integer", "int32"), "int64": ("integer", "int64"), "long": ("integer", "int64"),
    "short": ("integer", ""), "bigint": ("integer", ""),
    "float": ("number", ""), "double": ("number", ""), "decimal": ("number", ""),
    "bool": ("boolean", ""),
    "str": ("string", ""), "text": ("string", ""), "char": ("string", ""), "file": ("string", "binary"),
    "date": ("string", "date"), "datetime": ("string", "date-time"), "date-time": ("string", "date-time"),
    "uuid": ("string", "uuid"), "guid": ("string", "uuid"), "uri": ("string", "uri"), "email": ("string", "email"),
    "binary": ("string", "binary"), "byte": ("string", "byte"), "base64": ("string", "byte"), "password": ("string", ""),
    "list": ("array", ""), "map": ("object", ""), "dict": ("object", ""), "hash": ("object", ""),
}  # fmt: skip
_COUNTS: Final = (
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains",
)  # fmt: skip
_BOUNDS: Final = ("minimum", "maximum")
_ONE: Final = ("not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_ABOUT: Final = ("title", "description")
_KEPT: Final = ("const", "default", "example", "xml")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")


class Walk(Protocol):
    """Who asks for a schema to be made: knows the place, resolves references, keeps notes."""

    sent: bool

    @property
    def old(self) -> bool:
        """Whether schemas are of OpenAPI 3.0 or Swagger 2.0."""
        ...

    @property
    def open(self) -> bool:
        """Whether the schema is a part of an ``allOf`` whose parts know of one another's properties."""
        ...

    def inner(self, node: Any, *steps: object, open_: bool = False) -> Any:
        """Return the schema that stands ``steps`` below."""
        ...

    def reference(self, reference: str) -> Any:
        """Return the schema that stands for a ``$ref``."""
        ...

    def looked_at(self, node: Any) -> Mapping[str, Any]:
        """Return the raw node that ``node`` is or refers to; empty where there is none."""
        ...

    def note(self, text: str) -> None: ...


def schema(node: Any, walk: Walk) -> Any:
    """Return the schema for ``node``: an object or a boolean."""
    if isinstance(node, bool):
        return node
    if not isinstance(node, Mapping):
        if node is not None:
            walk.note(f"a schema is an object, not {type(node).__name__}; anything is taken there")
        return True
    made: dict[str, Any] = {key: node[key] for key in _ABOUT if isinstance(node.get(key), str)}
    if isinstance(reference := node.get("$ref", node.get("$dynamicRef")), str):
        target = walk.reference(reference)
        if walk.old:  # what stands beside a reference is ignored, but for null, which those who write it do mean
            made |= target if isinstance(target, dict) else {"allOf": [target]}
            return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made
        made |= target if isinstance(target, dict) else {"allOf": [target]}
    made |= {key: node[key] for key in _KEPT if key in node}
    if isinstance(node.get("examples"), list):
        made["examples"] = node["examples"]
    _kinds(node, made, walk)
    _numbers(node, made, walk)
    _texts(node, made, walk)
    _below(node, made, walk)
    _objects(node, made, walk)
    _enumeration(node, made, walk)
    return _nullable(node, made) if walk.old else made


def _kinds(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    if "type" not in node:
        return
    given = node["type"]
    kinds: list[str] = []
    for kind in given if isinstance(given, list) else [given]:
        word = "null" if kind is None else str(kind).strip()
        if word not in _TYPES:
            lower = word.lower()
            meant, form = (lower, "") if lower in _TYPES else _MEANT.get(lower, ("", ""))
            if not meant:
                if lower not in {"any", "mixed", ""}:
                    walk.note(f"there is no type {word!r}; it is not checked")
                return
            word = meant
            if form:
                made.setdefault("format", form)
        if word not in kinds:
            kinds.append(word)
    if kinds:
        made["type"] = kinds[0] if len(kinds) == 1 else kinds


def _numbers(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    for key in _COUNTS:
        if key in node:
            value = number(node[key])
            if value is not None and value >= 0 and value == int(value):
                made[key] = int(value)
            else:
                walk.note(f"{key} is a whole number from 0, not {node[key]!r}; it is not checked")
    for key in _BOUNDS:
        if key in node and (value := number(node[key])) is not None:
            made[key] = value
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        given = node.get(exclusive)
        if given is True and bound in made:
            made[exclusive] = made.pop(bound)
        elif not isinstance(given, bool) and (value := number(given)) is not None:
            made[exclusive] = value
    if (value := number(node.get("multipleOf"))) is not None and value > 0:
        made["multipleOf"] = value


def number(value: Any) -> int | float | None:
    """Return the number that ``value`` is or spells, else ``None``."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value) if set(value) & set(".eE") else int(value)
    return None


def _texts(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    if isinstance(node.get("format"), str):
        made["format"] = node["format"]
    if isinstance(node.get("contentEncoding"), str):
        made["contentEncoding"] = node["contentEncoding"]
    if isinstance(node.get("contentMediaType"), str):
        made["contentMediaType"] = node["contentMediaType"]
    if node.get("pattern"):
        pattern, told = usable(str(node["pattern"]))
        if told:
            walk.note(told)
        if pattern:
            made["pattern"] = pattern


def _below(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    for key in _ONE:
        if isinstance(node.get(key), Mapping | bool):
            made[key] = walk.inner(node[key], key)
    _combined(node, made, walk)
    items = node.get("items")
    if isinstance(items, list) and items:
        made["prefixItems"] = [walk.inner(part, "items", index) for index, part in enumerate(items)]
        if isinstance(node.get("additionalItems"), Mapping | bool):
            made["items"] = walk.inner(node["additionalItems"], "additionalItems")
    elif isinstance(items, Mapping | bool):
        made["items"] = walk.inner(items, "items")
    if node.get("uniqueItems") is True:
        made["uniqueItems"] = True
    _discriminator(node, made, walk)
    if not walk.sent and "oneOf" in made:
        # Branches of contracts often overlap; an answer that fits several is not wrong for it.
        parts = made.pop("oneOf")
        if "anyOf" in made:
            made["allOf"] = [*made.get("allOf", ()), {"anyOf": parts}]
        else:
            made["anyOf"] = parts


def _combined(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    shut = not walk.open and _shut(node, walk)
    if shut:
        walk.note("additionalProperties: false of a part of allOf is read as meant for the whole")
        made["unevaluatedProperties"] = False
    for key in _LISTS:
        parts = node.get(key)
        open_ = key == "allOf" and (shut or walk.open)
        if isinstance(parts, Mapping):
            made[key] = [walk.inner(parts, key, open_=open_)]
        elif isinstance(parts, list) and parts:
            made[key] = [walk.inner(part, key, index, open_=open_) for index, part in enumerate(parts)]


def _shut(node: Mapping[str, Any], walk: Walk) -> bool:
    """Whether ``allOf`` joins objects of which one allows nothing but its own properties: nothing could be valid to that."""
    parts = node.get("allOf")
    if not isinstance(parts, list):
        return False
    raw = [node, *(walk.looked_at(part) for part in parts)]
    names = [frozenset(part["properties"]) for part in raw if isinstance(part.get("properties"), Mapping)]
    closed = [
        frozenset(part.get("properties") or ()) for part in raw if part.get("additionalProperties") in (False, "false") and part
    ]
    nested = sum(1 for part in raw[1:] if isinstance(part.get("allOf"), list))
    return any(own < frozenset().union(*names) for own in closed) or bool(closed and nested)


def _discriminator(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    """Where a property tells the branches apart, more than one may fit by its shape; what the property names has to fit."""
    given = node.get("discriminator")
    name = given.get("propertyName") if isinstance(given, Mapping) else given
    key = "oneOf" if "oneOf" in made else "anyOf"
    if not isinstance(name, str) or key not in made:
        return
    mapping = given.get("mapping") if isinstance(given, Mapping) else None
    references = {part.get("$ref"): i for i, part in enumerate(made[key]) if isinstance(part, dict) and "$ref" in part}
    branches: dict[str, int] = {}
    for value, target in mapping.items() if isinstance(mapping, Mapping) else ():
        found = walk.reference(target if "/" in str(target) or "." in str(target) else f"#/components/schemas/{target}")
        if isinstance(found, dict) and found.get("$ref") in references:
            branches[str(value)] = references[found["$ref"]]
    for index, raw in enumerate(node[key]):
        reference = raw.get("$ref") if isinstance(raw, Mapping) else None
        if isinstance(reference, str) and index not in branches.values():
            branches.setdefault(reference.rpartition("/")[2], index)
    if not branches:
        return
    made["discriminator"] = {"propertyName": name, "branches": branches}
    parts = made.pop(key)
    made["anyOf"] = parts
    made["allOf"] = [
        *made.get("allOf", ()),
        *(
            {"if": {"properties": {name: {"const": v}}, "required": [name]}, "then": parts[i], "x-branch": f"{name} {v!r}"}
            for v, i in branches.items()
        ),
    ]
    if walk.sent and len(set(branches.values())) == len(parts):
        # What we send names a branch that there is. An answer may name one that the contract does not know yet.
        made["allOf"].append({"properties": {name: {"enum": sorted(branches)}}})


def _objects(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    hidden = _hidden(node, walk)
    properties = node.get("properties")
    if isinstance(properties, Mapping):
        made["properties"] = {}
        for name, raw in properties.items():
            inner = walk.inner(raw, "properties", name)
            if name in hidden:
                inner = {**inner, "x-hidden": True} if isinstance(inner, dict) else {"allOf": [inner], "x-hidden": True}
            elif isinstance(raw, Mapping) and raw.get("required") is True and isinstance(inner, dict):
                inner = {**inner, "x-required": True}
            made["properties"][str(name)] = inner
    patterns = node.get("patternProperties")
    if isinstance(patterns, Mapping):
        for written, raw in patterns.items():
            pattern, told = usable(str(written))
            if told:
                walk.note(told)
            if pattern:
                made.setdefault("patternProperties", {})[pattern] = walk.inner(raw, "patternProperties", written)
    _others(node, made, walk)
    required = node.get("required")
    if isinstance(required, list):
        names = list(dict.fromkeys(str(name) for name in required if str(name) not in hidden))
        if names:
            made["required"] = names
    _dependent(node, made, walk)


def _others(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    more = node.get("additionalProperties")
    if isinstance(more, str) and more.lower() in {"true", "false"}:
        more = more.lower() == "true"
    if more is False and ("unevaluatedProperties" in made or walk.open):
        more = None
    if isinstance(more, Mapping | bool):
        made["additionalProperties"] = walk.inner(more, "additionalProperties")


def _dependent(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    for key in ("dependencies", "dependentRequired", "dependentSchemas"):
        given = node.get(key)
        for name, what in given.items() if isinstance(given, Mapping) else ():
            if isinstance(what, list):
                names = list(dict.fromkeys(str(item) for item in what))
                made.setdefault("dependentRequired", {})[str(name)] = names
            elif isinstance(what, Mapping | bool):
                made.setdefault("dependentSchemas", {})[str(name)] = walk.inner(what, key, name)


def _hidden(node: Mapping[str, Any], walk: Walk) -> set[str]:
    """The properties that do not travel in this direction: ``readOnly`` in a request, ``writeOnly`` in an answer."""
    mark = "readOnly" if walk.sent else "writeOnly"
    found: set[str] = set()
    parts = [node, *(part for part in node.get("allOf") or () if isinstance(node.get("allOf"), list))]
    for part in parts:
        properties = walk.looked_at(part).get("properties")
        for name, raw in properties.items() if isinstance(properties, Mapping) else ():
            if (isinstance(raw, Mapping) and raw.get(mark) is True) or walk.looked_at(raw).get(mark) is True:
                found.add(str(name))
    return found


def _enumeration(node: Mapping[str, Any], made: dict[str, Any], walk: Walk) -> None:
    values = node.get("enum")
    if not isinstance(values, list) or not values:
        return
    kind = made.get("type")
    if kind == "array" and not any(isinstance(value, list) for value in values):
        walk.note("an enumeration beside type: array is read as of its items")
        items = made.get("items", {})
        if isinstance(items, dict) and not {"enum", "$ref"} & items.keys():
            made["items"] = {**items, "enum": list(dict.fromkeys(map(str, values)))} if items.get("type") == "string" else items
        return
    if isinstance(kind, str) and (reads := _READS.get(kind)) is not None and not any(_is(kind, value) for value in values):
        changed = [reads(value) for value in values]
        if all(value is not None for value in changed):
            walk.note(f"the values of an enumeration are read as {kind}, which its type asks for")
            values = changed
    unique: list[Any] = []
    for value in values:
        if not any(type(value) is type(other) and value == other for other in unique):
            unique.append(value)
    made["enum"] = unique


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, {"string": str, "integer": int, "number": int | float}.get(kind, object))


def _spelled(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | str) else None


_READS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _spelled,
    "integer": number,
    "number": number,
    "boolean": lambda value: {"true": True, "false": False}.get(str(value).lower()),
}


def _nullable(node: Mapping[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    if node.get("nullable") is not True and node.get("x-nullable") is not True:
        return made
    kind = made.get("type")
    if isinstance(kind, str) and not any(key in made for key in ("allOf", "anyOf", "oneOf", "not")):
        made["type"] = [kind, "null"]
        if "enum" in made and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
        return made
    about: dict[str, Any] = {key: made.pop(key) for key in (*_ABOUT, "example", "default") if key in made}
    return {**about, "anyOf": [made, {"type": "null"}]} if made else about
