"""What stands in for components that nobody declares, or that libxml2 cannot compile: it accepts anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from gateway.sdk.soap.documents import XS, SchemaDocument
from gateway.sdk.soap.safe_xml import local_name

_X: Final = f"{{{XS}}}"
#: kind of component by what stands at the top of a schema
GLOBALS: Final = {
    f"{_X}element": "element",
    f"{_X}attribute": "attribute",
    f"{_X}complexType": "type",
    f"{_X}simpleType": "type",
    f"{_X}group": "group",
    f"{_X}attributeGroup": "attributeGroup",
    f"{_X}notation": "notation",
}
_ANY: Final = '<xs:sequence><xs:any namespace="##any" processContents="skip" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>'
_ANY_ATTRIBUTE: Final = '<xs:anyAttribute namespace="##any" processContents="skip"/>'
ANYTHING: Final[dict[str, str]] = {
    "element": '<xs:element name="{name}" nillable="true"/>',
    "attribute": '<xs:attribute name="{name}"/>',
    "complex": f'<xs:complexType name="{{name}}" mixed="true">{_ANY}{_ANY_ATTRIBUTE}</xs:complexType>',
    # What others extend must not accept anything itself: their own content would be ambiguous after it.
    "base": f'<xs:complexType name="{{name}}" mixed="true">{_ANY_ATTRIBUTE}</xs:complexType>',
    "text": '<xs:simpleType name="{name}"><xs:restriction base="{xs}string"/></xs:simpleType>',
    "valued": (
        '<xs:complexType name="{name}"><xs:simpleContent><xs:extension base="{xs}string">'
        f"{_ANY_ATTRIBUTE}</xs:extension></xs:simpleContent></xs:complexType>"
    ),
    "group": f'<xs:group name="{{name}}">{_ANY}</xs:group>',
    "attributeGroup": f'<xs:attributeGroup name="{{name}}">{_ANY_ATTRIBUTE}</xs:attributeGroup>',
}

#: kind and name in Clark notation
Component = tuple[str, str]


def declared(documents: tuple[SchemaDocument, ...]) -> Iterator[Component]:
    """Yield every global component."""
    for document in documents:
        for child in document.root:
            kind, name = GLOBALS.get(str(child.tag)), child.get("name")
            if kind is not None and name is not None:
                yield kind, clark(document.namespace, name)


def asked_for(node: etree._Element, attribute: str) -> tuple[str, str]:
    """Return the kind of component that a reference means, and what can stand in for it."""
    owner = local_name(str(node.tag))
    if attribute == "substitutionGroup" or (attribute == "ref" and owner == "element"):
        return "element", "element"
    if attribute == "ref":
        return (owner, owner) if owner in {"attribute", "group", "attributeGroup"} else ("element", "element")
    if attribute in {"itemType", "memberTypes"} or owner == "attribute":
        return "type", "text"
    if attribute == "base":
        parent = node.getparent()
        above = local_name(str(parent.tag)) if parent is not None else ""
        return "type", {"simpleContent": "valued", "complexContent": "base"}.get(above, "text")
    return "type", "complex"


def clark(namespace: str, local: str) -> str:
    """Return a name in Clark notation."""
    return f"{{{namespace}}}{local}" if namespace else local
