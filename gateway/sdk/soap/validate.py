"""Validation by libxml2 against the agency's own schemas, with what is wrong told by field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gateway.sdk.soap.documents import SchemaDocument
from gateway.sdk.soap.safe_xml import local_name
from gateway.sdk.soap.umbrella import Umbrella

_NAMESPACES: Final = re.compile(r"\{[^{}\s']*\}(?=\w)")
_ONLY_NAMESPACE: Final = re.compile(r"Element '([^']+)': This element is not expected\. Expected is .*\b\1\b")
# What is wrong goes into incidents and logs; whom it is about does not.
_VALUE: Final = re.compile(r"(?<=: )'.*'(?= is not a valid value)|(?<=The value )'.*'(?= is )|\['.*'\]", re.DOTALL)
_MAX_MISTAKES: Final = 20


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where a document breaks its schema. ``path`` is a pointer of local element names, with positions from 0 in lists."""

    path: str
    reason: str


class Validator:
    """The compiled schemas of a contract. Safe to share between tasks of one thread."""

    def __init__(self, documents: Iterable[SchemaDocument]) -> None:
        """Compile. Raises ``ContractBroken`` that names file and line of a mistake that cannot be fenced in."""
        made = Umbrella(tuple(documents))
        self._schema = made.schema
        self.missing = made.missing
        self.loosened = made.loosened
        self.told = [*made.repeated, *made.dropped]

    def mistakes(self, element: etree._Element) -> list[Mistake]:
        """Return what is wrong with an element whose name is declared globally; empty when it is valid."""
        if self._schema.validate(element):
            return []
        found: list[Mistake] = []
        for entry in self._schema.error_log:
            mistake = Mistake(_pointer(element, entry.path), _told(entry.message))
            # A wrong value is reported twice: by its facet and by the element's type. The first says more.
            if not any(known.path == mistake.path for known in found):
                found.append(mistake)
            if len(found) == _MAX_MISTAKES:
                break
        return found or [Mistake("", "is not valid against the schema")]


def _pointer(top: etree._Element, path: str | None) -> str:
    node = _blamed(top, path)
    steps: list[str] = []
    while node is not None and node is not top:
        parent = node.getparent()
        if parent is not None and len(same := parent.findall(str(node.tag))) > 1:
            steps.append(str(same.index(node)))
        steps.append(local_name(str(node.tag)))
        node = parent
    return "".join(f"/{step}" for step in reversed(steps))


def _blamed(top: etree._Element, path: str | None) -> etree._Element | None:
    """Return the element that libxml2's path means; it starts at the element that was validated, wherever that stands."""
    inner = (path or "").split("/", 2)[2:]
    if not inner:
        return None
    prefixes: dict[str, str] = {}
    for node in top.iter():
        for prefix, namespace in node.nsmap.items():
            if prefix:
                prefixes.setdefault(prefix, namespace)
    try:
        found: Any = top.xpath(f"./{inner[0]}", namespaces=prefixes)
    except etree.XPathError:
        return None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None


def _told(message: str | None) -> str:
    said = message or "is not valid"
    plain = _NAMESPACES.sub("", said).strip()
    if _ONLY_NAMESPACE.search(plain):  # without them it would read "X is not expected, expected is X"
        plain = said.strip()
    return _VALUE.sub("the value", plain).replace("The value the value", "The value")
