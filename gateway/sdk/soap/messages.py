"""The body of one direction of an operation: how it is built, validated and read, whatever its style.

| style | body | value in JSON |
|---|---|---|
| document, one element (WS-I) | that element | the element's value |
| document, no part | empty | nothing |
| document, several parts (met, though WS-I forbids it) | the elements side by side | an object, a key a part |
| rpc | a wrapper named after the operation, its children the parts | an object, a key a part |
| rpc, encoded (SOAP 1.1, section 5) | the same with ``xsi:type`` and ``encodingStyle`` | the same |

A wrapper stands in no schema of the agency: it gets one here, in a namespace of its own, so that libxml2 validates it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gateway.sdk.soap.documents import XS, SchemaDocument
from gateway.sdk.soap.errors import NotOfContract
from gateway.sdk.soap.model import Element
from gateway.sdk.soap.safe_xml import local_name, namespace_of
from gateway.sdk.soap.wsdl import Part, Shape, SoapOperation

#: The namespace in which wrappers are declared for validation.
WRAPPERS: Final = "urn:darcha:rpc"
_X: Final = f"{{{XS}}}"


@dataclass(frozen=True, slots=True)
class Message:
    """One direction. ``elements`` are the body's elements in order; ``wrapped`` the tag that libxml2 knows a wrapper by."""

    elements: tuple[Element, ...]
    wrapped: str = ""
    encoded: bool = False
    rpc: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        """What the body's elements are called, in Clark notation."""
        return tuple(element.tag for element in self.elements)

    def values(self, value: Any) -> list[Any]:
        """Return the value of each element. Raises ``NotOfContract`` for a product that has another shape."""
        if len(self.elements) == 1:
            return [value]
        given = {} if value is None else value
        if not isinstance(given, Mapping):
            keys = ", ".join(e.key for e in self.elements) or "nothing"
            raise NotOfContract("", f"must be an object with {keys}")
        known = {e.key for e in self.elements}
        if strange := [key for key in given if key not in known]:
            has = ", ".join(sorted(known)) or "nothing: the body of this operation is empty"
            raise NotOfContract(f"/{strange[0]}", f"the operation knows no such part; there is {has}")
        return [given.get(e.key) for e in self.elements]

    def joined(self, values: Sequence[Any]) -> Any:
        """Return what expressions see: the inverse of ``values``."""
        if len(self.elements) == 1:
            return values[0] if values else None
        return {e.key: v for e, v in zip(self.elements, values, strict=False)}


def wrapper_key(operation: SoapOperation, direction: str) -> str:
    """Return the name under which a wrapper is declared for validation."""
    named = f"{operation.file}.{operation.port}.{operation.own_name}"
    safe = "".join(c if c.isalnum() and c.isascii() else f"_{ord(c):x}" for c in named)
    return f"w{safe}.{operation.line}.{direction}"


def wrappers(operations: Iterable[SoapOperation], builtin: Mapping[str, Any]) -> SchemaDocument | None:
    """Return a schema that declares every rpc wrapper and every part with a plain type, or ``None`` where there are none."""
    wanted = [
        (wrapper_key(o, way), shape)
        for o in operations
        for way, shape in (("in", o.request), ("out", o.reply))
        if shape is not None and not o.unusable and needs_wrapper(shape)
    ]
    if not wanted:
        return None
    used = {namespace_of(tag) for _, shape in wanted for part in shape.parts for tag in (part.element, part.type)}
    prefixes: dict[str | None, str] = {f"p{n}": namespace for n, namespace in enumerate(sorted(used - {"", XS}))}
    root = etree.Element(f"{_X}schema", nsmap={"xs": XS, **prefixes}, targetNamespace=WRAPPERS)
    names = {namespace: str(prefix) for prefix, namespace in prefixes.items()} | {XS: "xs"}
    for key, shape in wanted:
        if shape.rpc:
            _declare(root, key, shape, names, builtin)
        else:
            part = shape.parts[0]
            etree.SubElement(root, f"{_X}element", name=key, type=_written(part.type, names, builtin))
    return SchemaDocument("the operations' wrappers", root, WRAPPERS)


def needs_wrapper(shape: Shape) -> bool:
    """Say whether a body is no element of the agency's schemas."""
    return shape.rpc or (len(shape.parts) == 1 and bool(shape.parts[0].type) and not shape.parts[0].element)


def _declare(root: etree._Element, key: str, shape: Shape, names: Mapping[str, str], builtin: Mapping[str, Any]) -> None:
    element = etree.SubElement(root, f"{_X}element", name=key)
    kind = etree.SubElement(element, f"{_X}complexType")
    sequence = etree.SubElement(kind, f"{_X}sequence" if not shape.encoded else f"{_X}all")
    for part in shape.parts:
        _part(sequence, part, shape, names, builtin)
    etree.SubElement(kind, f"{_X}anyAttribute", namespace="##any", processContents="skip")


def _part(sequence: etree._Element, part: Part, shape: Shape, names: Mapping[str, str], builtin: Mapping[str, Any]) -> None:
    if part.element:
        etree.SubElement(sequence, f"{_X}element", ref=_written(part.element, names, builtin))
        return
    child = etree.SubElement(sequence, f"{_X}element", name=part.name, form="unqualified")
    if part.type:
        child.set("type", _written(part.type, names, builtin))
    if shape.encoded:
        child.set("nillable", "true")


def _written(tag: str, names: Mapping[str, str], builtin: Mapping[str, Any]) -> str:
    namespace, local = namespace_of(tag), local_name(tag)
    if namespace == XS and local not in builtin and local != "anyType":
        local = "anyType"
    return f"{names[namespace]}:{local}" if namespace else local
