"""Sets of characters, as the regular expressions of XML Schema and of JSON Schema name them.

A set is a sorted tuple of ranges of code points. The universe is what XML 1.0 allows of the basic plane: rarer characters can be
named one by one, and are never needed to find an example. Blocks are those of Unicode 3.1, which XML Schema 1.0 refers to.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from typing import Final

#: Ranges of code points, both ends included, sorted and apart.
Chars = tuple[tuple[int, int], ...]

UNIVERSE: Final[Chars] = ((0x9, 0xA), (0xD, 0xD), (0x20, 0xD7FF), (0xE000, 0xFFFD))

_LAST: Final = 0x10FFFF
#: What people read first. A set is asked for these in turn before any other of its characters.
_READABLE: Final = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "1234567890"
    "-_./ ,:;+#*@&%()[]{}<>=?!'\"\\|~^$`"
    "абвгдежзиклмнопрстуфхцчшщыэюяАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ"
)
_ENOUGH: Final = 40


def chars(text: str) -> Chars:
    """Return the set of the characters of ``text``."""
    return _joined((ord(c), ord(c)) for c in text)


def span(first: str, last: str) -> Chars:
    """Return the set of the characters from ``first`` to ``last``."""
    return ((ord(first), ord(last)),)


def union(*sets: Chars) -> Chars:
    """Return what is in any of the sets."""
    return _joined(r for one in sets for r in one)


def without(one: Chars, other: Chars) -> Chars:
    """Return what is in ``one`` and not in ``other``."""
    left: list[tuple[int, int]] = []
    for start, end in one:
        low = start
        for first, last in other:
            if last < low or first > end:
                continue
            if first > low:
                left.append((low, first - 1))
            low = last + 1
        if low <= end:
            left.append((low, end))
    return tuple(left)


def complement(one: Chars) -> Chars:
    """Return what is in the universe and not in the set."""
    return without(UNIVERSE, one)


def contains(one: Chars, char: str) -> bool:
    """Say whether the character is in the set."""
    code = ord(char)
    place = bisect_right(one, (code, _LAST)) - 1
    return place >= 0 and one[place][1] >= code


@cache
def preferred(one: Chars) -> str:
    """Return up to 40 characters of the set, those that people read most easily first; empty for an empty set."""
    found = "".join(c for c in _READABLE if contains(one, c))
    if found:
        return found
    some = (chr(code) for first, last in one for code in range(first, min(last, first + _ENOUGH) + 1))
    shown = sorted(some, key=lambda c: (not c.isprintable(), c.isspace()))
    return "".join(shown[:_ENOUGH])


@cache
def category(name: str) -> Chars | None:
    """Return the characters of a general category of Unicode (``L``, ``Lu``, ...); ``None`` when there is no such category."""
    found = _joined(
        (code, code)
        for first, last in UNIVERSE
        for code in range(first, last + 1)
        if unicodedata.category(chr(code)).startswith(name)
    )
    return found or None


def block(name: str) -> Chars | None:
    """Return the characters of a block of Unicode, by its name without spaces (``Cyrillic``); ``None`` when it is unknown."""
    found = _BLOCKS.get(name)
    return None if found is None else without((found,), ((0xD800, 0xDFFF), (0xFFFE, 0xFFFF)))


def script(name: str) -> Chars | None:
    """Return the letters of a script, as far as its blocks tell; ``None`` when it is unknown."""
    blocks = _SCRIPTS.get(name)
    return None if blocks is None else without(blocks, complement(category("L") or ()))


@cache
def words() -> Chars:
    r"""Return ``\w`` of XML Schema: all but punctuation, separators and control characters."""
    return complement(union(*(category(name) or () for name in ("P", "Z", "C"))))


def _joined(ranges: Iterable[tuple[int, int]]) -> Chars:
    made: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if made and first <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, min(last, _LAST)))
    return tuple(made)


#: Where a name of XML starts, and goes on (XML 1.0, productions 4 and 4a).
NAME_START: Final[Chars] = _joined(
    [
        (0x3A, 0x3A),
        (0x41, 0x5A),
        (0x5F, 0x5F),
        (0x61, 0x7A),
        (0xC0, 0xD6),
        (0xD8, 0xF6),
        (0xF8, 0x2FF),
        (0x370, 0x37D),
        (0x37F, 0x1FFF),
        (0x200C, 0x200D),
        (0x2070, 0x218F),
        (0x2C00, 0x2FEF),
        (0x3001, 0xD7FF),
        (0xF900, 0xFDCF),
        (0xFDF0, 0xFFFD),
    ]
)
NAME: Final[Chars] = union(
    NAME_START, chars("-."), span("0", "9"), chars("\u00b7"), span("\u0300", "\u036f"), span("\u203f", "\u2040")
)

_BLOCKS: Final[dict[str, tuple[int, int]]] = {
    "BasicLatin": (0x0, 0x7F),
    "Latin-1Supplement": (0x80, 0xFF),
    "LatinExtended-A": (0x100, 0x17F),
    "LatinExtended-B": (0x180, 0x24F),
    "IPAExtensions": (0x250, 0x2AF),
    "SpacingModifierLetters": (0x2B0, 0x2FF),
    "CombiningDiacriticalMarks": (0x300, 0x36F),
    "Greek": (0x370, 0x3FF),
    "GreekandCoptic": (0x370, 0x3FF),
    "Cyrillic": (0x400, 0x4FF),
    "CyrillicSupplement": (0x500, 0x52F),
    "Armenian": (0x530, 0x58F),
    "Hebrew": (0x590, 0x5FF),
    "Arabic": (0x600, 0x6FF),
    "Syriac": (0x700, 0x74F),
    "Thaana": (0x780, 0x7BF),
    "Devanagari": (0x900, 0x97F),
    "Bengali": (0x980, 0x9FF),
    "Gurmukhi": (0xA00, 0xA7F),
    "Gujarati": (0xA80, 0xAFF),
    "Oriya": (0xB00, 0xB7F),
    "Tamil": (0xB80, 0xBFF),
    "Telugu": (0xC00, 0xC7F),
    "Kannada": (0xC80, 0xCFF),
    "Malayalam": (0xD00, 0xD7F),
    "Sinhala": (0xD80, 0xDFF),
    "Thai": (0xE00, 0xE7F),
    "Lao": (0xE80, 0xEFF),
    "Tibetan": (0xF00, 0xFFF),
    "Myanmar": (0x1000, 0x109F),
    "Georgian": (0x10A0, 0x10FF),
    "HangulJamo": (0x1100, 0x11FF),
    "Ethiopic": (0x1200, 0x137F),
    "Cherokee": (0x13A0, 0x13FF),
    "Khmer": (0x1780, 0x17FF),
    "Mongolian": (0x1800, 0x18AF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "MiscellaneousTechnical": (0x2300, 0x23FF),
    "BoxDrawing": (0x2500, 0x257F),
    "GeometricShapes": (0x25A0, 0x25FF),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7A3),
    "PrivateUse": (0xE000, 0xF8FF),
    "CJKCompatibilityIdeographs": (0xF900, 0xFAFF),
    "ArabicPresentationForms-A": (0xFB50, 0xFDFF),
    "ArabicPresentationForms-B": (0xFE70, 0xFEFE),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
}
_SCRIPTS: Final[dict[str, Chars]] = {
    "Latin": ((0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0x24F), (0x1E00, 0x1EFF)),
    "Greek": ((0x370, 0x3E1), (0x3F0, 0x3FF), (0x1F00, 0x1FFF)),
    "Cyrillic": ((0x400, 0x52F),),
    **{name: (_BLOCKS[name],) for name in ("Armenian", "Hebrew", "Arabic", "Devanagari", "Bengali", "Tamil", "Thai", "Georgian")},
    **{name: (_BLOCKS[name],) for name in ("Ethiopic", "Khmer", "Mongolian", "Hiragana", "Katakana")},
    "Han": (_BLOCKS["CJKUnifiedIdeographs"],),
    "Hangul": (_BLOCKS["HangulSyllables"],),
}
