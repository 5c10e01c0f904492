"""The commands of a documentation page, and what each has to print."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "--- end of snippet {} ---"


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


async def follow(page: Path, folder: Path, given: Mapping[str, str]) -> None:
    """Run the commands of a page in one shell, in order, and hold what each prints against the page.

    ``given`` are the variables that a reader has set; spaces are not compared, for a table may break its words.
    """
    wanted = snippets(page)
    script = "\n".join(f"{s.commands}\necho\necho '{_MARK.format(i)}'" for i, s in enumerate(wanted))
    env = {name: value for name, value in os.environ.items() if not name.startswith("DARCHA_")}
    env |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200", **given}
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"),
        cwd=folder,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        printed = (await shell.communicate())[0].decode()
    finally:
        with contextlib.suppress(ProcessLookupError):  # a page that failed may have left a server behind
            os.killpg(shell.pid, signal.SIGKILL)
    rest = printed
    for number, snippet in enumerate(wanted):
        mark = _MARK.format(number)
        assert mark in rest, f"{page.name}:{snippet.line} failed:\n{rest[-4000:]}"
        said, rest = rest.split(mark, 1)
        for line in snippet.expected:
            assert _squeezed(line) in _squeezed(said), f"{page.name}:{snippet.line} did not print {line!r} but:\n{said[-4000:]}"
    assert shell.returncode == 0, printed[-4000:]


def _squeezed(text: str) -> str:
    return "".join(text.split())
