"""The smallest value of an element that builds and is valid, and a fuller one that shows what else there is.

An example respects every facet, makes required choices by their first branch that can be completed, names concrete types for
abstract ones, and ends although types contain themselves. Values of ``xs:ID`` differ within one example.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from gateway.sdk.soap.effort import NEVER, Efforts
from gateway.sdk.soap.errors import ContractBroken, NoExample
from gateway.sdk.soap.literals import WORD
from gateway.sdk.soap.model import TEXT_KEY, Attribute, ComplexType, Element, Group, Particle, Type, Wildcard
from gateway.sdk.soap.safe_xml import local_name
from gateway.sdk.soap.values import SimpleType

if TYPE_CHECKING:
    from gateway.sdk.soap.xsd import Schemas

TYPE_KEY: Final = "@xsi:type"
#: A fuller example goes this deep, and has about as many fields.
_FULL_DEPTH: Final = 6
_FULL_SIZE: Final = 400
#: An example by first branches that has more fields is made again by the least deep ones.
_LARGE: Final = 3_000
#: One that has more even then is none that anybody could read.
_IMMENSE: Final = 100_000
#: A list that has to be longer is no example any more.
_MOST_ROUNDS: Final = 1_000
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_OF_XML: Final = {f"{_XML}lang": "uz", f"{_XML}space": "preserve", f"{_XML}id": "id1", f"{_XML}base": "urn:example:1"}


def example_of(element: Element, schemas: Schemas | None = None, *, full: bool = False) -> Any:
    """Return the smallest value that builds a valid element; ``full``: with optional fields, to a bounded depth and size.

    ``schemas`` are asked for types that stand for abstract ones and for elements that stand for ``xs:any``. Raises ``NoExample``
    with the path and the reason when there is no such value.
    """
    return Examples(schemas).of(element, full=full)


class Examples:
    """Examples of one contract; what is found out about its types is remembered."""

    def __init__(self, schemas: Schemas | None) -> None:
        self._efforts = Efforts(schemas)

    def of(self, element: Element, *, full: bool = False) -> Any:
        """As ``example_of``."""
        if element.abstract:
            raise NoExample("", "the element is abstract: another one has to stand in its place")
        if self._efforts.of_element(element) >= NEVER:
            path, reason = _why(self._efforts, element, "", frozenset())
            raise NoExample(path, reason)
        for first in (True, False):
            with contextlib.suppress(_TooLarge):
                return _Maker(self._efforts, full=full, first=first).element(element)
        raise NoExample("", f"the smallest value has more than {_IMMENSE} fields")


class _TooLarge(Exception):
    """The example grows beyond what is worth showing."""


class _Maker:
    """One example. ``first``: choices take their first branch, not the least deep one."""

    def __init__(self, efforts: Efforts, *, full: bool, first: bool) -> None:
        self._efforts = efforts
        self._full = full
        self._first = first
        self._size = 0
        self._ids = 0
        self._open: list[ComplexType] = []

    def element(self, element: Element) -> Any:
        self._size += 1
        if self._size > (_LARGE if self._first else _IMMENSE):
            raise _TooLarge
        kind = _type_of(element)
        if kind is None or self._efforts.of_type(kind) >= NEVER:
            return None  # it can be nil, else nobody would have asked
        default = element.default
        if default is not None and isinstance(simple := _text_type(kind), SimpleType) and simple.accepts(default):
            return self._with_text(kind, simple.decode(default))
        return self._typed(kind)

    def _typed(self, kind: Type) -> Any:
        if isinstance(kind, SimpleType):
            return self._literal(kind)
        if kind.anything:
            return WORD
        named = ""
        if kind.abstract:
            options = [(made, name) for made, name in self._efforts.concrete(kind) if self._efforts.of_type(made) < NEVER]
            made, named = min(options, key=lambda option: (self._again(option[0]), self._efforts.of_type(option[0])))
            if not isinstance(made, ComplexType):  # only complex types are abstract, and what is derived from them
                raise TypeError(named)
            kind = made
        if kind.text is not None:
            value = self._with_text(kind, self._literal(kind.text))
            return value if not named else {TYPE_KEY: named, **(value if isinstance(value, dict) else {TEXT_KEY: value})}
        value = {TYPE_KEY: named} if named else {}
        return self._fields(kind, value)

    def _fields(self, kind: ComplexType, value: dict[str, Any]) -> Any:
        value |= self._attributes(kind)
        if kind.mixed and self._full:
            value[TEXT_KEY] = WORD
        if kind.content is None:
            return value
        self._open.append(kind)
        made: Any = value
        if kind.array:
            made = self._members(kind.content)
        else:
            self._group(kind.content, kind, value)
        self._open.pop()
        return made

    def _members(self, content: Group) -> list[Any]:
        """Return one member of a SOAP-encoded array, none where there can be none."""
        member = next((item for item in content.items if isinstance(item, Element)), None)
        if member is None or self._again_in(member) or self._efforts.of_element(member) >= NEVER:
            return []
        return [self.element(member)]

    def _with_text(self, kind: Type, text: Any) -> Any:
        """Return the value of simple content. What can have attributes is an object, as the reader makes it."""
        if isinstance(kind, ComplexType) and kind.attributes:
            return {**self._attributes(kind), TEXT_KEY: text}
        return text

    def _attributes(self, kind: ComplexType) -> dict[str, Any]:
        return {a.key: self._attribute(a) for a in kind.attributes.values() if a.required or (self._full and self._can(a))}

    def _can(self, attribute: Attribute) -> bool:
        return attribute.fixed is not None or attribute.tag in _OF_XML or bool(self._efforts.literals(attribute.type))

    def _attribute(self, attribute: Attribute) -> Any:
        if attribute.fixed is not None:
            return attribute.type.decode(attribute.fixed)
        known = _OF_XML.get(attribute.tag)
        return known if known is not None else self._literal(attribute.type)

    def _literal(self, kind: SimpleType) -> Any:
        found = self._efforts.literals(kind)
        if kind.builtin == "ID":
            text = found[min(self._ids, len(found) - 1)]
            self._ids += 1
        else:
            text = found[0]
        return kind.decode(text)

    # -- content models --------------------------------------------------------------------------------------------

    def _particle(self, item: Particle, owner: ComplexType, value: dict[str, Any]) -> None:
        if isinstance(item, Group):
            self._group(item, owner, value)
            return
        rounds = item.minimum
        if rounds > _MOST_ROUNDS:
            raise NoExample("", f"{rounds} of {getattr(item, 'key', 'any element')!r} are required, more than an example shows")
        if rounds == 0 and isinstance(item, Element) and self._optional(item):
            rounds = 1
        self._several(item, rounds, owner, value)

    def _several(self, item: Element | Wildcard, rounds: int, owner: ComplexType, value: dict[str, Any]) -> None:
        for _ in range(rounds):
            if isinstance(item, Wildcard):
                self._stranger(item, owner, value)
            elif owner.layout.fields[item.tag].many:
                value.setdefault(item.key, []).append(self.element(item))
            elif item.key not in value:
                value[item.key] = self.element(item)

    def _stranger(self, item: Wildcard, owner: ComplexType, value: dict[str, Any]) -> None:
        if item.open:
            key = next(k for k in (WORD.title() + "_" * n for n in range(99)) if k not in owner.layout.keys)
            made: Any = WORD
        else:
            element = self._efforts.stranger(item)
            if element is None:
                return
            key, made = element.tag, self.element(element)
        if key in value:
            known = value[key]
            value[key] = [*known, made] if isinstance(known, list) else [known, made]
        else:
            value[key] = made

    def _group(self, group: Group, owner: ComplexType, value: dict[str, Any]) -> None:
        if group.minimum == 0 and not self._optional(group):
            return
        if group.kind == "choice":
            self._choice(group, owner, value)
            return
        if group.minimum > _MOST_ROUNDS:
            raise NoExample("", f"{group.minimum} rounds of a group are required, more than an example shows")
        for _ in range(max(group.minimum, 1)):
            for item in group.items:
                self._particle(item, owner, value)

    def _choice(self, group: Group, owner: ComplexType, value: dict[str, Any]) -> None:
        if not self._full and any(item.minimum == 0 or (isinstance(item, Group) and not item.must) for item in group.items):
            return  # it holds when nothing is there
        chosen = self._branches(group)
        rounds = max(group.minimum, 1, min(len(chosen), group.maximum))
        for number in range(rounds if chosen else 0):
            item = chosen[number % len(chosen)]
            if isinstance(item, Group):
                self._group(Group(item.kind, item.items, max(item.minimum, 1), item.maximum), owner, value)
            else:
                self._several(item, max(item.minimum, 1), owner, value)

    def _branches(self, group: Group) -> list[Particle]:
        """Return the branch of a choice to show; a fuller example of one that can be made again and again shows them all."""
        able = [item for item in group.items if self._efforts.of_one(item) < NEVER]
        # What does not lead back into a type that is being made comes first: so every example ends.
        ending = [item for item in able if not self._again_in(item)]
        if self._full and group.maximum > 1 and ending and self._size < _FULL_SIZE:
            return ending
        if ending and self._first:
            return ending[:1]
        return sorted(ending or able, key=self._efforts.of_one)[:1]

    # -- what is left out ------------------------------------------------------------------------------------------

    def _optional(self, item: Element | Group) -> bool:
        """Say whether a fuller example shows an optional part."""
        return (
            self._full
            and len(self._open) <= _FULL_DEPTH
            and self._size < _FULL_SIZE
            and self._efforts.of_one(item) < NEVER
            and not self._again_in(item)
        )

    def _again_in(self, item: Particle) -> bool:
        """Say whether a part needs a type that is being made already."""
        if isinstance(item, Element):
            kind = _type_of(item)
            return kind is not None and all(self._again(made) for made, _ in self._efforts.concrete(kind))
        if isinstance(item, Group):
            inner = [self._again_in(i) for i in item.items if i.minimum]
            return bool(inner) and (all(inner) if item.kind == "choice" else any(inner))
        return False

    def _again(self, kind: Type) -> bool:
        return any(kind is one for one in self._open)


def _type_of(element: Element) -> Type | None:
    try:
        return element.type
    except ContractBroken:
        return None


def _text_type(kind: Type) -> SimpleType | None:
    return kind if isinstance(kind, SimpleType) else None if kind.abstract else kind.text


# -- why there is none ---------------------------------------------------------------------------------------------------


def _why(efforts: Efforts, element: Element, path: str, above: frozenset[int]) -> tuple[str, str]:
    """Return path and reason of the first part that cannot be made."""
    if element.abstract:
        return path, f"the element {element.key!r} is abstract and nothing stands in its place"
    try:
        kind = element.type
    except ContractBroken as error:
        return path, error.reason
    return _why_type(efforts, kind, path, above)


def _why_type(efforts: Efforts, kind: Type, path: str, above: frozenset[int]) -> tuple[str, str]:
    if isinstance(kind, SimpleType):
        return path, _why_simple(kind)
    if id(kind) in above:
        return path, f"the type {local_name(kind.name) or 'of the element'!r} contains itself without an end"
    above |= {id(kind)}
    if kind.abstract:
        options = efforts.concrete(kind)
        if not options:
            return path, f"the type {local_name(kind.name)!r} is abstract and the contract has no other that stands for it"
        return _why_type(efforts, options[0][0], path, above)
    for attribute in kind.attributes.values():
        if attribute.required and attribute.fixed is None and not efforts.literals(attribute.type):
            return f"{path}/{attribute.key}", _why_simple(attribute.type)
    if kind.text is not None:
        return path, _why_simple(kind.text)
    if kind.content is None:
        return path, "no value was found"
    return _why_particle(efforts, kind.content, path, above)


def _why_particle(efforts: Efforts, item: Particle, path: str, above: frozenset[int]) -> tuple[str, str]:
    if isinstance(item, Element):
        return _why(efforts, item, f"{path}/{item.key}", above)
    if isinstance(item, Wildcard):
        return path, f"needs an element of the namespaces {item.namespaces!r}, and the contract declares none"
    missing = [inner for inner in item.items if efforts.of_particle(inner) >= NEVER]
    if not missing:
        return path, "needs one of no elements at all"
    return _why_particle(efforts, missing[0], path, above)


def _why_simple(kind: SimpleType) -> str:
    named = f"the type {local_name(kind.name)!r}" if kind.name else "its type"
    if kind.builtin in {"ENTITY", "ENTITIES"}:
        return f"{named} needs an entity of a DTD, which no message may have"
    if kind.patterns:
        return f"no text was found for the pattern {kind.patterns[-1][0]!r} of {named} together with its other rules"
    return f"no value was found that keeps all rules of {named}"
