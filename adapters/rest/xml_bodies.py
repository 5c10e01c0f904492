"""XML bodies by the ``xml`` object of a schema (name, attribute, wrapped, prefix, namespace), written and read.

An element is known by its local name when it is read; what the schema does not know is read as it comes (text, or an
object of what is inside; ``$text`` beside attributes).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lxml import etree

from adapters.rest.pieces import Piece, split_marked
from adapters.rest.values import ANY, Shape, read, text
from gateway.sdk.soap.errors import XmlRefused
from gateway.sdk.soap.safe_xml import charset_of, parse_xml

TEXT: Final = "$text"


class XmlBroken(ValueError):
    """A body that cannot be written as XML, or is none."""


def write_xml(shape: Shape, value: Any) -> list[Piece]:
    """Return the document in pieces. Raises ``XmlBroken``."""
    if isinstance(value, str) and value.lstrip().startswith("<"):  # a mapping that made the document itself
        return [value.encode()]
    root = _element(shape, _name(shape) or str(shape.said("x-name") or "root"))
    try:
        _fill(root, shape, value)
    except ValueError as error:
        raise XmlBroken(str(error)) from error
    return list(split_marked(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), b">", b"<"))


def _about(shape: Shape) -> Mapping[str, Any]:
    given = shape.said("xml")
    return given if isinstance(given, Mapping) else {}


def _name(shape: Shape) -> str:
    return str(_about(shape).get("name") or "")


def _element(shape: Shape, name: str, parent: Any = None) -> Any:
    about = _about(shape)
    namespace, prefix = about.get("namespace"), about.get("prefix")
    try:
        tag = f"{{{namespace}}}{name}" if namespace else name
        names = {str(prefix) if prefix else None: str(namespace)} if namespace else None
        return etree.Element(tag, nsmap=names) if parent is None else etree.SubElement(parent, tag, nsmap=names)
    except ValueError as error:
        raise XmlBroken(f"{name!r} is no name of an element") from error


def _fill(element: Any, shape: Shape, value: Any) -> None:
    if isinstance(value, Mapping):
        crowded = _crowded(shape)
        for key, item in value.items():
            inner = shape.under(str(key))
            if item is None:
                continue
            if key == TEXT:
                element.text = text(item)
            elif _about(inner).get("attribute") is True:
                name, namespace = _name(inner) or str(key), _about(inner).get("namespace")
                element.set(f"{{{namespace}}}{name}" if namespace else name, text(item))
            else:
                _child(element, inner, str(key), item, wrapped=key in crowded)
    elif isinstance(value, list):
        for item in value:
            _child(element, shape.items, _name(shape.items) or "item", item)
    elif value is not None:
        element.text = text(value)


def _crowded(shape: Shape) -> frozenset[str]:
    """The lists whose members could not be told from another property's: they are wrapped, whatever is said of them."""
    names: dict[str, list[str]] = {}
    for key, inner in shape.properties.items():
        bare = _is_list(inner) and not _about(inner).get("wrapped")
        own = (_name(inner.items) if bare else "") or _name(inner) or key
        names.setdefault(own, []).append(key)
    return frozenset(key for keys in names.values() if len(keys) > 1 for key in keys if _is_list(shape.under(key)))


def _is_list(shape: Shape) -> bool:
    return "array" in shape.types and len(shape.types) < ANY


def _child(parent: Any, shape: Shape, key: str, value: Any, *, wrapped: bool = False) -> None:
    if isinstance(value, list):
        items = shape.items
        wrapped = wrapped or _about(shape).get("wrapped") is True
        holder = _element(shape, _name(shape) or key, parent) if wrapped else parent
        name = _name(items) or (key if holder is not parent else _name(shape) or key)
        for item in value:
            if item is not None:
                _fill(_element(items, name, holder), items, item)
        return
    _fill(_element(shape, _name(shape) or key, parent), shape, value)


def read_xml(shape: Shape, content_type: str, raw: bytes) -> Any:
    """Return the document's value by the schema. Raises ``XmlBroken``."""
    try:
        root = parse_xml(raw, charset=charset_of(content_type))
    except XmlRefused as error:
        raise XmlBroken(str(error)) from error
    return _value(root, shape)


def _value(element: Any, shape: Shape) -> Any:
    types = shape.types
    if "array" in types and "object" not in types:
        return [_value(child, shape.items) for child in element]
    if "object" in types and (len(types) < ANY or len(element) or element.attrib):
        return _object(element, shape)
    return read(element.text or "", shape)


def _object(element: Any, shape: Shape) -> Any:
    made: dict[str, Any] = {}
    attributes = {_local(name): value for name, value in element.attrib.items()}
    children: dict[str, list[Any]] = {}
    for child in element:
        children.setdefault(_local(child.tag), []).append(child)
    crowded = _crowded(shape)
    for key, inner in shape.properties.items():
        name = _name(inner) or key
        if _about(inner).get("attribute") is True:
            if name in attributes:
                made[key] = read(attributes.pop(name), inner)
        elif _is_list(inner):
            found = _list(children, key, inner, wrapped=key in crowded)
            if found is not None:
                made[key] = found
        elif name in children:
            made[key] = _value(children.pop(name)[0], inner)
    if not shape.properties or children:
        for name, found in children.items():
            values = [_value(child, shape.under(name)) for child in found]
            made[name] = values[0] if len(values) == 1 else values
        made |= {f"@{name}" if name in made else name: value for name, value in attributes.items()}
    if (element.text or "").strip():
        made[TEXT] = element.text.strip()
    return made


def _list(children: dict[str, list[Any]], key: str, shape: Shape, *, wrapped: bool) -> list[Any] | None:
    items = shape.items
    if wrapped or _about(shape).get("wrapped") is True:
        holders = children.pop(_name(shape) or key, None)
        return None if holders is None else [_value(child, items) for holder in holders for child in holder]
    found = children.pop(_name(items) or _name(shape) or key, None)
    return None if found is None else [_value(child, items) for child in found]


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
