"""XML Schema to the model that builder and reader walk. What the schema forbids beyond structure, libxml2 checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NoReturn

from lxml import etree

from gateway.sdk.soap.documents import XML, XS, SchemaDocument, namespaces_of
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.model import UNBOUNDED, Attribute, ComplexType, Element, Group, Particle, Type, Wildcard
from gateway.sdk.soap.values import BUILTINS, Kind, SimpleType

_X: Final = f"{{{XS}}}"
_GLOBALS: Final = {
    f"{_X}element": "element",
    f"{_X}attribute": "attribute",
    f"{_X}complexType": "type",
    f"{_X}simpleType": "type",
    f"{_X}group": "group",
    f"{_X}attributeGroup": "attributeGroup",
}
_COMPOSITORS: Final = (f"{_X}sequence", f"{_X}choice", f"{_X}all")
_FACETS: Final = frozenset(
    [
        "length",
        "minLength",
        "maxLength",
        "pattern",
        "minInclusive",
        "maxInclusive",
        "minExclusive",
        "maxExclusive",
        "totalDigits",
        "fractionDigits",
    ]
)
ANYTHING: Final = ComplexType("anyType", mixed=True, any_attribute=True, anything=True)


class Schemas:
    """The global components of a contract's schemas, compiled when first asked for."""

    def __init__(self, documents: Iterable[SchemaDocument]) -> None:
        self.documents = tuple(documents)
        #: A prefix for each namespace, the same for the same contract.
        self.prefixes: dict[str, str] = {
            namespace: f"n{number}" for number, namespace in enumerate(n for n in namespaces_of(self.documents) if n)
        }
        self._nodes: dict[tuple[str, str], tuple[etree._Element, SchemaDocument]] = {}
        self._types: dict[str, Type] = {}
        self._elements: dict[str, Element] = {}
        self._substitutes: dict[str, list[str]] = {}
        for document in self.documents:
            self._index(document)

    def _index(self, document: SchemaDocument) -> None:
        for node in document.root:
            kind = _GLOBALS.get(str(node.tag))
            name = node.get("name")
            if kind is None or name is None:
                continue
            tag = _clark(document.namespace, name)
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
                self._fill(made, node, document)
        return self._types[tag]

    def types_named(self, name: str) -> list[str]:
        """Return the contract's types of that name: in Clark notation, or a local name in whatever namespace."""
        return [tag for kind, tag in self._nodes if kind == "type" and name in {tag, tag.rpartition("}")[2]}]

    # -- elements and attributes -----------------------------------------------------------------------------------

    def _declared(self, node: etree._Element, document: SchemaDocument, tag: str) -> Element:
        minimum, maximum = _bounds(node)
        return Element(
            tag,
            self._xml_name(tag),
            lambda: self._type_of(node, document),
            minimum=minimum,
            maximum=maximum,
            nillable=node.get("nillable") in {"true", "1"},
            abstract=node.get("abstract") in {"true", "1"},
            default=node.get("fixed") or node.get("default"),
        )

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
            return self._declared(node, document, _clark(document.namespace if qualified else "", node.get("name", "")))
        tag = document.qname(node, reference)
        minimum, maximum = _bounds(node)
        head = self.element(tag)
        others = [self.element(other) for other in self._substitutes_of(tag)]
        if not others:
            return head.occurring(minimum, maximum)
        members = tuple(e.occurring(1, 1) for e in (head, *others) if not e.abstract)
        return Group("choice", members, minimum, maximum)

    def _substitutes_of(self, tag: str) -> list[str]:
        found: list[str] = []
        for other in self._substitutes.get(tag, ()):
            found += [other, *self._substitutes_of(other)]
        return found

    def _attributes(self, owner: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        for child in node:
            if child.tag == f"{_X}attribute":
                self._attribute(owner, child, document)
            elif child.tag == f"{_X}attributeGroup":
                group, home = self._node("attributeGroup", document.qname(child, child.get("ref", "")))
                self._attributes(owner, group, home)
            elif child.tag == f"{_X}anyAttribute":
                owner.any_attribute = True

    def _attribute(self, owner: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        required = node.get("use") == "required"
        reference = node.get("ref")
        at, home = node, document
        if reference is None:
            qualified = node.get("form", "qualified" if document.attributes_qualified else "unqualified") == "qualified"
            tag = _clark(document.namespace if qualified else "", node.get("name", ""))
        else:
            tag = document.qname(node, reference)
            if not tag.startswith(f"{{{XML}}}"):
                at, home = self._node("attribute", tag)
        namespace, local = _split(tag)
        key = f"@{local}"
        if node.get("use") == "prohibited":
            owner.attributes.pop(key, None)
            return
        made = BUILTINS["string"] if namespace == XML else self._attribute_type(at, home)
        owner.attributes[key] = Attribute(tag, self._xml_name(tag), namespace, key, made, required, at.get("fixed"))

    def _attribute_type(self, node: etree._Element, document: SchemaDocument) -> SimpleType:
        named = node.get("type")
        if named:
            return self._as_simple(self.type(document.qname(node, named)))
        inline = node.find(f"{_X}simpleType")
        return BUILTINS["anySimpleType"] if inline is None else self._simple(inline, document, "")

    # -- simple types ----------------------------------------------------------------------------------------------

    def _simple(self, node: etree._Element, document: SchemaDocument, name: str) -> SimpleType:
        restriction, listed = node.find(f"{_X}restriction"), node.find(f"{_X}list")
        if restriction is not None:
            named, inline = restriction.get("base"), restriction.find(f"{_X}simpleType")
            if named:
                base = self._as_simple(self.type(document.qname(restriction, named)))
            else:
                base = BUILTINS["anySimpleType"] if inline is None else self._simple(inline, document, "")
            return _restricted(base, restriction, name)
        if listed is not None:
            named, inline = listed.get("itemType"), listed.find(f"{_X}simpleType")
            if named:
                member = self._as_simple(self.type(document.qname(listed, named)))
            else:
                member = BUILTINS["string"] if inline is None else self._simple(inline, document, "")
            return SimpleType(name, Kind.LIST, "list", item=member)
        union = node.find(f"{_X}union")
        names = [] if union is None else union.get("memberTypes", "").split()
        members = [self._as_simple(self.type(document.qname(node, member))) for member in names]
        kinds = {member.kind for member in members}
        kind = kinds.pop() if len(kinds) == 1 and union is not None and union.find(f"{_X}simpleType") is None else Kind.ANY
        item = members[0].item if kind is Kind.LIST else None
        values = tuple(v for member in members for v in member.enumeration)
        return SimpleType(name, kind, members[0].builtin if members else "string", item=item, enumeration=values)

    def _as_simple(self, found: Type) -> SimpleType:
        if isinstance(found, SimpleType):
            return found
        return found.text or BUILTINS["anySimpleType"]

    # -- complex types ---------------------------------------------------------------------------------------------

    def _fill(self, made: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        made.mixed = node.get("mixed") in {"true", "1"}
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

    def _fill_simple(self, made: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        step = _derivation(node, document)
        base = self.type(document.qname(step, step.get("base", "")))
        if isinstance(base, ComplexType):
            made.attributes |= base.attributes
            made.any_attribute = base.any_attribute
        text = self._as_simple(base)
        made.text = _restricted(text, step, "") if step.tag == f"{_X}restriction" else text
        self._attributes(made, step, document)

    def _fill_derived(self, made: ComplexType, node: etree._Element, document: SchemaDocument) -> None:
        step = _derivation(node, document)
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
        minimum, maximum = _bounds(node)
        if node.tag == f"{_X}group":
            home_node, home = self._node("group", document.qname(node, node.get("ref", "")))
            inner = self._content(home_node, home)
            return Group("sequence", (inner,) if inner is not None else (), minimum, maximum)
        items: list[Particle] = []
        for child in node:
            if child.tag == f"{_X}element":
                if child.get("maxOccurs") != "0":
                    items.append(self._local(child, document))
            elif child.tag in _COMPOSITORS or child.tag == f"{_X}group":
                items.append(self._group(child, document))
            elif child.tag == f"{_X}any":
                items.append(Wildcard(*_bounds(child)))
        return Group(str(node.tag).removeprefix(_X), tuple(items), minimum, maximum)

    # -- names -----------------------------------------------------------------------------------------------------

    def _xml_name(self, tag: str) -> str:
        namespace, local = _split(tag)
        if namespace == XML:
            return f"xml:{local}"
        return f"{self.prefixes[namespace]}:{local}" if namespace else local

    def _node(self, kind: str, tag: str) -> tuple[etree._Element, SchemaDocument]:
        found = self._nodes.get((kind, tag))
        if found is None:
            self._missing(kind, tag)
        return found

    def _missing(self, kind: str, tag: str) -> NoReturn:
        namespace, local = _split(tag)
        where = self.documents[0].name if self.documents else "the contract"
        raise ContractBroken(
            where,
            f"no schema declares the {kind} {local!r} of namespace {namespace!r}",
            fix="put the schema that declares it into the contract's folder, or correct the name",
        )


def _derivation(node: etree._Element, document: SchemaDocument) -> etree._Element:
    for child in node:
        if child.tag in {f"{_X}extension", f"{_X}restriction"}:
            return child
    raise ContractBroken(document.name, "a derived type has neither extension nor restriction", line=node.sourceline or 0)


def _restricted(base: SimpleType, node: etree._Element, name: str) -> SimpleType:
    facets = dict(base.facets)
    values: list[str] = []
    keeps_space = base.keeps_space
    for child in node:
        facet, value = str(child.tag).removeprefix(_X), child.get("value", "")
        if facet == "enumeration":
            values.append(value)
        elif facet == "whiteSpace":
            keeps_space = keeps_space and value != "collapse"
        elif facet in _FACETS:
            facets[facet] = value
    return SimpleType(name, base.kind, base.builtin, base.item, keeps_space, tuple(values) or base.enumeration, facets)


def _bounds(node: etree._Element) -> tuple[int, int]:
    most = node.get("maxOccurs", "1")
    return int(node.get("minOccurs", "1")), UNBOUNDED if most == "unbounded" else int(most)


def _clark(namespace: str, local: str) -> str:
    return f"{{{namespace}}}{local}" if namespace else local


def _split(tag: str) -> tuple[str, str]:
    namespace, _, local = tag.rpartition("}")
    return namespace[1:], local
