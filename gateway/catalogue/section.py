"""Reading an object of the catalogue key by key, with types: what is wrong is noted and reading goes on.

Each method returns a value of the promised type even after a mistake, so that one pass finds every mistake. Keys that
nobody asked for are mistakes too: call ``done`` at the end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from gateway.catalogue.mistakes import Mistakes, listed, nearest
from gateway.catalogue.nodes import Node

LANGUAGES: Final = ("uz", "ru", "ky", "en")
ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
TERRITORY: Final = re.compile(r"[0-9]{7,14}")
HOURS: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)")


class Section:
    """One object of a file. ``key`` is its place, empty at the root."""

    def __init__(self, file: str, node: Node, key: str, mistakes: Mistakes) -> None:
        self.file = file
        self.node = node
        self.key = key
        self.mistakes = mistakes
        self._values: Mapping[str, Node] = node.value if isinstance(node.value, dict) else {}
        self._asked: set[str] = set()

    def wrong(self, key: str, expected: str, fix: str) -> None:
        """Note a mistake at ``key`` (empty: at this object as a whole)."""
        self.mistakes.add(self.file, self.line(key), self.place(key), expected, fix)

    def line(self, key: str = "") -> int:
        """Return the line of a key, or of the object where the key is missing."""
        found = self._values.get(key)
        return found.line if found is not None else self.node.line

    def place(self, key: str = "") -> str:
        """Return the full dotted key."""
        return ".".join(part for part in (self.key, key) if part)

    def keys(self) -> tuple[str, ...]:
        """Return the keys that are there."""
        return tuple(self._values)

    def has(self, key: str) -> bool:
        """Return whether the key is there (and not null)."""
        self._asked.add(key)
        return key in self._values and self._values[key].value is not None

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                self.wrong(key, f"a key that is known here, not {key!r}", f"remove it; {nearest(key, self._asked)}")

    def text(
        self, key: str, default: str | None = None, pattern: re.Pattern[str] | None = None, like: str = "", *, blank: bool = False
    ) -> str:
        """Return a text. Without ``default`` the key is required; ``like`` shows what ``pattern`` wants."""
        node = self._take(key, default is None, f"write {key}: {like or 'some text'}")
        if node is None:
            return default or ""
        if not isinstance(node.value, str):
            self._type(key, node, "text", "put it in quotes" if isinstance(node.value, int | float) else f"as {like or 'text'}")
            return default or ""
        if not node.value.strip() and not blank:
            self.wrong(key, "text that is not empty", f"write it{f', as {like}' if like else ''}, or leave the key out")
            return default or ""
        if pattern is not None and pattern.fullmatch(node.value) is None:
            self.wrong(key, f"a text like {like}, not {node.value!r}", "write it in that form")
            return default or ""
        return node.value

    def one_of(self, key: str, choices: Collection[str], default: str | None = None) -> str:
        """Return one of the words in ``choices``; the first of them stands in for a wrong one."""
        node = self._take(key, default is None, f"write {key}: {listed(list(choices))}")
        fallback = default if default is not None else next(iter(choices), "")
        if node is None:
            return fallback
        if node.value not in choices:
            self.wrong(key, f"{listed(list(choices))}, not {node.plain!r}", nearest(str(node.plain), choices))
            return fallback
        return str(node.value)

    def number(
        self, key: str, default: float | None = None, *, least: float = 0, above: bool = False, most: float | None = None
    ) -> float:
        """Return a number, at least ``least`` (more than it, when ``above``) and at most ``most``."""
        node = self._take(key, default is None, f"write {key}: a number")
        fallback = default if default is not None else least
        if node is None:
            return fallback
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            self._type(key, node, "a number", "write it without quotes")
            return fallback
        if node.value < least or (above and node.value == least) or (most is not None and node.value > most):
            bounds = f"{'more than' if above else 'at least'} {least:g}" + (f" and at most {most:g}" if most is not None else "")
            self.wrong(key, f"{bounds}, not {node.value}", "write a number within these bounds")
            return fallback
        return float(node.value)

    def integer(self, key: str, default: int | None = None, *, least: int = 0, most: int | None = None) -> int:
        """Return a whole number within the bounds."""
        value = self.number(key, default, least=least, most=most)
        if value != int(value):
            self.wrong(key, f"a whole number, not {value}", "round it")
        return int(value)

    def boolean(self, key: str, default: bool | None = None) -> bool:
        """Return true or false."""
        node = self._take(key, default is None, f"write {key}: true or {key}: false")
        if node is None:
            return bool(default)
        if not isinstance(node.value, bool):
            self._type(key, node, "true or false", "write true or false, without quotes")
            return bool(default)
        return node.value

    def day(self, key: str) -> date | None:
        """Return a day (``YYYY-MM-DD``), or ``None`` when the key is not there."""
        if not self.has(key):
            return None
        text = self.text(key, "", like="2027-01-01")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.wrong(key, f"a day like 2027-01-01, not {text!r}", "write year, month and day")
            return None

    def title(self, key: str, *, required: bool = True) -> dict[str, str]:
        """Return words in all four languages."""
        node = self._take(key, required, f"write {key}: {{uz: …, ru: …, ky: …, en: …}}")
        return {} if node is None else self.words(node, key)

    def words(self, node: Node, key: str) -> dict[str, str]:
        """Return the words of a node in all four languages."""
        if not isinstance(node.value, dict):
            self._type(key, node, "an object with uz, ru, ky and en", "write the words in each language")
            return {}
        section = Section(self.file, node, self.place(key), self.mistakes)
        made = {language: section.text(language, like=f"words in {language}") for language in LANGUAGES}
        section.done()
        return made

    def texts(self, key: str, default: tuple[str, ...] | None = None, *, least: int = 0) -> tuple[str, ...]:
        """Return a list of texts without repeats."""
        node = self._take(key, default is None, f"write {key}: [a, b]")
        if node is None:
            return default or ()
        if not isinstance(node.value, list):
            self._type(key, node, "a list of texts", f"write {key}: [{node.plain}]" if node.kind == "text" else "write [a, b]")
            return default or ()
        made: list[str] = []
        for i, item in enumerate(node.value):
            where = f"{self.place(key)}[{i}]"
            if not isinstance(item.value, str) or not item.value:
                self.mistakes.add(self.file, item.line, where, f"text, not {item.kind}", "put it in quotes")
            elif item.value in made:
                self.mistakes.add(self.file, item.line, where, f"no repeats; {item.value!r} stands there twice", "remove one")
            else:
                made.append(item.value)
        if len(node.value) < least:
            self.wrong(key, f"at least {least} of them", "add what is missing")
        return tuple(made)

    def section(self, key: str, *, required: bool = True) -> Section | None:
        """Return an object within this one, or ``None``."""
        node = self._take(key, required, f"write {key} as an object")
        if node is None:
            return None
        if not isinstance(node.value, dict):
            self._type(key, node, "an object", "write its keys beneath it")
            return None
        return Section(self.file, node, self.place(key), self.mistakes)

    def sections(self, key: str, *, required: bool = True) -> list[Section]:
        """Return a list of objects within this one."""
        node = self._take(key, required, f"write {key} as a list")
        if node is None:
            return []
        if not isinstance(node.value, list):
            self._type(key, node, "a list", f"start each item beneath {key} with '- '")
            return []
        found = []
        for i, item in enumerate(node.value):
            where = f"{self.place(key)}[{i}]"
            if isinstance(item.value, dict):
                found.append(Section(self.file, item, where, self.mistakes))
            else:
                self.mistakes.add(self.file, item.line, where, f"an object, not {item.kind}", "write its keys")
        return found

    def named(self, key: str, *, required: bool = True) -> dict[str, Section]:
        """Return an object whose values are objects, each under its own name."""
        outer = self.section(key, required=required)
        if outer is None:
            return {}
        return {name: inner for name in outer.keys() if (inner := outer.section(name)) is not None}  # noqa: SIM118

    def take(self, key: str) -> Node | None:
        """Return the node as it is; the key counts as asked for."""
        self._asked.add(key)
        return self._values.get(key)

    def plain(self, key: str) -> Any:
        """Return the value as plain JSON, ``None`` where the key is missing."""
        node = self.take(key)
        return None if node is None else node.plain

    def _take(self, key: str, required: bool, fix: str) -> Node | None:
        self._asked.add(key)
        node = self._values.get(key)
        if node is None or node.value is None:
            if required:
                self.wrong(key, f"the key {key}, which is required", fix)
            return None
        return node

    def _type(self, key: str, node: Node, expected: str, fix: str) -> None:
        self.wrong(key, f"{expected}, not {node.kind}", fix)
