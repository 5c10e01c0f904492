"""The text of an OpenAPI document or of a file beside it, as plain JSON values. Made for documents of many megabytes.

    Unreadable   the text is neither JSON nor YAML (``reason`` with the line, where it is known)

Documents met in practice are read as they were meant: a byte order mark, Windows line ends, trailing commas, keys that
are numbers. A key that stands twice keeps its last value, and a note says so. YAML is 1.2 with the core schema (``NO`` is a
text, a date is a text); libyaml parses, and what is built from its events is ours, because its own constructors know
YAML 1.1 only. Aliases may repeat a part, but not so often that the whole becomes larger than ``MAX_NODES``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from gateway.sdk import AdapterError

MAX_DEPTH: Final = 400
MAX_NODES: Final = 5_000_000
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_STARTS_A_NUMBER: Final = frozenset("+-.0123456789")


class Unreadable(AdapterError):
    """The text is neither JSON nor YAML."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def load(raw: bytes) -> tuple[Any, tuple[str, ...]]:
    """Return the value of a JSON or YAML text, and what was odd about it. Raises ``Unreadable``."""
    notes: list[str] = []
    text = _decoded(raw, notes)
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, notes)), tuple(notes)
        except (ValueError, RecursionError):
            notes.clear()  # perhaps flow-style YAML; what is wrong with it is told by the YAML reader, with its line
    return _Yaml(notes).read(text), tuple(notes)


def _decoded(raw: bytes, notes: list[str]) -> str:
    encoding = "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        notes.append(f"the text is not UTF-8 (byte {error.start}); letters outside ASCII may be wrong")
        return raw.decode("cp1252", "replace")


def _object(pairs: list[tuple[str, Any]], notes: list[str]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                notes.append(f"the key {key!r} stands twice in one object; its last value counts")
            seen.add(key)
    return made


@dataclass(slots=True)
class _Yaml:
    """Builds the value from libyaml's events."""

    notes: list[str]
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    nodes: int = 0

    def read(self, text: str) -> Any:
        loader = getattr(yaml, "CLoader", yaml.Loader)
        try:
            events = yaml.parse(text, Loader=loader)
            value = self._document(events)
        except yaml.MarkedYAMLError as error:
            line = f"line {error.problem_mark.line + 1}: " if error.problem_mark is not None else ""
            raise Unreadable(f"{line}{error.problem or error.context or 'not YAML'}") from error
        except (yaml.YAMLError, ValueError) as error:
            raise Unreadable(f"not YAML: {error}") from error
        return value

    def _document(self, events: Iterator[Any]) -> Any:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                return self._node(next(events), events, 0)
        return None

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self.nodes
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = event.value if not event.implicit[0] or event.style else plain(event.value)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
            self._begin(event, value)
            for item in events:
                if isinstance(item, yaml.SequenceEndEvent):
                    break
                value.append(self._node(item, events, depth + 1))
        else:
            value = self._mapping(events, depth)
        if event.anchor:
            self.anchors[event.anchor] = value, self.nodes - before + 1
        return value

    def _begin(self, event: Any, value: Any) -> None:
        """An alias of a part within itself would make an endless value."""
        if event.anchor:
            self.anchors[event.anchor] = value, MAX_NODES

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise Unreadable(f"line {event.start_mark.line + 1}: there is no anchor {event.anchor!r} before it")
        value, size = self.anchors[event.anchor]
        self.nodes += size
        if self.nodes > MAX_NODES:
            raise Unreadable(f"line {event.start_mark.line + 1}: an alias of itself, or aliases that make the text too large")
        return value

    def _mapping(self, events: Iterator[Any], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise Unreadable(f"line {event.start_mark.line + 1}: a key is a text")
            value = self._node(next(events), events, depth + 1)
            if event.value == "<<" and not event.style:
                for part in reversed(value if isinstance(value, list) else [value]):
                    merged |= part if isinstance(part, dict) else {}
                continue
            if event.value in made:
                line = event.start_mark.line + 1
                self.notes.append(f"line {line}: the key {event.value!r} stands twice in one object; its last value counts")
            made[event.value] = value
        return {**merged, **made} if merged else made


def plain(text: str) -> Any:
    """Return what a plain scalar means by the core schema of YAML 1.2."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text[0] in _STARTS_A_NUMBER:
        if _INTEGER.fullmatch(text) and len(text) < 400:
            return _int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def _int(text: str) -> int:
    bases: dict[str, Callable[[str], int]] = {"0o": lambda t: int(t[2:], 8), "0x": lambda t: int(t[2:], 16)}
    return bases.get(text[:2], int)(text)
