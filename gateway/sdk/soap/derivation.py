"""Simple types made of others: restrictions and unions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

from gateway.sdk.soap.documents import XS
from gateway.sdk.soap.values import SPACE, Kind, SimpleType

_X: Final = f"{{{XS}}}"
#: Facets that bound a value, each with those that it replaces: of two bounds on one side only the tighter one says something.
_LOWER: Final = frozenset({"minInclusive", "minExclusive"})
_UPPER: Final = frozenset({"maxInclusive", "maxExclusive"})
_LEAST: Final = frozenset({"minLength"})
_MOST: Final = frozenset({"maxLength", "totalDigits", "fractionDigits"})
#: From keeping all to keeping least: a restriction can only keep less.
_SPACES: Final = ("preserve", "replace", "collapse")
_PLAIN: Final = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.BINARY, Kind.NAME})


def restricted(base: SimpleType, node: etree._Element, name: str) -> SimpleType:
    """Return ``base`` with the facets that ``node`` (``xs:restriction``) adds to it."""
    facets = dict(base.facets)
    values: list[str] = []
    patterns: list[str] = []
    white_space = base.white_space
    for child in node:
        facet, value = str(child.tag).removeprefix(_X), child.get("value", "")
        if facet == "enumeration":
            values.append(str(base.decode(value, child.nsmap)) if base.kind is Kind.NAME else value)
        elif facet == "pattern":
            patterns.append(value)
        elif facet == "whiteSpace":
            white_space = max(white_space, value, key=_SPACES.index) if value in _SPACES else white_space
        else:
            _tighten(facets, facet, value.strip(SPACE))
    made = replace(base, name=name, facets=facets, white_space=white_space, _judge=None)
    if patterns:
        made.patterns = (*base.patterns, tuple(patterns))
    if values:
        made.enumeration = tuple(made.normalised(value) for value in values)
    return made


def united(name: str, members: Sequence[SimpleType]) -> SimpleType:
    """Return the union of ``members``; where all of them look alike in JSON, so does the union."""
    kinds = {member.kind for member in members}
    spaces = {member.white_space for member in members}
    builtins = {member.builtin for member in members}
    kind = next(iter(kinds)) if len(kinds) == 1 else Kind.ANY
    # Text is text whatever member takes it, as long as all keep the same spaces; a number's form depends on the patterns.
    plain = kind in _PLAIN and len(spaces) == 1 and (kind is Kind.TEXT or not any(member.patterns for member in members))
    enumerated = all(member.enumeration for member in members)
    return SimpleType(
        name,
        kind if plain or kind is Kind.LIST else Kind.ANY,
        builtins.pop() if len(builtins) == 1 else "anySimpleType",
        enumeration=tuple(dict.fromkeys(v for member in members for v in member.enumeration)) if enumerated else (),
        members=tuple(members),
        white_space=spaces.pop() if len(spaces) == 1 else "preserve",
    )


def _tighten(facets: dict[str, str], facet: str, value: str) -> None:
    if facet in _LOWER or facet in _UPPER:
        side = _LOWER if facet in _LOWER else _UPPER
        for other in side & facets.keys():
            if _looser(facet, value, other, facets[other], lower=side is _LOWER):
                return
            del facets[other]
        facets[facet] = value
    elif facet in _LEAST | _MOST:
        known, new = _number(facets.get(facet, "")), _number(value)
        if new is not None and (known is None or (new > known if facet in _LEAST else new < known)):
            facets[facet] = value
    elif facet == "length":
        for other in _LEAST | {"maxLength"}:
            facets.pop(other, None)
        facets[facet] = value
    if "length" in facets:  # it says more than what else there is about it
        for other in ("minLength", "maxLength"):
            facets.pop(other, None)


def _looser(facet: str, value: str, other: str, known: str, *, lower: bool) -> bool:
    """Say whether a bound allows more than the one that is known. Bounds that are no numbers are taken to get tighter."""
    new, old = _number(value), _number(known)
    if new is None or old is None:
        return False
    if new == old:
        return facet.endswith("Inclusive") and other.endswith("Exclusive")
    return new < old if lower else new > old


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return None if found.is_nan() else found
