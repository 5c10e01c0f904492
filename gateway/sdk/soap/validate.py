"""Validation by libxml2 against the agency's own schemas, with what is wrong told by field.

libxml2 reads one document a namespace and silently skips a second import of the same; contracts split a namespace over many
files. So each namespace gets one umbrella document that includes all of its files, and every import leads to an umbrella.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gateway.sdk.soap.documents import XML, XS, SchemaDocument
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.safe_xml import local_name

_X: Final = f"{{{XS}}}"
_ROOT: Final = "contract:/umbrella.xsd"
_NAMESPACES: Final = re.compile(r"\{[^{}\s']*\}(?=\w)")
_ONLY_NAMESPACE: Final = re.compile(r"Element '([^']+)': This element is not expected\. Expected is .*\b\1\b")
# What is wrong goes into incidents and logs; whom it is about does not.
_VALUE: Final = re.compile(r"(?<=: )'.*'(?= is not a valid value)|(?<=The value )'.*'(?= is )|\['.*'\]", re.DOTALL)
_QNAMES: Final = ("type", "ref", "base", "itemType", "memberTypes", "substitutionGroup")
_MAX_MISTAKES: Final = 20

#: The two attributes of the namespace xml that contracts use, as no agency ships their schema.
_XML_SCHEMA: Final = f"""<xs:schema xmlns:xs="{XS}" targetNamespace="{XML}">
<xs:attribute name="lang" type="xs:language"/><xs:attribute name="space" type="xs:NCName"/>
<xs:attribute name="base" type="xs:anyURI"/><xs:attribute name="id" type="xs:ID"/></xs:schema>"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where a document breaks its schema. ``path`` is a pointer of local element names, with positions from 0 in lists."""

    path: str
    reason: str


class Validator:
    """The compiled schemas of a contract. Safe to share between tasks of one thread."""

    def __init__(self, documents: Iterable[SchemaDocument]) -> None:
        """Compile. Raises ``ContractBroken`` that names file and line of the first mistake."""
        self._schema = _compile(tuple(documents))

    def mistakes(self, element: etree._Element) -> list[Mistake]:
        """Return what is wrong with an element whose name is declared globally; empty when it is valid."""
        if self._schema.validate(element):
            return []
        found: list[Mistake] = []
        for entry in self._schema.error_log:
            mistake = Mistake(_pointer(element, entry.path), _told(entry.message))
            # A wrong value is reported twice: by its facet and by the element's type. The first says more.
            if not any(known.path == mistake.path for known in found):
                found.append(mistake)
            if len(found) == _MAX_MISTAKES:
                break
        return found or [Mistake("", "is not valid against the schema")]


def _pointer(top: etree._Element, path: str | None) -> str:
    node = _blamed(top, path)
    steps: list[str] = []
    while node is not None and node is not top:
        parent = node.getparent()
        if parent is not None and len(same := parent.findall(str(node.tag))) > 1:
            steps.append(str(same.index(node)))
        steps.append(local_name(str(node.tag)))
        node = parent
    return "".join(f"/{step}" for step in reversed(steps))


def _blamed(top: etree._Element, path: str | None) -> etree._Element | None:
    """Return the element that libxml2's path means; it starts at the element that was validated, wherever that stands."""
    inner = (path or "").split("/", 2)[2:]
    if not inner:
        return None
    prefixes: dict[str, str] = {}
    for node in top.iter():
        for prefix, namespace in node.nsmap.items():
            if prefix:
                prefixes.setdefault(prefix, namespace)
    try:
        found: Any = top.xpath(f"./{inner[0]}", namespaces=prefixes)
    except etree.XPathError:
        return None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None


def _told(message: str | None) -> str:
    said = message or "is not valid"
    plain = _NAMESPACES.sub("", said).strip()
    if _ONLY_NAMESPACE.search(plain):  # without them it would read "X is not expected, expected is X"
        plain = said.strip()
    return _VALUE.sub("the value", plain).replace("The value the value", "The value")


class _Umbrellas(etree.Resolver):
    """Serves the schema documents from memory and nothing else: neither disk nor network."""

    def __init__(self, served: dict[str, bytes]) -> None:
        super().__init__()
        self._served = served

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:  # noqa: ARG002  - lxml's hook
        content = self._served.get(system_url or "")
        if content is None or system_url is None:
            raise FileNotFoundError(system_url)
        return self.resolve_string(content, context, base_url=system_url)


def _compile(documents: tuple[SchemaDocument, ...]) -> etree.XMLSchema:
    addresses = {id(d): f"contract:/{number}/{d.name.replace('#', '-')}" for number, d in enumerate(documents)}
    named = {addresses[id(d)]: d for d in documents}
    namespaces = list(dict.fromkeys(d.namespace for d in documents))
    umbrellas = {namespace: f"contract:/namespace-{number}.xsd" for number, namespace in enumerate(namespaces)}
    umbrellas.setdefault(XML, "contract:/xml.xsd")
    served: dict[str, bytes] = {} if XML in namespaces else {umbrellas[XML]: _XML_SCHEMA.encode()}
    for namespace in namespaces:
        target = f' targetNamespace="{_escaped(namespace)}"' if namespace else ""
        includes = "".join(
            f'<xs:include schemaLocation="{_escaped(addresses[id(d)])}"/>' for d in documents if d.namespace == namespace
        )
        served[umbrellas[namespace]] = f'<xs:schema xmlns:xs="{XS}"{target}>{includes}</xs:schema>'.encode()
    for document in documents:
        served[addresses[id(document)]] = _rewritten(document, umbrellas)
    imports = "".join(
        f'<xs:import{f" namespace={chr(34)}{_escaped(n)}{chr(34)}" if n else ""} schemaLocation="{umbrellas[n]}"/>'
        for n in namespaces
    )
    # The root has a namespace of its own, as it could not import documents without one otherwise.
    root = f'<xs:schema xmlns:xs="{XS}" targetNamespace="urn:darcha:umbrella">{imports}</xs:schema>'
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    parser.resolvers.add(_Umbrellas(served))
    try:
        return etree.XMLSchema(etree.fromstring(root.encode(), parser, base_url=_ROOT))
    except etree.XMLSchemaParseError as error:
        first = next((e for e in error.error_log if e.message and "Skipping" not in e.message), None)
        blamed = named.get(first.filename or "") if first is not None else None
        reason = _told(first.message) if first is not None else str(error)
        if blamed is None or first is None:
            raise ContractBroken(documents[0].name.partition("#")[0], reason) from error
        raise ContractBroken(blamed.name.partition("#")[0], reason, line=first.line + _offset(blamed)) from error


def _rewritten(document: SchemaDocument, umbrellas: dict[str, str]) -> bytes:
    """Return the document with every import leading to an umbrella, missing ones added, and no includes."""
    root = copy.deepcopy(document.root)  # keeps the namespaces declared on the WSDL around it
    imported: set[str] = set()
    for node in [*root.iterchildren(f"{_X}import", f"{_X}include")]:
        namespace = node.get("namespace", "")
        if node.tag == f"{_X}include" or namespace not in umbrellas or namespace in imported:
            gap = etree.Comment("")
            gap.tail = node.tail  # line numbers stay the file's own
            root.replace(node, gap)
        else:
            imported.add(namespace)
            node.set("schemaLocation", umbrellas[namespace])
    for namespace in sorted(_used(root, document) - imported - {document.namespace, XS}):
        if namespace not in umbrellas:
            continue
        added = etree.Element(f"{_X}import", schemaLocation=umbrellas[namespace])
        if namespace:
            added.set("namespace", namespace)
        root.insert(0, added)
    return etree.tostring(root, encoding="utf-8")


def _offset(document: SchemaDocument) -> int:
    """Return how many lines the file has before the place where the document's own first line now stands."""
    first = next(iter(document.root), None)
    if first is None or first.sourceline is None:
        return 0
    return first.sourceline - 1 - (document.root.text or "").count("\n")


def _used(root: etree._Element, document: SchemaDocument) -> set[str]:
    """Return the namespaces that the document's references name."""
    used: set[str] = set()
    for node in root.iter(f"{_X}*"):
        for attribute in _QNAMES:
            for name in node.get(attribute, "").split():
                tag = document.qname(node, name)
                used.add(tag[1:].partition("}")[0] if tag[:1] == "{" else "")
    return used


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
