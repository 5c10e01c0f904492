"""Values by reference in encoded bodies (SOAP 1.1, section 5.2.1): ``href="#id7"`` is replaced by what has ``id="id7"``."""

from __future__ import annotations

import copy
from typing import Final

from lxml import etree

from gateway.sdk.soap.errors import NotOfContract

#: What references may add up to, in characters and 50 for each element: a few references to references can stand for billions.
_MOST: Final = 32 * 1024 * 1024
#: How deep they may lead.
_DEEPEST: Final = 200


def put_in_place(body: etree._Element) -> None:
    """Change a SOAP Body so that every value stands where it is referred to; the referred elements leave the body.

    Raises ``NotOfContract`` when the references add up to more than anyone would send, lead too deep, or in a circle.
    """
    if not any(node.get("href", "").startswith("#") for node in body.iter()):
        return
    known = {node.get("id", ""): node for node in body.iter() if node.get("id")}
    budget = [_MOST]
    for top in list(body):
        if not top.get("id"):
            _resolve(top, known, budget, (), 0)
    for top in list(body)[1:]:
        if top.get("id"):
            body.remove(top)


def _resolve(
    node: etree._Element, known: dict[str, etree._Element], budget: list[int], path: tuple[str, ...], depth: int
) -> None:
    if depth > _DEEPEST:
        raise NotOfContract("", f"its references lead deeper than {_DEEPEST} elements")
    reference = node.get("href", "").removeprefix("#")
    if reference and reference in known:
        if reference in path:
            raise NotOfContract("", f"the reference #{reference} leads back to itself")
        target = known[reference]
        budget[0] -= _weight(target)
        if budget[0] < 0:
            raise NotOfContract("", f"its references add up to more than {_MOST} characters")
        node.attrib.pop("href", None)
        for name, value in target.attrib.items():
            if name != "id":
                node.set(name, value)
        node.text = target.text
        for child in target:
            node.append(copy.deepcopy(child))
        path = (*path, reference)
    for child in node:
        _resolve(child, known, budget, path, depth + 1)


def _weight(node: etree._Element) -> int:
    return sum(50 + len(e.text or "") + len(e.tail or "") + sum(len(v) for v in e.attrib.values()) for e in node.iter())
