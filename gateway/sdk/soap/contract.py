"""A SOAP contract, loaded once per digest: its operations, its schemas compiled, its builder and reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from gateway.sdk.soap.build import Builder
from gateway.sdk.soap.documents import collect
from gateway.sdk.soap.envelope import SOAP11, Version
from gateway.sdk.soap.errors import ContractBroken, NotOfContract, XmlRefused
from gateway.sdk.soap.example import Examples
from gateway.sdk.soap.messages import WRAPPERS, Message, needs_wrapper, wrapper_key, wrappers
from gateway.sdk.soap.model import Element
from gateway.sdk.soap.read import Reader
from gateway.sdk.soap.safe_xml import generic, local_name, namespace_of, parse_xml
from gateway.sdk.soap.sources import Sources
from gateway.sdk.soap.validate import Validator
from gateway.sdk.soap.values import BUILTINS
from gateway.sdk.soap.wsdl import Shape, SoapOperation, read_wsdl
from gateway.sdk.soap.xsd import Schemas

#: How many contracts stay compiled: those in use and the older versions that requests under way were made by.
_CACHED: Final = 128


class Contract:
    """One WSDL or several with their schemas, ready to build and to read. Immutable; share it between tasks of one thread.

    ``unresolved`` lists what the contract refers to and nobody has; it harms only what needs it. ``used`` are the files that
    were read.
    """

    def __init__(self, files: Mapping[str, bytes], name: str, port: str = "", more: Sequence[str] = ()) -> None:
        """Load. ``port`` picks one of several SOAP ports; else the first that offers an operation serves it.

        ``more`` are further WSDLs of the same agency. Raises ``ContractBroken`` that names file, line and the way out.
        """
        self.name = name
        sources = Sources(files)
        wsdl = read_wsdl(sources, (name, *more), port)
        if not wsdl.operations:
            raise ContractBroken(
                name,
                f"has no SOAP operation{f' at the port {port!r}' if port else ''}",
                fix="name a WSDL with a SOAP 1.1 or 1.2 binding",
            )
        self.title, self.about = wsdl.title, wsdl.about
        documents, unresolved = collect(sources, wsdl.schemas, _namespaces(wsdl.operations))
        declared = {tag for d in documents for tag in _elements(d.root, d.namespace)}
        operations = [_repaired(operation, declared) for operation in wsdl.operations]
        made = wrappers(operations, BUILTINS)
        if made is not None:
            documents.append(made)
        self._validator = Validator(documents)
        missing = self._validator.missing
        self.loosened = self._validator.loosened
        self.unresolved: list[ContractBroken] = [*wsdl.unresolved, *unresolved, *missing.values(), *self.loosened.values()]
        self.unresolved += self._validator.told
        spaces = [*_namespaces(operations), *(namespace_of(tag) for _, tag in missing)]
        self.schemas = Schemas(documents, sorted(set(spaces)), missing)
        self._builder = Builder(self.schemas)
        self._reader = Reader(self.schemas)
        self._examples: Examples | None = None
        self._messages: dict[str, Message] = {}
        self.operations: dict[str, SoapOperation] = {o.name: self._checked(o) for o in operations}
        self.used = frozenset(sources.used)

    @property
    def version(self) -> Version:
        """The SOAP version of the contract's first operation: the one that callbacks are answered in."""
        return next((o.version for o in self.operations.values()), SOAP11)

    def element(self, name: str) -> Element:
        """Return a global element by its name: in Clark notation, or a local name that only one namespace has.

        Raises ``ContractBroken`` when there is none, or more than one.
        """
        if self.schemas.has_element(name):
            return self.schemas.element(name)
        found = [tag for tag in self.schemas.element_tags() if local_name(tag) == name and namespace_of(tag) != WRAPPERS]
        if len(found) != 1:
            raise ContractBroken(
                self.name,
                f"{'no schema declares' if not found else 'several namespaces have'} the element {name!r}",
                fix="write it as {namespace}Name" if found else "correct the name",
            )
        return self.schemas.element(found[0])

    # -- whole bodies ----------------------------------------------------------------------------------------------

    def request(self, operation: SoapOperation) -> Message:
        """Return the message that calls an operation. Raises ``ContractBroken``."""
        return self._message(operation, operation.request, "in", operation.input)

    def reply(self, operation: SoapOperation) -> Message | None:
        """Return the message that answers; ``None`` for a one-way operation. Raises ``ContractBroken``."""
        return None if operation.reply is None else self._message(operation, operation.reply, "out", operation.output or "")

    def _message(self, operation: SoapOperation, shape: Shape, direction: str, element: str) -> Message:
        key = element and f"{operation.file}\n{element}"
        if key not in self._messages:
            if needs_wrapper(shape):
                known = f"{{{WRAPPERS}}}{wrapper_key(operation, direction)}"
                tag = shape.wrapper if shape.rpc else shape.parts[0].name
                plan = self.schemas.element(known)
                wrapper = Element(tag, self.schemas.xml_name(tag), lambda: plan.type)
                made = Message((wrapper,), known, shape.encoded and shape.rpc, shape.rpc)
            else:
                made = Message(tuple(self.element(part.element) for part in shape.parts))
            if not key:
                return made
            self._messages[key] = made
        return self._messages[key]

    def build_message(self, message: Message, value: Any, documents: frozenset[str] = frozenset()) -> tuple[str, list[str]]:
        """Return the body's content as valid XML, and the digests of the documents that it holds places for.

        Raises ``NotOfContract`` with a pointer into ``value``: nothing that the agency's schema forbids comes out.
        """
        texts: list[str] = []
        used: list[str] = []
        for element, one in zip(message.elements, message.values(value), strict=True):
            prefix = "" if len(message.elements) == 1 else f"/{element.key}"
            try:
                text, named = self._builder.build(element, one, documents, encoded=message.encoded)
                self.validate(_parsed(text), message)
            except NotOfContract as error:
                raise NotOfContract(f"{prefix}{error.path}", error.reason) from error
            texts.append(text)
            used += [digest for digest in named if digest not in used]
        return "".join(texts), used

    def read_message(self, nodes: Sequence[etree._Element], message: Message | None) -> Any:
        """Return a body's elements as JSON, by the message's schema where they are its own, else by their shape alone."""
        if message is None or not message.elements:
            return self.read(nodes[0]) if nodes else None
        if message.rpc:
            return self._reader.read(nodes[0], message.elements[0], positional=True) if nodes else None
        if len(message.elements) == 1:
            if not nodes:
                return None
            if message.wrapped:
                return self._reader.read(nodes[0], message.elements[0])
            return self.read(nodes[0], message.elements[0].tag)
        by_name = {local_name(str(node.tag)): node for node in nodes}
        return message.joined([self.read(by_name[e.key], e.tag) if e.key in by_name else None for e in message.elements])

    def example(self, message: Message, *, full: bool = False) -> Any:
        """Return a value that builds the message: the least, or with ``full`` what is optional too. Raises ``NoExample``."""
        if self._examples is None:
            self._examples = Examples(self.schemas)
        return message.joined([self._examples.of(element, full=full) for element in message.elements])

    # -- single elements -------------------------------------------------------------------------------------------

    def build(self, element: Element, value: Any, documents: frozenset[str] = frozenset()) -> tuple[str, list[str]]:
        """Return valid XML of the element and the digests of the documents that it holds places for.

        Raises ``NotOfContract`` with a pointer into ``value``: nothing that the agency's schema forbids comes out.
        """
        text, used = self._builder.build(element, value, documents)
        self.validate(_parsed(text))
        return text, used

    def validate(self, node: etree._Element, message: Message | None = None) -> None:
        """Check an element against the schemas. Raises ``NotOfContract`` with the first mistake's pointer."""
        own = str(node.tag)
        if message is not None and message.wrapped and (message.rpc or own == message.elements[0].tag):
            node.tag = message.wrapped  # the name under which the wrapper is declared
        try:
            mistakes = self._validator.mistakes(node)
        finally:
            node.tag = own
        if mistakes:
            more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
            raise NotOfContract(mistakes[0].path, f"{mistakes[0].reason}{more}")

    def read(self, node: etree._Element, expected: str = "") -> Any:
        """Return any element as JSON: by the schema where it declares the element, else by its shape alone.

        ``expected`` names the element whose schema it is read by when only the namespace differs.
        """
        tag = str(node.tag)
        if expected and local_name(tag) == local_name(expected):
            tag = expected
        return self._reader.read(node, self.schemas.element(tag)) if self.schemas.has_element(tag) else generic(node)

    def _checked(self, operation: SoapOperation) -> SoapOperation:
        """Return the operation without the headers that nothing declares; unusable where a body has no declaration."""
        if operation.unusable:
            return operation
        headers = tuple(h for h in operation.headers if self.schemas.has_element(h))
        notes = [
            f"the header {local_name(h)} is declared by no schema and left out" for h in operation.headers if h not in headers
        ]
        made = replace(operation, headers=headers, notes=(*operation.notes, *notes))
        try:
            self.request(made)
            self.reply(made)
        except ContractBroken as error:
            return replace(made, unusable=error.reason)
        return made


def _parsed(text: str) -> etree._Element:
    try:
        return parse_xml(text.encode())
    except XmlRefused as error:
        raise NotOfContract("", f"holds a character that XML cannot carry: {error.reason}") from error
    except UnicodeEncodeError as error:
        raise NotOfContract("", "holds half of a surrogate pair, which is no character") from error


def _elements(root: etree._Element, namespace: str) -> Iterable[str]:
    for node in root.iterchildren("{http://www.w3.org/2001/XMLSchema}element"):
        name = node.get("name", "")
        yield f"{{{namespace}}}{name}" if namespace else name


def _namespaces(operations: Iterable[SoapOperation]) -> list[str]:
    """Return the namespaces that the operations themselves name."""
    shapes = [shape for o in operations for shape in (o.request, o.reply) if shape is not None]
    tags = [tag for s in shapes for p in s.parts for tag in (p.element, p.type)] + [s.wrapper for s in shapes]
    tags += [h for s in shapes for h in s.headers] + [f for o in operations for f in o.faults.values()]
    return sorted({namespace_of(tag) for tag in tags} - {""})


def _repaired(operation: SoapOperation, declared: set[str]) -> SoapOperation:
    """Return the operation with parts whose element only differs in namespace or letter case from a declared one."""
    notes: list[str] = []

    def found(tag: str) -> str:
        if not tag or tag in declared:
            return tag
        local = local_name(tag)
        for same in (
            [d for d in declared if local_name(d) == local],
            [d for d in declared if local_name(d).lower() == local.lower()],
        ):
            if len(same) == 1:
                notes.append(f"a part names the element {local!r} of {namespace_of(tag)!r}; {same[0]} was taken")
                return same[0]
        return tag

    def shape(given: Shape | None) -> Shape | None:
        if given is None:
            return None
        return replace(given, parts=tuple(replace(part, element=found(part.element)) for part in given.parts))

    request, reply = shape(operation.request), shape(operation.reply)
    if not notes or request is None:
        return operation
    change = {p.element: q.element for p, q in zip(operation.request.parts, request.parts, strict=True)}
    if operation.reply is not None and reply is not None:
        change |= {p.element: q.element for p, q in zip(operation.reply.parts, reply.parts, strict=True)}
    return replace(
        operation,
        request=request,
        reply=reply,
        input=change.get(operation.input, operation.input),
        output=None if operation.output is None else change.get(operation.output, operation.output),
        notes=(*operation.notes, *notes),
    )


class _Files:
    """Hashes by digest, so that the cache below need not hash whole contracts."""

    __slots__ = ("digest", "files")

    def __init__(self, files: Mapping[str, bytes], digest: str) -> None:
        self.files = files
        self.digest = digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Files) and other.digest == self.digest


def load_contract(files: Mapping[str, bytes], name: str, *, digest: str, port: str = "", more: Sequence[str] = ()) -> Contract:
    """Return the contract, from a cache when ``digest`` (over the files) is not empty. Raises ``ContractBroken``."""
    return _load(_Files(files, digest), name, port, tuple(more)) if digest else Contract(files, name, port, more)


@lru_cache(maxsize=_CACHED)
def _load(files: _Files, name: str, port: str, more: tuple[str, ...]) -> Contract:
    return Contract(files.files, name, port, more)
