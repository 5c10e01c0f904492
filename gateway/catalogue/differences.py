"""Where two JSON values differ, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.catalogue.onboarding.words import literal, one_line


def difference(wanted: Any, found: Any, path: str = "") -> str | None:
    """Return where two JSON values differ and how, ``None`` where they do not. ``1`` and ``1.0`` are the same number."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key in [*wanted, *(key for key in found if key not in wanted)]:
            here = f"{path}/{key}"
            if key not in found:
                return f"{here}: nothing where {short(wanted[key])} is expected"
            if key not in wanted:
                return f"{here}: {short(found[key])} where nothing is expected"
            if (deeper := difference(wanted[key], found[key], here)) is not None:
                return deeper
        return None
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(wanted, found, strict=True))
        return next((deeper for i, (w, f) in pairs if (deeper := difference(w, f, f"{path}/{i}")) is not None), None)
    same = wanted == found and isinstance(wanted, bool) == isinstance(found, bool)
    return None if same else f"{path or '/'}: {short(found)} where {short(wanted)} is expected"


def short(value: Any) -> str:
    """Return a value in one short line."""
    try:
        return one_line(literal(value), 80)
    except (TypeError, ValueError):
        return one_line(repr(value), 80)
