"""Example values made from a JSON Schema: valid to it, deterministic, or none at all.

``sample`` takes the contract's own example where it validates. Else it makes values, each after another plan (everything
that is optional; without the examples that stand in the schema; only what is required; other branches of a choice), mends
what the validator finds by leaving out the optional part that is wrong, and gives the first that is valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.rest.merging import FALSE, NOT, over, own
from adapters.rest.schemas import Checker
from adapters.rest.texts import number, text
from adapters.rest.values import type_of
from gateway.sdk.patterns import matches
from gateway.sdk.patterns import sample as from_pattern

_MAX_DEPTH: Final = 16
_MAX_NODES: Final = 600
_MAX_MENDS: Final = 24
_MAX_BRANCHES: Final = 8
#: An optional part is left out where it lies so deep.
_OPTIONAL_DEPTH: Final = 6
_NOTHING: Final[Any] = object()
_COMPARED: Final = {
    "string": ("minLength", "maxLength", "x-patterns", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "object": ("properties", "required", "additionalProperties", "minProperties", "patternProperties", "dependentRequired"),
}


@dataclass(frozen=True, slots=True)
class Sampled:
    """A value, or why there is none. ``own``: it is the contract's own example."""

    value: Any = None
    found: bool = True
    reason: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """``shown``: examples within the schema are taken; ``optional``: what is not required is made, too."""

    shown: bool = True
    optional: bool = True
    branch: int = 0
    conditions: bool = True


def sample(checker: Checker | None, shown: Iterable[Any] = (), fits: Callable[[Any], bool] = lambda _: True) -> Sampled:
    """Return a value for the schema for which ``fits`` holds, too. Raises ``SchemaBroken``."""
    for example in shown:
        if (checker is None or checker.valid(example)) and fits(example):
            return Sampled(example, own=True)
    if checker is None:
        return Sampled({})
    plans = [_Plan(), _Plan(shown=False), _Plan(shown=False, conditions=False), _Plan(shown=False, optional=False)]
    plans += [_Plan(False, optional, branch) for branch in range(1, _MAX_BRANCHES) for optional in (True, False)]
    reason = "nothing can be valid to it"
    for plan in plans:
        maker = _Maker(checker.root, plan)
        value = maker.make(checker.root)
        for _ in range(_MAX_MENDS):
            if value is _NOTHING:
                break
            problem = checker.problem(value)
            if problem is None and not fits(value):
                reason = "a value that is valid has not the form of the body"
                break
            if problem is None:
                return Sampled(value)
            reason = f"{problem[0] or '/'}: {problem[1]}"
            if not _left_out(value, problem[0]):
                break
        if plan.branch and not maker.chose:
            break
    return Sampled(found=False, reason=reason)


def _left_out(value: Any, pointer: str) -> bool:
    """Leave out the part of ``value`` that is wrong, or what holds it; whether anything could be."""
    steps = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    holders: list[tuple[Any, str]] = []
    node = value
    for step in steps:
        holders.append((node, step))
        if isinstance(node, dict) and step in node:
            node = node[step]
        elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
            node = node[int(step)]
        else:
            break
    for holder, step in reversed(holders):
        if isinstance(holder, dict) and step in holder:
            del holder[step]
            return True
    return False


@dataclass(slots=True)
class _Maker:
    """Makes one value after one plan. ``chose``: there was a choice of branches."""

    root: Mapping[str, Any]
    plan: _Plan
    nodes: int = 0
    chose: bool = False
    trail: list[str] = field(default_factory=list)

    def make(self, schema: Any, depth: int = 0, nth: int = 0) -> Any:
        """Return a value, or ``_NOTHING``."""
        self.nodes += 1
        before = len(self.trail)
        merged = self.merged(schema, depth)
        try:
            return _NOTHING if merged.get("x-false") or depth > _MAX_DEPTH else self._value(merged, depth, nth)
        finally:
            del self.trail[before:]

    def merged(self, schema: Any, depth: int = 0) -> dict[str, Any]:
        """Return the schema flat: references followed, parts laid over one another, a branch chosen."""
        if not isinstance(schema, Mapping):
            return FALSE if schema is False else {}
        made = own(schema)
        if (reference := schema.get("$ref")) is not None:
            id_ = str(reference).rpartition("/")[2]
            if self.trail.count(id_) > 3:
                return FALSE
            self.trail.append(id_)
            made = over(self.merged(self.root["$defs"].get(id_, True), depth), made)
        for part in schema.get("allOf", ()):
            if not (isinstance(part, Mapping) and "x-branch" in part):
                made = over(made, self.merged(part, depth))
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                made = over(made, self._branch(schema, key, made, depth))
        if "if" in schema and "x-branch" not in schema:
            made = self._condition(schema, made, depth)
        return made

    def _branch(self, schema: Mapping[str, Any], key: str, beside: dict[str, Any], depth: int) -> dict[str, Any]:
        parts = list(enumerate(schema[key]))
        self.chose = self.chose or len(parts) > 1
        usual = [(i, part) for i, part in parts if not (isinstance(part, Mapping) and part.get("type") == "null")] or parts
        start = self.plan.branch % len(usual)
        for index, part in [*usual[start:], *usual[:start]]:
            before = len(self.trail)
            made = self.merged(part, depth)
            discriminator = schema.get("discriminator")
            if isinstance(discriminator, Mapping):
                value = next((v for v, i in discriminator["branches"].items() if i == index), None)
                if value is not None:
                    name = discriminator["propertyName"]
                    made = over(made, {"properties": {name: {"const": value}}, "required": [name]})
            if not over(beside, made).get("x-false"):
                return made
            del self.trail[before:]
        return FALSE

    def _condition(self, schema: Mapping[str, Any], made: dict[str, Any], depth: int) -> dict[str, Any]:
        if self.plan.conditions:
            return over(over(made, self.merged(schema["if"], depth)), self.merged(schema.get("then", True), depth))
        return over(made, self.merged(schema.get("else", True), depth))

    def _value(self, schema: dict[str, Any], depth: int, nth: int) -> Any:
        if "const" in schema:
            return schema["const"]
        kind = schema.get("type")
        kinds = [kind] if isinstance(kind, str) else list(kind or ())
        if schema.get("enum"):
            fitting = [
                v for v in schema["enum"] if not kinds or type_of(v) in kinds or ("number" in kinds and type_of(v) == "integer")
            ]
            fitting = [v for v in fitting if not self._forbidden(schema, v)] or fitting
            usual = [v for v in fitting if v is not None] or fitting
            return usual[nth % len(usual)] if usual else _NOTHING
        if self.plan.shown and nth == 0:
            for value in self._shown(schema):
                if not kinds or type_of(value) in kinds or ("number" in kinds and type_of(value) == "integer"):
                    return _copied(value)
        chosen = next((k for k in kinds if k != "null"), None) or (kinds[0] if kinds else _implied(schema))
        if chosen == "object":
            return self._object(schema, depth)
        if chosen == "array":
            return self._array(schema, depth)
        if chosen in {"integer", "number"}:
            made = number(schema, whole=chosen == "integer", nth=nth)
            return _NOTHING if made is None else made
        if chosen == "boolean":
            return nth % 2 == 0
        if chosen == "null":
            return None
        written = text(schema, nth)
        return _NOTHING if written is None else written

    def _shown(self, schema: Mapping[str, Any]) -> list[Any]:
        listed = [schema["example"]] if "example" in schema else []
        return [*listed, *schema.get("examples", ()), *([schema["default"]] if "default" in schema else [])]

    def _forbidden(self, schema: Mapping[str, Any], value: Any) -> bool:
        return any(
            isinstance(n, Mapping) and (value in n.get("enum", ()) or n.get("const", _NOTHING) == value)
            for n in schema.get(NOT, ())
        )

    def _object(self, schema: dict[str, Any], depth: int) -> Any:
        properties: dict[str, Any] = dict(schema.get("properties", {}))
        required = list(schema.get("required", ()))
        banned = {name for n in schema.get(NOT, ()) if isinstance(n, Mapping) for name in n.get("required", ())}
        names = [name for name in properties if name in required or self._wanted(properties[name], depth)]
        names = [name for name in [*names, *(r for r in required if r not in names)] if name in required or name not in banned]
        most = schema.get("maxProperties")
        if most is not None:
            names = sorted(names, key=lambda name: name not in required)[: max(int(most), len(required))]
        made: dict[str, Any] = {}
        for name in names:
            value = self.make(properties.get(name, self._other(schema, name)), depth + 1)
            if value is not _NOTHING:
                made[name] = value
            elif name in required:
                return _NOTHING
        self._dependent(schema, made, properties, depth)
        self._filled(schema, made, depth)
        return made

    def _wanted(self, schema: Any, depth: int) -> bool:
        if isinstance(schema, Mapping) and schema.get("x-hidden"):
            return False
        return (self.plan.optional and depth < _OPTIONAL_DEPTH and self.nodes < _MAX_NODES) or (
            isinstance(schema, Mapping) and bool(schema.get("x-required"))
        )

    def _dependent(self, schema: Mapping[str, Any], made: dict[str, Any], properties: Mapping[str, Any], depth: int) -> None:
        for name, needed in schema.get("dependentRequired", {}).items():
            for other in needed if name in made else ():
                if other not in made:
                    value = self.make(properties.get(other, True), depth + 1)
                    if value is not _NOTHING:
                        made[other] = value
        for name in schema.get("dependentSchemas", {}):
            if name in made and name not in schema.get("required", ()):
                del made[name]

    def _other(self, schema: Mapping[str, Any], name: str) -> Any:
        """The schema of a property that has no name of its own in the schema."""
        for pattern, inner in schema.get("patternProperties", {}).items():
            if matches([pattern], name, "json"):
                return inner
        more = schema.get("additionalProperties", True)
        return True if more is False else more

    def _filled(self, schema: Mapping[str, Any], made: dict[str, Any], depth: int) -> None:
        least = int(schema.get("minProperties", 0))
        more = schema.get("additionalProperties")
        if (
            not made
            and not schema.get("properties")
            and isinstance(more, Mapping)
            and self.plan.optional
            and schema.get("maxProperties") != 0
        ):
            least = max(least, 1)
        names = schema.get("propertyNames")
        patterns = schema.get("patternProperties", {})
        for nth in range(least + 4):
            if len(made) >= least:
                return
            if more is False and patterns:
                pattern, inner = next(iter(patterns.items()))
                name: Any = from_pattern(pattern, least=nth, flavour="json")
            else:
                name = self.make(
                    over({"type": "string"}, self.merged(names)) if names is not None else {"type": "string"}, depth + 1, nth
                )
                inner = self._other(schema, str(name)) if isinstance(name, str) else True
            value = self.make(inner, depth + 1, nth)
            if isinstance(name, str) and value is not _NOTHING and (more is not False or patterns):
                made.setdefault(name, value)

    def _array(self, schema: dict[str, Any], depth: int) -> Any:
        least, most = int(schema.get("minItems", 0)), schema.get("maxItems")
        fixed = schema.get("prefixItems", [])
        items = schema.get("items", True)
        wanted = max(least, len(fixed) if fixed else 0, 1 if self.plan.optional and depth < _OPTIONAL_DEPTH else 0)
        if "contains" in schema:
            wanted = max(wanted, int(schema.get("minContains", 1)))
        wanted = wanted if most is None else min(wanted, int(most))
        made: list[Any] = []
        for nth in range(min(wanted, _MAX_NODES)):
            inner = fixed[nth] if nth < len(fixed) else items
            if "contains" in schema and nth < int(schema.get("minContains", 1)):
                inner = {"allOf": [schema["contains"], inner]}
            value = self.make(inner, depth + 1, nth)
            if value is _NOTHING:
                return made if len(made) >= least else _NOTHING
            if schema.get("uniqueItems") and value in made:
                value = _other_than(made, value, self, inner, depth, nth)
                if value is _NOTHING:
                    return made if len(made) >= least else _NOTHING
            made.append(value)
        return made


def _other_than(made: list[Any], value: Any, maker: _Maker, schema: Any, depth: int, nth: int) -> Any:
    """Another member for a list in which none may stand twice: an object differs by the first of its parts that can."""
    if isinstance(value, dict):
        merged = maker.merged(schema, depth)
        for name in value:
            other = maker.make(merged.get("properties", {}).get(name, True), depth + 1, nth)
            if other is not _NOTHING and other != value[name]:
                return {**value, name: other}
    for again in range(nth + 1, nth + 12):
        value = maker.make(schema, depth + 1, again)
        if value not in made:
            return value
    return _NOTHING


def _implied(schema: Mapping[str, Any]) -> str:
    for kind in ("object", "array", "number", "string"):
        if any(key in schema for key in _COMPARED[kind]):
            return kind
    return "string"


def _copied(value: Any) -> Any:
    """Examples of the schema are shared; what is made of them may be mended."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
