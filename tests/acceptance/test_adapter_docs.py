"""``docs/adapters`` does what it says: the commands of its pages are run, in order, at the root of a copy of the repository.

A ```` ```bash ```` block is run in one shell with the page's others; each line of the ```` ```text ```` block that follows has to
be found in what it printed, but for spaces. (``first-adapter.md`` has a test of its own, ``test_third_party_adapter``.)
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.town import free_port
from tests.acceptance.snippets import follow, snippets

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
    await follow(DOCS / page, tmp_path if page != "README.md" else ROOT, {"PORT": str(free_port())})
