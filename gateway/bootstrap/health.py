"""What the platform asks of a process without an api: alive, ready, measures. On ``DARCHA_HEALTH_PORT``, if that is set.

It answers anybody who can reach the port and tells no more than names of roles, so keep the port within the cluster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from gateway.telemetry.metrics import CONTENT_TYPE, METRICS
from gateway.telemetry.supervise import Supervisor

if TYPE_CHECKING:
    from aiohttp import web

#: Returns what is missing, or an empty text when all is well.
Check = Callable[[], Awaitable[str]]


def tasks_check(supervisor: Supervisor) -> Check:
    """Return the check that every role of this process runs, and has its consumers where it needs them."""

    async def check() -> str:
        said = []
        if down := supervisor.down:
            said.append(f"not running now: {', '.join(down)}")
        if unhealthy := supervisor.unhealthy:
            said.append(f"without a consumer at the broker: {', '.join(unhealthy)}")
        return "; ".join(said)

    return check


class HealthJob:
    """A small server: ``/healthz``, ``/readyz`` and ``/metrics``."""

    def __init__(self, host: str, port: int, checks: Mapping[str, Check]) -> None:
        self._host = host
        self._port = port
        self._checks = checks
        self._stopped = asyncio.Event()
        #: The port that it listens on, once it does; for port 0.
        self.bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Serve until stopped. Raises ``OSError`` when the port is taken."""
        from aiohttp import web  # noqa: PLC0415 - an idle worker without this server does without aiohttp's

        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
            self.bound.set_result(runner.addresses[0][1])
            await self._stopped.wait()
        finally:
            await runner.cleanup()

    async def stop(self) -> None:
        """Let ``run`` end."""
        self._stopped.set()

    async def _healthz(self, _: web.Request) -> web.Response:
        return _json({"status": "ok", "missing": {}}, 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        missing = {name: why for name, check in self._checks.items() if (why := await check())}
        return _json({"status": "missing" if missing else "ok", "missing": missing}, 503 if missing else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        from aiohttp import web  # noqa: PLC0415 - as above

        return web.Response(body=METRICS.render(), headers={"Content-Type": CONTENT_TYPE})


def _json(body: Mapping[str, object], status: int) -> web.Response:
    from aiohttp import web  # noqa: PLC0415 - as above

    return web.json_response(body, status=status)
