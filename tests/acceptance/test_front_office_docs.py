"""``docs/front-office.md`` does what it says: its snippets are run, in order, against a gateway as ``make run`` starts it.

A ```` ```bash ```` block is run in one shell with all the others; each line of the ```` ```text ```` block that follows has to
be found in what it printed.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import Town

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "front-office.md"
_BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "--- end of snippet {} ---"


@dataclass
class Snippet:
    line: int
    commands: str
    expected: tuple[str, ...] = ()


def snippets() -> list[Snippet]:
    text = PAGE.read_text(encoding="utf-8")
    found: list[Snippet] = []
    for block in _BLOCK.finditer(text):
        kind, content = block.groups()
        if kind == "bash":
            found.append(Snippet(text.count("\n", 0, block.start()) + 2, content))
        else:
            found[-1].expected = tuple(content.splitlines())
    return found


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """The embedded gateway with its simulated agencies."""
    catalogue = load_catalogue(ROOT, environ={}, adapters=find_adapters())
    town = Town(tmp_path / "town", ROOT, catalogue, {"DARCHA_BROKER_URL": "memory://", "DARCHA_DATABASE_URL": ""})
    try:
        await town.start_simulators()
        await town.start_gateway()
        yield town
    finally:
        await town.stop()


async def test_every_snippet_of_the_page(town: Town, tmp_path: Path) -> None:
    page = snippets()
    assert len(page) > 10
    script = "\n".join(f"{s.commands}\necho\necho '{_MARK.format(i)}'" for i, s in enumerate(page))
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=tmp_path,
        env={**os.environ, "DARCHA": town.address, "KEY": town.key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await shell.communicate())[0].decode()
    rest = printed
    for number, snippet in enumerate(page):
        mark = _MARK.format(number)
        assert mark in rest, f"{PAGE.name}:{snippet.line} failed:\n{rest[-4000:]}"
        said, rest = rest.split(mark, 1)
        for line in snippet.expected:
            assert line in said, f"{PAGE.name}:{snippet.line} did not print {line!r} but:\n{said[-4000:]}"
    assert shell.returncode == 0, printed[-4000:]


def test_each_snippet_says_what_is_to_be_seen() -> None:
    silent = [s.line for s in snippets() if not s.expected]
    assert len(silent) <= 1, f"snippets without an expected output at lines {silent}"
