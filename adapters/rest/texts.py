"""Example texts and numbers that a schema's own rules allow. Deterministic; ``nth`` tells the members of a list apart."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from adapters.rest.merging import PATTERNS
from gateway.sdk.patterns import candidates, matches

#: The formats with an example each; ``{n}`` is the place within a list. Those that are short come first.
_FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("2026-01-{d:02}",),
    "date-time": ("2026-01-{d:02}T10:00:00+05:00", "2026-01-{d:02}T10:00:00Z"),
    "time": ("10:00:{d:02}+05:00", "10:00:{d:02}Z"),
    "duration": ("P{d}D",),
    "email": ("namuna{n}@example.uz", "n{n}@e.uz"),
    "idn-email": ("namuna{n}@example.uz",),
    "hostname": ("namuna{n}.example.uz", "n{n}.uz"),
    "idn-hostname": ("namuna{n}.example.uz",),
    "ipv4": ("192.0.2.{d}",),
    "ip": ("192.0.2.{d}",),
    "ipv6": ("2001:db8::{d}",),
    "uri": ("https://example.uz/{n}", "urn:n:{d}"),
    "url": ("https://example.uz/{n}",),
    "uri-reference": ("/namuna/{n}", "{d}"),
    "iri": ("https://example.uz/{n}",),
    "iri-reference": ("/namuna/{n}",),
    "uri-template": ("/namuna/{{id}}/{n}",),
    "uuid": ("00000000-0000-4000-8000-{d:012}",),
    "json-pointer": ("/namuna{n}",),
    "relative-json-pointer": ("{d}",),
    "regex": ("namuna{n}",),
}
_PLAIN: Final = "namuna"
_MAX_PLAIN: Final = 100_000


def text(schema: Mapping[str, Any], nth: int = 0) -> str | None:
    """Return a text by length, format and patterns; ``None`` where none is found."""
    least = int(schema.get("minLength", 0))
    most = schema.get("maxLength")
    most = None if most is None else int(most)
    if (most is not None and most < least) or least > _MAX_PLAIN:
        return None
    form = "byte" if schema.get("contentEncoding") == "base64" else str(schema.get("format", ""))
    patterns = tuple(schema.get(PATTERNS, ()))
    fitting = [made for made in _formed(form, nth) if least <= len(made) and (most is None or len(made) <= most)]
    if not patterns:
        return fitting[0] if fitting else _plain(form, least, most, nth)
    for made in fitting:
        if matches(patterns, made, "json"):
            return made
    found = list(candidates(patterns, least=least, most=most, flavour="json", limit=nth + 1))
    return found[min(nth, len(found) - 1)] if found else None


def _formed(form: str, nth: int) -> list[str]:
    return [shape.format(n=nth or "", d=nth % 28 + 1) for shape in _FORMATS.get(form, ())]


def _plain(form: str, least: int, most: int | None, nth: int) -> str:
    made = f"{_PLAIN}{nth or ''}"
    if form == "byte":
        made = base64.b64encode(made.encode()).decode()
    if most is not None and len(made) > most:
        made = f"{nth}"[-most:] if nth and most else made[:most]
    return made.ljust(least, "x") if form != "byte" else made.ljust(-(-least // 4) * 4, "A")


def number(schema: Mapping[str, Any], *, whole: bool, nth: int = 0) -> int | float | None:
    """Return a number within the bounds, a multiple where one is asked for; ``None`` where there is none."""
    step = Fraction(str(schema["multipleOf"])) if "multipleOf" in schema else Fraction(1 if whole else 0)
    if whole and step.denominator != 1:
        step = Fraction(step.numerator)
    least, most = _bound(schema, "minimum", "exclusiveMinimum", max), _bound(schema, "maximum", "exclusiveMaximum", min)
    grain = step or Fraction(1)
    start = Fraction(1) if least is None or least[0] < 1 else least[0]  # a small number that people read easily
    if most is not None and start > most[0] and least is not None:
        start = least[0]
    if most is not None and (start > most[0] or (least is None and start >= most[0])):
        start = most[0] if least is None else start
    value = math.ceil(start / grain) * grain if least is not None or most is None else math.floor(start / grain) * grain
    direction = 1 if least is not None or most is None else -1
    value += direction * grain * nth
    for _ in range(3):
        if _within(value, least, most):
            break
        value += direction * grain
    if not _within(value, least, most) and not step and least is not None and most is not None:
        value = (least[0] + most[0]) / 2 if least[0] != most[0] else least[0]
    if not _within(value, least, most):
        return None
    return int(value) if value.denominator == 1 else float(value)


def _bound(schema: Mapping[str, Any], plain: str, exclusive: str, tighter: Any) -> tuple[Fraction, bool] | None:
    """The bound and whether it itself is allowed."""
    given = [(Fraction(str(schema[key])), key == plain) for key in (plain, exclusive) if key in schema]
    if not given:
        return None
    value = tighter(bound for bound, _ in given)
    return value, all(allowed for bound, allowed in given if bound == value)


def _within(value: Fraction, least: tuple[Fraction, bool] | None, most: tuple[Fraction, bool] | None) -> bool:
    if least is not None and (value < least[0] or (value == least[0] and not least[1])):
        return False
    return most is None or value < most[0] or (value == most[0] and most[1])
