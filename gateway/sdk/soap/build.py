"""JSON to XML by the compiled model: the request builder, and the simulator's reply builder.

Keys are local element names, attributes ``@name``, text beside attributes ``#text``, repeated elements lists. ``null`` leaves
an optional element out (or writes ``xsi:nil`` where the schema allows it), so that a mapping may name what it does not have.
The same value gives the same text, always. Structure is checked here, with the field named; values by libxml2 afterwards.
"""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from gateway.sdk.soap.content import Children, listed
from gateway.sdk.soap.documents import XS
from gateway.sdk.soap.envelope import SOAP11
from gateway.sdk.soap.errors import NotOfContract
from gateway.sdk.soap.mime import reference
from gateway.sdk.soap.model import TEXT_KEY, ComplexType, Element, Type
from gateway.sdk.soap.normalise import SOAP_ENCODING
from gateway.sdk.soap.safe_xml import XSI
from gateway.sdk.soap.values import BUILTINS, Kind, SimpleType
from gateway.sdk.soap.xsd import Schemas

_NIL: Final = ' xsi:nil="true"/>'
#: WS-I Attachments Profile 1.0, section 4.4: a field that names a part beside the envelope.
SWAREF: Final = "{http://ws-i.org/profiles/basic/1.1/xsd}swaRef"
_TYPE_KEY: Final = "@xsi:type"
_ARRAY_TYPE: Final = f"{{{SOAP_ENCODING}}}arrayType"
# 24 bytes: a multiple of three, so that the marker is recognisable in base64, and valid base64 as a whole.
_MARK: Final = b"darcha/document/sha256//"
_MAX_DEPTH: Final = 64
_MARKUP: Final = re.compile(r"[&<>\r]")
_PLAIN: Final = frozenset({str, int, float, bool})
_NAME: Final = re.compile(r"[^\W\d][\w.-]*")


def marker(digest: str) -> str:
    """Return what stands in a message for the document of that SHA-256 (hex) until the worker puts it in: valid base64."""
    return base64.b64encode(_MARK + bytes.fromhex(digest)).decode()


class Builder:
    """Builds any global element of a contract."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def build(
        self, element: Element, value: Any, documents: frozenset[str] = frozenset(), *, encoded: bool = False
    ) -> tuple[str, list[str]]:
        """Return the element as XML with its namespaces declared, and the digests of the documents it holds, in order.

        ``documents`` are the digests that the request may use. ``encoded``: by SOAP 1.1, section 5, every element says its
        type. Raises ``NotOfContract`` with a pointer into ``value``.
        """
        run = Run(self._schemas, documents, encoded=encoded)
        run.element(element, {} if value is None and not element.nillable else value, "", 0)
        declared = [f'xmlns:{prefix}="{_attribute(ns)}"' for ns, prefix in self._schemas.prefixes.items() if ns in run.namespaces]
        if run.instance:
            declared.append(f'xmlns:xsi="{XSI}"')
        if run.plain_types:
            declared.append(f'xmlns:xsd="{XS}"')
        if encoded:
            declared.append(f'xmlns:env="{SOAP11.namespace}" env:encodingStyle="{SOAP_ENCODING}"')
        # The first part is "<name": the declarations belong right after it.
        return run.parts[0] + "".join(f" {d}" for d in declared) + "".join(run.parts[1:]), run.used


class Run:
    """One element being built."""

    __slots__ = ("documents", "encoded", "instance", "namespaces", "parts", "plain_types", "schemas", "used")

    def __init__(self, schemas: Schemas, documents: frozenset[str], *, encoded: bool = False) -> None:
        self.schemas = schemas
        self.documents = documents
        self.encoded = encoded
        self.plain_types = False
        self.parts: list[str] = []
        self.namespaces: set[str] = set()
        self.instance = False
        self.used: list[str] = []

    def element(self, plan: Element, value: Any, path: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise NotOfContract(path, f"is nested deeper than {_MAX_DEPTH}")
        parts = self.parts
        self.namespaces.add(plan.namespace)
        parts.append(f"<{plan.xml_name}")
        if value is None:
            if not plan.nillable:
                raise NotOfContract(path, "is required and must not be null")
            self.instance = True
            parts.append(_NIL)
            return
        kind: Type = plan.type
        # What says its type itself says it once: written by the value, else, where everything has to say it, by the contract.
        plain = type(value) in _PLAIN  # most values are, and asking for a mapping costs more
        if not plain and isinstance(value, Mapping) and _TYPE_KEY in value and not _is_abstract(kind):
            kind, value = self.said(kind, value, path)
        elif self.encoded and depth:
            self.typed(kind, value)
        if isinstance(kind, SimpleType):
            parts.append(f">{self.text(kind, value, path)}</{plan.xml_name}>")
            return
        self.complex(plan, kind, value, path, depth)

    def said(self, declared: Type, value: Mapping[str, Any], path: str) -> tuple[Type, Any]:
        """Write ``xsi:type`` as the value says it; return that type, and the value that is left."""
        named = value[_TYPE_KEY]
        prefix, _, local = named.rpartition(":") if isinstance(named, str) else ("", "", "")
        if prefix in {"xsd", "xs"} and local in BUILTINS:
            self.plain_types = self.instance = True
            self.parts.append(f' xsi:type="xsd:{local}"')
            return BUILTINS[local], value.get(TEXT_KEY)
        rest = {key: item for key, item in value.items() if key != _TYPE_KEY}
        made = self.derived(value, path)
        if isinstance(made, SimpleType) or (made.text is not None and not made.attributes and rest.keys() <= {TEXT_KEY}):
            return made, rest.get(TEXT_KEY)
        return made, rest if isinstance(declared, ComplexType) or rest else {}

    def typed(self, kind: Type, value: Any) -> None:
        """Write the ``xsi:type`` of a declared type, and of an array the type and number of its members."""
        name = self.type_name(kind)
        if name:
            self.instance = True
            self.parts.append(f' xsi:type="{name}"')
        if isinstance(kind, ComplexType) and kind.array and kind.content is not None:
            members = value if isinstance(value, list) else value.get("item", []) if isinstance(value, Mapping) else []
            item = next(iter(kind.content.items))
            of = self.type_name(item.type) if isinstance(item, Element) else ""
            count = len(members) if isinstance(members, list) else 1
            self.plain_types = self.plain_types or not of
            self.namespaces.add(SOAP_ENCODING)
            self.parts.append(f' {self.schemas.xml_name(_ARRAY_TYPE)}="{of or "xsd:anyType"}[{count}]"')

    def type_name(self, kind: Type) -> str:
        """Return a named type with its prefix; empty where it has no name."""
        if isinstance(kind, SimpleType) and BUILTINS.get(kind.name) is kind:
            self.plain_types = True
            return f"xsd:{kind.name}"
        if kind.name.startswith("{"):
            self.namespaces.add(kind.name[1:].partition("}")[0])
            return self.schemas.xml_name(kind.name)
        return ""

    def complex(self, plan: Element, kind: ComplexType, value: Any, path: str, depth: int) -> None:
        if kind.anything:
            self.anything(plan.xml_name, value, path, depth)
            return
        if kind.array and isinstance(value, list):
            value = {"item": value}
        if not isinstance(value, Mapping):
            if kind.text is None or (isinstance(value, list) and not kind.text.listed):
                raise NotOfContract(path, f"must be an object with {listed(kind.layout.sorted_keys)}")
            value = {TEXT_KEY: value}
        if kind.abstract:
            made = self.derived(value, path)
            if isinstance(made, SimpleType):
                raise NotOfContract(f"{path}/{_TYPE_KEY}", "is a type without fields, where one with fields is due")
            kind = made
        layout = kind.layout
        if not value.keys() <= layout.keys:
            strange = [key for key in value if not layout.wildcard or str(key).startswith(("@", TEXT_KEY))]
            if kind.any_attribute:
                strange = [key for key in strange if not str(key).startswith("@")]
            self.unknown(strange, layout.sorted_keys, path)
        self.attributes(kind, value, path)
        self.parts.append(">")
        if kind.text is not None:
            self.parts.append(self.text(kind.text, value.get(TEXT_KEY, ""), f"{path}/{TEXT_KEY}"))
        elif kind.content is not None:
            if kind.mixed and value.get(TEXT_KEY):
                self.parts.append(self.escaped(str(value[TEXT_KEY])))
            children = Children(self, kind, value, path, depth)
            children.group(kind.content)
            children.finish()
        self.parts.append(f"</{plan.xml_name}>")

    def derived(self, value: Mapping[str, Any], path: str) -> Type:
        named = value.get(_TYPE_KEY)
        if not isinstance(named, str):
            raise NotOfContract(path, f"has an abstract type; {_TYPE_KEY} must name the one that is meant")
        found = self.schemas.types_named(named)
        if len(found) != 1:
            raise NotOfContract(f"{path}/{_TYPE_KEY}", f"{named!r} is no type of the contract")
        made = self.schemas.type(found[0])
        namespace, local = found[0][1:].split("}") if found[0][:1] == "{" else ("", found[0])
        self.instance = True
        self.namespaces.add(namespace)
        self.parts.append(f' xsi:type="{self.schemas.prefixes[namespace]}:{local}"' if namespace else f' xsi:type="{local}"')
        return made

    def attributes(self, kind: ComplexType, value: Mapping[str, Any], path: str) -> None:
        for attribute in kind.attributes.values():
            given = value.get(attribute.key)
            if given is None:
                if attribute.required and attribute.fixed is None:
                    raise NotOfContract(f"{path}/{attribute.key}", "the attribute is required")
                if not attribute.required:
                    continue
                given = attribute.fixed
            text = self.lexical(attribute.type, given, f"{path}/{attribute.key}")
            if attribute.namespace in self.schemas.prefixes:
                self.namespaces.add(attribute.namespace)
            self.parts.append(f" {attribute.xml_name}={quoteattr(text, _IN_ATTRIBUTES)}")
        if kind.any_attribute:
            for key in sorted(map(str, value.keys() - kind.attributes.keys())):
                if str(key).startswith("@") and key != _TYPE_KEY:
                    self.parts.append(f" {self.named(key[1:], path)}={quoteattr(str(value[key]), _IN_ATTRIBUTES)}")

    def text(self, kind: SimpleType, value: Any, path: str) -> str:
        if isinstance(value, Mapping):
            if kind.kind is Kind.BINARY:
                return marker(self.document(value, path))
            if kind.name == SWAREF:
                return reference(self.document(value, path))
        return self.escaped(self.lexical(kind, value, path))

    def lexical(self, kind: SimpleType, value: Any, path: str) -> str:
        try:
            return kind.encode(value, self.prefix)
        except ValueError as error:
            raise NotOfContract(path, str(error)) from None

    def prefix(self, namespace: str) -> str:
        """Return the prefix of a namespace that a value names. Raises ``ValueError`` for one that the contract does not know."""
        known = self.schemas.prefixes.get(namespace)
        if known is None:
            raise ValueError(f"names the namespace {namespace!r}, which the contract does not know")
        self.namespaces.add(namespace)
        return known

    def document(self, value: Mapping[str, Any], path: str) -> str:
        digest = value.get("digest")
        if not isinstance(digest, str):
            raise NotOfContract(path, "must be base64 text or a document of the application (an object with its digest)")
        if digest not in self.documents:
            raise NotOfContract(path, f"the document {digest[:12]} is none of this application's")
        if digest not in self.used:
            self.used.append(digest)
        return digest

    def anything(self, name: str, value: Any, path: str, depth: int) -> None:
        """Write what no schema describes, the start tag being open: objects as elements without a namespace."""
        if depth > _MAX_DEPTH:
            raise NotOfContract(path, f"is nested deeper than {_MAX_DEPTH}")
        if not isinstance(value, Mapping):
            said = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
            self.parts.append(f">{self.escaped(said)}</{name}>")
            return
        for key in (k for k in value if str(k).startswith("@")):
            self.parts.append(f" {self.named(key[1:], path)}={quoteattr(str(value[key]), _IN_ATTRIBUTES)}")
        self.parts.append(f">{self.escaped(str(value.get(TEXT_KEY) or ''))}")
        for key, item in value.items():
            if not str(key).startswith(("@", TEXT_KEY)):
                for one in item if isinstance(item, list) else [item]:
                    self.parts.append(f"<{self.named(key, path)}")
                    self.anything(key, one, f"{path}/{key}", depth + 1)
        self.parts.append(f"</{name}>")

    @staticmethod
    def named(key: Any, path: str) -> str:
        # A key becomes markup here: anything but a plain name could forge elements, and xmlns would move all below it.
        if not isinstance(key, str) or not _NAME.fullmatch(key) or key.lower().startswith("xml"):
            raise NotOfContract(f"{path}/{key}", "is no name that an element or attribute can have")
        return key

    def unknown(self, keys: list[Any], known: tuple[str, ...], path: str) -> None:
        for key in keys:
            if key not in known and key != _TYPE_KEY:
                near = difflib.get_close_matches(str(key), known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"there is {listed(known)}"
                raise NotOfContract(f"{path}/{key}", f"the agency's schema knows no such field; {hint}")

    @staticmethod
    def escaped(text: str) -> str:
        # A carriage return would come out of any XML reader as a line feed.
        return escape(text, {"\r": "&#13;"}) if _MARKUP.search(text) else text


_IN_ATTRIBUTES: Final = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def _is_abstract(kind: Type) -> bool:
    return isinstance(kind, ComplexType) and kind.abstract


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
