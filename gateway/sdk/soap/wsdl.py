"""WSDL 1.1 to a flat list of operations: what is sent to which binding, and which elements it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from gateway.sdk.soap.documents import SCHEMA
from gateway.sdk.soap.envelope import SOAP11, SOAP12, Version
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.sources import Sources

_W: Final = "{http://schemas.xmlsoap.org/wsdl/}"
_BINDINGS: Final = {"http://schemas.xmlsoap.org/wsdl/soap/": SOAP11, "http://schemas.xmlsoap.org/wsdl/soap12/": SOAP12}


@dataclass(frozen=True, slots=True)
class SoapOperation:
    """One operation of one port. Tags are in Clark notation.

    ``output`` is ``None`` for a one-way operation, ``""`` when the reply's body is empty. ``unusable`` says why this
    operation cannot be called; the others can all the same.
    """

    name: str
    port: str
    version: Version
    action: str = ""
    input: str = ""
    output: str | None = None
    headers: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    line: int = 0
    unusable: str = ""


@dataclass(slots=True)
class _Parts:
    """What the files of one contract define, by name in Clark notation."""

    messages: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    port_types: dict[str, etree._Element] = field(default_factory=dict)
    bindings: dict[str, etree._Element] = field(default_factory=dict)
    services: list[etree._Element] = field(default_factory=list)
    schemas: list[tuple[str, etree._Element]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Wsdl:
    """A WSDL as read. ``schemas`` are the embedded ``xs:schema`` elements with their file's name."""

    operations: tuple[SoapOperation, ...]
    schemas: tuple[tuple[str, etree._Element], ...]


def read_wsdl(sources: Sources, name: str) -> Wsdl:
    """Return what the file ``name`` and the WSDL files that it imports define.

    Raises ``ContractBroken`` when a file is missing, malformed or no WSDL, or a service names a binding that is nowhere.
    """
    parts = _Parts()
    _collect(sources, name, parts)
    operations = [operation for service in parts.services for operation in _of_service(name, service, parts)]
    if not parts.services:  # bindings without a service: the endpoint is configured anyway
        operations = [o for tag, binding in parts.bindings.items() for o in _of_binding(_local(tag), "", binding, parts)]
    return Wsdl(tuple(operations), tuple(parts.schemas))


def _collect(sources: Sources, name: str, parts: _Parts) -> None:
    if name in parts.seen:
        return
    parts.seen.add(name)
    root = sources.parse(name)
    if root.tag != f"{_W}definitions":
        raise ContractBroken(name, f"is no WSDL 1.1: its root is <{_local(str(root.tag))}>", fix="name the WSDL as the contract")
    target = root.get("targetNamespace", "")
    for node in root:
        tag = f"{{{target}}}{node.get('name', '')}"
        match str(node.tag).removeprefix(_W):
            case "import":
                _import(sources, name, node, parts)
            case "types":
                parts.schemas += [(name, schema) for schema in node.iterchildren(SCHEMA)]
            case "message":
                parts.messages[tag] = {
                    part.get("name", ""): (_tag(part, part.get("element")), _tag(part, part.get("type")))
                    for part in node.iterchildren(f"{_W}part")
                }
            case "portType":
                parts.port_types[tag] = node
            case "binding":
                parts.bindings[tag] = node
            case "service":
                parts.services.append(node)
            case _:
                pass


def _import(sources: Sources, name: str, node: etree._Element, parts: _Parts) -> None:
    location = node.get("location", "")
    found = sources.find(name, location)
    if found is None:
        raise ContractBroken(
            name,
            f"imports {location!r}, which is not in the contract's folder",
            line=node.sourceline or 0,
            fix="put that file into the folder",
        )
    root = sources.parse(found)
    if root.tag == SCHEMA:
        if found not in parts.seen:
            parts.seen.add(found)
            parts.schemas.append((found, root))
    else:
        _collect(sources, found, parts)


def _of_service(file: str, service: etree._Element, parts: _Parts) -> Iterator[SoapOperation]:
    for port in service.iterchildren(f"{_W}port"):
        binding = parts.bindings.get(_tag(port, port.get("binding")))
        if binding is None:
            raise ContractBroken(
                file,
                f"the port {port.get('name')!r} names the binding {port.get('binding')!r}, which is not there",
                line=port.sourceline or 0,
                fix="correct the binding's name",
            )
        address = next((a.get("location", "") for a in port if _local(str(a.tag)) == "address"), "")
        yield from _of_binding(port.get("name", ""), address, binding, parts)


def _of_binding(port: str, address: str, binding: etree._Element, parts: _Parts) -> Iterator[SoapOperation]:
    protocol = next((child for child in binding if _namespace(child) in _BINDINGS and _local(str(child.tag)) == "binding"), None)
    if protocol is None:
        return  # HTTP GET and POST bindings stand beside the SOAP ones in many contracts
    version = _BINDINGS[_namespace(protocol)]
    port_type = parts.port_types.get(_tag(binding, binding.get("type")))
    for node in binding.iterchildren(f"{_W}operation"):
        plain = SoapOperation(node.get("name", ""), port, version, address=address, line=node.sourceline or 0)
        yield _operation(plain, node, port_type, parts, protocol.get("style", "document"))


def _operation(
    plain: SoapOperation, node: etree._Element, port_type: etree._Element | None, parts: _Parts, style: str
) -> SoapOperation:
    soap = next((child for child in node if _namespace(child) in _BINDINGS), None)
    style = style if soap is None else soap.get("style", style)
    made = replace(plain, action="" if soap is None else soap.get("soapAction", ""))
    abstract = next((o for o in (port_type if port_type is not None else ()) if o.get("name") == plain.name), None)
    if abstract is None:
        return replace(made, unusable="the port type has no such operation")
    if style != "document":
        return replace(made, unusable=f"the style {style!r} is not supported; document/literal is")
    given, headers, why = _elements(node, abstract, "input", parts)
    taken, _, why_out = _elements(node, abstract, "output", parts)
    if not given and not why:
        why = "its input has no element"
    return replace(
        made, input=given or "", output=taken, headers=headers, faults=_faults(abstract, parts), unusable=why or why_out
    )


def _elements(
    node: etree._Element, abstract: etree._Element, direction: str, parts: _Parts
) -> tuple[str | None, tuple[str, ...], str]:
    """Return the body's element (``None``: no such direction, ``""``: empty), the headers' elements, and what is wrong."""
    declared, bound = abstract.find(f"{_W}{direction}"), node.find(f"{_W}{direction}")
    if declared is None:
        return None, (), ""
    message_tag = _tag(declared, declared.get("message"))
    message = parts.messages.get(message_tag)
    if message is None:
        return "", (), f"its {direction} names the message {declared.get('message')!r}, which is not there"
    names, headers = list(message), []
    for extension in bound if bound is not None else ():
        kind = _local(str(extension.tag))
        if kind == "body":
            if extension.get("use", "literal") != "literal":
                return "", (), f"the use {extension.get('use')!r} is not supported; literal is"
            if extension.get("parts") is not None:
                names = extension.get("parts", "").split()
        elif kind == "header":
            home, part = _tag(extension, extension.get("message")), extension.get("part", "")
            headers.append(parts.messages.get(home, {}).get(part, ("", ""))[0])
            if home == message_tag and part in names:
                names.remove(part)
    elements = [message.get(part, ("", ""))[0] for part in names]
    if len(elements) > 1 or (elements and not elements[0]):
        return "", (), f"its {direction} is not one element: document/literal wants one part with an element"
    return elements[0] if elements else "", tuple(h for h in headers if h), ""


def _faults(abstract: etree._Element, parts: _Parts) -> dict[str, str]:
    found: dict[str, str] = {}
    for fault in abstract.iterchildren(f"{_W}fault"):
        message = parts.messages.get(_tag(fault, fault.get("message")), {})
        found |= {fault.get("name", ""): element for element, _ in message.values() if element}
    return found


def _tag(node: etree._Element, name: str | None) -> str:
    if not name:
        return ""
    prefix, _, local = name.strip().rpartition(":")
    namespace = node.nsmap.get(prefix or None)
    if namespace is None and not prefix:  # a plain name means the file's own namespace in contracts met in practice
        namespace = node.getroottree().getroot().get("targetNamespace")
    return f"{{{namespace}}}{local}" if namespace else local


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _namespace(node: etree._Element) -> str:
    return str(node.tag)[1:].partition("}")[0]
