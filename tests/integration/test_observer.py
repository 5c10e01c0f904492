"""The gauges of the api are fed from the database, on both; and what the process reaches is told while it is so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.bootstrap import observer as module
from gateway.domain.incident import Incident, IncidentKind
from gateway.messaging import connect
from gateway.storage import open_store
from gateway.telemetry.metrics import Metrics
from tests.path.waiting import until


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    families = text_string_to_metric_families(metrics.render().decode())
    return next((s.value for f in families for s in f.samples if s.name == name and s.labels == labels), None)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_gauges_are_read_from_the_database(
    database: str, fresh_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics()
    monkeypatch.setattr(module, "METRICS", metrics)
    store, bus = open_store(fresh_store(database)), connect("memory://")
    await store.open()
    await store.ensure_lanes({"registry": "registry"})
    await store.open_incidents([Incident(IncidentKind.DEAD_LETTER, "dead_letter:x", {})])
    observer = module.observer(cast(Any, SimpleNamespace(store=store, bus=bus)))
    task = asyncio.create_task(observer.run())
    try:
        await until(lambda: value(metrics, "darcha_reachable", dependency="database") == 1, "it has looked")
        assert value(metrics, "darcha_reachable", dependency="broker") == 0, "this bus was never opened"
        assert value(metrics, "darcha_lane_depth", lane="registry", agency="registry") == 0
        assert value(metrics, "darcha_incidents_open", kind="dead_letter") == 1
        await until(
            lambda: value(metrics, "darcha_deliveries_waiting", state="pending") == 1, "the incident's alert waits for a notifier"
        )
        assert value(metrics, "darcha_deliveries_waiting", state="exhausted") == 0
    finally:
        await observer.stop()
        await task
        await store.close()
