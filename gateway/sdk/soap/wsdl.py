"""WSDL 1.1 to a flat list of operations: what is sent to which binding, and which parts it is made of.

Nothing that one operation lacks takes another down. Names are found as written, else in another namespace, else in another
letter case: WSDLs met in practice have all three. What had to be guessed or left out is told as the operation's ``notes``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from gateway.sdk.soap.addressing import default_action
from gateway.sdk.soap.definitions import WSDL, Definitions, documentation, read_definitions, tag_of
from gateway.sdk.soap.envelope import SOAP11, SOAP12, Version
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.safe_xml import local_name, namespace_of
from gateway.sdk.soap.sources import Sources

_BINDINGS: Final = {"http://schemas.xmlsoap.org/wsdl/soap/": SOAP11, "http://schemas.xmlsoap.org/wsdl/soap12/": SOAP12}
_HTTP: Final = "http://schemas.xmlsoap.org/wsdl/http/"
_MIME: Final = "{http://schemas.xmlsoap.org/wsdl/mime/}"
_ADDRESSING: Final = (
    "{http://www.w3.org/2007/05/addressing/metadata}Action",
    "{http://www.w3.org/2006/05/addressing/wsdl}Action",
    "{http://schemas.xmlsoap.org/ws/2004/08/addressing}Action",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message: an element or a type, in Clark notation."""

    name: str
    element: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that travels beside the envelope (``mime:content``), with the media types that the contract allows."""

    part: str
    media_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """One direction of an operation: the parts of the SOAP body, and what stands around them.

    ``rpc``: the body holds one wrapper, ``wrapper`` (Clark notation), of which the parts are the children. ``encoded``: by
    SOAP 1.1, section 5. Otherwise the parts are the body's own children: usually one, by WS-I; none and several are met.
    """

    parts: tuple[Part, ...] = ()
    rpc: bool = False
    encoded: bool = False
    wrapper: str = ""
    headers: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    multipart: bool = False


@dataclass(frozen=True, slots=True)
class SoapOperation:
    """One operation. ``name`` is its key in the contract: its own name, made unique where several share it.

    ``input`` and ``output`` are the keys of the body's element (see ``Contract.message``): in document style its tag in
    Clark notation; ``output`` is ``None`` for a one-way operation, ``""`` when the reply's body is empty. ``unusable`` says
    why this operation cannot be called; the others can all the same. ``addressing`` is the WS-Addressing action of its input,
    which may be said nowhere and follow from the names.
    """

    name: str
    port: str
    version: Version
    own_name: str = ""
    action: str = ""
    input: str = ""
    output: str | None = None
    request: Shape = field(default_factory=Shape)
    reply: Shape | None = None
    headers: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    file: str = ""
    line: int = 0
    about: str = ""
    addressing: str = ""
    unusable: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wsdl:
    """WSDLs as read. ``schemas`` are the embedded ``xs:schema`` elements with their file's name."""

    operations: tuple[SoapOperation, ...]
    schemas: tuple[tuple[str, etree._Element], ...]
    unresolved: tuple[ContractBroken, ...]
    title: str = ""
    about: str = ""


def read_wsdl(sources: Sources, names: Sequence[str], port: str = "") -> Wsdl:
    """Return what the files ``names`` and the WSDL files that they import define; ``port`` keeps one SOAP port's operations.

    Raises ``ContractBroken`` when one of ``names`` is missing, malformed or no WSDL.
    """
    made: dict[tuple[str, str, str, int], SoapOperation] = {}
    schemas: list[tuple[str, etree._Element]] = []
    unresolved: list[ContractBroken] = []
    titles: list[str] = []
    about = ""
    for file in names:  # each by itself: two WSDLs of one agency may mean different things by one name
        defined = read_definitions(sources, [file])
        for (port_type, name, place), operation in _found(defined):
            if port and operation.port != port:
                continue
            key = (file, port_type, name, place)
            known = made.get(key)
            if known is None or (known.unusable and not operation.unusable):
                made[key] = replace(operation, file=file)
        schemas += defined.schemas
        unresolved += defined.unresolved
        titles += [s.get("name", "") for s in defined.services] or [local_name(tag) for tag in defined.port_types]
        about = about or next((text for s in defined.services if (text := documentation(s))), "")
    named = {(port_type, name, place, file): o for (file, port_type, name, place), o in made.items()}
    return Wsdl(tuple(_named(named)), tuple(schemas), tuple(unresolved), next(filter(None, titles), ""), about)


def _found(defined: Definitions) -> Iterator[tuple[tuple[str, str, int], SoapOperation]]:
    """Yield every operation of every port with what makes it one of its own: port type, name and place among namesakes."""
    bound: set[str] = set()
    for service in defined.services:
        for port in service.iterchildren(f"{WSDL}port"):
            binding = defined.binding(tag_of(port, port.get("binding")))
            if binding is None:
                why = f"the port {port.get('name')!r} names the binding {port.get('binding')!r}, which is not there"
                defined.unresolved.append(
                    ContractBroken(defined.file_of(service), why, line=port.sourceline or 0, fix="correct the binding's name")
                )
                continue
            bound.add(binding.get("name", ""))
            address = next((a.get("location", "") for a in port if local_name(str(a.tag)) == "address"), "")
            yield from _of_binding(port.get("name", ""), address, binding, defined)
    if not bound:  # bindings without a service: the endpoint is configured anyway
        for binding in defined.bindings.values():
            yield from _of_binding("", "", binding, defined)
    if not defined.bindings:  # port types alone: what most agencies mean by that is what WS-I says
        for tag, port_type in defined.port_types.items():
            for place, node in _numbered(port_type):
                name = node.get("name", "")
                plain = SoapOperation(name, "", SOAP11, own_name=name, line=node.sourceline or 0)
                note = "the WSDL has no binding: SOAP 1.1, document/literal is assumed"
                yield (tag, name, place), _operation(replace(plain, notes=(note,)), None, node, defined, "document")


def _named(made: Mapping[tuple[str, str, int, str], SoapOperation]) -> Iterator[SoapOperation]:
    """Give each operation a key of its own: its name, else with its input's name, its port type or a number."""
    taken: set[str] = set()
    for (port_type, name, place, _), operation in made.items():
        candidates = [name, operation.name, f"{name}-{local_name(port_type)}"]
        numbers = (f"{name}-{number}" for number in range(max(2, place + 1), len(made) + 3))
        free = next((c for c in (*candidates, *numbers) if c.lower() not in taken), name)
        taken.add(free.lower())
        yield replace(operation, name=free)


def _numbered(owner: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    counts: dict[str, int] = {}
    for node in owner.iterchildren(f"{WSDL}operation"):
        name = node.get("name", "")
        counts[name] = counts.get(name, 0) + 1
        yield counts[name], node


def _of_binding(
    port: str, address: str, binding: etree._Element, defined: Definitions
) -> Iterator[tuple[tuple[str, str, int], SoapOperation]]:
    protocol = next((c for c in binding if namespace_of(str(c.tag)) in _BINDINGS and local_name(str(c.tag)) == "binding"), None)
    notes: tuple[str, ...] = ()
    if protocol is None:
        if any(namespace_of(str(node.tag)) == _HTTP for node in binding.iter("*")):
            return  # HTTP GET and POST bindings stand beside the SOAP ones in many contracts
        protocol = next((node for node in binding.iter("*") if namespace_of(str(node.tag)) in _BINDINGS), None)
        notes = ("its binding does not say that it is SOAP: document style is assumed",)
    version = SOAP11 if protocol is None else _BINDINGS[namespace_of(str(protocol.tag))]
    style = "document" if protocol is None or notes else protocol.get("style", "document")
    type_tag = tag_of(binding, binding.get("type"))
    port_type = defined.port_type(type_tag)
    for place, node in _numbered(binding):
        name = node.get("name", "")
        line = node.sourceline or 0
        plain = SoapOperation(name, port, version, own_name=name, address=address, line=line, notes=notes)
        abstract = _abstract(node, place, port_type)
        yield (type_tag, name, place), _operation(plain, node, abstract, defined, style)


def _abstract(node: etree._Element, place: int, port_type: etree._Element | None) -> etree._Element | None:
    """Return the port type's operation: of namesakes the one with the same input and output names, else the same place."""
    name = node.get("name", "")
    numbered = list(_numbered(port_type)) if port_type is not None else []
    same = [(n, o) for n, o in numbered if o.get("name") == name]
    if not same:
        same = [(n, o) for n, o in numbered if o.get("name", "").lower() == name.lower()]
    given = [_name_of(node, "input"), _name_of(node, "output")]
    for _, candidate in same:
        theirs = [_name_of(candidate, "input"), _name_of(candidate, "output")]
        if any(given) and all(g in {t, ""} for g, t in zip(given, theirs, strict=True)):
            return candidate
    return next((o for n, o in same if n == place), same[0][1] if same else None)


def _name_of(node: etree._Element, direction: str) -> str:
    found = node.find(f"{WSDL}{direction}")
    return "" if found is None else found.get("name", "")


def _operation(
    plain: SoapOperation, node: etree._Element | None, abstract: etree._Element | None, defined: Definitions, style: str
) -> SoapOperation:
    soap = None
    if node is not None:
        soap = next((c for c in node if namespace_of(str(c.tag)) in _BINDINGS), None)
    style = style if soap is None else soap.get("style", style)
    made = replace(plain, action="" if soap is None else soap.get("soapAction", ""))
    if abstract is None:
        return replace(made, unusable="the port type has no such operation")
    if _name_of(abstract, "input"):
        made = replace(made, name=_name_of(abstract, "input"))
    reader = _Direction(plain.own_name, style == "rpc", node, abstract, defined)
    request, reply = reader.shape("input"), reader.shape("output")
    why = reader.problem
    if request is None:
        # A notification by its port type; where the binding takes something, an empty message is what it can be sent.
        if node is None or node.find(f"{WSDL}input") is None:
            why = why or "it has no input: the agency sends it, nobody calls it"
        reader.notes.append("the port type gives it no input: its body is empty")
        request = Shape()
    return replace(
        made,
        request=request,
        reply=reply,
        input=_key(made, request, "in"),
        output=None if reply is None else _key(made, reply, "out"),
        headers=request.headers,
        faults=_faults(abstract, defined),
        about=documentation(abstract) or (documentation(node) if node is not None else ""),
        addressing=_action(abstract, plain.own_name, made.action),
        unusable=why,
        notes=(*plain.notes, *reader.notes),
    )


def _key(operation: SoapOperation, shape: Shape, direction: str) -> str:
    if shape.rpc:
        return f"rpc:{operation.port}/{operation.own_name}/{operation.line}/{direction}"
    if len(shape.parts) == 1 and shape.parts[0].element:
        return shape.parts[0].element
    return f"bare:{operation.port}/{operation.own_name}/{operation.line}/{direction}" if shape.parts else ""


def _action(abstract: etree._Element, name: str, soap_action: str) -> str:
    """Return the action of the input by WS-Addressing 1.0 Metadata, 4.4: as said, else SOAP's, else as the names make it."""
    node = abstract.find(f"{WSDL}input")
    if node is None:
        return ""
    if said := next((node.get(attribute, "") for attribute in _ADDRESSING if node.get(attribute)), ""):
        return said
    if soap_action:
        return soap_action
    port_type = abstract.getparent()
    namespace = node.getroottree().getroot().get("targetNamespace", "")
    return default_action(namespace, "" if port_type is None else port_type.get("name", ""), node.get("name") or f"{name}Request")


class _Direction:
    """Reads the input and the output of one operation. ``problem`` says why it cannot be called."""

    def __init__(self, name: str, rpc: bool, node: etree._Element | None, abstract: etree._Element, defined: Definitions) -> None:
        self.problem = ""
        self.notes: list[str] = []
        self._name = name
        self._rpc = rpc
        self._node = node
        self._abstract = abstract
        self._defined = defined

    def shape(self, direction: str) -> Shape | None:
        """Return the shape; ``None`` when the port type has no such direction."""
        declared = self._abstract.find(f"{WSDL}{direction}")
        if declared is None:
            return None
        bound = None if self._node is None else self._node.find(f"{WSDL}{direction}")
        tag = tag_of(declared, declared.get("message"))
        message = self._message(tag, declared.get("message", ""), f"its {direction}")
        if message is None:
            self.problem = self.problem or f"its {direction} names the message {declared.get('message')!r}, which is not there"
            return Shape()
        extensions = list(_extensions(bound)) if bound is not None else []
        body = next((e for e in extensions if local_name(str(e.tag)) == "body"), None)
        headers, in_header = self._headers(extensions, tag)
        attachments = _attachments(bound)
        beside = {a.part for a in attachments} | in_header
        parts = [part for name, part in message.items() if name not in beside]
        if body is not None and body.get("parts") is not None:
            named = body.get("parts", "").split()
            parts = [message[name] for name in named if name in message]
        shape = Shape(
            rpc=self._rpc,
            encoded=body is not None and body.get("use") == "encoded",
            headers=headers,
            attachments=attachments,
            multipart=bound is not None and bound.find(f"{_MIME}multipartRelated") is not None,
        )
        if self._rpc:
            wrapper = self._name if direction == "input" else f"{self._name}Response"
            namespace = body.get("namespace", "") if body is not None else ""
            if body is not None and "namespace" not in body.attrib:
                # WS-I wants it said; where it is not, the WSDL's own is what agencies mean.
                namespace = self._abstract.getroottree().getroot().get("targetNamespace", "")
            return replace(shape, parts=tuple(parts), wrapper=f"{{{namespace}}}{wrapper}" if namespace else wrapper)
        if blank := [part.name for part in parts if not part.element and not part.type]:
            self.problem = self.problem or f"its {direction} has a part {blank[0]!r} that names neither an element nor a type"
        if len(parts) == 1 and not parts[0].element:
            self.notes.append(f"its {direction} is document style with a type: the body holds an element named after the part")
        return replace(shape, parts=tuple(parts))

    def _message(self, tag: str, written: str, what: str) -> dict[str, Part] | None:
        found = self._defined.message(tag)
        if found is not None and found[0] != tag:
            self.notes.append(f"{what} names the message {written!r}; {local_name(found[0])} was taken")
        return None if found is None else {n: Part(n, e, t) for n, (e, t) in found[1].items()}

    def _headers(self, extensions: list[etree._Element], own: str) -> tuple[tuple[str, ...], set[str]]:
        """Return the header elements, and the parts of the operation's own message that stand there."""
        headers: list[str] = []
        beside: set[str] = set()
        for extension in extensions:
            if local_name(str(extension.tag)) != "header":
                continue
            home, part = tag_of(extension, extension.get("message")), extension.get("part", "")
            message = self._message(home, extension.get("message", ""), "a header") or {}
            if home == own:
                beside.add(part)
            if part in message and message[part].element:
                headers.append(message[part].element)
            else:
                self.notes.append(f"a header names the part {part!r} of {extension.get('message')!r}, which is not there")
        return tuple(dict.fromkeys(headers)), beside


def _extensions(bound: etree._Element) -> Iterator[etree._Element]:
    """Yield the SOAP extensions of a direction, those within ``mime:multipartRelated`` too."""
    yield from bound.iter(*(f"{{{namespace}}}*" for namespace in _BINDINGS))


def _attachments(bound: etree._Element | None) -> tuple[Attachment, ...]:
    kinds: dict[str, list[str]] = {}
    if bound is not None:
        for content in bound.iter(f"{_MIME}content"):
            if content.get("part"):
                kinds.setdefault(content.get("part", ""), []).append(content.get("type", ""))
    return tuple(Attachment(part, tuple(kind for kind in kinds[part] if kind)) for part in kinds)


def _faults(abstract: etree._Element, defined: Definitions) -> dict[str, str]:
    found: dict[str, str] = {}
    for fault in abstract.iterchildren(f"{WSDL}fault"):
        message = defined.message(tag_of(fault, fault.get("message")))
        if message is not None:
            found |= {fault.get("name", ""): element for element, _ in message[1].values() if element}
    return found
