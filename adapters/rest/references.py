"""Files that refer to one another: ``$ref`` by fragment, by relative path, and by URL, always within the folder.

    ContractBroken   what is asked for cannot be used (``key`` says where, ``reason`` why)

Nothing is fetched. A URL, and a path that leads nowhere, stand for the file of that name in the folder, where there is
exactly one. A fragment that a file does not have is sought in the main document, too: documents that were cut into files
often keep the references that they had as one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from adapters.rest.documents import Unreadable, load
from gateway.sdk import AdapterError

_MAX_REFERENCES: Final = 64
_SCHEMAS: Final = ("/components/schemas/", "/definitions/")


class ContractBroken(AdapterError):
    """The document, or one operation of it, cannot be used."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


class Place(tuple[str, str]):
    """Where a node stands: the file's path and the JSON Pointer within it."""

    __slots__ = ()

    def __new__(cls, file: str, at: str) -> Place:
        return super().__new__(cls, (file, at))

    @property
    def file(self) -> str:
        return self[0]

    @property
    def at(self) -> str:
        return self[1]

    def below(self, *steps: object) -> Place:
        """Return the place so many steps below."""
        return Place(self.file, self.at + "".join(f"/{token(step)}" for step in steps))

    def __str__(self) -> str:
        return f"{self.file}#{self.at}"


class Files:
    """The files of a contract, read when first needed. ``used`` are those that a reference or ``main`` led to.

    ``missing`` are the files that something refers to and nobody has, ``notes`` what was odd about those that were read.
    """

    def __init__(self, files: Mapping[str, bytes], main: str) -> None:
        self.main = main
        self.used: set[str] = set()
        self.notes: list[str] = []
        self.missing: dict[str, None] = {}
        self._raw = files
        self._read: dict[str, Any] = {}
        self._anchors: dict[str, dict[str, str]] = {}

    def document(self, file: str) -> Any:
        """Return a file's value. Raises ``ContractBroken``."""
        if file not in self._read:
            if file not in self._raw:
                raise ContractBroken(file, f"there is no such file among {', '.join(sorted(self._raw)[:20]) or 'none'}")
            try:
                self._read[file], notes = load(self._raw[file])
            except Unreadable as error:
                raise ContractBroken(file, error.reason) from error
            self.notes += [f"{file}: {note}" for note in notes]
        if file in self._raw:
            self.used.add(file)
        return self._read[file]

    def follow(self, place: Place, node: Any) -> tuple[Place, Mapping[str, Any]]:
        """Return the place and the object that ``node`` is or leads to by ``$ref``. Raises ``ContractBroken``."""
        for _ in range(_MAX_REFERENCES):
            if not isinstance(node, Mapping):
                raise ContractBroken(str(place), f"expected an object, not {type(node).__name__}")
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return place, node
            place = self.target(place, reference)
            node = self.node(place)
        raise ContractBroken(str(place), "the reference leads in a circle")

    def target(self, place: Place, reference: str) -> Place:
        """Return where a reference that stands at ``place`` leads. Raises ``ContractBroken`` when there is nothing."""
        where, _, fragment = reference.strip().partition("#")
        at = unquote(fragment)
        if not where:
            return self._fragment(place.file, at, reference)
        if "/" not in where and "." not in where and (found := self._named(place.file, where)) is not None:
            return found  # $ref: Pet, as in Swagger 1.2
        return self._fragment(self._file(place, where), at, reference)

    def node(self, place: Place) -> Any:
        """Return what stands at ``place``. Raises ``ContractBroken``."""
        node: Any = self.document(place.file)
        for part in place.at.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, Mapping) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise ContractBroken(str(place), f"the reference leads nowhere (no {key!r})")
        return node

    def make(self, name: str, value: Any) -> Place:
        """Return the place of a node that no file has, but that a dialect means; references in it are to whole paths."""
        made = Place(f":{name}", "")
        self._read[made.file] = value
        return made

    def _fragment(self, file: str, at: str, reference: str) -> Place:
        if at and not at.startswith("/"):
            at = self._anchor(file, at, reference)
        place = Place(file, "" if at == "/" else at)
        try:
            self.node(place)
        except ContractBroken:
            if file == self.main or not at:
                raise
            place = Place(self.main, at)
            try:
                self.node(place)
            except ContractBroken as error:
                raise ContractBroken(f"{file}#{at}", error.reason) from error
        return place

    def _named(self, file: str, name: str) -> Place | None:
        for prefix in _SCHEMAS:
            try:
                return self._fragment(file, prefix + token(name), name)
            except ContractBroken:
                continue
        return None

    def _file(self, place: Place, where: str) -> str:
        path = unquote(urlsplit(where).path) if "://" in where else unquote(where)
        base = "" if place.file.startswith(":") else posixpath.dirname(place.file)
        beside = posixpath.normpath(posixpath.join(base, path)) if "://" not in where else ""
        while beside.startswith("../"):
            beside = beside[3:]
        if beside in self._raw:
            return beside
        name = posixpath.basename(path).lower()
        alike = sorted(file for file in self._raw if posixpath.basename(file).lower() == name)
        if len(alike) == 1:
            return alike[0]
        if alike:
            ends = [f for f in alike if f.lower().endswith(path.lower().lstrip("./"))]
            if len(ends) == 1:
                return ends[0]
            raise ContractBroken(str(place), f"{where} may be any of {', '.join(alike)}")
        self.missing.setdefault(where)
        raise ContractBroken(str(place), f"{where} is not among the contract's files; nothing is fetched")

    def _anchor(self, file: str, name: str, reference: str) -> str:
        if file not in self._anchors:
            self._anchors[file] = dict(_anchors(self.document(file), ""))
        if name not in self._anchors[file]:
            raise ContractBroken(file, f"the reference {reference} leads nowhere (no anchor {name!r})")
        return self._anchors[file][name]


def token(part: Any) -> str:
    """Return one reference token of a JSON Pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _anchors(node: Any, at: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    todo = [(node, at)]
    seen: set[int] = set()
    while todo:
        node, at = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            found += [(name, at) for key in ("$anchor", "$dynamicAnchor") if isinstance(name := node.get(key), str)]
            todo += [(item, f"{at}/{token(key)}") for key, item in node.items()]
        elif isinstance(node, list):
            todo += [(item, f"{at}/{index}") for index, item in enumerate(node)]
    return found
