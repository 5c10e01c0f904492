"""What libxml2 says of one text and one simple type: which member of a union takes it, and whether an example holds.

The type is written as a schema of its own. Names of namespaces, entities and notations are judged by their form alone: what they
refer to is not in a text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from lxml import etree

if TYPE_CHECKING:
    from gateway.sdk.soap.values import SimpleType

_HEAD: Final = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="v">'
_TAIL: Final = "</xs:element></xs:schema>"
_NAME: Final = r"([\i-[:]][\c-[:]]*:)?[\i-[:]][\c-[:]]*"
#: Built-in types whose values refer to something outside, by the type whose form they have.
_FORMS: Final = {"ENTITY": "NCName", "ENTITIES": "NMTOKENS", "ID": "NCName", "IDREF": "NCName", "IDREFS": "NMTOKENS"}
#: A length of these counts nothing that a text shows; libxml2 ignores it as well.
NAMED: Final = frozenset({"QName", "NOTATION"})


def judge_of(kind: SimpleType) -> Callable[[str], bool]:
    """Return a function that says whether a text is of the type. A type that libxml2 cannot compile has no rules."""
    try:
        schema = etree.XMLSchema(etree.fromstring(f"{_HEAD}{_type(kind)}{_TAIL}"))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError):
        return lambda _: True

    def judge(text: str) -> bool:
        node = etree.Element("v")
        try:
            node.text = text
        except ValueError:  # a character that XML cannot hold
            return False
        return bool(schema.validate(node))

    return judge


def _type(kind: SimpleType) -> str:
    steps = _facets(kind)
    if kind.members:
        base = f"<xs:simpleType><xs:union>{''.join(_type(member) for member in kind.members)}</xs:union></xs:simpleType>"
    elif kind.item is not None and kind.builtin == "list":
        base = f"<xs:simpleType><xs:list>{_type(kind.item)}</xs:list></xs:simpleType>"
    elif kind.builtin in NAMED:
        base = _derived(_derived("", 'base="xs:token"', f"<xs:pattern value={quoteattr(_NAME)}/>"), "", "")
    else:
        # xs:anySimpleType may not be restricted; its texts are those of xs:string.
        named = "string" if kind.builtin == "anySimpleType" else _FORMS.get(kind.builtin, kind.builtin)
        base = _derived("", f'base="xs:{named}"', "")
    for facets in steps:
        base = _derived(base, "", facets)
    return base


def _derived(inner: str, base: str, facets: str) -> str:
    return f"<xs:simpleType><xs:restriction {base}>{inner}{facets}</xs:restriction></xs:simpleType>"


def _facets(kind: SimpleType) -> list[str]:
    """Return the facets step by step: patterns of one step are alternatives, steps all hold."""
    named = kind.builtin in NAMED
    own = "".join(f"<xs:{name} value={quoteattr(value)}/>" for name, value in kind.facets.items() if not named)
    if kind.builtin in {"string", "normalizedString"} and kind.white_space != "preserve":
        own += f'<xs:whiteSpace value="{kind.white_space}"/>'
    if not named:  # names are compared by what they mean, not by their prefix
        own += "".join(f"<xs:enumeration value={quoteattr(value)}/>" for value in kind.enumeration)
    steps = ["".join(f"<xs:pattern value={quoteattr(pattern)}/>" for pattern in step) for step in kind.patterns]
    return [*([own] if own else []), *steps]
