"""Every example of the reference catalogue ends as it says, on every combination."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.cli.examples import Player, read_examples
from tests.path.catalogue import ROOT
from tests.path.gateway import Gateway


@pytest.fixture
def catalogue_root() -> Path:
    return ROOT


async def test_every_example_ends_as_it_says(gateway: Gateway) -> None:
    examples = await asyncio.to_thread(read_examples, ROOT)
    player = Player(gateway.client, patience_secs=90)
    played = await asyncio.gather(*(player.play(e, f"key of {e.name}") for e in examples))
    assert not {p.example.name: p.problems for p in played if p.problems}
    assert await gateway.incidents() == []
