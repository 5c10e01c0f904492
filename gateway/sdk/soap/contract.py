"""A SOAP contract, loaded once per digest: its operations, its schemas compiled, its builder and reader."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from gateway.sdk.soap.build import Builder
from gateway.sdk.soap.documents import collect
from gateway.sdk.soap.envelope import SOAP11, Version
from gateway.sdk.soap.errors import ContractBroken, NotOfContract, XmlRefused
from gateway.sdk.soap.model import Element
from gateway.sdk.soap.read import Reader
from gateway.sdk.soap.safe_xml import generic, local_name, parse_xml
from gateway.sdk.soap.sources import Sources
from gateway.sdk.soap.validate import Validator
from gateway.sdk.soap.wsdl import SoapOperation, read_wsdl
from gateway.sdk.soap.xsd import Schemas

#: How many contracts stay compiled: those in use and the older versions that requests under way were made by.
_CACHED: Final = 128


class Contract:
    """A WSDL with its schemas, ready to build and to read. Immutable; share it between tasks of one thread."""

    def __init__(self, files: Mapping[str, bytes], name: str, port: str = "") -> None:
        """Load. ``port`` picks one of several SOAP ports; else the first that offers an operation serves it.

        Raises ``ContractBroken`` that names file, line and the way out.
        """
        self.name = name
        sources = Sources(files)
        wsdl = read_wsdl(sources, name)
        documents, self.unresolved = collect(sources, wsdl.schemas)
        self.operations: dict[str, SoapOperation] = {}
        for operation in wsdl.operations:
            if not port or operation.port == port:
                known = self.operations.get(operation.name)
                if known is None or (known.unusable and not operation.unusable):
                    self.operations[operation.name] = operation
        if not self.operations:
            raise ContractBroken(
                name,
                f"has no SOAP operation{f' at the port {port!r}' if port else ''}",
                fix="name a WSDL with a SOAP 1.1 or 1.2 binding",
            )
        self.schemas = Schemas(documents)
        try:
            self._validator = Validator(documents)
        except ContractBroken as error:
            missing = self.unresolved[0] if self.unresolved else None
            raise (error if missing is None else missing) from error
        self._builder = Builder(self.schemas)
        self._reader = Reader(self.schemas)

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
        found = [tag for tag in self.schemas.element_tags() if local_name(tag) == name]
        if len(found) != 1:
            raise ContractBroken(
                self.name,
                f"{'no schema declares' if not found else 'several namespaces have'} the element {name!r}",
                fix="write it as {namespace}Name" if found else "correct the name",
            )
        return self.schemas.element(found[0])

    def build(self, element: Element, value: Any, documents: frozenset[str] = frozenset()) -> tuple[str, list[str]]:
        """Return valid XML of the element and the digests of the documents that it holds places for.

        Raises ``NotOfContract`` with a pointer into ``value``: nothing that the agency's schema forbids comes out.
        """
        text, used = self._builder.build(element, value, documents)
        try:
            root = parse_xml(text.encode())
        except XmlRefused as error:
            raise NotOfContract("", f"holds a character that XML cannot carry: {error.reason}") from error
        except UnicodeEncodeError as error:
            raise NotOfContract("", "holds half of a surrogate pair, which is no character") from error
        self.validate(root)
        return text, used

    def validate(self, node: etree._Element) -> None:
        """Check an element against the schemas. Raises ``NotOfContract`` with the first mistake's pointer."""
        mistakes = self._validator.mistakes(node)
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


def load_contract(files: Mapping[str, bytes], name: str, *, digest: str, port: str = "") -> Contract:
    """Return the contract, from a cache when ``digest`` (over the files) is not empty. Raises ``ContractBroken``."""
    return _load(_Files(files, digest), name, port) if digest else Contract(files, name, port)


@lru_cache(maxsize=_CACHED)
def _load(files: _Files, name: str, port: str) -> Contract:
    return Contract(files.files, name, port)
