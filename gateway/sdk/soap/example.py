"""The smallest example of an element: what is required, with values that respect type, enumeration, length and bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from gateway.sdk.soap.model import TEXT_KEY, ComplexType, Element, Group, Particle, Type
from gateway.sdk.soap.values import Kind, SimpleType

_MAX_DEPTH: Final = 12
_TEXTS: Final = {
    "date": "2026-01-15",
    "dateTime": "2026-01-15T09:30:00+05:00",
    "time": "09:30:00",
    "duration": "P1D",
    "gYear": "2026",
    "gYearMonth": "2026-01",
    "gMonth": "--01",
    "gDay": "---15",
    "gMonthDay": "--01-15",
    "anyURI": "urn:example:1",
    "language": "uz",
    "hexBinary": "0a",
    "base64Binary": "ZXhhbXBsZQ==",
}


def example_of(element: Element) -> Any:
    """Return a value that builds the element. A pattern is not solved: such a field holds plain text."""
    return _typed(element.type, 0)


def _typed(kind: Type, depth: int) -> Any:
    if isinstance(kind, SimpleType):
        return _simple(kind)
    made: dict[str, Any] = {a.key: a.fixed or _simple(a.type) for a in kind.attributes.values() if a.required}
    if kind.text is not None:
        return {**made, TEXT_KEY: _simple(kind.text)} if made else _simple(kind.text)
    if kind.content is not None and depth < _MAX_DEPTH:
        _group(kind.content, kind, made, depth)
    return made


def _group(group: Group, owner: ComplexType, made: dict[str, Any], depth: int) -> None:
    if group.minimum == 0:
        return
    items: tuple[Particle, ...] = group.items
    if group.kind == "choice":
        items = tuple(i for i in group.items if isinstance(i, Element | Group))[:1]
    for item in items:
        if isinstance(item, Group):
            _group(item, owner, made, depth)
        elif isinstance(item, Element) and (item.minimum or group.kind == "choice"):
            value = _typed(item.type, depth + 1)
            many = owner.layout.fields[item.tag].many
            made[item.key] = [value] * max(1, item.minimum) if many else value


def _simple(kind: SimpleType) -> Any:
    if kind.enumeration:
        return kind.decode(kind.enumeration[0])
    if kind.kind is Kind.BOOLEAN:
        return True
    if kind.kind is Kind.LIST and kind.item is not None:
        return [_simple(kind.item)]
    if kind.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT}:
        return _number(kind)
    text = _TEXTS.get(kind.builtin, "example")
    if kind.builtin in _TEXTS:
        return text
    least = int(kind.facets.get("length", kind.facets.get("minLength", "0")))
    most = int(kind.facets.get("length", kind.facets.get("maxLength", "1000000")))
    return text.ljust(least, "x")[:most]


def _number(kind: SimpleType) -> Any:
    facets = kind.facets
    if "minInclusive" in facets:
        return kind.decode(facets["minInclusive"])
    if "minExclusive" in facets:
        return kind.decode(str(Decimal(facets["minExclusive"]) + 1))
    most = facets.get("maxInclusive", facets.get("maxExclusive"))
    negative = kind.builtin in {"negativeInteger", "nonPositiveInteger"}
    if most is not None and Decimal(most) <= 1:
        return kind.decode(str(Decimal(most) - 1))
    return -1 if negative else 1
