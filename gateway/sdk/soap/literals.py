"""Example texts for simple types: people read them easily, and libxml2 takes them, all facets respected."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from gateway.sdk.patterns import candidates
from gateway.sdk.soap.values import Kind, SimpleType

#: What stands for a text that has no other rule.
WORD: Final = "example"
_TIMES: Final = ("", "Z", "+05:00")
_TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "date": tuple(f"2026-01-15{zone}" for zone in _TIMES),
    "dateTime": ("2026-01-15T09:30:00+05:00", "2026-01-15T09:30:00", "2026-01-15T09:30:00Z", "2026-01-15T09:30:00.000+05:00"),
    "time": tuple(f"09:30:00{zone}" for zone in _TIMES),
    "duration": ("P1D", "PT1H", "P1M", "P1Y", "PT0S", "P30D", "P1Y2M3DT4H5M6S"),
    "gYear": ("2026", "2026Z"),
    "gYearMonth": ("2026-01",),
    "gMonth": ("--01",),
    "gDay": ("---15",),
    "gMonthDay": ("--01-15",),
    "language": ("uz", "uz-UZ", "uz-Cyrl-UZ", "qaa"),
    "boolean": ("true", "false", "1", "0"),
}
#: The bounds of built-in integers.
_BOUNDS: Final[dict[str, tuple[int | None, int | None]]] = {
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    **{name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in (("long", 64), ("int", 32), ("short", 16), ("byte", 8))},
    **{f"unsigned{name}": (0, 2**bits - 1) for name, bits in (("Long", 64), ("Int", 32), ("Short", 16), ("Byte", 8))},
}
_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
#: Values of these need a DTD, which no message may have.
_OF_A_DTD: Final = frozenset({"ENTITY", "ENTITIES"})
_TRIED: Final = 200
_PATTERNED: Final = 60
#: Longer texts than this help nobody; who asks for more gets none.
_MAX_LENGTH: Final = 100_000


def literals(kind: SimpleType, limit: int = 1) -> list[str]:
    """Return up to ``limit`` different texts of the type, the best first; none where none is found."""
    found: list[str] = []
    for text in itertools.islice(_candidates(kind), _TRIED):
        if text not in found and (kind.kind is Kind.NAME or kind.accepts(text)):
            found.append(text)
            if len(found) == limit:
                break
    return found


def _candidates(kind: SimpleType) -> Iterator[str]:
    if kind.builtin in _OF_A_DTD and not kind.members:
        return
    if kind.enumeration:
        yield from sorted(kind.enumeration, key=lambda text: text.strip() == "")
        return
    if kind.members:
        for member in kind.members:
            yield from literals(member, 3)
    elif kind.kind is Kind.LIST and kind.item is not None:
        yield from _lists(kind, kind.item)
    elif kind.kind in _NUMBERS:
        yield from _numbers(kind)
    elif kind.builtin in _TEXTS:
        yield from _TEXTS[kind.builtin]
        yield from _near_bounds(kind)
    else:
        yield from _texts(kind)
    if kind.patterns:
        yield from _patterned(kind)


def _patterned(kind: SimpleType) -> Iterator[str]:
    steps = [step[0] if len(step) == 1 else "|".join(f"({pattern})" for pattern in step) for step in kind.patterns]
    measured = kind.kind is Kind.TEXT and kind.builtin != "hexBinary" and kind.builtin not in _TEXTS
    least, most = _lengths(kind) if measured else (0, None)
    yield from candidates(steps, least=least, most=most, limit=_PATTERNED)


def _lengths(kind: SimpleType) -> tuple[int, int | None]:
    exact = _whole(kind.facets.get("length"))
    if exact is not None:
        return exact, exact
    return _whole(kind.facets.get("minLength")) or 0, _whole(kind.facets.get("maxLength"))


def _texts(kind: SimpleType) -> Iterator[str]:
    least, most = _lengths(kind)
    if least > _MAX_LENGTH:
        return
    if kind.builtin == "base64Binary":
        size = _size(least, most, len(WORD))
        yield base64.b64encode((WORD * (size // len(WORD) + 1))[:size].encode()).decode()
    elif kind.builtin == "hexBinary":
        yield "0a" * _size(least, most, 1)
    else:
        start = {"anyURI": "urn:example:1", "ID": "id1", "IDREF": "id1"}.get(kind.builtin, WORD)
        size = _size(least, most, len(start))
        yield (start + ("1" if start != WORD else WORD) * size)[:size]
        yield WORD[: _size(least, most, len(WORD))]
        if kind.builtin == "ID":
            yield from (f"id{number}".ljust(least, "x") for number in range(2, _TRIED))


def _size(least: int, most: int | None, wanted: int) -> int:
    return max(least, wanted if most is None else min(wanted, most))


def _lists(kind: SimpleType, item: SimpleType) -> Iterator[str]:
    least, most = _lengths(kind)
    items = literals(item, 3)
    count = _size(least, most, 1)
    if (items or not count) and count <= _MAX_LENGTH:
        yield " ".join(items[number % len(items)] for number in range(count))


def _numbers(kind: SimpleType) -> Iterator[str]:
    """Yield 1 where that is allowed, else numbers at and between the bounds."""
    facets = kind.facets
    whole = kind.kind is Kind.INTEGER
    digits = _whole(facets.get("fractionDigits"))
    step = Decimal(1) if whole or digits == 0 else Decimal(1).scaleb(-min(digits or 2, 2))
    least, most = (None if bound is None else Decimal(bound) for bound in _BOUNDS.get(kind.builtin, (None, None)))
    low = max((b for b in (least, _bound(facets, "minInclusive"), _bound(facets, "minExclusive")) if b is not None), default=None)
    high = min((b for b in (most, _bound(facets, "maxInclusive"), _bound(facets, "maxExclusive")) if b is not None), default=None)
    yield "1"
    found: list[Decimal] = []
    if low is not None:
        found += [low.to_integral_value() + 1, low, low + step, low + step / 100]
    if high is not None:
        found += [high.to_integral_value() - 1, high, high - step, high - step / 100]
    if low is not None and high is not None:
        found.append((low + high) / 2)
    yield from (format(number, "f") for number in [*found, Decimal(0), Decimal(-1)])
    yield from ("1.5", "1.25", "1.0", "1.00", "0.1") if not whole else ()


def _near_bounds(kind: SimpleType) -> Iterator[str]:
    """Yield dates and times at the bounds of the type, and next to them."""
    for facet, sign in (("minInclusive", 1), ("minExclusive", 1), ("maxInclusive", -1), ("maxExclusive", -1)):
        if (bound := kind.facets.get(facet)) is not None:
            yield bound
            yield from _moved(kind.builtin, bound, sign)


def _moved(builtin: str, bound: str, sign: int) -> Iterator[str]:
    try:
        if builtin == "dateTime":
            at = datetime.fromisoformat(bound)
            yield from ((at + timedelta(seconds=sign)).isoformat(), (at + timedelta(days=sign)).isoformat())
        elif builtin == "date":
            yield (date.fromisoformat(bound[:10]) + timedelta(days=sign)).isoformat() + bound[10:]
        elif builtin == "time":
            moment = datetime.combine(date(2026, 1, 15), time.fromisoformat(bound)) + timedelta(seconds=sign)
            yield moment.timetz().isoformat()
        elif builtin in {"gYear", "gYearMonth"}:
            yield f"{int(bound[:4]) + sign:04}{bound[4:]}"
    except (ValueError, OverflowError):  # a bound that Python's calendar does not have
        return


def _bound(facets: dict[str, str], name: str) -> Decimal | None:
    try:
        found = Decimal(facets[name])
    except (KeyError, InvalidOperation):
        return None
    return found if found.is_finite() else None


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
