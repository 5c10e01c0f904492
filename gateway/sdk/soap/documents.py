"""All schema documents of a contract: those within the WSDL and those they import or include, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.sources import Sources

XS: Final = "http://www.w3.org/2001/XMLSchema"
XML: Final = "http://www.w3.org/XML/1998/namespace"
SCHEMA: Final = f"{{{XS}}}schema"
_IMPORT: Final = f"{{{XS}}}import"
_INCLUDE: Final = f"{{{XS}}}include"


@dataclass(frozen=True, slots=True)
class SchemaDocument:
    """One ``xs:schema``. ``namespace`` is the target's: the including document's where it has none of its own."""

    name: str
    root: etree._Element
    namespace: str

    @property
    def elements_qualified(self) -> bool:
        return self.root.get("elementFormDefault") == "qualified"

    @property
    def attributes_qualified(self) -> bool:
        return self.root.get("attributeFormDefault") == "qualified"

    def qname(self, node: etree._Element, text: str) -> str:
        """Return a QName of this document in Clark notation. Raises ``ContractBroken`` for a prefix that is not declared."""
        prefix, _, local = text.strip().rpartition(":")
        if not prefix:
            # Within a document that takes its namespace from the one that includes it, plain names take it too.
            namespace = node.nsmap.get(None) or ("" if self.root.get("targetNamespace") else self.namespace)
        elif prefix == "xml":
            namespace = XML
        else:
            known = node.nsmap.get(prefix)
            if known is None:
                raise ContractBroken(
                    self.name,
                    f"the prefix of {text!r} is not declared",
                    line=node.sourceline or 0,
                    fix=f"declare xmlns:{prefix} on the schema",
                )
            namespace = known
        return f"{{{namespace}}}{local}" if namespace else local


@dataclass(slots=True)
class _Found:
    sources: Sources
    documents: dict[tuple[str, str], SchemaDocument] = field(default_factory=dict)
    unresolved: list[ContractBroken] = field(default_factory=list)

    def add(self, document: SchemaDocument) -> None:
        if (document.name, document.namespace) in self.documents:
            return
        self.documents[document.name, document.namespace] = document
        for node in document.root.iterchildren(_IMPORT, _INCLUDE):
            self._follow(document, node)

    def _follow(self, document: SchemaDocument, node: etree._Element) -> None:
        importing = node.tag == _IMPORT
        namespace = node.get("namespace", "") if importing else document.namespace
        location = node.get("schemaLocation")
        importer = document.name.partition("#")[0]
        name = self.sources.find(importer, location) if location else None
        if name is None and importing:
            if any(known == namespace for _, known in self.documents) or namespace == XML:
                return
            name = self.sources.find_namespace(namespace)
        if name is None:
            if location:
                self.unresolved.append(
                    ContractBroken(
                        document.name,
                        f"imports {location!r}, which is not in the contract's folder",
                        line=node.sourceline or 0,
                        fix="put that file into the folder",
                    )
                )
            return
        if (name, namespace) not in self.documents:
            root = self.sources.parse(name)
            if root.tag != SCHEMA:
                raise ContractBroken(name, f"is imported as a schema but is <{root.tag!s}>", line=root.sourceline or 0)
            self.add(SchemaDocument(name, root, root.get("targetNamespace", namespace if not importing else "")))


def collect(
    sources: Sources, embedded: Iterable[tuple[str, etree._Element]]
) -> tuple[list[SchemaDocument], list[ContractBroken]]:
    """Return every schema document, and the imports that lead nowhere (fatal only if something needs them).

    ``embedded``: the ``xs:schema`` elements within WSDL files, with the file's name.
    Raises ``ContractBroken`` when a file that was found is malformed or no schema.
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
    return list(found.documents.values()), found.unresolved


def namespaces_of(documents: Iterable[SchemaDocument]) -> Iterator[str]:
    """Yield each target namespace once, in the order of the documents."""
    yield from dict.fromkeys(document.namespace for document in documents)
