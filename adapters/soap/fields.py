"""The fields of a message in words, for those who write mappings: names, kinds, bounds, choices, documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.sdk import Field
from gateway.sdk.soap import TEXT_KEY, ContractBroken, Message
from gateway.sdk.soap.model import UNBOUNDED, Attribute, ComplexType, Element, Group, Type, Wildcard
from gateway.sdk.soap.values import Kind, SimpleType

#: A contract of five thousand fields helps nobody as a comment; what lies deeper is in the schema.
_MAX_FIELDS: Final = 1500
_MAX_DEPTH: Final = 12
_KINDS: Final = {
    "date": "date",
    "dateTime": "date and time",
    "time": "time of day",
    "duration": "duration",
    "gYear": "year",
    "gYearMonth": "year and month",
    "anyURI": "address (URI)",
    "hexBinary": "hexadecimal text",
    "base64Binary": "base64 text or a document",
    "language": "language code",
}
_OF_KIND: Final = {
    Kind.TEXT: "text",
    Kind.INTEGER: "whole number",
    Kind.DECIMAL: "number",
    Kind.FLOAT: "number",
    Kind.BOOLEAN: "true or false",
    Kind.BINARY: "base64 text or a document",
    Kind.LIST: "list",
    Kind.ANY: "text or number",
    Kind.NAME: "name {namespace}local",
}
_FACETS: Final = {
    "length": "exactly {} long",
    "minLength": "at least {} long",
    "maxLength": "at most {} long",
    "minInclusive": "at least {}",
    "maxInclusive": "at most {}",
    "minExclusive": "more than {}",
    "maxExclusive": "less than {}",
    "totalDigits": "at most {} digits",
    "fractionDigits": "at most {} decimals",
}


def fields_of(message: Message) -> tuple[Field, ...]:
    """Return what stands at the top of the value that a mapping produces, or that an expression sees as ``body``."""
    walk = _Walk()
    if len(message.elements) != 1:
        return tuple(walk.element(element, "") for element in message.elements)
    kind = _type_of(message.elements[0])
    if isinstance(kind, ComplexType) and not kind.array and kind.text is None:
        return tuple(walk.inside(kind, ()))
    return (walk.element(message.elements[0], ""),)


class _Walk:
    """Counts fields, and knows the types that it is within."""

    def __init__(self) -> None:
        self.left = _MAX_FIELDS

    def element(self, element: Element, choice: str, path: tuple[str, ...] = (), *, many: bool = False) -> Field:
        self.left -= 1
        kind = _type_of(element)
        required = element.minimum > 0 and not element.nillable
        about = element.about
        if kind is None:
            return Field(element.key, "of a type that no schema declares", required, many, choice, about=about)
        if isinstance(kind, SimpleType):
            return Field(element.key, _kind(kind), required, many, choice, kind.enumeration, _rule(kind), about)
        if kind.text is not None and not kind.attributes:
            text = kind.text
            return Field(element.key, _kind(text), required, many, choice, text.enumeration, _rule(text), about)
        mark = kind.name or element.tag
        repeats = mark in path or len(path) >= _MAX_DEPTH or self.left <= 0
        inner = () if repeats else tuple(self.inside(kind, (*path, mark)))
        word = "anything" if kind.anything else "list" if kind.array else "object"
        rule = "its @xsi:type names the type that is meant" if kind.abstract else _occurs(element) if many else ""
        return Field(element.key, word, required, many, choice, rule=rule, about=about, fields=inner, repeats=repeats)

    def inside(self, kind: ComplexType, path: tuple[str, ...]) -> Iterator[Field]:
        for attribute in kind.attributes.values():
            yield _attribute(attribute)
        if kind.text is not None:
            yield Field(TEXT_KEY, _kind(kind.text), True, enumeration=kind.text.enumeration, rule=_rule(kind.text))
        if kind.content is not None:
            yield from self.group(kind.content, kind, path, "", optional=False)

    def group(self, group: Group, owner: ComplexType, path: tuple[str, ...], choice: str, *, optional: bool) -> Iterator[Field]:
        label = choice
        if group.kind == "choice" and len(group.items) > 1:
            label = " | ".join(sorted(group.keys)[:6]) + (" | …" if len(group.keys) > 6 else "")
        optional = optional or group.minimum == 0
        for item in group.items:
            if isinstance(item, Element):
                known = owner.layout.fields.get(item.tag)
                made = self.element(item, label, path, many=known is not None and known.many)
                yield _optional(made) if optional else made
            elif isinstance(item, Group):
                yield from self.group(item, owner, path, label, optional=optional)
            elif isinstance(item, Wildcard):
                yield Field("(any element)", "anything", item.minimum > 0 and not optional, item.maximum > 1, label)


def _optional(made: Field) -> Field:
    return Field(
        made.key, made.kind, False, made.many, made.choice, made.enumeration, made.rule, made.about, made.fields, made.repeats
    )


def _type_of(element: Element) -> Type | None:
    try:
        kind = element.type
        if isinstance(kind, ComplexType):
            _ = kind.layout
    except ContractBroken:
        return None
    return kind


def _attribute(attribute: Attribute) -> Field:
    kind = attribute.type
    rule = f"always {attribute.fixed}" if attribute.fixed is not None else _rule(kind)
    return Field(attribute.key, _kind(kind), attribute.required, enumeration=kind.enumeration, rule=rule)


def _kind(kind: SimpleType) -> str:
    if kind.kind is Kind.LIST and kind.item is not None:
        return f"list of {_kind(kind.item)}"
    return _KINDS.get(kind.builtin, _OF_KIND[kind.kind])


def _rule(kind: SimpleType) -> str:
    said = [words.format(kind.facets[facet]) for facet, words in _FACETS.items() if facet in kind.facets]
    said += [f"pattern {' or '.join(step)}" for step in kind.patterns]
    return ", ".join(said)


def _occurs(element: Element) -> str:
    most = "" if element.maximum >= UNBOUNDED else f" to {element.maximum}"
    return f"{element.minimum}{most} of them" if most or element.minimum > 1 else ""
