"""How deep the smallest value of a type is: what examples go by, so that they end and leave out what cannot be made.

Types contain one another, often in circles. The depth of each is worked out by going round until nothing gets smaller; what stays
infinite has no value at all: it needs something unresolved, has no literal, or contains itself without an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.literals import literals
from gateway.sdk.soap.model import Attribute, ComplexType, Element, Group, Particle, Type, Wildcard
from gateway.sdk.soap.values import SimpleType

if TYPE_CHECKING:
    from gateway.sdk.soap.xsd import Schemas

#: The depth of what has no value.
NEVER: Final = 1_000_000
#: Deeper than any message may be: who needs more is taken to need more than there is.
_MAX_DEPTH: Final = 60
_MAX_TYPES: Final = 20_000


class Efforts:
    """Depths of types, elements and groups, remembered: types are told apart by identity, so they are held on to."""

    def __init__(self, schemas: Schemas | None) -> None:
        self._schemas = schemas
        self._known: dict[int, int] = {}
        self._held: list[Type] = []
        self._literals: dict[int, list[str]] = {}
        self._strangers: dict[Wildcard, Element | None] = {}

    def literals(self, kind: SimpleType) -> list[str]:
        """Return example texts of a simple type: several where each may be used once (``xs:ID``)."""
        found = self._literals.get(id(kind))
        if found is None:
            found = self._literals[id(kind)] = literals(kind, 100 if kind.builtin == "ID" else 1)
            self._held.append(kind)
        return found

    def concrete(self, kind: Type) -> list[tuple[Type, str]]:
        """Return the types that may stand for one, each with the name that ``@xsi:type`` needs: itself, unless it is abstract."""
        if not isinstance(kind, ComplexType) or not kind.abstract:
            return [(kind, "")]
        if self._schemas is None or not kind.name:
            return []
        found: list[tuple[Type, str]] = []
        for tag in self._schemas.derived_from(kind.name):
            try:
                made = self._schemas.type(tag)
            except ContractBroken:
                continue
            if isinstance(made, ComplexType) and not made.abstract:
                local = tag.rpartition("}")[2]
                found.append((made, local if len(self._schemas.types_named(local)) == 1 else tag))
        return found

    def stranger(self, wildcard: Wildcard) -> Element | None:
        """Return a global element of the contract that an ``xs:any`` takes, the least deep of the first ones."""
        if wildcard not in self._strangers:
            self._strangers[wildcard] = None  # it may be asked for again on the way
            fitting = [e for e in self._globals(wildcard) if not e.abstract][:20]
            best = min(fitting, key=self.of_element, default=None)
            self._strangers[wildcard] = best if best is not None and self.of_element(best) < NEVER else None
        return self._strangers[wildcard]

    def _globals(self, wildcard: Wildcard) -> Iterator[Element]:
        if self._schemas is None:
            return
        for tag in self._schemas.element_tags():
            namespace = tag[1:].partition("}")[0] if tag[:1] == "{" else ""
            if wildcard.allows(namespace):
                yield self._schemas.element(tag)

    # -- depths ----------------------------------------------------------------------------------------------------

    def of_type(self, kind: Type) -> int:
        """Return how many levels the smallest value of a type has; ``NEVER`` where there is none."""
        if id(kind) not in self._known:
            self._measure(kind)
        return self._known[id(kind)]

    def of_element(self, element: Element) -> int:
        """Return the depth of one such element, whatever its bounds."""
        depth = NEVER
        if not element.abstract:
            try:
                depth = self.of_type(element.type)
            except ContractBroken:
                depth = NEVER
        return min(depth, 1) if element.nillable and not element.abstract else depth

    def of_particle(self, item: Particle) -> int:
        """Return the depth that an element, group or wildcard needs at least; 0 where it can be left out."""
        return 0 if item.minimum == 0 else self.of_one(item)

    def of_one(self, item: Particle) -> int:
        """Return the depth of one occurrence."""
        return self._one(item, self.of_element)

    def _one(self, item: Particle, element: Callable[[Element], int]) -> int:
        if isinstance(item, Element):
            return element(item)
        if isinstance(item, Wildcard):
            return 1 if item.open or self.stranger(item) is not None else NEVER
        depths = [0 if inner.minimum == 0 else self._one(inner, element) for inner in item.items]
        if item.kind == "choice":
            return min(depths, default=NEVER)  # an empty choice can never be made
        return max(depths, default=0)

    def _measure(self, start: Type) -> None:
        """Work out the depth of a type and of all that it needs."""
        types = self._needed(start)
        depths = {id(kind): NEVER for kind in types}
        self._held += types

        def of_type(kind: Type) -> int:
            key = id(kind)
            return self._known[key] if key in self._known else depths.get(key, NEVER)

        def of_element(element: Element) -> int:
            depth = NEVER if element.abstract or _type(element) is None else of_type(element.type)
            return min(depth, 1) if element.nillable and not element.abstract else depth

        changed = True
        while changed:
            changed = False
            for kind in types:
                found = self._depth(kind, of_type, of_element)
                if found < depths[id(kind)]:
                    depths[id(kind)] = found
                    changed = True
        self._known |= depths

    def _depth(self, kind: Type, of_type: Callable[[Type], int], of_element: Callable[[Element], int]) -> int:
        if isinstance(kind, SimpleType):
            return 1 if self.literals(kind) else NEVER
        if kind.abstract:
            return min((of_type(made) for made, _ in self.concrete(kind)), default=NEVER)
        if kind.anything:
            return 1
        if any(not self._attribute(a) for a in kind.attributes.values() if a.required):
            return NEVER
        if kind.text is not None:
            return 1 if self.literals(kind.text) else NEVER
        if kind.content is None or kind.content.minimum == 0:
            return 1
        return min(NEVER, 1 + self._one(kind.content, of_element))

    def _attribute(self, attribute: Attribute) -> bool:
        return attribute.fixed is not None or bool(self.literals(attribute.type))

    def _needed(self, start: Type) -> list[Type]:
        """Return the types that a value of ``start`` may need, those that are known already left out."""
        found: list[Type] = [start]
        seen = {id(start)}
        layer: list[Type] = [start]
        for _ in range(_MAX_DEPTH):
            following: list[Type] = []
            for kind in layer:
                for inner in self._parts(kind):
                    if id(inner) not in seen and id(inner) not in self._known:
                        seen.add(id(inner))
                        following.append(inner)
            found += following
            layer = following
            if not layer or len(found) > _MAX_TYPES:
                break
        return found

    def _parts(self, kind: Type) -> Iterator[Type]:
        if isinstance(kind, SimpleType) or kind.anything:
            return
        if kind.abstract:
            yield from (made for made, _ in self.concrete(kind))
        elif kind.content is not None and kind.content.minimum:
            for element in required(kind.content):
                if (made := _type(element)) is not None:
                    yield made


def required(group: Group) -> Iterator[Element]:
    """Yield the elements that a group may need: all of its own that are required, those of every branch of a choice."""
    for item in group.items:
        if item.minimum and isinstance(item, Element):
            yield item
        elif item.minimum and isinstance(item, Group):
            yield from required(item)


def _type(element: Element) -> Type | None:
    try:
        return element.type
    except ContractBroken:
        return None
