"""What libxml2 complains of when it compiles schemas, and which component is to blame."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

from gateway.sdk.soap.documents import XS
from gateway.sdk.soap.safe_xml import local_name

_X: Final = f"{{{XS}}}"
#: a facet that an error is about, where it says nothing of the place
FACET: Final = re.compile(r"facet '(\w+)'")
_BOUNDS: Final = (("minInclusive", "maxInclusive"), ("minExclusive", "maxExclusive"), ("minLength", "maxLength"))
NOT_ALLOWED: Final = re.compile(r"^Element '\{[^}]*\}(\w+)'.*The attribute '([^']+)' is not allowed", re.DOTALL)


def plainly(message: str) -> str:
    """Return a message of libxml2 without namespaces."""
    return re.sub(r"\{[^{}\s']*\}(?=[\w.])", "", message).strip()


def component_at(content: bytes, line: int) -> int | None:
    """Return the place among the schema's children of the component that a line of the served text belongs to."""
    root = etree.fromstring(content, parser())
    lines = [child.sourceline or 0 for child in root]
    # libxml2 blames the line where a start tag ends, lxml counts where it ends too: both hold for one another.
    before = [place for place, start in enumerate(lines) if start <= line]
    return before[-1] if before else None


def contradicts(restriction: etree._Element) -> bool:
    """Say whether a restriction asks for at least more than for at most."""
    given = {local_name(str(facet.tag)): facet.get("value", "") for facet in restriction}
    for least, most in _BOUNDS:
        try:
            if Decimal(given[least]) > Decimal(given[most]):
                return True
        except (KeyError, InvalidOperation):
            continue
    return False


def compiles(pattern: str) -> bool:
    """Say whether libxml2 understands a pattern."""
    one = etree.Element(f"{_X}schema", nsmap={"xs": XS})
    element = etree.SubElement(etree.SubElement(one, f"{_X}simpleType", name="t"), f"{_X}restriction", base="xs:string")
    etree.SubElement(element, f"{_X}pattern", value=pattern)
    try:
        etree.XMLSchema(one)
    except etree.XMLSchemaParseError:
        return False
    return True


def parser() -> etree.XMLParser:
    """Return a parser for what lxml has just written."""
    # What is read is what lxml has just written; recovering keeps namespace names that are no URI by the letter.
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True)
