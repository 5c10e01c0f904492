"""``docs/adapters`` does what it says: the commands of its pages are run, in order, at the root of a copy of the repository.

A ```` ```bash ```` block is run in one shell with the page's others; each line of the ```` ```text ```` block that follows has to
be found in what it printed, but for spaces. (``first-adapter.md`` has a test of its own, ``test_third_party_adapter``.)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

from gateway.cli.town import free_port
from tests.acceptance.snippets import MARK, snippets

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "adapters"


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("page", "least"), [("README.md", 1), ("onboarding.md", 8)])
async def test_every_command_of_the_page(page: str, least: int, tmp_path: Path) -> None:
    wanted = snippets(DOCS / page)
    assert len(wanted) >= least
    for name in ("adapters", "contracts", "docs", "gateway", "tests", "bench", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    script = "\n".join(f"{s.commands}\necho\necho '{MARK.format(i)}'" for i, s in enumerate(wanted))
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=tmp_path if page != "README.md" else ROOT,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PORT": str(free_port()),
            "COLUMNS": "200",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(90):
            printed = (await shell.communicate())[0].decode()
    finally:
        with contextlib.suppress(ProcessLookupError):  # a page that failed has left its simulator behind
            os.killpg(shell.pid, signal.SIGKILL)
    rest = printed
    for number, snippet in enumerate(wanted):
        mark = MARK.format(number)
        assert mark in rest, f"{page}:{snippet.line} failed:\n{rest[-4000:]}"
        said, rest = rest.split(mark, 1)
        for line in snippet.expected:
            assert plain(line) in plain(said), f"{page}:{snippet.line} did not print {line!r} but:\n{said[-4000:]}"
    assert shell.returncode == 0, printed[-4000:]
