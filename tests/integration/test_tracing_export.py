"""Spans reach a collector over OTLP when the environment names one; a collector that is away harms nothing."""

from __future__ import annotations

import asyncio
import os
import sys

from aiohttp import web
from aiohttp.test_utils import TestServer

PROGRAM = """
from gateway.telemetry.tracing import configure_tracing, http_server_span
close = configure_tracing("api")
with http_server_span("POST", "/v1/applications", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
    pass
close()
print("closed")
"""


async def run(endpoint: str) -> tuple[int | None, bytes]:
    environ = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    environ.pop("OTEL_SERVICE_NAME", None)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, stdout=asyncio.subprocess.PIPE, env=environ)
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out


async def test_spans_reach_the_collector() -> None:
    bodies: list[bytes] = []

    async def collect(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", collect)
    async with TestServer(app) as server:
        code, out = await run(str(server.make_url("")).rstrip("/"))
    assert code == 0 and out == b"closed\n"
    assert len(bodies) == 1 and b"darcha-api" in bodies[0] and b"POST /v1/applications" in bodies[0]
    assert bytes.fromhex("0af7651916cd43dd8448eb211c80319c") in bodies[0]


async def test_a_collector_that_is_away_harms_nothing() -> None:
    code, out = await run("http://127.0.0.1:9")
    assert code == 0 and out == b"closed\n"
