r"""Regular expressions of XML Schema (part 2, appendix F) and of JSON Schema (ECMA 262), read into a tree.

ValueError
└── Unreadable       a pattern that is not read: malformed, or nested too deep
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.sdk import characters
from gateway.sdk.characters import Chars, chars, complement, span, union, without


class Unreadable(ValueError):
    """The pattern is malformed, or uses what is not read here."""


@dataclass(frozen=True, slots=True)
class One:
    """One character of a set."""

    chars: Chars


@dataclass(frozen=True, slots=True)
class Row:
    """One after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``most`` is ``None`` for any number."""

    item: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """``^``, ``$`` or another place without width (``b`` for a word's border)."""

    kind: str


@dataclass(frozen=True, slots=True)
class Look:
    """A look ahead, or behind; ``wanted`` is false where the text must not be there."""

    item: Node
    ahead: bool
    wanted: bool


@dataclass(frozen=True, slots=True)
class Capture:
    """A group with a number, and a name."""

    item: Node
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """The text of an earlier group once more."""

    name: str


Node = One | Row | Either | Repeat | Anchor | Look | Capture | Again

_MAX_DEPTH: Final = 40
_MAX_LENGTH: Final = 20_000
_BREAKS: Final = {"xsd": "\n\r", "json": "\n\r\u2028\u2029"}
_SPACES: Final = {"xsd": " \t\n\r", "json": " \t\n\r\x0b\x0c\u00a0\u2028\u2029\ufeff"}
_CONTROL: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\x0c", "v": "\x0b", "0": "\x00"}
_LONG: Final = {"Letter": "L", "Alphabetic": "L", "Lowercase": "Ll", "Uppercase": "Lu", "Number": "N", "Punctuation": "P"} | {
    "Lowercase_Letter": "Ll",
    "Uppercase_Letter": "Lu",
    "Decimal_Number": "Nd",
    "Symbol": "S",
    "Mark": "M",
    "Space_Separator": "Zs",
}


def parse(pattern: str, flavour: str) -> Node:
    """Return the tree of a pattern of flavour ``xsd`` or ``json``. Raises ``Unreadable``."""
    if len(pattern) > _MAX_LENGTH:
        raise Unreadable(f"a pattern of {len(pattern)} characters")
    reader = _Reader(pattern, flavour)
    made = reader.either(0)
    if reader.at < len(pattern):
        raise Unreadable(f"')' without '(' at {reader.at}")
    return made


class _Reader:
    def __init__(self, text: str, flavour: str) -> None:
        self.text = text
        self.flavour = flavour
        self.ecma = flavour == "json"
        self.at = 0
        self.groups = 0

    def peek(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise Unreadable("ends too early")
        self.at += 1
        return char

    def skip(self, text: str) -> bool:
        found = self.text.startswith(text, self.at)
        if found:
            self.at += len(text)
        return found

    def until(self, end: str) -> str:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise Unreadable(f"no {end!r} after {self.at}")
        found = self.text[self.at : stop]
        self.at = stop + len(end)
        return found

    def either(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise Unreadable("is nested too deep")
        branches = [self.row(depth)]
        while self.skip("|"):
            branches.append(self.row(depth))
        return branches[0] if len(branches) == 1 else Either(tuple(branches))

    def row(self, depth: int) -> Node:
        items: list[Node] = []
        while self.peek() not in {"", "|", ")"}:
            items.append(self.repeated(self.atom(depth)))
        return items[0] if len(items) == 1 else Row(tuple(items))

    def repeated(self, item: Node) -> Node:
        bounds = self.bounds()
        if bounds is None:
            return item
        if self.ecma and not self.skip("?"):  # lazy or not, the same texts match
            self.skip("+")
        return Repeat(item, *bounds)

    def bounds(self) -> tuple[int, int | None] | None:
        for sign, found in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.skip(sign):
                return found
        if self.peek() != "{":
            return None
        low, comma, high = self.text[self.at + 1 : max(self.at, self.text.find("}", self.at))].partition(",")
        if not low.isascii() or not low.isdigit() or not (high.isdigit() or not high):
            if self.ecma:
                return None
            raise Unreadable(f"no quantity at {self.at}")
        self.until("}")
        least = int(low or 0)
        most = (int(high) if high.isdigit() else None) if comma else least
        if most is not None and most < least:
            raise Unreadable(f"the quantity {least},{most} is empty")
        return least, most

    def atom(self, depth: int) -> Node:
        char = self.take()
        if char == "(":
            return self.group(depth)
        if char == "[":
            return One(self.set(depth))
        if char == ".":
            return One(complement(chars(_BREAKS[self.flavour])))
        if char == "\\":
            return self.escape()
        if self.ecma and char in "^$":
            return Anchor(char)
        if char in "*+?" or (char in "{" and not self.ecma):
            raise Unreadable(f"{char!r} at {self.at - 1} repeats nothing")
        return One(chars(char))

    def group(self, depth: int) -> Node:
        if not (self.ecma and self.skip("?")):
            self.groups += 1
            names: tuple[str, ...] = (str(self.groups),)
            return Capture(self.closed(depth), names)
        for sign, ahead, wanted in (("=", True, True), ("!", True, False), ("<=", False, True), ("<!", False, False)):
            if self.skip(sign):
                return Look(self.closed(depth), ahead, wanted)
        if self.skip("<") or self.skip("P<"):
            self.groups += 1
            names = (str(self.groups), self.until(">"))
            return Capture(self.closed(depth), names)
        while not self.skip(":"):  # (?i:…), (?s-m:…): flags are left to the judge
            if not (self.peek().isalpha() or self.peek() == "-"):
                if self.skip(")"):
                    return Row(())
                raise Unreadable(f"an unknown group at {self.at}")
            self.at += 1
        return self.closed(depth)

    def closed(self, depth: int) -> Node:
        found = self.either(depth + 1)
        if not self.skip(")"):
            raise Unreadable("'(' without ')'")
        return found

    def escape(self) -> Node:
        if self.ecma:
            char = self.peek()
            if char in {"b", "B", "A", "z", "Z"}:
                self.at += 1
                return Anchor({"A": "^", "z": "$", "Z": "$"}.get(char, char))
            if char == "k" and self.peek(1) == "<":
                self.at += 2
                return Again(self.until(">"))
            if char.isdigit() and char != "0":
                start = self.at
                while self.peek().isdigit():
                    self.at += 1
                return Again(self.text[start : self.at])
        return One(self.escaped())

    def escaped(self) -> Chars:
        char = self.take()
        low = char.lower()
        if low in "dswic" and (low not in "ic" or not self.ecma):
            found = self.shorthand(low)
            return complement(found) if char.isupper() else found
        if low == "p":
            return self.property(negated=char == "P")
        if self.ecma and char in {"u", "x"}:
            return self.coded(char)
        if self.ecma and char == "c" and self.peek().isalpha():
            return chars(chr(ord(self.take().upper()) - 64))
        if char in _CONTROL and (self.ecma or char in "nrt"):
            return chars(_CONTROL[char])
        if not self.ecma and char.isalnum():
            raise Unreadable(f"an unknown escape at {self.at - 1}")
        return chars(char)

    def shorthand(self, low: str) -> Chars:
        if low == "i":
            return characters.NAME_START
        if low == "c":
            return characters.NAME
        if low == "s":
            return chars(_SPACES[self.flavour])
        if low == "d":
            return span("0", "9") if self.ecma else characters.category("Nd") or ()
        return union(span("a", "z"), span("A", "Z"), span("0", "9"), chars("_")) if self.ecma else characters.words()

    def coded(self, kind: str) -> Chars:
        digits = self.until("}") if kind == "u" and self.skip("{") else ""
        if not digits:
            width = 4 if kind == "u" else 2
            digits = self.text[self.at : self.at + width]
            self.at += width
        try:
            code = int(digits, 16)
            if 0xD800 <= code < 0xDC00 and self.text.startswith("\\u", self.at):
                low = int(self.text[self.at + 2 : self.at + 6], 16)
                self.at += 6
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            return chars(chr(code))
        except (ValueError, OverflowError):
            raise Unreadable(f"no character {digits!r}") from None

    def property(self, *, negated: bool) -> Chars:
        name = self.until("}") if self.skip("{") else self.take()
        key, _, value = name.rpartition("=")
        found: Chars | None
        if key in {"Script", "sc", "Script_Extensions", "scx"}:
            found = characters.script(value)
        elif value.startswith("Is") and not self.ecma:
            found = characters.block(value[2:])
        else:
            found = characters.category(_LONG.get(value, value)) or characters.script(value)
        if found is None:
            raise Unreadable(f"an unknown property {name!r}")
        return complement(found) if negated else found

    def set(self, depth: int) -> Chars:
        if depth > _MAX_DEPTH:
            raise Unreadable("is nested too deep")
        negated = self.skip("^")
        found: list[Chars] = []
        taken: Chars = ()
        first = True
        while first or self.peek() != "]":
            if self.peek() == "]" and self.ecma:
                break
            if not self.ecma and not first and self.skip("-["):
                taken = self.set(depth + 1)
                if self.peek() != "]":
                    raise Unreadable(f"']' expected at {self.at}")
                break
            found.append(self.member())
            first = False
        self.at += 1
        made = union(*found)
        return without(complement(made) if negated else made, taken)

    def member(self) -> Chars:
        low = self.single()
        if self.peek() != "-" or self.peek(1) in {"]", ""} or not _is_single(low):
            return low
        if self.peek(1) == "[" and not self.ecma:  # a subtraction
            return low
        self.at += 1
        high = self.single()
        if not _is_single(high):
            return union(low, high, chars("-"))
        if high[0][0] < low[0][0]:
            raise Unreadable("a range runs backwards")
        return ((low[0][0], high[0][0]),)

    def single(self) -> Chars:
        char = self.take()
        if char != "\\":
            return chars(char)
        if self.ecma and self.skip("b"):
            return chars("\x08")
        return self.escaped()


def _is_single(one: Chars) -> bool:
    return len(one) == 1 and one[0][0] == one[0][1]
