"""Without a collector the trace of a case is whole although every role runs in a process of its own, the worker's among them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bench.whole_path import application
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import ROLES, Town
from gateway.client import GatewayClient
from tests.path.waiting import until
from tests.servers.fixtures import Broker

CATALOGUE = Path(__file__).parents[2] / "bench" / "catalogue"


@pytest.fixture
async def town(tmp_path: Path, fresh_store: Callable[[str], str], broker: Broker) -> AsyncIterator[Town]:
    catalogue = load_catalogue(CATALOGUE, environ={}, adapters=find_adapters())
    settings = {
        "DARCHA_DATABASE_URL": fresh_store("postgres"),
        "DARCHA_BROKER_URL": broker.url,
        "DARCHA_BROKER_PREFIX": broker.prefix,
        "DARCHA_LOG_LEVEL": "WARNING",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    }
    town = Town(tmp_path / "town", CATALOGUE, catalogue, settings)
    try:
        await town.start_simulators()
        await town.start_gateway(ROLES)
        yield town
    finally:
        await town.stop()


@pytest.mark.timeout(300)
async def test_the_trace_of_a_case_over_all_processes(town: Town) -> None:
    async with GatewayClient(town.address, town.key) as client:
        made = await client.call(
            "POST", "/v1/applications", application(1), headers={"Idempotency-Key": "one", "Content-Type": "application/json"}
        )

        async def whole() -> list[dict[str, Any]] | None:
            trace = await client.call("GET", f"/v1/cases/{made['id']}/trace")
            spans: list[dict[str, Any]] = trace["spans"]
            return spans if any(s["name"] == "process replies" for s in spans) and len(spans) == 5 else None

        spans = await until(whole, "every process has handed its spans in", secs=60)
    assert [(s["depth"], s["name"], s["role"]) for s in spans] == [
        (0, "POST /v1/applications", "api"),
        (1, "publish lane.registry", "dispatcher"),
        (2, "process lane.registry", "worker"),
        (3, "POST registry.issue", "worker"),
        (3, "process replies", "tracker"),
    ]
    assert spans[3]["attributes"]["darcha.outcome"] == "completed"
