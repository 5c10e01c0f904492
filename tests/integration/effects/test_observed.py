"""What the transport sees of an agency reaches the span of the call and the counters, over real HTTP and the worker's wiring."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.bootstrap import worker
from gateway.bootstrap.worker import HttpLinks
from gateway.roles.tracing import watch
from gateway.sdk.errors import NotSent, SentButLost
from gateway.sdk.http import exchange, open_session
from gateway.sdk.testing import FixedSecrets
from gateway.telemetry import tracing
from gateway.telemetry.metrics import Metrics
from tests.unit.application.test_deliver import release


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Metrics:
    made = Metrics()
    monkeypatch.setattr(worker, "METRICS", made)
    return made


@pytest.fixture
async def agency() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/lost" and request.transport is not None:
            request.transport.abort()
        return web.Response(status=500 if request.path == "/wrong" else 201, body=await request.read() * 2)

    app = web.Application()
    app.router.add_post("/{name}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url(""))


async def call(url: str, body: bytes) -> None:
    made = release(endpoint=url)
    async with open_session() as session:
        link = HttpLinks(session, FixedSecrets())(made)
        with watch(made):
            await exchange(link, "POST", url, headers={}, body=body)


async def test_the_span_of_the_call_and_the_counters(agency: str, exported: InMemorySpanExporter, metrics: Metrics) -> None:
    await call(f"{agency}/good", b"twelve bytes")
    await call(f"{agency}/wrong", b"")
    with pytest.raises(SentButLost):
        await call(f"{agency}/lost", b"lost")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(NotSent):
            await call(f"http://127.0.0.1:{closed.getsockname()[1]}/nobody", b"nothing leaves")

    noted = [
        {name: value for name, value in (span.attributes or {}).items() if name.startswith(("http.re",)) and "method" not in name}
        for span in exported.get_finished_spans()
    ]
    assert noted == [
        {"http.request.body.size": 12, "http.response.status_code": 201, "http.response.body.size": 24},
        {"http.request.body.size": 0, "http.response.status_code": 500, "http.response.body.size": 0},
        {"http.request.body.size": 4},
        {"http.request.body.size": 0},
    ]
    told = metrics.render().decode()
    name = release().agency
    for line in (
        f'darcha_agency_answers_total{{agency="{name}",status="2xx"}} 1.0',
        f'darcha_agency_answers_total{{agency="{name}",status="5xx"}} 1.0',
        f'darcha_agency_answers_total{{agency="{name}",status="none"}} 2.0',
        f'darcha_agency_bytes_total{{agency="{name}",way="sent"}} 16.0',
        f'darcha_agency_bytes_total{{agency="{name}",way="received"}} 24.0',
    ):
        assert line in told
