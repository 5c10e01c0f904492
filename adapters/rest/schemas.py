"""JSON Schemas of a contract: each made fit for the validator, compiled when first used, with all that it refers to.

    SchemaBroken   a schema cannot be used: something that it refers to is not there

A schema is made twice, for what is sent and for what is answered: a property that is read-only is not required in a
request, one that is write-only not in an answer. A reference that leads nowhere breaks the requests that need it; in an
answer anything is taken in its place, with a note.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import jsonschema_rs

from adapters.rest.keywords import schema as made_of
from adapters.rest.references import ContractBroken, Files, Place, token
from gateway.sdk import AdapterError

#: Where a schema has a name of its own, which XML takes for its root.
_NAMED: Final = ("/components/schemas/", "/definitions/")

#: So many compiled schemas of one contract are kept.
_KEPT: Final = 256


class SchemaBroken(AdapterError):
    """A schema of the contract cannot be used (a reference that leads nowhere)."""


@dataclass(slots=True)
class _Made:
    """One schema that a reference can lead to: what it became, what it uses, what is to be told."""

    place: Place
    body: Any = True
    uses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    broken: str = ""


class Whole:
    """A schema complete in itself, and its validator, made when first asked for."""

    def __init__(self, root: dict[str, Any], location: str) -> None:
        self.root = root
        self._location = location

    @cached_property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        """The validator. Raises ``SchemaBroken``."""
        try:
            # Instance values are masked: what is wrong goes into incidents, whom it is about does not.
            return jsonschema_rs.Draft202012Validator(self.root, validate_formats=True, offline=True, mask="the value")
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SchemaBroken(f"{self._location}: {first}") from error


class Pool:
    """The schemas of one contract. ``old``: of OpenAPI 3.0 or Swagger 2.0, whose schemas are no JSON Schemas yet."""

    def __init__(self, files: Files, *, old: bool) -> None:
        self.files = files
        self.old = old
        self._ids: dict[tuple[Place, bool, bool], str] = {}
        self._made: dict[str, _Made] = {}
        self._todo: list[tuple[str, Any, bool, bool]] = []
        self._wholes: OrderedDict[str, Whole] = OrderedDict()

    def checker(self, place: Place, *, sent: bool) -> Checker:
        """Return the schema at ``place``. Raises ``ContractBroken`` when nothing stands there."""
        self.files.node(place)
        return Checker(self, place, sent)

    def id(self, place: Place, *, sent: bool) -> str:
        """Return the name of the schema at ``place`` within the pool, made with all that it refers to."""
        id_ = self._wanted(place, sent)
        while self._todo:
            name, node, sent_, open_ = self._todo.pop()
            made = self._made[name]
            made.body = _Walk(self, made, made.place, sent_, open_).inner(node, open_=open_)
            if isinstance(made.body, dict) and made.place.at.startswith(_NAMED):
                made.body = {**made.body, "x-name": made.place.at.rpartition("/")[2].replace("~1", "/").replace("~0", "~")}
        return id_

    def whole(self, id_: str) -> Whole:
        """Return the schema with all that it refers to, ready for use. Raises ``SchemaBroken``.

        Schemas that are nothing but a reference to one and the same share it. Only so many are kept: one of a large contract
        may take a megabyte.
        """
        seen = {id_}
        while isinstance(body := self._made[id_].body, dict) and body.keys() == {"$ref"}:
            id_ = str(body["$ref"]).rpartition("/")[2]
            if id_ in seen:
                break
            seen.add(id_)
        if id_ in self._wholes:
            self._wholes.move_to_end(id_)
            return self._wholes[id_]
        parts = self.closure(id_)
        for made in parts.values():
            if made.broken:
                raise SchemaBroken(f"{made.place}: {made.broken}")
        root = {"$ref": f"#/$defs/{id_}", "$defs": {name: made.body for name, made in parts.items()}}
        whole = self._wholes[id_] = Whole(root, str(self._made[id_].place))
        if len(self._wholes) > _KEPT:
            self._wholes.popitem(last=False)
        return whole

    def closure(self, id_: str) -> dict[str, _Made]:
        """Return the schema and all that it refers to, by name."""
        found: dict[str, _Made] = {}
        todo = [id_]
        while todo:
            name = todo.pop()
            if name not in found:
                found[name] = self._made[name]
                todo += self._made[name].uses
        return found

    def _wanted(self, place: Place, sent: bool, open_: bool = False) -> str:
        key = (place, sent, open_)
        if key not in self._ids:
            id_ = self._ids[key] = f"s{len(self._ids)}"
            self._made[id_] = _Made(place)
            self._todo.append((id_, self.files.node(place), sent, open_))
        return self._ids[key]


@dataclass(slots=True)
class _Walk:
    """Walks one schema; ``place`` is where the walk stands."""

    pool: Pool
    made: _Made
    place: Place
    sent: bool
    open: bool = False

    @property
    def old(self) -> bool:
        return self.pool.old

    def inner(self, node: Any, *steps: object, open_: bool = False) -> Any:
        return made_of(node, _Walk(self.pool, self.made, self.place.below(*steps), self.sent, open_))

    def reference(self, reference: str) -> Any:
        try:
            id_ = self.pool._wanted(self.pool.files.target(self.place, reference), self.sent, self.open)
        except ContractBroken as error:
            if self.sent:
                self.made.broken = self.made.broken or f"{reference}: {error.reason}"
            else:
                self.note(f"{reference}: {error.reason}; anything is taken there")
            return True
        self.made.uses.append(id_)
        return {"$ref": f"#/$defs/{id_}"}

    def looked_at(self, node: Any) -> Mapping[str, Any]:
        try:
            return self.pool.files.follow(self.place, node)[1]
        except ContractBroken:
            return {}

    def note(self, text: str) -> None:
        self.made.notes.append(f"{self.place}: {text}")


class Checker:
    """One schema, named by where it stands (``openapi.yaml#/components/schemas/Entry``)."""

    def __init__(self, pool: Pool, place: Place, sent: bool) -> None:
        self.location = str(place)
        self._pool = pool
        self._place = place
        self._sent = sent

    @cached_property
    def _id(self) -> str:
        return self._pool.id(self._place, sent=self._sent)

    @property
    def root(self) -> dict[str, Any]:
        """The whole schema, complete in itself: ``{$ref, $defs}``. Raises ``SchemaBroken``."""
        return self._pool.whole(self._id).root

    @property
    def beside(self) -> Mapping[str, Any]:
        """What stands beside the schema where it is used: a parameter and its description."""
        above = Place(self._place.file, self._place.at.rpartition("/")[0])
        node = self._pool.files.node(above)
        return node if isinstance(node, Mapping) and self._place.at.endswith("/schema") else {}

    @property
    def notes(self) -> list[str]:
        """What was put right or left out in it and in what it refers to."""
        return sorted({note for made in self._pool.closure(self._id).values() for note in made.notes})

    @property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return self._pool.whole(self._id).validator

    def compile(self) -> None:
        """Compile now. Raises ``SchemaBroken``."""
        _ = self._validator

    def valid(self, value: Any) -> bool:
        """Whether ``value`` is valid. Raises ``SchemaBroken``."""
        try:
            return self._validator.is_valid(value)
        except (ValueError, TypeError):  # half a surrogate pair, a type that JSON has not
            return False

    def problem(self, value: Any) -> tuple[str, str] | None:
        """Return the first broken rule of ``value`` as JSON Pointer and reason, or ``None``. Raises ``SchemaBroken``."""
        validator = self._validator
        try:
            if validator.is_valid(value):
                return None
            errors = list(validator.iter_errors(value))
        except (ValueError, TypeError) as refused:
            return "", f"not JSON: {refused}"
        return self._told(errors)

    def _told(self, errors: list[Any]) -> tuple[str, str]:
        """The first error that says most: one within the branch that a discriminator names comes before the choice itself."""
        for error in errors:
            if (branch := self._branch(error)) is not None:
                return pointer(error.instance_path), f"by {branch}: {_rule(error)}"
        error = errors[0]
        node = self._at(error.schema_path[:-1])
        discriminator = node.get("discriminator") if isinstance(node, dict) else None
        if isinstance(discriminator, dict) and error.kind.name in {"anyOf", "oneOf"}:
            name, branches = discriminator["propertyName"], ", ".join(discriminator["branches"])
            return pointer(error.instance_path), f"{name!r} names none of {branches} (rule: discriminator)"
        return pointer(error.instance_path), _rule(error)

    def _branch(self, error: Any) -> str | None:
        """The branch of a discriminator that the error's way through the schema led by."""
        found: str | None = None
        node: Any = self.root
        for step in error.evaluation_path:
            if step == "$ref" and isinstance(node, dict) and "$ref" in node:
                node = self.root["$defs"].get(node["$ref"].rpartition("/")[2])
            else:
                node = _step(node, step)
            if isinstance(node, dict) and "x-branch" in node:
                found = str(node["x-branch"])
        return found

    def _at(self, path: list[Any]) -> Any:
        node: Any = self.root
        for step in path:
            node = _step(node, step)
        return node


def _step(node: Any, step: Any) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else None


def _rule(error: Any) -> str:
    return f"{error.message} (rule: {error.kind.name})"


def pointer(path: Any) -> str:
    """Return the JSON Pointer of a path."""
    return "".join(f"/{token(part)}" for part in path)


__all__ = ["Checker", "Pool", "SchemaBroken", "pointer", "token"]
