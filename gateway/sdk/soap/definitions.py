"""What the WSDL files of one contract define, by name: messages, port types, bindings, services, schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from lxml import etree

from gateway.sdk.soap.documents import SCHEMA
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.safe_xml import local_name
from gateway.sdk.soap.sources import Sources

WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
_WSDL20: Final = frozenset({"http://www.w3.org/ns/wsdl", "http://www.w3.org/2006/01/wsdl"})

T = TypeVar("T")


@dataclass(slots=True)
class Definitions:
    """By name in Clark notation. A message is its parts: name to element and type, each in Clark notation or empty."""

    messages: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    port_types: dict[str, etree._Element] = field(default_factory=dict)
    bindings: dict[str, etree._Element] = field(default_factory=dict)
    services: list[etree._Element] = field(default_factory=list)
    schemas: list[tuple[str, etree._Element]] = field(default_factory=list)
    unresolved: list[ContractBroken] = field(default_factory=list)
    files: dict[etree._Element, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def message(self, tag: str) -> tuple[str, dict[str, tuple[str, str]]] | None:
        """Return a message with its true name."""
        return _by_name(self.messages, tag)

    def port_type(self, tag: str) -> etree._Element | None:
        found = _by_name(self.port_types, tag)
        return None if found is None else found[1]

    def binding(self, tag: str) -> etree._Element | None:
        found = _by_name(self.bindings, tag)
        return None if found is None else found[1]

    def file_of(self, node: etree._Element) -> str:
        """Return the file that a node of a WSDL stands in."""
        return self.files.get(node.getroottree().getroot(), "")


def read_definitions(sources: Sources, names: Sequence[str]) -> Definitions:
    """Return everything; WSDL files that are imported and missing are ``unresolved``. Raises ``ContractBroken``."""
    defined = Definitions()
    for name in names:
        _collect(sources, name, defined)
    return defined


def _collect(sources: Sources, name: str, defined: Definitions) -> None:
    if name in defined.seen:
        return
    defined.seen.add(name)
    root = sources.parse(name)
    if root.tag != f"{WSDL}definitions":
        space = str(root.tag)[1:].partition("}")[0]
        what = "is WSDL 2.0" if space in _WSDL20 else f"is no WSDL 1.1: its root is <{local_name(str(root.tag))}>"
        fix = "ask the agency for its WSDL 1.1" if space in _WSDL20 else "name the WSDL as the contract"
        raise ContractBroken(name, what, fix=fix)
    defined.files[root] = name
    target = root.get("targetNamespace", "")
    for node in root:
        tag = f"{{{target}}}{node.get('name', '')}" if target else node.get("name", "")
        match str(node.tag).removeprefix(WSDL):
            case "import":
                _import(sources, name, node, defined)
            case "types":
                defined.schemas += [(name, schema) for schema in node.iterchildren(SCHEMA)]
            case "message":
                parts = {
                    part.get("name", ""): (tag_of(part, part.get("element")), tag_of(part, part.get("type")))
                    for part in node.iterchildren(f"{WSDL}part")
                }
                defined.messages.setdefault(tag, parts)
            case "portType":
                defined.port_types.setdefault(tag, node)
            case "binding":
                defined.bindings.setdefault(tag, node)
            case "service":
                defined.services.append(node)
            case _:
                pass


def _import(sources: Sources, name: str, node: etree._Element, defined: Definitions) -> None:
    location = node.get("location", "")
    found = sources.find(name, location)
    try:
        if found is None:
            raise ContractBroken(
                name,
                f"imports {location!r}, which is not in the contract's folder",
                line=node.sourceline or 0,
                fix="put that file into the folder",
            )
        root = sources.parse(found)
        if root.tag == SCHEMA:
            if found not in defined.seen:
                defined.seen.add(found)
                defined.schemas.append((found, root))
        else:
            _collect(sources, found, defined)
    except ContractBroken as error:
        defined.unresolved.append(error)


def _by_name(known: Mapping[str, T], tag: str) -> tuple[str, T] | None:
    """Return what is called ``tag``: in this namespace, else in the only other one that has it, else in another letter case."""
    if tag in known:
        return tag, known[tag]
    local = local_name(tag)
    for same in (
        [name for name in known if local_name(name) == local],
        [name for name in known if local_name(name).lower() == local.lower()],
    ):
        if len(same) == 1:
            return same[0], known[same[0]]
    return None


def tag_of(node: etree._Element, name: str | None) -> str:
    """Return a QName of a WSDL in Clark notation; empty for none."""
    if not name or not name.strip():
        return ""
    prefix, _, local = name.strip().rpartition(":")
    namespace = node.nsmap.get(prefix or None)
    if namespace is None and not prefix:  # a plain name means the file's own namespace in contracts met in practice
        namespace = node.getroottree().getroot().get("targetNamespace")
    if not prefix and namespace == WSDL[1:-1]:
        namespace = node.getroottree().getroot().get("targetNamespace")
    return f"{{{namespace}}}{local}" if namespace else local


def documentation(node: etree._Element) -> str:
    """Return what ``wsdl:documentation`` of a node says, on one line."""
    found = node.find(f"{WSDL}documentation")
    return "" if found is None else " ".join("".join(str(part) for part in found.itertext()).split())
