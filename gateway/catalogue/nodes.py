"""YAML 1.2 with the line of every key, read without running anything: only plain JSON values are let in.

Duplicate keys, tags, merge keys, several documents and aliases that contain themselves are mistakes. A date stays the
text that was written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from gateway.catalogue.mistakes import Mistakes

_MAX_NODES: Final = 100_000
_MAX_DEPTH: Final = 64
_PREFIX: Final = "tag:yaml.org,2002:"

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line (from 1) of its key, or of the value itself in a list."""

    line: int
    value: Scalar | dict[str, Node] | list[Node]

    @property
    def plain(self) -> Any:
        """The value as plain JSON."""
        if isinstance(self.value, dict):
            return {key: node.plain for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain for node in self.value]
        return self.value

    @property
    def kind(self) -> str:
        """What it is, in words."""
        match self.value:
            case dict():
                return "an object"
            case list():
                return "a list"
            case bool():
                return "true or false"
            case int() | float():
                return "a number"
            case str():
                return "text"
        return "nothing"


def read_nodes(file: str, raw: bytes, mistakes: Mistakes) -> Node | None:
    """Return the document, or ``None`` after noting why it cannot be read."""
    try:
        composed = YAML(typ="safe", pure=True).compose(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        mistakes.add(file, 0, "", f"UTF-8, which ends at byte {error.start}", "save the file as UTF-8")
        return None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        problem = " ".join(part for part in (error.context, error.problem) if part)
        mistakes.add(file, line, "", f"YAML 1.2: {problem}", "mend the syntax at or just before this line")
        return None
    except (YAMLError, ValueError, RecursionError) as error:
        mistakes.add(file, 0, "", f"YAML 1.2: {error}", "mend the syntax")
        return None
    if composed is None:
        mistakes.add(file, 0, "", "a file that is not empty", "write its content or remove it")
        return None
    return _Builder(file, mistakes).build(composed, composed.start_mark.line + 1, "", 0)


class _Builder:
    def __init__(self, file: str, mistakes: Mistakes) -> None:
        self._file = file
        self._mistakes = mistakes
        self._count = 0

    def build(self, node: Any, line: int, key: str, depth: int) -> Node:
        self._count += 1
        if depth > _MAX_DEPTH or self._count > _MAX_NODES:
            if self._count <= _MAX_NODES + 1:
                self._wrong(line, key, "less: it is too deep or too large, or an alias contains itself", "write it out plainly")
            self._count = max(self._count, _MAX_NODES)
            return Node(line, None)
        if isinstance(node, MappingNode):
            return Node(line, self._mapping(node, key, depth))
        if isinstance(node, SequenceNode):
            items = [self.build(n, n.start_mark.line + 1, f"{key}[{i}]", depth + 1) for i, n in enumerate(node.value)]
            return Node(line, items)
        return Node(line, self._scalar(node, line, key))

    def _mapping(self, node: MappingNode, key: str, depth: int) -> dict[str, Node]:
        made: dict[str, Node] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or str(key_node.tag) == _PREFIX + "merge":
                self._wrong(line, key, "a key has to be plain text", "write the keys out; merge keys are not taken")
                continue
            name = str(key_node.value)
            where = f"{key}.{name}" if key else name
            if name in made:
                self._wrong(line, where, f"each key once; {name} stands in line {made[name].line} too", "keep one of them")
                continue
            made[name] = self.build(value_node, line, where, depth + 1)
        return made

    def _scalar(self, node: Any, line: int, key: str) -> Scalar:
        text, tag = str(node.value), str(node.tag).removeprefix(_PREFIX)
        try:
            match tag:
                case "str" | "timestamp":
                    return text
                case "null":
                    return None
                case "bool":
                    return text.lower() == "true"
                case "int":
                    plain = text.replace("_", "")
                    return int(plain, 0) if plain.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else int(plain)
                case "float" if math.isfinite(value := float(text.replace("_", ""))):
                    return value
        except ValueError:
            pass
        self._wrong(line, key, f"a value that JSON knows, not {text!r} ({tag})", "write text in quotes, numbers as 10 or 0.5")
        return None

    def _wrong(self, line: int, key: str, expected: str, fix: str) -> None:
        self._mistakes.add(self._file, line, key, expected, fix)


def line_of(node: Node | None, key: str) -> int:
    """Return the line of a dotted key with indexes in brackets (``operations.X.answers[2]``), or of its nearest parent."""
    line = 0
    for part in key.replace("[", ".").replace("]", "").split("."):
        if node is None:
            break
        line = node.line
        if isinstance(node.value, dict):
            node = node.value.get(part)
        elif isinstance(node.value, list) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
        else:
            node = None
    return node.line if node is not None else line
