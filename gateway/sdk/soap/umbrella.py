"""The schemas of a contract as libxml2 can compile them: one umbrella document a namespace, holes filled, faults fenced in.

libxml2 reads one document a namespace and silently skips a second import of the same; contracts split a namespace over many
files. So each namespace gets one umbrella document that includes all of its files, and every import leads to an umbrella.
What no file declares gets a stand-in that accepts anything, and a component that libxml2 cannot compile is loosened to one:
each is told (``missing``, ``loosened``), and whatever does not need it is checked as strictly as ever.
"""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree

from gateway.sdk.soap.catalogue import find
from gateway.sdk.soap.documents import QNAMES, UNDECLARED, XML, XS, SchemaDocument, meant_by
from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.faults import FACET, NOT_ALLOWED, compiles, component_at, contradicts, parser, plainly
from gateway.sdk.soap.safe_xml import local_name, namespace_of
from gateway.sdk.soap.stand_ins import ANYTHING, GLOBALS, Component, asked_for, clark, declared

_X: Final = f"{{{XS}}}"
_ROOT: Final = "contract:/umbrella.xsd"
#: How often compiling is tried anew after faults were fenced in, and from when on whole documents are loosened, not components.
_TRIES: Final = 60
_PATIENCE: Final = 40
_NCNAME: Final = re.compile(r"[^\W\d][\w.-]*")


class Umbrella:
    """The compiled schemas of a contract, with what had to be done to compile them."""

    def __init__(self, documents: tuple[SchemaDocument, ...]) -> None:
        """Compile. Raises ``ContractBroken`` that names file and line when no fencing-in helps."""
        #: components that are used and that no file declares: kind and name in Clark notation, with where they are used
        self.missing: dict[Component, ContractBroken] = {}
        #: components that libxml2 cannot compile, with its reason
        self.loosened: dict[Component, ContractBroken] = {}
        #: rules that are left out as libxml2 does not understand them
        self.dropped: list[ContractBroken] = []
        #: components that two files declare differently
        self.repeated: list[ContractBroken] = []
        self._documents = documents
        self._declared = frozenset(declared(documents))
        self._stand_ins = self._find_missing()
        namespaces = dict.fromkeys(d.namespace for d in documents) | dict.fromkeys(namespace_of(t) for _, t in self._stand_ins)
        namespaces.pop(XML, None)
        self._addresses = {namespace: f"contract:/namespace-{n}.xsd" for n, namespace in enumerate(namespaces)}
        self._addresses[XML] = "contract:/xml.xsd"
        # Written and read again, not copied: a copy loses the prefixes that only the WSDL around it declares.
        self._roots = [_unique(etree.fromstring(etree.tostring(d.root, with_tail=False), parser())) for d in documents]
        self._drop_repeats()
        self.schema = self._compile()

    # -- what is missing -------------------------------------------------------------------------------------------

    def _find_missing(self) -> dict[Component, str]:
        """Return what stands in for each missing component: a key of ``ANYTHING``."""
        found: dict[Component, str] = {}
        for document in self._documents:
            for node, attribute, tag in document.references():
                if namespace_of(tag) in {XS, XML}:
                    continue
                kind, stand_in = asked_for(node, attribute)
                if (kind, tag) in self._declared:
                    continue
                if found.get((kind, tag)) in {None, "complex"}:
                    found[kind, tag] = stand_in
                where = namespace_of(tag)
                if where.startswith(UNDECLARED):
                    prefix = where.removeprefix(UNDECLARED)
                    why, fix = f"the prefix of {prefix}:{local_name(tag)} is not declared", f"declare xmlns:{prefix}"
                else:
                    why = f"no schema declares the {kind} {local_name(tag)!r} of namespace {where!r}"
                    fix = "put the schema that declares it into the contract's folder, or correct the name"
                self.missing.setdefault((kind, tag), ContractBroken(document.file, why, line=node.sourceline or 0, fix=fix))
        return found

    def _drop_repeats(self) -> None:
        """Drop components that several files declare: the first counts, for the model as for libxml2; told where they differ."""
        seen: dict[Component, etree._Element] = {}
        for document, root in zip(self._documents, self._roots, strict=True):
            for child in list(root):
                kind, name = GLOBALS.get(str(child.tag)), child.get("name")
                if kind is None or name is None:
                    continue
                component = (kind, clark(document.namespace, name))
                if component not in seen:
                    seen[component] = child
                    continue
                if _shape(seen[component]) != _shape(child):
                    why = f"declares the {kind} {name!r} otherwise than another file of the same namespace; the first counts"
                    line = _line_of(document, child)
                    self.repeated.append(ContractBroken(document.file, why, line=line, fix="onboard them as two agencies"))
                root.remove(child)

    # -- compiling -------------------------------------------------------------------------------------------------

    def _compile(self) -> etree.XMLSchema:
        imports = "".join(f"<xs:import{_named(n)} schemaLocation={_quoted(a)}/>" for n, a in self._addresses.items() if n != XML)
        # The root has a namespace of its own, as it could not import documents without one otherwise.
        root = f'<xs:schema xmlns:xs="{XS}" targetNamespace="urn:darcha:umbrella">{imports}</xs:schema>'
        for number in range(_TRIES):
            served = self._served()
            reader = parser()
            reader.resolvers.add(_Served(served))
            try:
                return etree.XMLSchema(etree.fromstring(root.encode(), reader, base_url=_ROOT))
            except etree.XMLSchemaParseError as error:
                entries = [e for e in error.error_log if e.message and "Skipping" not in e.message]
                mended = [self._mend(served, entry) for entry in entries]
                if number > _PATIENCE or not any(mended):
                    mended += [self._loosen_all(entry) for entry in entries]
                if not any(mended):
                    raise self._told(entries, str(error)) from error
        raise ContractBroken(self._documents[0].file, "libxml2 cannot compile its schemas: too many faults")

    def _served(self) -> dict[str, bytes]:
        served = {self._addresses[XML]: _xml_schema()}
        for namespace, address in self._addresses.items():
            if namespace == XML:
                continue
            includes = "".join(
                f"<xs:include schemaLocation={_quoted(self._address(n))}/>"
                for n, d in enumerate(self._documents)
                if d.namespace == namespace
            )
            stand_ins = "".join(
                ANYTHING[how].format(name=local_name(tag), xs="xs:")
                for (_, tag), how in self._stand_ins.items()
                if namespace_of(tag) == namespace and _NCNAME.fullmatch(local_name(tag))
            )
            target = f" targetNamespace={_quoted(namespace)}" if namespace else ""
            served[address] = f'<xs:schema xmlns:xs="{XS}"{target}>{includes}{stand_ins}</xs:schema>'.encode()
        for number, (document, root) in enumerate(zip(self._documents, self._roots, strict=True)):
            served[self._address(number)] = self._rewritten(document, root)
        return served

    def _address(self, number: int) -> str:
        return f"contract:/{number}.xsd"

    def _rewritten(self, document: SchemaDocument, root: etree._Element) -> bytes:
        """Return the document with every import leading to an umbrella, missing ones added, no includes, a line a component."""
        for node in [*root.iterchildren(f"{_X}import", f"{_X}include", f"{_X}redefine", f"{_X}annotation")]:
            root.remove(node)
        tags = {tag for _, _, tag in document.references() if namespace_of(tag) != XS or tag == f"{_X}schema"}
        used = {namespace_of(tag) for tag in tags} - {document.namespace}
        for namespace in sorted(used & self._addresses.keys()):
            added = etree.Element(f"{_X}import", schemaLocation=self._addresses[namespace])
            if namespace:
                added.set("namespace", namespace)
            root.insert(0, added)
        root.text = "\n"
        for child in root:
            child.tail = "\n"
        raw = etree.tostring(root, encoding="utf-8", with_tail=False)
        if document.undeclared:
            names = "".join(f' xmlns:{p}="{meant_by(p)}"' for p in sorted(document.undeclared) if _NCNAME.fullmatch(p))
            start = re.match(rb"<[\w:.-]+", raw)
            assert start is not None  # noqa: S101  - lxml has just written it
            raw = raw[: start.end()] + names.encode() + raw[start.end() :]
        return raw

    # -- fencing in ------------------------------------------------------------------------------------------------

    def _mend(self, served: dict[str, bytes], entry: Any) -> bool:
        """Loosen what an error is about; say whether anything changed."""
        number = self._number(entry.filename)
        if number is None:
            return self._loosen_facets(entry)
        root = self._roots[number]
        place = component_at(served[entry.filename], entry.line)
        if place is None or place >= len(root):
            return False
        node, message = root[place], str(entry.message)
        refused = NOT_ALLOWED.match(message)
        if refused is not None:
            owners = [e for e in node.iter(f"{_X}{refused[1]}") if e.get(refused[2]) is not None]
            for owner in owners:
                del owner.attrib[refused[2]]
            if owners:
                self._drop(number, node, f"the attribute {refused[2]!r} of {refused[1]}, which XML Schema does not know")
                return True
        if "facet 'pattern'" in message or "regular expression" in message:
            patterns = [p for p in node.iter(f"{_X}pattern") if not compiles(p.get("value", ""))]
            for pattern in patterns:
                parent = pattern.getparent()
                if parent is not None:
                    parent.remove(pattern)
                    self._drop(number, node, f"the pattern {pattern.get('value')!r}, which libxml2 cannot compile")
            if patterns:
                return True
        return self._loosen(number, root, node, message)

    def _drop(self, number: int, node: etree._Element, what: str) -> None:
        document = self._documents[number]
        why = f"{node.get('name') or 'a component'} is checked without {what}"
        self.dropped.append(ContractBroken(document.file, why, line=_line_of(document, node)))

    def _loosen_all(self, entry: Any) -> bool:
        """Loosen every component of the document that an error is about: what else is wrong in it would take too long."""
        number = self._number(entry.filename)
        if number is None:
            return False
        root = self._roots[number]
        named = [node for node in root if node.get("name")]
        return sum(self._loosen(number, root, node, str(entry.message)) for node in named) > 0

    def _loosen_facets(self, entry: Any) -> bool:
        """Loosen the components with a facet that an error is about without saying where: those that contradict themselves."""
        found = FACET.search(str(entry.message))
        if found is None:
            return False
        components = [(n, root, node) for n, root in enumerate(self._roots) for node in root]
        at = [place for place in components if place[2].find(f".//{_X}{found[1]}") is not None]
        wrong = [place for place in at if any(contradicts(step) for step in place[2].iter(f"{_X}restriction"))]
        return sum(self._loosen(n, root, node, str(entry.message)) for n, root, node in wrong or at) > 0

    def _loosen(self, number: int, root: etree._Element, node: etree._Element, message: str) -> bool:
        document, name = self._documents[number], node.get("name")
        kind = GLOBALS.get(str(node.tag))
        if kind is None or name is None:
            root.remove(node)
            return True
        component = (kind, clark(document.namespace, name))
        if component in self.loosened:
            return node.attrib.pop("substitutionGroup", None) is not None  # a ring of them
        why = f"libxml2 cannot compile the {kind} {name!r}, so anything is accepted there: {plainly(message)}"
        self.loosened[component] = ContractBroken(document.file, why, line=_line_of(document, node))
        how = {f"{_X}simpleType": "text", f"{_X}complexType": "complex"}.get(str(node.tag), kind)
        if how == "complex" and node.find(f"{_X}simpleContent") is not None:
            how = "valued"
        if how not in ANYTHING:
            root.remove(node)
            return True
        # What is moved into another tree takes that tree's prefix for XML Schema, but for names within values.
        prefix = next((f"{p}:" if p else "" for p, uri in root.nsmap.items() if uri == XS), "")
        made = etree.fromstring(f'<xs:schema xmlns:xs="{XS}">{ANYTHING[how].format(name=name, xs=prefix)}</xs:schema>')[0]
        for attribute in ("abstract", "substitutionGroup") if kind == "element" else ():
            if node.get(attribute) is not None:
                made.set(attribute, node.get(attribute, ""))
        root.replace(node, made)
        return True

    def _number(self, address: str | None) -> int | None:
        found = re.fullmatch(r"contract:/(\d+)\.xsd", address or "")
        return int(found[1]) if found else None

    def _told(self, entries: list[Any], otherwise: str) -> ContractBroken:
        first = entries[0] if entries else None
        number = self._number(first.filename) if first is not None else None
        if first is None or number is None:
            return ContractBroken(self._documents[0].file, plainly(str(first.message) if first is not None else otherwise))
        return ContractBroken(self._documents[number].file, plainly(str(first.message)))


class _Served(etree.Resolver):
    """Serves the schema documents from memory and nothing else: neither disk nor network."""

    def __init__(self, served: dict[str, bytes]) -> None:
        super().__init__()
        self._served = served

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:  # noqa: ARG002  - lxml's hook
        content = self._served.get(system_url or "")
        if content is None or system_url is None:
            raise FileNotFoundError(system_url)
        return self.resolve_string(content, context, base_url=system_url)


def _line_of(document: SchemaDocument, node: etree._Element) -> int:
    """Return the line at which the component stands in its own file."""
    same = (n for n in document.root.iterchildren(str(node.tag)) if n.get("name") == node.get("name"))
    return next((n.sourceline or 0 for n in same), 0)


def _unique(root: etree._Element) -> etree._Element:
    """Drop ``id`` attributes: they mean nothing here, and two of one name in a namespace keep libxml2 from compiling."""
    for node in root.iter(f"{_X}*"):
        node.attrib.pop("id", None)
    return root


def _shape(node: etree._Element) -> tuple[object, ...]:
    """Return what a component says, without documentation and prefixes."""
    said = sorted((str(k), v.rpartition(":")[2] if k in QNAMES else str(v)) for k, v in node.attrib.items())
    inner = tuple(_shape(child) for child in node if child.tag != f"{_X}annotation")
    return (str(node.tag), tuple(said), inner)


def _named(namespace: str) -> str:
    return f" namespace={_quoted(namespace)}" if namespace else ""


def _quoted(text: str) -> str:
    return '"' + text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;") + '"'


def _xml_schema() -> bytes:
    found = find("", XML)
    assert found is not None  # noqa: S101  - it is shipped
    return found.content
