"""All schema documents of a contract: those within the WSDL and those they import, include, redefine or only use, each once.

What leads nowhere is kept as ``unresolved``: it harms nobody until an operation needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.normalise import SOAP_ENCODING, normalise, redefined
from gateway.sdk.soap.safe_xml import local_name
from gateway.sdk.soap.sources import STANDARD, Sources

XS: Final = "http://www.w3.org/2001/XMLSchema"
XML: Final = "http://www.w3.org/XML/1998/namespace"
SCHEMA: Final = f"{{{XS}}}schema"
#: The namespace of names whose prefix nothing declares: no schema has it, so whatever needs such a name is told.
UNDECLARED: Final = "urn:undeclared-prefix:"
_USUAL: Final = {"xsd": XS, "xs": XS, "soapenc": SOAP_ENCODING, "soap-enc": SOAP_ENCODING}
_IMPORT: Final = f"{{{XS}}}import"
_INCLUDE: Final = f"{{{XS}}}include"
_REDEFINE: Final = f"{{{XS}}}redefine"
#: Attributes of XML Schema that hold QNames.
QNAMES: Final = ("type", "ref", "base", "itemType", "memberTypes", "substitutionGroup")


def meant_by(prefix: str) -> str:
    """Return the namespace of a prefix that nothing declares: what everybody means by it, else one that no schema has."""
    return _USUAL.get(prefix.lower(), UNDECLARED + prefix)


@dataclass(frozen=True, slots=True)
class SchemaDocument:
    """One ``xs:schema``. ``namespace`` is the target's: the including document's where it has none of its own.

    ``undeclared`` collects the prefixes that its references use and nothing declares.
    """

    name: str
    root: etree._Element
    namespace: str
    undeclared: set[str] = field(default_factory=set)

    @property
    def elements_qualified(self) -> bool:
        return self.root.get("elementFormDefault") == "qualified"

    @property
    def attributes_qualified(self) -> bool:
        return self.root.get("attributeFormDefault") == "qualified"

    @property
    def file(self) -> str:
        """The file that it stands in."""
        return self.name.partition("#")[0]

    def qname(self, node: etree._Element, text: str) -> str:
        """Return a QName of this document in Clark notation."""
        prefix, _, local = text.strip().rpartition(":")
        if not prefix:
            # Within a document that takes its namespace from the one that includes it, plain names take it too.
            namespace = node.nsmap.get(None) or ("" if self.root.get("targetNamespace") else self.namespace)
        elif prefix == "xml":
            namespace = XML
        else:
            known = node.nsmap.get(prefix)
            if known is None:
                self.undeclared.add(prefix)
            namespace = meant_by(prefix) if known is None else known
        return f"{{{namespace}}}{local}" if namespace else local

    def references(self) -> Iterator[tuple[etree._Element, str, str]]:
        """Yield node, attribute and name (Clark notation) of every reference to a component."""
        for node in self.root.iter(f"{{{XS}}}*"):
            for attribute in QNAMES:
                for name in (node.get(attribute) or "").split():
                    yield node, attribute, self.qname(node, name)


@dataclass(slots=True)
class _Found:
    sources: Sources
    documents: dict[tuple[str, str], SchemaDocument] = field(default_factory=dict)
    unresolved: list[ContractBroken] = field(default_factory=list)

    def add(self, document: SchemaDocument) -> None:
        if (document.name, document.namespace) in self.documents:
            return
        self.documents[document.name, document.namespace] = document
        for node in list(document.root.iterchildren(_IMPORT, _INCLUDE, _REDEFINE)):
            self._follow(document, node)
            if node.tag == _REDEFINE:
                redefined(node, document.root, self._included(document))
        for line, name in normalise(document.root):
            why = f"XML Schema has no type {name!r}; any text is accepted there"
            self.unresolved.append(ContractBroken(document.file, why, line=line, fix="correct the type"))

    def _included(self, document: SchemaDocument) -> list[etree._Element]:
        return [d.root for d in self.documents.values() if d.namespace == document.namespace and d is not document]

    def _follow(self, document: SchemaDocument, node: etree._Element) -> None:
        importing = node.tag == _IMPORT
        namespace = node.get("namespace", "") if importing else document.namespace
        if namespace in {XML, XS} and importing:
            return
        location = node.get("schemaLocation") or ""
        names = self._names(document, location, namespace, importing=importing)
        if names is None:
            self.unresolved.append(
                ContractBroken(
                    document.file,
                    f"imports {location!r}, which is not in the contract's folder",
                    line=node.sourceline or 0,
                    fix="put that file into the folder",
                )
            )
        for name in names or ():
            self._read(document, name, namespace, importing=importing)

    def _names(self, document: SchemaDocument, location: str, namespace: str, *, importing: bool) -> list[str] | None:
        """Return the files that are meant, none where nothing is missing, ``None`` where something is."""
        if location and (name := self.sources.find(document.file, location)) is not None:
            return [name]
        if importing:
            if self._has(namespace):
                return []
            if names := self.sources.find_namespace(namespace):
                return names
        name = self.sources.find_standard(location, namespace)
        if name is not None:
            return [name]
        return None if location else []

    def _has(self, namespace: str) -> bool:
        return any(known == namespace for _, known in self.documents)

    def _read(self, document: SchemaDocument, name: str, namespace: str, *, importing: bool) -> None:
        if (name, namespace) in self.documents or name == document.name:
            return
        try:
            root = self.sources.parse(name)
        except ContractBroken as error:
            standard = None if name.startswith(STANDARD) else self.sources.find_standard(name, namespace)
            if standard is None:
                self.unresolved.append(error)
                return
            name, root = standard, self.sources.parse(standard)
        if root.tag == SCHEMA:
            target = root.get("targetNamespace", "" if importing else namespace)
            self.add(SchemaDocument(name, root, target))
        elif local_name(str(root.tag)) == "definitions":  # the schemas within another WSDL
            for number, schema in enumerate(root.iter(SCHEMA)):
                self.add(SchemaDocument(f"{name}#{number}", schema, schema.get("targetNamespace", "")))
        else:
            said = f"is imported as a schema but is <{local_name(str(root.tag))}>"
            self.unresolved.append(ContractBroken(name, said, line=root.sourceline or 0, fix="ask the agency for the schema"))

    def add_used(self, wanted: Iterable[str]) -> None:
        """Add the schemas of namespaces that are used without being imported anywhere."""
        asked: set[str] = {XS, XML, ""}
        if any(tag == SCHEMA for d in [*self.documents.values()] for _, attribute, tag in d.references() if attribute == "ref"):
            standard = self.sources.find_standard("", XS)  # messages that carry a schema: DataSets of .NET
            for name in [standard] if standard else []:
                self._add_file(name, XS)
        while True:
            used = {*wanted, *(_namespace(tag) for d in [*self.documents.values()] for _, _, tag in d.references())}
            missing = sorted(n for n in used - asked if not self._has(n) and not n.startswith(UNDECLARED))
            if not missing:
                return
            for namespace in missing:
                asked.add(namespace)
                names = self.sources.find_namespace(namespace)
                standard = None if names else self.sources.find_standard("", namespace)
                for name in names or ([standard] if standard else []):
                    self._add_file(name, namespace)

    def _add_file(self, name: str, namespace: str) -> None:
        try:
            root = self.sources.parse(name)
        except ContractBroken as error:
            self.unresolved.append(error)
            return
        for number, schema in enumerate([root] if root.tag == SCHEMA else root.iter(SCHEMA)):
            if schema.get("targetNamespace", "") == namespace:
                self.add(SchemaDocument(name if schema is root else f"{name}#{number}", schema, namespace))


def collect(
    sources: Sources, embedded: Iterable[tuple[str, etree._Element]], used: Iterable[str] = ()
) -> tuple[list[SchemaDocument], list[ContractBroken]]:
    """Return every schema document, and what leads nowhere (fatal only to what needs it).

    ``embedded``: the ``xs:schema`` elements within WSDL files, with the file's name. ``used``: namespaces that the WSDL
    itself names components of.
    """
    found = _Found(sources)
    first = [
        SchemaDocument(f"{file}#{number}", root, root.get("targetNamespace", "")) for number, (file, root) in enumerate(embedded)
    ]
    # The embedded ones first: they often import one another by namespace alone.
    for document in first:
        found.documents[document.name, document.namespace] = document
    for document in first:
        del found.documents[document.name, document.namespace]
        found.add(document)
    found.add_used(used)
    return list(found.documents.values()), found.unresolved


def namespaces_of(documents: Iterable[SchemaDocument]) -> Iterator[str]:
    """Yield each target namespace once, in the order of the documents."""
    yield from dict.fromkeys(document.namespace for document in documents)


def _namespace(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag[:1] == "{" else ""
