"""Mistakes of a catalogue as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from gateway.catalogue.mistakes import Mistake


def as_text(mistakes: Sequence[Mistake], warnings: Sequence[Mistake] = ()) -> str:
    """Return the report: by file, each mistake with line, key, what was expected and how to mend it."""
    lines = [*_by_file("", mistakes), *_by_file("warning: ", warnings)]
    count = f"{len(mistakes)} {'mistake' if len(mistakes) == 1 else 'mistakes'}" if mistakes else "no mistakes"
    told = f", {len(warnings)} {'warning' if len(warnings) == 1 else 'warnings'}" if warnings else ""
    return "\n".join([*lines, f"{count}{told}"])


def as_json(mistakes: Sequence[Mistake], warnings: Sequence[Mistake] = ()) -> dict[str, Any]:
    """Return ``{ok, mistakes, warnings}``, plain JSON."""
    return {"ok": not mistakes, "mistakes": [_plain(m) for m in mistakes], "warnings": [_plain(w) for w in warnings]}


def _by_file(word: str, mistakes: Sequence[Mistake]) -> list[str]:
    lines = []
    for file, group in groupby(mistakes, key=lambda m: m.file):
        lines.append(file)
        for mistake in group:
            where = f"line {mistake.line}" if mistake.line else "whole file"
            key = f"{mistake.key}: " if mistake.key else ""
            lines += [f"  {where}: {word}{key}expected {mistake.expected}", f"    to mend: {mistake.fix}"]
        lines.append("")
    return lines


def _plain(mistake: Mistake) -> dict[str, Any]:
    return {field: getattr(mistake, field) for field in Mistake.__dataclass_fields__}
