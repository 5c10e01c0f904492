"""Simple types: JSON values to XSD's lexical form and back.

A number of XSD is a JSON number where JSON can hold it exactly, else text: JSON numbers are doubles, and a sum of money or
a registry number must not change on its way. It is text too where a pattern asks for a form that the number does not have
(``007``). INF and NaN are text, as are dates, times and ``hexBinary``, in XSD's own form. A name of a namespace (``xs:QName``)
is ``{namespace}local``. A value of a union is what the first member makes of it that takes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final

from gateway.sdk.soap.judge import NAMED, judge_of

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
    NAME = "name"
    LIST = "list"
    ANY = "any"


EXPECTED: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.FLOAT: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.BINARY: "base64 text or a document",
    Kind.NAME: "a name: {namespace}local",
    Kind.LIST: "a list",
    Kind.ANY: "text, a number, true or false",
}

_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
_SHORT: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")

#: White space of XML; other spaces are characters like any other.
SPACE: Final = " \t\n\r"
_SPACES: Final = re.compile(r"[ \t\n\r]+")
_UNTIDY: Final = re.compile(r"[\t\n\r]|^ |  | $")
_REPLACED: Final = str.maketrans("\t\n\r", "   ")

#: Returns the prefix that stands for a namespace, and sees to it that it is declared.
Prefixer = Callable[[str], str]


@dataclass(slots=True)
class SimpleType:
    """A simple type. ``builtin`` is the XSD type it rests on (``list`` for a list), ``item`` the member type of a list.

    ``members`` are those of a union. ``patterns`` has an entry for each restriction that has patterns: those of one entry are
    alternatives, the entries all hold. ``facets`` and ``enumeration`` are the tightest of the chain. They serve examples,
    messages and the choice among a union's members; what enforces them in a message is libxml2.
    """

    name: str
    kind: Kind
    builtin: str
    item: SimpleType | None = None
    enumeration: tuple[str, ...] = ()
    facets: dict[str, str] = field(default_factory=dict)
    patterns: tuple[tuple[str, ...], ...] = ()
    members: tuple[SimpleType, ...] = ()
    white_space: str = "collapse"
    #: Whether a value can be a name of a namespace, so that prefixes count; whether it can be a list.
    qualified: bool = field(init=False, compare=False)
    listed: bool = field(init=False, compare=False)
    _judge: Callable[[str], bool] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        inner = (*self.members, *([self.item] if self.item is not None else []))
        self.qualified = self.kind is Kind.NAME or any(kind.qualified for kind in inner)
        self.listed = self.kind is Kind.LIST or any(member.listed for member in self.members)

    def accepts(self, text: str) -> bool:
        """Say whether a lexical form is of the type, all facets respected."""
        if self._judge is None:
            self._judge = judge_of(self)
        return self._judge(text)

    def encode(self, value: Any, prefix: Prefixer | None = None) -> str:
        """Return the lexical form of a JSON value. Raises ``ValueError`` that says what was expected.

        ``prefix`` is asked for the prefix of a namespace where the value is a name; without it such a value is refused.
        """
        kind = self.kind
        if kind is Kind.TEXT or kind is Kind.BINARY:
            if isinstance(value, str):
                return value
        elif type(value) is int and kind in _NUMBERS:  # the commonest number, as fast as it goes
            return str(value)
        elif self.members:
            return self._member(value, prefix)
        elif kind is Kind.LIST:
            return self._list(value, prefix)
        elif (text := self._plain(value, prefix)) is not None:
            return text
        raise ValueError(f"must be {EXPECTED[kind]}, not {_said(value)}")

    def _plain(self, value: Any, prefix: Prefixer | None) -> str | None:
        """Return the lexical form of what is neither text nor made of others; ``None`` for a value of another kind."""
        if isinstance(value, bool):
            if self.kind is Kind.BOOLEAN and self.patterns:
                return self._boolean(value)
            return ("true" if value else "false") if self.kind in {Kind.BOOLEAN, Kind.ANY} else None
        if self.kind is Kind.BOOLEAN:
            return value if isinstance(value, str) and value in {"true", "false", "1", "0"} else None
        if self.kind is Kind.NAME:
            return _name(value, prefix) if isinstance(value, str) else None
        return _number(value, self.kind)

    def decode(self, text: str, prefixes: Mapping[Any, str] | None = None) -> Any:
        """Return the JSON value of a lexical form; text that is not of the type stays text (libxml2 has said so before).

        ``prefixes`` are the namespaces in scope by prefix (``None`` for the default), needed where ``qualified`` is true.
        """
        kind = self.kind
        if kind is Kind.TEXT:
            return text if self.white_space == "preserve" else self.normalised(text)
        if kind is Kind.ANY:
            return self._decoded(text, prefixes)
        text = text.strip(SPACE)
        if kind is Kind.INTEGER:
            return self._kept(_integer(text), text)
        if kind is Kind.DECIMAL or kind is Kind.FLOAT:
            return self._kept(_decimal(text), text)
        if kind is Kind.BOOLEAN:
            return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
        if self.members:
            return self._decoded(text, prefixes)
        if kind is Kind.LIST:
            item = self.item or BUILTINS["string"]
            return [item.decode(part, prefixes) for part in _SPACES.split(text)] if text else []
        if kind is Kind.NAME:
            return _clark(text, prefixes or {})
        return _SPACES.sub("", text)

    def normalised(self, text: str) -> str:
        """Return the text with its white space as the type has it: as it is, replaced by spaces, or collapsed."""
        if self.white_space == "preserve":
            return text
        if self.white_space == "replace":
            return text.translate(_REPLACED)
        return _SPACES.sub(" ", text).strip(" ") if _UNTIDY.search(text) else text

    def _decoded(self, text: str, prefixes: Mapping[Any, str] | None) -> Any:
        for member in self.members:
            if member.accepts(text):
                return member.decode(text, prefixes)
        return text

    def _kept(self, value: Any, text: str) -> Any:
        """Return the number, unless the type has a pattern and the number would be written in another way."""
        if self.patterns and not isinstance(value, str) and _number(value, self.kind) != text:
            return text
        return value

    def _boolean(self, value: bool) -> str:
        forms = ("true", "1") if value else ("false", "0")
        return forms[0] if self.accepts(forms[0]) else forms[1]

    def _list(self, value: Any, prefix: Prefixer | None) -> str:
        if isinstance(value, str):
            return value
        if not isinstance(value, list) or self.item is None:
            raise ValueError(f"must be {EXPECTED[Kind.LIST]}, not {_said(value)}")
        parts = [self.item.encode(item, prefix) for item in value]
        for part in parts:
            if not part or _SPACES.search(part):
                raise ValueError("must be a list of values without spaces: a space parts them")
        return " ".join(parts)

    def _member(self, value: Any, prefix: Prefixer | None) -> str:
        for member in self.members:
            try:
                text = member.encode(value, prefix)
            except ValueError:
                continue
            if member.accepts(text):
                return text
        names = " or ".join(dict.fromkeys(EXPECTED[member.kind] for member in self.members))
        raise ValueError(f"must be {names} of the type, not {_shown(value)}")


def _name(value: str, prefix: Prefixer | None) -> str:
    namespace, _, local = value.rpartition("}")
    if not namespace:
        return value
    if prefix is None or not namespace.startswith("{"):
        raise ValueError(f"must be {EXPECTED[Kind.NAME]}, where a prefix can be declared")
    return f"{found}:{local}" if (found := prefix(namespace[1:])) else local


def _clark(text: str, prefixes: Mapping[Any, str]) -> str:
    prefix, _, local = text.rpartition(":")
    namespace = prefixes.get(prefix or None)
    return f"{{{namespace}}}{local}" if namespace else text


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
    if not text.isascii() or "_" in text or " " in text:  # Python reads more than XSD does
        return text
    try:
        value = int(text)
    except ValueError:
        return text
    return value if abs(value) <= MAX_EXACT else text


def _decimal(text: str) -> int | float | str:
    if _SHORT.fullmatch(text):  # a double keeps 15 digits exactly
        short = float(text)
        return int(short) if short.is_integer() else short
    if not text.isascii() or "_" in text:
        return text
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return text
    if not exact.is_finite():
        return text
    if abs(exact) <= MAX_EXACT and exact == exact.to_integral_value():
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


def _shown(value: Any) -> str:
    return repr(value[:40]) if isinstance(value, str) else _said(value)


_INTEGERS: Final = (
    "integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt unsignedShort "
    "unsignedByte positiveInteger"
)
_TEXTS: Final = (
    "token language NMTOKEN Name NCName ID IDREF ENTITY anyURI duration dateTime time date gYearMonth gYear gMonthDay gDay "
    "gMonth hexBinary"
)
#: Types that XML Schema 1.1 adds, by the type of 1.0 whose texts include theirs.
LATER: Final[Mapping[str, str]] = {
    "dateTimeStamp": "dateTime",
    "dayTimeDuration": "duration",
    "yearMonthDuration": "duration",
    "anyAtomicType": "anySimpleType",
}


def _builtins() -> dict[str, SimpleType]:
    made = {name: SimpleType(name, Kind.TEXT, name) for name in _TEXTS.split()}
    made |= {name: SimpleType(name, Kind.INTEGER, name) for name in _INTEGERS.split()}
    made |= {name: SimpleType(name, Kind.FLOAT, name) for name in ("float", "double")}
    made |= {name: SimpleType(name, Kind.NAME, name) for name in sorted(NAMED)}
    lists = {"NMTOKENS": "NMTOKEN", "IDREFS": "IDREF", "ENTITIES": "ENTITY"}
    made |= {name: SimpleType(name, Kind.LIST, name, item=made[item]) for name, item in lists.items()}
    made["string"] = SimpleType("string", Kind.TEXT, "string", white_space="preserve")
    made["normalizedString"] = SimpleType("normalizedString", Kind.TEXT, "normalizedString", white_space="replace")
    made["base64Binary"] = SimpleType("base64Binary", Kind.BINARY, "base64Binary")
    made["decimal"] = SimpleType("decimal", Kind.DECIMAL, "decimal")
    made["boolean"] = SimpleType("boolean", Kind.BOOLEAN, "boolean")
    made["anySimpleType"] = SimpleType("anySimpleType", Kind.ANY, "anySimpleType", white_space="preserve")
    made |= {name: SimpleType(name, made[near].kind, near, white_space=made[near].white_space) for name, near in LATER.items()}
    return made


#: The types of XML Schema itself, by local name.
BUILTINS: Final[Mapping[str, SimpleType]] = _builtins()
