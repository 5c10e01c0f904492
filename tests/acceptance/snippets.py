"""The commands of a documentation page, and what each has to print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "--- end of snippet {} ---"


@dataclass
class Snippet:
    line: int
    commands: str
    expected: tuple[str, ...] = ()


def snippets(page: Path) -> list[Snippet]:
    text = page.read_text(encoding="utf-8")
    found: list[Snippet] = []
    for block in _BLOCK.finditer(text):
        kind, content = block.groups()
        if kind == "bash":
            found.append(Snippet(text.count("\n", 0, block.start()) + 2, content))
        else:
            found[-1].expected = tuple(content.splitlines())
    return found
