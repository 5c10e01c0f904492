"""A schema document brought into the one shape that the model and libxml2 both read.

Nothing of its meaning changes, but for what XML Schema 1.0 cannot say: assertions and other rules of 1.1 are left out.
SOAP-encoded arrays (SOAP 1.1, section 5.4) say their members' type in an attribute of WSDL, which no validator reads: they
become sequences of ``item``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Final

from lxml import etree

from gateway.sdk.soap.values import LATER

_XS: Final = "http://www.w3.org/2001/XMLSchema"
_X: Final = f"{{{_XS}}}"
_WSDL_ARRAY: Final = "{http://schemas.xmlsoap.org/wsdl/}arrayType"
SOAP_ENCODING: Final = "http://schemas.xmlsoap.org/soap/encoding/"
_QNAMES: Final = ("type", "ref", "base", "itemType", "memberTypes", "substitutionGroup")
#: What XML Schema 1.1 added.
_ONLY_IN_11: Final = tuple(
    f"{_X}{name}" for name in ("assert", "assertion", "alternative", "openContent", "defaultOpenContent", "explicitTimezone")
)
#: Types of XML Schema 1.1 by the nearest of 1.0, and what old drafts called them.
_NEAREST: Final = {
    **LATER,
    "error": "anySimpleType",
    "timeInstant": "dateTime",
    "recurringDate": "gMonthDay",
    "binary": "base64Binary",
    "uriReference": "anyURI",
    "ur-type": "anyType",
    "anySimpleType": "anySimpleType",
    "anyType": "anyType",
}
_BUILTIN: Final = frozenset(
    [
        "string",
        "boolean",
        "decimal",
        "float",
        "double",
        "duration",
        "dateTime",
        "time",
        "date",
        "gYearMonth",
        "gYear",
        "gMonthDay",
        "gDay",
        "gMonth",
        "hexBinary",
        "base64Binary",
        "anyURI",
        "QName",
        "NOTATION",
        "normalizedString",
        "token",
        "language",
        "NMTOKEN",
        "NMTOKENS",
        "Name",
        "NCName",
        "ID",
        "IDREF",
        "IDREFS",
        "ENTITY",
        "ENTITIES",
        "integer",
        "nonPositiveInteger",
        "negativeInteger",
        "long",
        "int",
        "short",
        "byte",
        "nonNegativeInteger",
        "unsignedLong",
        "unsignedInt",
        "unsignedShort",
        "unsignedByte",
        "positiveInteger",
        "anyType",
        "anySimpleType",
    ]
)
_BY_LOWER: Final = {name.lower(): name for name in [*_BUILTIN, *_NEAREST]} | {"guid": "string", "bool": "boolean"}


def normalise(root: etree._Element) -> list[tuple[int, str]]:
    """Change the document in place. Return line and name of each type that XML Schema does not have; any text will do there."""
    unknown: list[tuple[int, str]] = []
    for node in list(root.iter(*_ONLY_IN_11)):
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)
    for node in root.iter(f"{_X}*"):
        for attribute in _QNAMES:
            written = node.get(attribute)
            if written is not None:
                named = written.split()
                known = named if attribute == "ref" else [_known(node, name) for name in named]
                unknown += [
                    (node.sourceline or 0, name.rpartition(":")[2])
                    for name, near in zip(named, known, strict=True)
                    if near != name and name.rpartition(":")[2].lower() not in _BY_LOWER
                ]
                node.set(attribute, " ".join(known))
    for wildcard in root.iter(f"{_X}any", f"{_X}anyAttribute"):
        if wildcard.get("processContents", "strict") == "strict":
            # What stands there is declared by schemas that no contract ships; what is declared here is still checked.
            wildcard.set("processContents", "lax")
    for restriction in list(root.iter(f"{_X}restriction", f"{_X}extension")):
        _array(restriction)
    return unknown


def _known(node: etree._Element, name: str) -> str:
    """Return a name of XML Schema itself as 1.0 spells it; any other as it is."""
    prefix, _, local = name.rpartition(":")
    if node.nsmap.get(prefix or None) != _XS or local in _BUILTIN:
        return name
    near = _BY_LOWER.get(local.lower(), "anySimpleType")
    return f"{prefix}:{_NEAREST.get(near, near)}" if prefix else _NEAREST.get(near, near)


def _array(step: etree._Element) -> None:
    """Give a restriction of ``soapenc:Array`` the content that its ``wsdl:arrayType`` means: any number of items."""
    prefix, _, local = (step.get("base") or "").rpartition(":")
    if local != "Array" or step.nsmap.get(prefix or None) != SOAP_ENCODING:
        return
    declared = next((a.get(_WSDL_ARRAY) for a in step.iter(f"{_X}attribute") if a.get(_WSDL_ARRAY)), None)
    own = next((e.get("type") for e in step.iter(f"{_X}element") if e.get("type")), None)
    item = (declared or own or "").partition("[")[0].strip()
    for child in list(step):
        step.remove(child)
    content, owner = step.getparent(), None
    if content is not None:
        owner = content.getparent()
    if content is None or owner is None:
        return
    owner.remove(content)
    sequence = etree.SubElement(owner, f"{_X}sequence")
    # The members' name says nothing (section 5.4.1): what is sent is called item, what comes may be called anything.
    element = etree.SubElement(sequence, f"{_X}element", name="item", form="unqualified", minOccurs="0", maxOccurs="unbounded")
    element.set("nillable", "true")
    if item:
        element.set("type", _known(owner, item) if not (declared or "").count("][") else "")
    if not element.get("type"):
        element.attrib.pop("type", None)
    etree.SubElement(owner, f"{_X}anyAttribute", namespace="##any", processContents="skip")
    owner.set(_WSDL_ARRAY, item or "anyType")


def array_of(node: etree._Element) -> str:
    """Return the members' type as written when the complex type was a SOAP-encoded array, else nothing."""
    return node.get(_WSDL_ARRAY, "")


def redefined(node: etree._Element, root: etree._Element, included: Iterable[etree._Element]) -> None:
    """Take an ``xs:redefine`` apart: the components it gives stand in ``root``, those they change get another name."""
    roots = list(included)
    for component in list(node):
        name = component.get("name")
        if not isinstance(component.tag, str) or not name:
            continue
        old = f"{name}.redefined"
        for other in roots:
            for known in other.iterchildren(component.tag):
                if known.get("name") == name:
                    known.set("name", old)
        moved = copy.deepcopy(component)
        for inner in moved.iter(f"{_X}*"):
            for attribute in ("base", "ref"):
                prefix, colon, local = (inner.get(attribute) or "").rpartition(":")
                if local == name:
                    inner.set(attribute, f"{prefix}{colon}{old}")
        root.append(moved)
    root.remove(node)
