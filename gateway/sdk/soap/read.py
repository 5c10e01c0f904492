"""XML to JSON by the compiled model: the reply reader. The inverse of ``build``, and lenient where the schema is silent."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from gateway.sdk.soap.envelope import VERSIONS
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.model import TEXT_KEY, ComplexType, Element, Type
from gateway.sdk.soap.safe_xml import XSI, generic, local_name
from gateway.sdk.soap.values import SimpleType
from gateway.sdk.soap.xsd import Schemas

_NIL: Final = f"{{{XSI}}}nil"
_TYPE: Final = f"{{{XSI}}}type"
_TYPE_KEY: Final = "@xsi:type"
#: Attributes about the message, not of it.
_NOT_DATA: Final = (f"{{{XSI}}}", *(f"{{{namespace}}}" for namespace in VERSIONS))


class Reader:
    """Reads any global element of a contract."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._names: dict[str, str] = {}

    def read(self, node: etree._Element, plan: Element, *, positional: bool = False) -> Any:
        """Return the element's value as JSON. Elements and attributes that the contract does not know are kept as text.

        ``positional``: the children of an rpc wrapper, whose names servers are free to choose (WSDL 1.1, section 3.5).
        """
        kind = plan.type
        if positional and isinstance(kind, ComplexType) and kind.content is not None:
            names = kind.layout.by_key
            if len(node) == len(names) and not any(local_name(str(child.tag)) in names for child in node):
                fields = kind.layout.fields.values()
                return {f.key: self._typed(child, f.element.type) for child, f in zip(node, fields, strict=True)}
        return self._typed(node, kind)

    def _typed(self, node: etree._Element, kind: Type) -> Any:
        if node.attrib:
            if node.get(_NIL) in {"true", "1"}:
                return None
            named = node.get(_TYPE)
            if named is not None:
                made = self._named(node, named, kind)
                if made is not kind and isinstance(made, ComplexType) and not made.anything and not made.array:
                    value = self._complex(node, made)
                    return {_TYPE_KEY: self._name_of(made), **(value if isinstance(value, dict) else {TEXT_KEY: value})}
                kind = made
        if isinstance(kind, SimpleType):
            return kind.decode(_text(node), node.nsmap if kind.qualified else None)
        if kind.anything:
            return generic(node)
        return self._complex(node, kind)

    def _name_of(self, kind: ComplexType) -> str:
        """Return the name that the builder knows a type by: the local one where it is the only one."""
        known = self._names.get(kind.name)
        if known is None:
            local = local_name(kind.name)
            known = self._names[kind.name] = local if len(self._schemas.types_named(local)) == 1 else kind.name
        return known

    def _complex(self, node: etree._Element, kind: ComplexType) -> Any:
        layout = kind.layout
        if kind.array:
            item = next(iter(layout.fields.values())).element
            return [self._typed(child, item.type) for child in node]
        result: dict[str, Any] = {}
        for name, value in node.attrib.items():
            attribute = layout.attributes.get(str(name))
            if attribute is not None:
                prefixes = node.nsmap if attribute.type.qualified else None
                result[attribute.key] = attribute.type.decode(str(value), prefixes)
            elif not str(name).startswith(_NOT_DATA):
                result[f"@{local_name(str(name))}"] = str(value)
        if kind.text is not None:
            value = kind.text.decode(_text(node), node.nsmap if kind.text.qualified else None)
            # A type that can have attributes always reads as an object, so that a mapping can rely on its shape.
            return {**result, TEXT_KEY: value} if layout.attributes or result else value
        if kind.mixed and (text := _own_text(node)):
            result[TEXT_KEY] = text
        fields = layout.fields
        for child in node:
            field = fields.get(str(child.tag))
            if field is None:
                field = layout.by_key.get(local_name(str(child.tag)))
            if field is None:
                _add(result, local_name(str(child.tag)), generic(child))
            elif field.many:
                result.setdefault(field.key, []).append(self._typed(child, field.element.type))
            elif field.key in result:  # more often than the schema says: nothing that came is lost
                _add(result, field.key, self._typed(child, field.element.type))
            else:
                result[field.key] = self._typed(child, field.element.type)
        return result

    def _named(self, node: etree._Element, named: str, declared: Type) -> Type:
        prefix, _, local = named.strip().rpartition(":")
        namespace = node.nsmap.get(prefix or None)
        try:
            return self._schemas.type(f"{{{namespace}}}{local}" if namespace else local)
        except ContractBroken:
            return declared


def _text(node: etree._Element) -> str:
    return (node.text or "") if len(node) == 0 else "".join(str(part) for part in node.itertext())


def _own_text(node: etree._Element) -> str:
    return ((node.text or "") + "".join(child.tail or "" for child in node)).strip()


def _add(result: dict[str, Any], key: str, value: Any) -> None:
    if key not in result:
        result[key] = value
    elif isinstance(known := result[key], list):
        known.append(value)
    else:
        result[key] = [known, value]
