"""XML Schema to the model that builder and reader walk. What the schema forbids beyond structure, libxml2 checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NoReturn

from lxml import etree

from gateway.sdk.soap.derivation import restricted, united
from gateway.sdk.soap.documents import XML, XS, SchemaDocument, namespaces_of
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.model import Attribute, ComplexType, Element, Group, Particle, Type, Wildcard, told_apart
from gateway.sdk.soap.normalise import array_of
from gateway.sdk.soap.safe_xml import local_name
from gateway.sdk.soap.schema_nodes import bounds, derivation, owner, reached, split
from gateway.sdk.soap.stand_ins import GLOBALS, clark
from gateway.sdk.soap.values import BUILTINS, Kind, SimpleType

_X: Final = f"{{{XS}}}"
_COMPOSITORS: Final = (f"{_X}sequence", f"{_X}choice", f"{_X}all")
#: Parts of one type, those of its groups each time that they are referred to.
_MOST_PARTICLES: Final = 5_000
ANYTHING: Final = ComplexType("anyType", mixed=True, any_attribute=True, anything=True)


class Schemas:
    """The global components of a contract's schemas, compiled when first asked for."""

    def __init__(
        self,
        documents: Iterable[SchemaDocument],
        namespaces: Iterable[str] = (),
        missing: Mapping[tuple[str, str], ContractBroken] | None = None,
    ) -> None:
        """``namespaces`` are further ones that messages use: those of rpc wrappers. ``missing`` says where names are used."""
        self.documents = tuple(documents)
        self._told = missing or {}
        known = dict.fromkeys([*namespaces_of(self.documents), *namespaces])
        #: A prefix for each namespace, the same for the same contract.
        self.prefixes: dict[str, str] = {n: f"n{number}" for number, n in enumerate(n for n in known if n)}
        self._nodes: dict[tuple[str, str], tuple[etree._Element, SchemaDocument]] = {}
        self._types: dict[str, Type] = {}
        self._elements: dict[str, Element] = {}
        self._substitutes: dict[str, list[str]] = {}
        self._open: set[str] = set()
        self._derived: dict[str, list[str]] | None = None
        #: The groups that are being read, and how many parts the type has by now: groups of groups multiply.
        self._within: list[etree._Element] = []
        self._particles = 0
        for document in self.documents:
            self._index(document)

    def _index(self, document: SchemaDocument) -> None:
        for node in document.root:
            kind = GLOBALS.get(str(node.tag))
            name = node.get("name")
            if kind is None or name is None:
                continue
            tag = clark(document.namespace, name)
            self._nodes.setdefault((kind, tag), (node, document))
            head = node.get("substitutionGroup")
            if kind == "element" and head:
                self._substitutes.setdefault(document.qname(node, head), []).append(tag)

    def has_element(self, tag: str) -> bool:
        """Say whether a global element of that name (Clark notation) is declared."""
        return ("element", tag) in self._nodes

    def element_tags(self) -> list[str]:
        """Return the names of all global elements."""
        return [tag for kind, tag in self._nodes if kind == "element"]

    def element(self, tag: str) -> Element:
        """Return a global element. Raises ``ContractBroken`` when there is none."""
        if tag not in self._elements:
            node, document = self._node("element", tag)
            self._elements[tag] = self._declared(node, document, tag)
        return self._elements[tag]

    def type(self, tag: str) -> Type:
        """Return a type of XML Schema or of the contract. Raises ``ContractBroken`` when there is none."""
        if tag.startswith(_X):
            local = tag.removeprefix(_X)
            if local == "anyType":
                return ANYTHING
            return BUILTINS[local] if local in BUILTINS else self._missing("type", tag)
        if tag not in self._types:
            node, document = self._node("type", tag)
            if node.tag == f"{_X}simpleType":
                self._types[tag] = self._simple(node, document, tag)
            else:
                made = ComplexType(tag)
                self._types[tag] = made  # before its content is read: it may contain itself
                try:
                    self._fill(made, node, document)
                except ContractBroken:
                    del self._types[tag]  # half of a type would pass for a whole one
                    raise
                except RecursionError:
                    del self._types[tag]
                    raise self._too_much(node, document, "builds on more types than can be followed") from None
        return self._types[tag]

    def types_named(self, name: str) -> list[str]:
        """Return the contract's types of that name: in Clark notation, or a local name in whatever namespace."""
        return [tag for kind, tag in self._nodes if kind == "type" and name in {tag, tag.rpartition("}")[2]}]

    def derived_from(self, tag: str) -> list[str]:
        """Return the named types that extend or restrict a type, directly or through others."""
        if self._derived is None:
            self._derived = {}
            for (kind, name), (node, document) in self._nodes.items():
                if kind == "type":
                    for step in node.iter(f"{_X}extension", f"{_X}restriction"):
                        if step.get("base") and owner(step) is node:
                            self._derived.setdefault(document.qname(step, step.get("base", "")), []).append(name)
        return reached(tag, self._derived)

    # -- elements and attributes -----------------------------------------------------------------------------------

    def _declared(self, node: etree._Element, document: SchemaDocument, tag: str) -> Element:
        minimum, maximum = bounds(node)
        return Element(
            tag,
            self.xml_name(tag),
            lambda: self._type_of(node, document),
            minimum=minimum,
            maximum=maximum,
            nillable=node.get("nillable") in {"true", "1"},
            abstract=node.get("abstract") in {"true", "1"},
            default=node.get("fixed") or node.get("default"),
            about=lambda: self._documented(node, document),
        )

    def _documented(self, node: etree._Element, document: SchemaDocument) -> str:
        """Return the documentation of an element, else of its named type."""
        found = node.find(f"{_X}annotation")
        if found is None and node.get("type"):
            known = self._nodes.get(("type", document.qname(node, node.get("type", ""))))
            found = None if known is None else known[0].find(f"{_X}annotation")
        texts = [] if found is None else [part for d in found.iterchildren(f"{_X}documentation") for part in d.itertext()]
        return " ".join(" ".join(str(text) for text in texts).split())

    def _type_of(self, node: etree._Element, document: SchemaDocument) -> Type:
        named = node.get("type")
        if named:
            return self.type(document.qname(node, named))
        for child in node:
            if child.tag == f"{_X}simpleType":
                return self._simple(child, document, "")
            if child.tag == f"{_X}complexType":
                made = ComplexType("")
                self._fill(made, child, document)
                return made
        head = node.get("substitutionGroup")
        return self.element(document.qname(node, head)).type if head else ANYTHING

    def _local(self, node: etree._Element, document: SchemaDocument) -> Particle:
        reference = node.get("ref")
        if reference is None:
            qualified = node.get("form", "qualified" if document.elements_qualified else "unqualified") == "qualified"
            return self._declared(node, document, clark(document.namespace if qualified else "", node.get("name", "")))
        tag = document.qname(node, reference)
        minimum, maximum = bounds(node)
        if not self.has_element(tag):  # it harms nobody who does not use it
            return Element(tag, self.xml_name(tag), lambda: self._missing("element", tag), minimum=minimum, maximum=maximum)
        head = self.element(tag)
        others = [self.element(other) for other in self._substitutes_of(tag)]
        if not others:
            return head.occurring(minimum, maximum)
        members = tuple(e.occurring(1, 1) for e in (head, *others) if not e.abstract)
        return Group("choice", members, minimum, maximum)

    def _substitutes_of(self, tag: str) -> list[str]:
        return reached(tag, self._substitutes)

    def _attributes(
        self, owner: ComplexType, node: etree._Element, document: SchemaDocument, seen: set[int] | None = None
    ) -> None:
        seen = set() if seen is None else seen  # the groups that are in already: they may hold one another
        for child in node:
            if child.tag == f"{_X}attribute":
                self._attribute(owner, child, document)
            elif child.tag == f"{_X}attributeGroup":
                found = self._nodes.get(("attributeGroup", document.qname(child, child.get("ref", ""))))
                if found is None:  # nobody declares it
                    owner.any_attribute = True
                elif id(found[0]) not in seen:
                    seen.add(id(found[0]))
                    self._attributes(owner, *found, seen)
            elif child.tag == f"{_X}anyAttribute":
                owner.any_attribute = True

    def _attribute(self, owner: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        required = node.get("use") == "required"
        reference = node.get("ref")
        at, home = node, document
        if reference is None:
            qualified = node.get("form", "qualified" if document.attributes_qualified else "unqualified") == "qualified"
            tag = clark(document.namespace if qualified else "", node.get("name", ""))
        else:
            tag = document.qname(node, reference)
            if not tag.startswith(f"{{{XML}}}"):
                at, home = self._nodes.get(("attribute", tag), (node, document))
        namespace, local = split(tag)
        key = f"@{local}"
        if key in owner.attributes and owner.attributes[key].tag != tag:
            key = f"@{tag}"
        if node.get("use") == "prohibited":
            owner.attributes.pop(key, None)
            return
        made = BUILTINS["string"] if namespace == XML else self._attribute_type(at, home)
        owner.attributes[key] = Attribute(tag, self.xml_name(tag), namespace, key, made, required, at.get("fixed"))

    def _attribute_type(self, node: etree._Element, document: SchemaDocument) -> SimpleType:
        named = node.get("type")
        if named:
            return self._as_simple(self.type(document.qname(node, named)))
        inline = node.find(f"{_X}simpleType")
        return BUILTINS["anySimpleType"] if inline is None else self._simple(inline, document, "")

    # -- simple types ----------------------------------------------------------------------------------------------

    def _simple(self, node: etree._Element, document: SchemaDocument, name: str) -> SimpleType:
        if name in self._open:
            raise ContractBroken(document.name, f"the type {name!r} is made of itself", line=node.sourceline or 0)
        if name:
            self._open.add(name)
        try:
            return self._derived_simple(node, document, name)
        finally:
            self._open.discard(name)

    def _derived_simple(self, node: etree._Element, document: SchemaDocument, name: str) -> SimpleType:
        restriction, listed = node.find(f"{_X}restriction"), node.find(f"{_X}list")
        if restriction is not None:
            named, inline = restriction.get("base"), restriction.find(f"{_X}simpleType")
            if named:
                base = self._as_simple(self.type(document.qname(restriction, named)))
            else:
                base = BUILTINS["anySimpleType"] if inline is None else self._simple(inline, document, "")
            return restricted(base, restriction, name)
        if listed is not None:
            named, inline = listed.get("itemType"), listed.find(f"{_X}simpleType")
            if named:
                member = self._as_simple(self.type(document.qname(listed, named)))
            else:
                member = BUILTINS["string"] if inline is None else self._simple(inline, document, "")
            return SimpleType(name, Kind.LIST, "list", item=member)
        union = node.find(f"{_X}union")
        if union is None:
            return BUILTINS["anySimpleType"]
        members = [self._as_simple(self.type(document.qname(union, n))) for n in union.get("memberTypes", "").split()]
        members += [self._simple(child, document, "") for child in union if child.tag == f"{_X}simpleType"]
        return united(name, members)

    def _as_simple(self, found: Type) -> SimpleType:
        if isinstance(found, SimpleType):
            return found
        return found.text or BUILTINS["anySimpleType"]

    # -- complex types ---------------------------------------------------------------------------------------------

    def _fill(self, made: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        if not self._within:
            self._particles = 0
        made.mixed = node.get("mixed") in {"true", "1"}
        made.array = bool(array_of(node))
        made.abstract = node.get("abstract") in {"true", "1"}
        simple, derived = node.find(f"{_X}simpleContent"), node.find(f"{_X}complexContent")
        if simple is not None:
            self._fill_simple(made, simple, document)
        elif derived is not None:
            made.mixed = made.mixed or derived.get("mixed") in {"true", "1"}
            self._fill_derived(made, derived, document)
        else:
            made.content = self._content(node, document)
            self._attributes(made, node, document)
        if made.content is not None:
            made.content = told_apart(made.content)

    def _fill_simple(self, made: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        step = derivation(node, document)
        base = self.type(document.qname(step, step.get("base", "")))
        if isinstance(base, ComplexType):
            made.attributes |= base.attributes
            made.any_attribute = base.any_attribute
        inline = step.find(f"{_X}simpleType")
        text = self._as_simple(base) if inline is None else self._simple(inline, document, "")
        made.text = restricted(text, step, "") if step.tag == f"{_X}restriction" else text
        self._attributes(made, step, document)

    def _fill_derived(self, made: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        step = derivation(node, document)
        base = self.type(document.qname(step, step.get("base", "")))
        own = self._content(step, document)
        if isinstance(base, ComplexType):
            made.attributes |= base.attributes
            made.any_attribute = base.any_attribute
            made.mixed = made.mixed or (base.mixed and not base.anything)
            if step.tag == f"{_X}extension" and base.content is not None:
                own = base.content if own is None else Group("sequence", (base.content, own))
        made.content = own
        self._attributes(made, step, document)

    def _content(self, node: etree._Element, document: SchemaDocument) -> Group | None:
        for child in node:
            if child.tag in _COMPOSITORS or child.tag == f"{_X}group":
                return self._group(child, document)
        return None

    def _group(self, node: etree._Element, document: SchemaDocument) -> Group:
        minimum, maximum = bounds(node)
        if node.tag == f"{_X}group":
            home_node, home = self._node("group", document.qname(node, node.get("ref", "")))
            if home_node in self._within:
                raise self._too_much(home_node, home, "holds itself")
            self._within.append(home_node)
            try:
                inner = self._content(home_node, home)
            finally:
                self._within.pop()
            return Group("sequence", (inner,) if inner is not None else (), minimum, maximum)
        items: list[Particle] = []
        self._particles += len(node)
        if self._particles > _MOST_PARTICLES:
            raise self._too_much(node, document, f"has more than {_MOST_PARTICLES} parts, its groups counted")
        for child in node:
            if child.tag == f"{_X}element":
                if child.get("maxOccurs") != "0":
                    items.append(self._local(child, document))
            elif child.tag in _COMPOSITORS or child.tag == f"{_X}group":
                items.append(self._group(child, document))
            elif child.tag == f"{_X}any":
                namespaces, process = child.get("namespace", "##any"), child.get("processContents", "strict")
                items.append(Wildcard(*bounds(child), namespaces, process, document.namespace))
        return Group(str(node.tag).removeprefix(_X), tuple(items), minimum, maximum)

    @staticmethod
    def _too_much(node: etree._Element, document: SchemaDocument, why: str) -> ContractBroken:
        named = f"the {local_name(str(node.tag))} {node.get('name', '')!r}" if node.get("name") else "a content model"
        return ContractBroken(document.file, f"{named} {why}", line=node.sourceline or 0, fix="ask the agency for a sound schema")

    # -- names -----------------------------------------------------------------------------------------------------

    def xml_name(self, tag: str) -> str:
        """Return a name in Clark notation with the contract's prefix."""
        namespace, local = split(tag)
        if namespace == XML:
            return f"xml:{local}"
        if namespace and namespace not in self.prefixes:  # of a schema that nobody has
            self.prefixes[namespace] = f"n{len(self.prefixes)}"
        return f"{self.prefixes[namespace]}:{local}" if namespace else local

    def _node(self, kind: str, tag: str) -> tuple[etree._Element, SchemaDocument]:
        found = self._nodes.get((kind, tag))
        if found is None:
            self._missing(kind, tag)
        return found

    def _missing(self, kind: str, tag: str) -> NoReturn:
        if (kind, tag) in self._told:
            told = self._told[kind, tag]
            raise ContractBroken(told.file, told.reason, line=told.line, fix=told.fix)
        namespace, local = split(tag)
        where = self.documents[0].name if self.documents else "the contract"
        raise ContractBroken(
            where,
            f"no schema declares the {kind} {local!r} of namespace {namespace!r}",
            fix="put the schema that declares it into the contract's folder, or correct the name",
        )
