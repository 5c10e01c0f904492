"""Patterns of contracts, as the validator can take them.

A contract's pattern is written for some engine: JavaScript, Python, PCRE, Java. ``usable`` returns it as it stands where
our engine takes it, else a translation that means the same, else one that allows more, else nothing. What changed the
meaning is told; a validator that refuses a whole schema for one pattern would check nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import jsonschema_rs

_DELIMITED: Final = re.compile(r"/(\^.*\$)/([gimsuy]*)", re.DOTALL)
_LARGE: Final = re.compile(r"\{(\d+),(\d+)\}|\{(\d+)\}")
_MOST: Final = 1000
#: What one engine writes and ours does not know, and what means the same there.
_SAME: Final = (
    ("\\A", "^"),
    ("\\Z", "$"),
    ("\\z", "$"),
    ("(?>", "(?:"),
    ("[^]", "[\\s\\S]"),
    ("{,", "{0,"),
)


@lru_cache(maxsize=4096)
def usable(pattern: str) -> tuple[str, str]:
    """Return the pattern to use (empty: none) and what to tell about it (empty: it is used as it stands)."""
    if (found := _DELIMITED.fullmatch(pattern)) is not None:
        inner = f"(?i){found[1]}" if "i" in found[2] else found[1]
        if _compiles(inner):
            return inner, f"the pattern {_short(pattern)} is used without its delimiters"
    if _compiles(pattern):
        return pattern, ""
    same = pattern
    for other, ours in _SAME:
        same = same.replace(other, ours)
    same = _hyphens(same)
    if _compiles(same):
        return same, ""
    wider = _LARGE.sub(_open, same)
    if _compiles(wider):
        return wider, f"the pattern {_short(pattern)} is too large for the validator; its large counts are not checked"
    return "", f"the pattern {_short(pattern)} cannot be read; it is not checked"


def _compiles(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def _hyphens(pattern: str) -> str:
    """``[\\w-.]`` means the three of them: a hyphen beside a class is itself."""
    pattern = re.sub(r"(\\[wdsWDS])-(?!\])", r"\1\\-", pattern)
    return re.sub(r"(?<!\\)-(\\[wdsWDS])", r"\\-\1", pattern)


def _open(found: re.Match[str]) -> str:
    least = int(found[1] or found[3])
    most = int(found[2] or found[3])
    if most <= _MOST:
        return found[0]
    return f"{{{min(least, _MOST)},}}"


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 60 else f"{pattern[:57]}..."
