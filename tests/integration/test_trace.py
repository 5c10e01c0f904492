"""One trace from the POST to the agency's call and back, over RabbitMQ and real HTTP: each role with its own connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.application.bus import REPLIES, Bus
from gateway.application.deliver import Deliver
from gateway.application.dispatch import Dispatch
from gateway.application.release import Release
from gateway.application.track import Track
from gateway.domain.outcomes import Completed
from gateway.domain.request import RequestStatus
from gateway.messaging import connect
from gateway.roles.tracing import TracedBus, watch
from gateway.roles.tracker import Tracker
from gateway.roles.worker import Worker
from gateway.sdk.adapter import Message, Parsed
from gateway.sdk.http import exchange, open_session
from gateway.sdk.link import Link
from gateway.telemetry import tracing
from gateway.telemetry.tracing import http_server_span
from tests.servers.fixtures import Broker
from tests.unit.application.small import NOW, TRACE, NoReferences, Small, SpokenAdapter, agencies, catalogue, link_of


class HttpAdapter(SpokenAdapter):
    """As the spoken one, over HTTP."""

    async def send(self, message: Message, link: Link) -> Parsed:
        await exchange(link, message.method, link.endpoint, headers={}, body=message.body)
        return Parsed(Completed())


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


@pytest.fixture
async def buses(broker: Broker) -> AsyncIterator[list[Bus]]:
    async with AsyncExitStack() as stack:
        made = [connect(broker.url, prefix=broker.prefix) for _ in range(3)]
        for bus in made:
            stack.push_async_callback(bus.close)
            await bus.open()
        yield made


async def test_one_trace_over_the_broker_to_the_agency_and_back(exported: InMemorySpanExporter, buses: list[Bus]) -> None:
    heard: dict[str, str] = {}

    async def agency(request: web.Request) -> web.Response:
        heard[request.path.strip("/")] = request.headers.get("traceparent", "")
        return web.Response()

    app = web.Application()
    app.router.add_post("/{name}", agency)
    async with TestServer(app) as server, open_session() as session:
        known = {id_: replace(a, endpoint=str(server.make_url(f"/{id_}"))) for id_, a in agencies().items()}
        small = Small(catalogue(known=known))
        small.adapters |= {id_: HttpAdapter(a) for id_, a in known.items()}
        with http_server_span("POST", "/v1/applications", TRACE) as post:
            small.case(traceparent=post.traceparent)
        await _walk(small, buses, session)

    spans = {s.name: s for s in exported.get_finished_spans()}
    assert {s.context.trace_id for s in spans.values() if s.context} == {int(TRACE[3:35], 16)}
    for id_, operation in (("registry", "Find"), ("ministry", "Permit")):
        chain = [
            "POST /v1/applications",
            f"publish lane.{id_}",
            f"process lane.{id_}",
            f"POST {id_}.{operation}",
        ]
        for above, below in pairwise(chain):
            assert spans[below].parent.span_id == spans[above].context.span_id, below  # type: ignore[union-attr]
        assert heard[id_].split("-")[1:3] == [TRACE[3:35], f"{spans[chain[-1]].context.span_id:016x}"]  # type: ignore[union-attr]
    assert spans[f"process {REPLIES}"].parent is not None


async def _walk(small: Small, buses: list[Bus], session: aiohttp.ClientSession) -> None:
    class Contracts:
        async def adapter(self, digest: str, reference: str) -> Any:
            return small.deployment.adapter(digest)

    def link(release: Release) -> Link:
        return replace(link_of(release), session=session)

    first, second, third = buses
    dispatch = Dispatch(small.deployment, small.store, TracedBus(first), small.preparer, NoReferences(), small.zone)  # type: ignore[arg-type]
    worker = Worker(Deliver(Contracts(), link, "worker-1", lambda: NOW, watch), second, dict.fromkeys(small.catalogue.lanes, 4))
    tracker = Tracker(Track(small.deployment, small.store, third), third)  # type: ignore[arg-type]
    tasks = [asyncio.create_task(job.run()) for job in (worker, tracker)]
    async with asyncio.timeout(60):
        for step in ("birth", "permit"):
            await dispatch.run_once()
            while small.store.request(step).status is not RequestStatus.COMPLETED:
                await asyncio.sleep(0.02)
        assert worker.healthy and tracker.healthy
        for job in (worker, tracker):
            await job.stop()
        await asyncio.gather(*tasks)
