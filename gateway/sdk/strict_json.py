"""JSON from outside, read so that nothing in it can surprise what comes after.

Refused: bad UTF-8, duplicate keys, NaN and infinities, integers beyond 64 bits (our storage has none), nesting deeper
than ``MAX_DEPTH``, lone surrogates and NUL (PostgreSQL can store neither), and more than ``limit`` bytes.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import orjson

MAX_DEPTH: Final = 64
_LEAST: Final = -(2**63)
_TOO_LARGE: Final = 2**64
_DIGITS: Final = 20
MAX_BYTES: Final = 32 * 1024 * 1024


class NotJson(ValueError):
    """The text is not acceptable JSON.

    ``code`` is a stable word: too_large, encoding, syntax, duplicate_key, depth, number, text.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def loads(body: bytes, limit: int = MAX_BYTES) -> Any:
    """Return the value. Raises ``NotJson``."""
    if len(body) > limit:
        raise NotJson("too_large", f"larger than {limit} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson("encoding", f"not UTF-8 at byte {error.start}") from None
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_integer)
    except RecursionError:
        raise NotJson("depth", f"nested deeper than {MAX_DEPTH} levels") from None
    except NotJson:
        raise
    except ValueError as error:  # JSONDecodeError, or an integer of too many digits
        raise NotJson("syntax", f"not JSON: {error}") from None
    # Only a text with so many brackets can be so deep; the walk is not free.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise NotJson("depth", f"nested deeper than {MAX_DEPTH} levels")
    if "\\u" in text:
        _storable(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotJson("duplicate_key", f"the key {twice!r} stands there twice")
    return made


def _no_constant(name: str) -> Any:
    raise NotJson("number", f"{name} is not JSON")


def _integer(text: str) -> int:
    """64 bits hold every number that means something; more would be stored by one database and not by the other."""
    value = int(text) if len(text) <= _DIGITS else _TOO_LARGE
    if not _LEAST <= value < _TOO_LARGE:
        raise NotJson("number", f"the number {text[:40]} is too large")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NotJson("number", f"the number {text[:40]} is too large")
    return value


def _depth(value: Any) -> int:
    deepest, todo = 0, [(value, 1)]
    while todo:
        item, depth = todo.pop()
        deepest = max(deepest, depth)
        if depth > MAX_DEPTH:
            return depth
        if isinstance(item, dict):
            todo.extend((below, depth + 1) for below in item.values() if isinstance(below, dict | list))
        elif isinstance(item, list):
            todo.extend((below, depth + 1) for below in item if isinstance(below, dict | list))
    return deepest


def _storable(value: Any) -> None:
    try:
        plain = orjson.dumps(value)
    except (orjson.JSONEncodeError, TypeError):
        raise NotJson("text", "a text has half of a surrogate pair") from None
    if b"\\u0000" in plain:
        raise NotJson("text", "a text has the character NUL")
