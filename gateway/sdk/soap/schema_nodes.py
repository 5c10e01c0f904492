"""Small questions to the nodes of a schema: bounds, derivation steps, names, and what leads to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml import etree

from gateway.sdk.soap.documents import XS, SchemaDocument
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.model import UNBOUNDED

_X: Final = f"{{{XS}}}"


def reached(start: str, steps: Mapping[str, list[str]]) -> list[str]:
    """Return all that ``start`` leads to, nearest first, each once: the steps may lead in a ring."""
    found: dict[str, None] = {}
    todo = list(steps.get(start, ()))
    while todo:
        name = todo.pop(0)
        if name != start and name not in found:
            found[name] = None
            todo += steps.get(name, ())
    return list(found)


def owner(node: etree._Element) -> etree._Element | None:
    """Return the nearest type that a derivation step stands in."""
    return next((a for a in node.iterancestors() if a.tag in {f"{_X}complexType", f"{_X}simpleType"}), None)


def derivation(node: etree._Element, document: SchemaDocument) -> etree._Element:
    """Return the step of a derived type. Raises ``ContractBroken``."""
    for child in node:
        if child.tag in {f"{_X}extension", f"{_X}restriction"}:
            return child
    raise ContractBroken(document.name, "a derived type has neither extension nor restriction", line=node.sourceline or 0)


def bounds(node: etree._Element) -> tuple[int, int]:
    """Return how often a particle occurs at least and at most; what is no number is one."""
    least, most = node.get("minOccurs", "1").strip(), node.get("maxOccurs", "1").strip()
    minimum = int(least) if least.isdecimal() else 1
    return minimum, UNBOUNDED if most == "unbounded" else int(most) if most.isdecimal() else max(1, minimum)


def split(tag: str) -> tuple[str, str]:
    """Return namespace and local name."""
    namespace, _, local = tag.rpartition("}")
    return namespace[1:], local
