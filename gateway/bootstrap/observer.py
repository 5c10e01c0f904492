"""Wiring of the observer: gauges for Prometheus, read from the database now and then, in the api's process."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from gateway.application.store import StoreUnavailable
from gateway.bootstrap.core import Core
from gateway.roles.patience import AWAY, Patience
from gateway.telemetry.metrics import METRICS, LaneState

EVERY_SECS = 5.0


class Observer:
    """Reads lanes and counts every few seconds."""

    def __init__(self, core: Core) -> None:
        self._store = core.store
        self._bus = core.bus
        self._stopped = asyncio.Event()
        self._patience = Patience("observer", self._stopped)

    async def run(self) -> None:
        """Observe until stopped."""
        while not self._stopped.is_set():
            METRICS.reachable("broker", there=self._bus.connected)
            try:
                await self._observe()
                METRICS.reachable("database", there=True)
                self._patience.fine()
            except AWAY as error:
                METRICS.reachable("database", there=not isinstance(error, StoreUnavailable))
                await self._patience.pause(error)
            try:
                await asyncio.wait_for(self._stopped.wait(), EVERY_SECS)
            except TimeoutError:
                continue

    async def stop(self) -> None:
        """Let ``run`` end."""
        self._stopped.set()

    async def _observe(self) -> None:
        now = await self._store.now()
        lanes = await self._store.lanes()
        METRICS.lanes(
            LaneState(
                lane=s.row.name,
                agency=s.row.agency,
                depth=s.ready,
                in_flight=s.in_flight,
                oldest_secs=(now - s.oldest_ready_at).total_seconds() if s.oldest_ready_at else 0.0,
                resting=s.row.rests_until is not None and s.row.rests_until > now,
                paused=s.row.paused,
            )
            for s in lanes
        )
        counts = await self._store.counts("incidents", "deliveries")
        METRICS.incidents(counts["incidents"])
        METRICS.deliveries(counts["deliveries"])
        clocks = await self._store.running_clocks(now + timedelta(days=1))
        METRICS.clocks({(k, "running"): n for k, (n, _) in clocks.items()}, {k: soon for k, (_, soon) in clocks.items()})


def observer(core: Core) -> Observer:
    """Return the observer's loop."""
    return Observer(core)
