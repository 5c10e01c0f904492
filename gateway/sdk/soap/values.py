"""Simple types: JSON values to XSD's lexical form and back.

A number of XSD is a JSON number where JSON can hold it exactly, else text: JSON numbers are doubles, and a sum of money or
a registry number must not change on its way. Dates and times stay text in XSD's own form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final

#: The largest integer that every JSON reader keeps exact.
MAX_EXACT: Final = 2**53 - 1


class Kind(Enum):
    """How the values of a simple type look in JSON."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    BINARY = "binary"
    LIST = "list"
    ANY = "any"


EXPECTED: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.FLOAT: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.BINARY: "base64 text or a document",
    Kind.LIST: "a list",
    Kind.ANY: "text, a number, true or false",
}


@dataclass(slots=True)
class SimpleType:
    """A simple type. ``builtin`` is the XSD type it rests on; ``item`` the member type of a list.

    ``facets`` and ``enumeration`` serve examples and messages; what enforces them is libxml2.
    ``keeps_space``: white space counts (``xs:string``).
    """

    name: str
    kind: Kind
    builtin: str
    item: SimpleType | None = None
    keeps_space: bool = False
    enumeration: tuple[str, ...] = ()
    facets: dict[str, str] = field(default_factory=dict)

    def encode(self, value: Any) -> str:
        """Return the lexical form of a JSON value. Raises ``ValueError`` that says what was expected."""
        kind = self.kind
        if kind is Kind.TEXT or kind is Kind.BINARY:
            if isinstance(value, str):
                return value
        elif kind is Kind.BOOLEAN:
            if isinstance(value, bool):
                return "true" if value else "false"
            if value in {"true", "false", "1", "0"}:
                return str(value)
        elif kind is Kind.LIST:
            if self.item is not None and isinstance(value, list):
                return " ".join(self.item.encode(item) for item in value)
            if isinstance(value, str):
                return value
        elif kind is Kind.ANY and isinstance(value, bool):
            return "true" if value else "false"
        else:
            number = _number(value, self.kind)
            if number is not None:
                return number
        raise ValueError(f"must be {EXPECTED[kind]}, not {_said(value)}")

    def decode(self, text: str) -> Any:
        """Return the JSON value of a lexical form; text that is not of the type stays text (libxml2 has said so before)."""
        kind = self.kind
        if kind is Kind.TEXT:
            return text if self.keeps_space else text.strip()
        text = text.strip()
        if kind is Kind.BOOLEAN:
            return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
        if kind is Kind.LIST and self.item is not None:
            return [self.item.decode(part) for part in text.split()]
        if kind is Kind.INTEGER:
            return _integer(text)
        if kind is Kind.DECIMAL or kind is Kind.FLOAT:
            return _decimal(text)
        return text


def _number(value: Any, kind: Kind) -> str | None:
    if isinstance(value, str):  # text is checked by the schema; the exact form of a large number can only be text
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) <= MAX_EXACT:
        return str(int(value))
    if kind is Kind.INTEGER:
        return None
    return repr(value) if kind is Kind.FLOAT else format(Decimal(repr(value)), "f")


def _integer(text: str) -> int | str:
    try:
        value = int(text)
    except ValueError:
        return text
    return value if abs(value) <= MAX_EXACT else text


def _decimal(text: str) -> int | float | str:
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return text
    if not exact.is_finite():
        return text
    if exact == exact.to_integral_value() and abs(exact) <= MAX_EXACT:
        return int(exact)
    near = float(exact)
    return near if Decimal(repr(near)) == exact else text


def _said(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return "text"
    return f"the number {value}"


_INTEGERS: Final = (
    "integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt unsignedShort "
    "unsignedByte positiveInteger"
)
_TEXTS: Final = (
    "token language NMTOKEN Name NCName ID IDREF ENTITY anyURI QName NOTATION duration dateTime time date gYearMonth gYear "
    "gMonthDay gDay gMonth"
)


def _builtins() -> dict[str, SimpleType]:
    made = {name: SimpleType(name, Kind.TEXT, name) for name in _TEXTS.split()}
    made |= {name: SimpleType(name, Kind.INTEGER, name) for name in _INTEGERS.split()}
    made |= {name: SimpleType(name, Kind.TEXT, name, keeps_space=True) for name in ("string", "normalizedString")}
    made |= {name: SimpleType(name, Kind.FLOAT, name) for name in ("float", "double")}
    made |= {name: SimpleType(name, Kind.BINARY, name) for name in ("base64Binary", "hexBinary")}
    made |= {name: SimpleType(name, Kind.LIST, name, item=made["NMTOKEN"]) for name in ("NMTOKENS", "IDREFS", "ENTITIES")}
    made["decimal"] = SimpleType("decimal", Kind.DECIMAL, "decimal")
    made["boolean"] = SimpleType("boolean", Kind.BOOLEAN, "boolean")
    made["anySimpleType"] = SimpleType("anySimpleType", Kind.ANY, "anySimpleType", keeps_space=True)
    return made


#: The types of XML Schema itself, by local name.
BUILTINS: Final[Mapping[str, SimpleType]] = _builtins()
