"""Texts that match a pattern: what an example of a field with a pattern needs.

A text is made from the pattern's tree, of the length that is asked for and of characters that people read easily; where several
patterns have to hold, or a pattern looks ahead, the automata are walked together. The last word has who judges messages later:
libxml2 for the patterns of XML Schema, jsonschema-rs for those of JSON Schema. The same question always gets the same answer,
and all work is bounded (under a second): what would take longer is ``None``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, Literal
from xml.sax.saxutils import quoteattr

import jsonschema_rs
from lxml import etree

from gateway.sdk.characters import UNIVERSE, Chars, chars, preferred
from gateway.sdk.pattern_search import shared
from gateway.sdk.pattern_syntax import Again, Anchor, Capture, Either, Look, Node, One, Repeat, Row, Unreadable, parse

Flavour = Literal["xsd", "json"]

_VARIANTS: Final = 12
_LENGTHS: Final = 6
_SLACK: Final = 64
_MAX_LENGTH: Final = 12_000
_MAX_PARTS: Final = 50_000
_MAX_JUDGED: Final = 200
_MAX_BRANCHES: Final = 16
_MAX_POWERS: Final = 4_000
_ANYTHING: Final = Repeat(One(tuple(r for r in UNIVERSE if r[0] >= 0x20)), 0, None)
_SPACE: Final = Repeat(One(chars(" -")), 0, None)


def sample(pattern: str, *, least: int = 0, most: int | None = None, flavour: Flavour = "xsd") -> str | None:
    """Return a text that matches ``pattern`` and has ``least`` to ``most`` characters; ``None`` when none is found."""
    return samples([pattern], least=least, most=most, flavour=flavour)


def samples(patterns: Sequence[str], *, least: int = 0, most: int | None = None, flavour: Flavour = "xsd") -> str | None:
    """Return a text that matches every one of ``patterns``, else ``None``.

    ``xsd``: a pattern is for the whole text, as XML Schema means it. ``json``: it is searched for in the text (ECMA 262).
    """
    return next(candidates(patterns, least=least, most=most, flavour=flavour), None)


def candidates(
    patterns: Sequence[str], *, least: int = 0, most: int | None = None, flavour: Flavour = "xsd", limit: int = 12
) -> Iterator[str]:
    """Yield up to ``limit`` different texts that match every pattern: for who has further wishes, such as a date that exists."""
    judge = _judge(tuple(patterns), flavour)
    if judge is None or (most is not None and most < least):
        return
    found: set[str] = set()
    for text in itertools.islice(_texts(patterns, least, most, flavour), _MAX_JUDGED):
        if text not in found and least <= len(text) and (most is None or len(text) <= most) and judge(text):
            found.add(text)
            yield text
            if len(found) >= limit:
                return


def matches(patterns: Sequence[str], text: str, flavour: Flavour = "xsd") -> bool:
    """Say whether the text matches every pattern. A pattern that its judge cannot read matches nothing."""
    judge = _judge(tuple(patterns), flavour)
    return judge is not None and judge(text)


def readable(pattern: str, flavour: Flavour = "xsd") -> bool:
    """Say whether the judge of that flavour can read the pattern."""
    return _judge((pattern,), flavour) is not None


# -- who judges ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2048)
def _judge(patterns: tuple[str, ...], flavour: Flavour) -> Callable[[str], bool] | None:
    return _by_libxml2(patterns) if flavour == "xsd" else _by_json_schema(patterns)


def _by_libxml2(patterns: tuple[str, ...]) -> Callable[[str], bool] | None:
    made = '<xs:restriction base="xs:string"/>'
    for number, pattern in enumerate(patterns):
        base = '<xs:restriction base="xs:string">' if number == 0 else f"<xs:restriction><xs:simpleType>{made}</xs:simpleType>"
        made = f"{base}<xs:pattern value={quoteattr(pattern)}/></xs:restriction>"
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="v"><xs:simpleType>{made}</xs:simpleType>'
    try:
        schema = etree.XMLSchema(etree.fromstring(f"{text}</xs:element></xs:schema>"))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError):
        return None

    def judge(value: str) -> bool:
        node = etree.Element("v")
        try:
            node.text = value
        except ValueError:  # a character that XML cannot hold
            return False
        return bool(schema.validate(node))

    return judge


def _by_json_schema(patterns: tuple[str, ...]) -> Callable[[str], bool] | None:
    try:
        validator = jsonschema_rs.Draft202012Validator({"allOf": [{"pattern": pattern} for pattern in patterns] or [{}]})
    except (jsonschema_rs.ValidationError, ValueError):
        return None
    return lambda value: bool(validator.is_valid(value))


# -- candidates ----------------------------------------------------------------------------------------------------------


def _texts(patterns: Sequence[str], least: int, most: int | None, flavour: Flavour) -> Iterator[str]:
    """Yield texts that probably match: made from each pattern alone first, then from all together."""
    try:
        trees = [_cases(parse(pattern, flavour), flavour) for pattern in patterns]
    except Unreadable:
        return
    combined = [[part for case in cases for part in case] for cases in itertools.islice(itertools.product(*trees), _MAX_BRANCHES)]
    alone = len(patterns) == 1 and all(len(parts) == 1 for parts in combined)
    for node in dict.fromkeys(node for parts in combined for node, wanted in parts if wanted):
        made = _made(node, least, most)
        # Of several patterns each would offer many texts that the others refuse.
        yield from made if alone else itertools.islice(made, _VARIANTS)
    for parts in combined:
        yield from itertools.islice(shared(parts, least, most), _MAX_JUDGED // len(combined))


def _cases(node: Node, flavour: Flavour) -> list[list[tuple[Node, bool]]]:
    """Return the ways in which a text can match: each a list of trees for the whole text, that must match or must not."""
    if flavour == "xsd":
        return [[(node, True)]]
    while isinstance(node, Capture):
        node = node.item
    return [_case(branch) for branch in (node.items if isinstance(node, Either) else (node,))]


def _case(branch: Node) -> list[tuple[Node, bool]]:
    items: list[Node] = list(branch.items) if isinstance(branch, Row) else [branch]
    parts: list[tuple[Node, bool]] = []
    started = False
    while items and isinstance(first := items[0], Anchor | Look):
        if isinstance(first, Look) and first.ahead:
            parts.append((_whole([first.item], started=started), first.wanted))
        elif isinstance(first, Anchor) and first.kind == "^":
            started = True
        del items[0]
    return [(_whole(items, started=started), True), *parts]


def _whole(items: list[Node], *, started: bool) -> Node:
    """Return what matches a whole text in which ``items`` are found."""
    if len(items) == 1 and isinstance(only := items[0], Either):
        return Either(tuple(_whole([one], started=started) for one in only.items))
    if len(items) == 1 and isinstance(items[0], Row):
        items = list(items[0].items)
    if items and items[0] == Anchor("^"):
        items, started = items[1:], True
    ended = bool(items) and items[-1] == Anchor("$")
    before, after = (_SPACE if items and items[end] == Anchor("b") else _ANYTHING for end in (0, -1))
    return Row((*([] if started else [before]), *items, *([] if ended else [after])))


def _made(node: Node, least: int, most: int | None) -> Iterator[str]:
    """Yield texts of a tree, of the shortest lengths that are neither empty nor too short."""
    maker = _Maker(least, most)
    try:
        possible = maker.lengths(node)
        sizes = list(itertools.islice((size for size in _bits(possible) if size >= max(least, 1)), _LENGTHS))
        if possible & 1 and least == 0:
            sizes.append(0)
        for variant in range(_VARIANTS):
            for size in sizes[: 1 if variant == 0 else None]:
                yield maker.text(node, size, variant)
        for size in sizes[1:]:
            yield maker.text(node, size, 0)
    except _Enough:
        return


class _Enough(Exception):
    """The pattern asks for more work than an example is worth."""


class _Maker:
    """Makes texts of one length from a tree. The lengths that a node can have are the bits of a number."""

    def __init__(self, least: int, most: int | None) -> None:
        reach = max(least, 1) + _SLACK
        self._least = least
        self._bound = min(_MAX_LENGTH, reach if most is None else max(min(most, reach), 1))
        self._mask = (1 << (self._bound + 1)) - 1
        self._known: dict[int, int] = {}
        self._powers: dict[tuple[int, int, int | None], int] = {}
        self._rests: dict[int, list[int]] = {}
        self._out: list[str] = []
        self._groups: dict[str, str] = {}
        self._variant = 0
        self._letters = self._digits = self._parts = 0

    def text(self, node: Node, size: int, variant: int) -> str:
        """Return a text of ``size`` characters, a length that the node can have."""
        self._out, self._groups, self._variant = [], {}, variant
        self._letters = self._digits = variant // 2
        self._make(node, size)
        return "".join(self._out)

    def lengths(self, node: Node) -> int:
        """Return the lengths that texts of the node can have, as bits; those out of reach are left out."""
        if not self._known and self._bound < _MAX_LENGTH:  # a pattern may be longer than what is asked for at least
            self._widen(_least(node))
        return self._lengths(node)

    def _widen(self, shortest: int) -> None:
        if shortest + _SLACK > self._bound >= self._least + _SLACK:
            self._bound = min(_MAX_LENGTH, shortest + _SLACK)
            self._mask = (1 << (self._bound + 1)) - 1

    def _lengths(self, node: Node) -> int:
        key = id(node)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._counted(node)
        return known

    def _counted(self, node: Node) -> int:
        if isinstance(node, One):
            return 2 if node.chars else 0
        if isinstance(node, Row):
            return self._rest(node)[0]
        if isinstance(node, Either):
            found = 0
            for item in node.items:
                found |= self._lengths(item)
            return found
        if isinstance(node, Repeat):
            return self._repeated(node.item, node.least, node.most)
        return self._lengths(node.item) if isinstance(node, Capture) else 1

    def _rest(self, node: Row) -> list[int]:
        known = self._rests.get(id(node))
        if known is None:
            known = [1]
            for item in reversed(node.items):
                known.append(self._sums(self._lengths(item), known[-1]))
            known.reverse()
            self._rests[id(node)] = known
        return known

    def _repeated(self, item: Node, least: int, most: int | None) -> int:
        key = (id(item), least, most)
        known = self._powers.get(key)
        if known is None:
            if len(self._powers) > _MAX_POWERS:
                raise _Enough
            one = self._lengths(item)
            more = self._bound if most is None else min(most - least, self._bound)
            known = self._powers[key] = self._sums(self._power(one, least), self._power(one | 1, more))
        return known

    def _power(self, one: int, times: int) -> int:
        made = 1
        while times and made:
            if times & 1:
                made = self._sums(made, one)
            times >>= 1
            if times:
                one = self._sums(one, one)
        return made

    def _sums(self, one: int, other: int) -> int:
        if one == 1 or other == 1:
            return one if other == 1 else other
        if one.bit_count() > other.bit_count():
            one, other = other, one
        made = 0
        for size in _bits(one):
            made |= other << size
        return made & self._mask

    def _make(self, node: Node, size: int) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise _Enough
        if isinstance(node, One):
            self._out.append(self._char(node.chars))
        elif isinstance(node, Row):
            rest = self._rest(node)
            for number, item in enumerate(node.items):
                part = self._part(self._lengths(item), rest[number + 1], size)
                self._make(item, part)
                size -= part
        elif isinstance(node, Either):
            able = [item for item in node.items if self._lengths(item) >> size & 1]
            self._make(able[self._variant % len(able)], size)
        elif isinstance(node, Repeat):
            self._repeat(node, size)
        elif isinstance(node, Capture):
            start = len(self._out)
            self._make(node.item, size)
            self._groups |= dict.fromkeys(node.names, "".join(self._out[start:]))
        elif isinstance(node, Again):
            self._out.append(self._groups.get(node.name, ""))

    def _repeat(self, node: Repeat, size: int) -> None:
        least, most = node.least, node.most
        one = self._lengths(node.item)
        while size or (least and not one & 1):
            least, most = max(least - 1, 0), None if most is None else most - 1
            rest = 1 << size if one == 2 else self._repeated(node.item, least, most)
            part = 1 if one == 2 else self._part(one & ~1 or one, rest, size)
            self._make(node.item, part)
            size -= part

    def _part(self, mine: int, rest: int, size: int) -> int:
        """Return a length for one part such that the parts after it can have the others."""
        fits = (part for part in _bits(mine & ((1 << (size + 1)) - 1)) if rest >> (size - part) & 1)
        if self._variant % 3 == 2:
            return max(fits)
        return next(fits)

    def _char(self, found: Chars) -> str:
        row = preferred(found)
        if self._variant % 2:  # the same again and again: 1111-11-11 is a date
            return row[self._variant // 2 % len(row)]
        if row[0].isdigit():
            self._digits += 1
            return row[(self._digits - 1) % len(row)]
        self._letters += 1
        return row[(self._letters - 1) % len(row)]


def _least(node: Node) -> int:
    """Return how many characters the shortest text of a node has."""
    if isinstance(node, One):
        return 1
    if isinstance(node, Row):
        return sum(_least(item) for item in node.items)
    if isinstance(node, Either):
        return min(_least(item) for item in node.items)
    if isinstance(node, Repeat):
        return node.least * _least(node.item)
    return _least(node.item) if isinstance(node, Capture) else 0


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
