"""The promises under fire: every role in a process of its own, a worker killed, the broker killed and its disk deleted."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.examples import Played, Player, read_examples, varied
from gateway.cli.town import ROLES, Town
from gateway.client import GatewayClient
from gateway.servers import PostgresServer, RabbitmqServer, require_postgres, require_rabbitmq

ROOT = Path(__file__).parents[2]
APPLICATIONS = 200
HELD = 10
#: So that the test need not wait for the times of production: a lease ends soon, retries come soon.
QUICK = {"DARCHA_SEND_WITHIN_SECS": "5", "DARCHA_LEASE_MARGIN_SECS": "2"}
#: As above: how long a lane rests after its agency's lost answers.
REST_SECS = 3


def quick_catalogue(folder: Path) -> Path:
    """The reference catalogue with shorter rests of its lanes."""
    for part in ("schemas", "contracts"):
        shutil.copytree(ROOT / part, folder / part)
    for contract in (folder / "contracts").glob("*/agency.yaml"):
        text = contract.read_text("utf-8")
        quick, count = re.subn(r"pause_secs: \d+", f"pause_secs: {REST_SECS}", text)
        assert count == text.count("breaker:"), f"{contract.parent.name} has other rests now"
        contract.write_text(quick, "utf-8")
    return folder


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[tuple[Town, RabbitmqServer]]:
    """A whole town on servers of its own, for they will be killed."""
    require_postgres()
    require_rabbitmq()
    postgres, rabbitmq = PostgresServer(), RabbitmqServer()
    town: Town | None = None
    try:
        await asyncio.to_thread(postgres.start)
        await asyncio.to_thread(rabbitmq.start)
        root = await asyncio.to_thread(quick_catalogue, tmp_path / "catalogue")
        catalogue = load_catalogue(root, environ={}, adapters=find_adapters())
        database = postgres.url
        settings = {"DARCHA_DATABASE_URL": database, "DARCHA_BROKER_URL": rabbitmq.url, **QUICK}
        town = Town(tmp_path, root, catalogue, settings)
        await town.start_simulators()
        await town.migrate()
        await town.start_gateway([*ROLES, "worker:2"])
        yield town, rabbitmq
    finally:
        if town is not None:
            await town.stop()
        await asyncio.to_thread(rabbitmq.destroy)
        await asyncio.to_thread(postgres.destroy)


async def control(town: Town, agency: str, what: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{town.simulators[agency]}/_control/{what}") as answer:
        assert answer.status < 300


async def held(town: Town) -> int:
    """How many requests stand between effect and answer, in all agencies together."""
    async with aiohttp.ClientSession() as session:
        total = 0
        for url in town.simulators.values():
            async with session.get(f"{url}/_control/state") as answer:
                total += int((await answer.json())["held"])
        return total


def effects(folder: Path) -> Counter[tuple[str, str, str]]:
    """Effects by (agency, operation, message id), from the agencies' own ledgers."""
    found: Counter[tuple[str, str, str]] = Counter()
    for path in folder.glob("*.jsonl"):
        for line in path.read_text().splitlines():
            entry: dict[str, Any] = json.loads(line)
            if entry["effect"]:
                found[path.stem, entry["operation"], entry["message_id"]] += 1
    return found


@pytest.mark.timeout(600)
@pytest.mark.xdist_group("chaos")
async def test_two_hundred_applications_survive_a_dead_worker_and_a_lost_broker(town: tuple[Town, RabbitmqServer]) -> None:
    place, rabbitmq = town
    examples = read_examples(ROOT)
    wanted = [varied(examples[i % len(examples)], i // len(examples)) for i in range(APPLICATIONS)]
    for agency in place.simulators:
        await control(place, agency, "hold")
    async with GatewayClient(place.address, place.key, timeout_secs=60) as client:
        player = Player(client, patience_secs=300)
        playing = [asyncio.create_task(player.play(e, f"chaos-{i}")) for i, e in enumerate(wanted)]
        async with asyncio.timeout(60):
            while await held(place) < HELD:
                await asyncio.sleep(0.05)
        await place.kill("worker")
        await place.kill("worker:2")
        for agency in place.simulators:
            await control(place, agency, "release")
        await place.start("worker", ["run", "--role", "worker"])
        await asyncio.sleep(1)
        await asyncio.to_thread(rabbitmq.kill)
        await asyncio.to_thread(rabbitmq.wipe)
        await asyncio.to_thread(rabbitmq.restart)
        results: list[Played] = await asyncio.gather(*playing)

    # Each operation here that is not idempotent has a lookup whose absence is conclusive, so that no case may stay in doubt.
    wrong = [(p.example.name, p.problems) for p in results if p.problems]
    assert not wrong, wrong[:5]
    assert len({p.case["id"] for p in results}) == APPLICATIONS, "nothing accepted is missing, and nothing is there twice"
    twice = {key: count for key, count in effects(place.folder / "ledgers").items() if count > 1}
    assert not twice, "at most one effect per message id"
