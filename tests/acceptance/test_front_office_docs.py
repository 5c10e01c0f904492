"""``docs/front-office.md`` does what it says: its snippets are run, in order, against a gateway as ``make run`` starts it.

A ```` ```bash ```` block is run in one shell with all the others; each line of the ```` ```text ```` block that follows has to
be found in what it printed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import Town
from tests.acceptance.snippets import follow, snippets

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "front-office.md"


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
    page = snippets(PAGE)
    assert len(page) > 10
    await follow(PAGE, tmp_path, {"DARCHA": town.address, "KEY": town.key})


def test_each_snippet_says_what_is_to_be_seen() -> None:
    silent = [s.line for s in snippets(PAGE) if not s.expected]
    assert len(silent) <= 1, f"snippets without an expected output at lines {silent}"
