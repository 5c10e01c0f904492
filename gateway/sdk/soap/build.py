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

from gateway.sdk.soap.errors import NotOfContract
from gateway.sdk.soap.model import TEXT_KEY, ComplexType, Element, Group, Type
from gateway.sdk.soap.safe_xml import XSI
from gateway.sdk.soap.values import Kind, SimpleType
from gateway.sdk.soap.xsd import Schemas

_NIL: Final = ' xsi:nil="true"/>'
_TYPE_KEY: Final = "@xsi:type"
# 24 bytes: a multiple of three, so that the marker is recognisable in base64, and valid base64 as a whole.
_MARK: Final = b"darcha/document/sha256//"
_MAX_DEPTH: Final = 64
_NAME: Final = re.compile(r"[^\W\d][\w.-]*")


def marker(digest: str) -> str:
    """Return what stands in a message for the document of that SHA-256 (hex) until the worker puts it in: valid base64."""
    return base64.b64encode(_MARK + bytes.fromhex(digest)).decode()


class Builder:
    """Builds any global element of a contract."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def build(self, element: Element, value: Any, documents: frozenset[str] = frozenset()) -> tuple[str, list[str]]:
        """Return the element as XML with its namespaces declared, and the digests of the documents it holds, in order.

        ``documents`` are the digests that the request may use. Raises ``NotOfContract`` with a pointer into ``value``.
        """
        run = _Run(self._schemas, documents)
        run.element(element, {} if value is None and not element.nillable else value, "", 0)
        declared = [f'xmlns:{prefix}="{_attribute(ns)}"' for ns, prefix in self._schemas.prefixes.items() if ns in run.namespaces]
        if run.instance:
            declared.append(f'xmlns:xsi="{XSI}"')
        # The first part is "<name": the declarations belong right after it.
        return run.parts[0] + "".join(f" {d}" for d in declared) + "".join(run.parts[1:]), run.used


class _Run:
    """One element being built."""

    __slots__ = ("documents", "instance", "namespaces", "parts", "schemas", "used")

    def __init__(self, schemas: Schemas, documents: frozenset[str]) -> None:
        self.schemas = schemas
        self.documents = documents
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
        if isinstance(kind, SimpleType):
            parts.append(f">{self.text(kind, value, path)}</{plan.xml_name}>")
            return
        self.complex(plan, kind, value, path, depth)

    def complex(self, plan: Element, kind: ComplexType, value: Any, path: str, depth: int) -> None:
        if kind.anything:
            self.anything(plan.xml_name, value, path, depth)
            return
        if not isinstance(value, Mapping):
            if kind.text is None or isinstance(value, list):
                raise NotOfContract(path, f"must be an object with {_listed(kind.layout.sorted_keys)}")
            value = {TEXT_KEY: value}
        if _TYPE_KEY in value or kind.abstract:
            kind = self.derived(value, path)
        layout = kind.layout
        if not value.keys() <= layout.keys:
            strange = [key for key in value if not layout.wildcard or str(key).startswith(("@", TEXT_KEY))]
            self.unknown(strange, layout.sorted_keys, path)
        self.attributes(kind, value, path)
        self.parts.append(">")
        if kind.text is not None:
            self.parts.append(self.text(kind.text, value.get(TEXT_KEY, ""), f"{path}/{TEXT_KEY}"))
        elif kind.content is not None:
            if kind.mixed and value.get(TEXT_KEY):
                self.parts.append(self.escaped(str(value[TEXT_KEY])))
            children = _Children(self, kind, value, path, depth)
            children.group(kind.content)
            children.finish()
        self.parts.append(f"</{plan.xml_name}>")

    def derived(self, value: Mapping[str, Any], path: str) -> ComplexType:
        named = value.get(_TYPE_KEY)
        if not isinstance(named, str):
            raise NotOfContract(path, f"has an abstract type; {_TYPE_KEY} must name the one that is meant")
        found = self.schemas.types_named(named)
        if len(found) != 1 or not isinstance(made := self.schemas.type(found[0]), ComplexType):
            raise NotOfContract(f"{path}/{_TYPE_KEY}", f"{named!r} is no type of the contract")
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

    def text(self, kind: SimpleType, value: Any, path: str) -> str:
        if kind.kind is Kind.BINARY and isinstance(value, Mapping):
            return self.document(value, path)
        return self.escaped(self.lexical(kind, value, path))

    def lexical(self, kind: SimpleType, value: Any, path: str) -> str:
        try:
            return kind.encode(value)
        except ValueError as error:
            raise NotOfContract(path, str(error)) from None

    def document(self, value: Mapping[str, Any], path: str) -> str:
        digest = value.get("digest")
        if not isinstance(digest, str):
            raise NotOfContract(path, "must be base64 text or a document of the application (an object with its digest)")
        if digest not in self.documents:
            raise NotOfContract(path, f"the document {digest[:12]} is none of this application's")
        if digest not in self.used:
            self.used.append(digest)
        return marker(digest)

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
        # A key becomes markup here: anything but a plain name could forge elements.
        if not isinstance(key, str) or not _NAME.fullmatch(key):
            raise NotOfContract(f"{path}/{key}", "is no name that an element or attribute can have")
        return key

    def unknown(self, keys: list[Any], known: tuple[str, ...], path: str) -> None:
        for key in keys:
            if key not in known and key != _TYPE_KEY:
                near = difflib.get_close_matches(str(key), known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"there is {_listed(known)}"
                raise NotOfContract(f"{path}/{key}", f"the agency's schema knows no such field; {hint}")

    @staticmethod
    def escaped(text: str) -> str:
        # A carriage return would come out of any XML reader as a line feed.
        return escape(text, {"\r": "&#13;"}) if text else ""


_IN_ATTRIBUTES: Final = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


class _Children:
    """The children of one element. Where a name can occur at several places, each place takes the next of its values."""

    __slots__ = ("depth", "kind", "many", "path", "run", "taken", "value")

    def __init__(self, run: _Run, kind: ComplexType, value: Mapping[str, Any], path: str, depth: int) -> None:
        self.run = run
        self.kind = kind
        self.value = value
        self.path = path
        self.depth = depth
        self.many = kind.layout.many
        self.taken: dict[str, int] = {}

    def group(self, group: Group) -> None:
        if group.maximum == 1:
            if group.minimum or self.any_left(group):
                self.once(group)
            return
        rounds = 0
        while rounds < group.minimum or (rounds < group.maximum and self.any_left(group)):
            before = sum(self.taken.values())
            self.once(group)
            rounds += 1
            if rounds >= group.minimum and sum(self.taken.values()) == before:
                return

    def once(self, group: Group) -> None:
        if group.kind == "choice":
            self.choice(group)
            return
        for item in group.items:
            if isinstance(item, Element):
                self.child(item)
            elif isinstance(item, Group):
                self.group(item)
            else:
                self.others()

    def others(self) -> None:
        """Write what stands for ``xs:any``: keys that the type does not know; in Clark notation they may be of the contract."""
        for key, item in self.value.items():
            if key in self.kind.layout.keys or str(key).startswith(("@", TEXT_KEY)) or self.taken.get(key):
                continue
            self.taken[key] = 1
            path = f"{self.path}/{key}"
            for one in item if isinstance(item, list) else [item]:
                if self.run.schemas.has_element(key):
                    self.run.element(self.run.schemas.element(key), one, path, self.depth + 1)
                else:
                    self.run.parts.append(f"<{self.run.named(key, self.path)}")
                    self.run.anything(key, one, path, self.depth + 1)

    def choice(self, group: Group) -> None:
        best, most = None, 0
        for item in group.items:
            keys = {item.key} if isinstance(item, Element) else item.keys if isinstance(item, Group) else ()
            here = sum(1 for key in keys if self.left(key))
            if here > most:
                best, most = item, here
        if best is None:
            if group.must and group.minimum:
                raise NotOfContract(self.path, f"one of {_listed(tuple(sorted(group.keys)))} is required")
            return
        if group.maximum == 1:
            inside = {best.key} if isinstance(best, Element) else best.keys if isinstance(best, Group) else frozenset()
            for key in sorted(group.keys - inside):
                if self.left(key) and key not in self.many:
                    raise NotOfContract(
                        f"{self.path}/{key}", f"cannot stand beside {_listed(tuple(sorted(inside)))}: one of them"
                    )
        if isinstance(best, Element):
            self.child(best)
        elif isinstance(best, Group):
            if best.maximum == 1:
                self.once(best)
            else:
                self.group(best)

    def any_left(self, group: Group) -> bool:
        return any(self.left(key) for key in group.keys)

    def left(self, key: str) -> bool:
        value = self.value.get(key)
        if value is None:
            return False
        if isinstance(value, list) and key in self.many:
            return self.taken.get(key, 0) < len(value)
        return self.taken.get(key, 0) == 0

    def child(self, plan: Element) -> None:
        key, path = plan.key, f"{self.path}/{plan.key}"
        value = self.value.get(key)
        if key in self.many:
            self.several(plan, value, path)
            return
        if value is None:
            if key in self.value and plan.nillable:
                self.run.element(plan, None, path, self.depth + 1)
            elif plan.minimum:
                raise NotOfContract(path, "the field is required")
            return
        if isinstance(value, list) and not _takes_list(plan):
            raise NotOfContract(path, "must be one value, not a list")
        self.taken[key] = 1
        self.run.element(plan, value, path, self.depth + 1)

    def several(self, plan: Element, value: Any, path: str) -> None:
        values = value if isinstance(value, list) else [] if value is None else [value]
        start = self.taken.get(plan.key, 0)
        end = min(len(values), start + plan.maximum)
        if end - start < plan.minimum:
            raise NotOfContract(path, "the field is required" if not values else f"needs at least {plan.minimum} values")
        for at in range(start, end):
            if values[at] is not None or plan.nillable:
                self.run.element(plan, values[at], f"{path}/{at}" if isinstance(value, list) else path, self.depth + 1)
        self.taken[plan.key] = end

    def finish(self) -> None:
        for key in self.many:
            value = self.value.get(key)
            if isinstance(value, list) and self.taken.get(key, 0) < len(value):
                raise NotOfContract(f"{self.path}/{key}", f"has more values than the {self.taken.get(key, 0)} that fit")


def _takes_list(plan: Element) -> bool:
    return isinstance(plan.type, SimpleType) and plan.type.kind is Kind.LIST


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) if names else "nothing"


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
