"""One trace from the POST to the agency's call and back, over the in-process bus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from gateway.application.bus import REPLIES, Bus, BusMessage, lane_queue
from gateway.application.deliver import Deliver
from gateway.application.dispatch import Dispatch
from gateway.application.track import Track
from gateway.domain.outcomes import Completed, Unknown
from gateway.domain.request import RequestStatus
from gateway.messaging import connect
from gateway.roles.tracing import TracedBus, processing, processing_batch, watch
from gateway.roles.tracker import Tracker
from gateway.roles.worker import Worker
from gateway.telemetry import tracing
from gateway.telemetry.tracing import http_server_span, recording
from tests.unit.application.small import NOW, TRACE, NoReferences, Small, link_of
from tests.unit.roles.running import running, taken, until


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    made = connect("memory://")
    await made.open()
    yield made
    await made.close()


class Contracts:
    def __init__(self, small: Small) -> None:
        self._small = small

    async def adapter(self, digest: str, reference: str) -> Any:
        return self._small.deployment.adapter(digest)


def roles(small: Small, bus: Bus) -> tuple[Dispatch, Worker, Tracker]:
    dispatch = Dispatch(small.deployment, small.store, TracedBus(bus), small.preparer, NoReferences(), small.zone)  # type: ignore[arg-type]
    deliver = Deliver(Contracts(small), link_of, "worker-1", lambda: NOW, watch)
    lanes = dict.fromkeys(small.catalogue.lanes, 4)
    return dispatch, Worker(deliver, bus, lanes), Tracker(Track(small.deployment, small.store, bus), bus)  # type: ignore[arg-type]


async def walk(small: Small, bus: Bus) -> None:
    """Take one application through its two agencies to its decision."""
    dispatch, worker, tracker = roles(small, bus)
    async with running(worker, tracker):
        for step in ("birth", "permit"):
            await dispatch.run_once()
            await until(lambda step=step: small.store.request(step).status is RequestStatus.COMPLETED)  # type: ignore[misc]


def named(exporter: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = [s for s in exporter.get_finished_spans() if s.name == name]
    return found


def parent_of(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


async def test_one_trace_from_the_post_to_the_agency_and_back(exported: InMemorySpanExporter, bus: Bus) -> None:
    small = Small()
    with http_server_span("POST", "/v1/applications", TRACE) as post:
        small.case(traceparent=post.traceparent)
    await walk(small, bus)

    spans = exported.get_finished_spans()
    assert {s.context.trace_id for s in spans if s.context} == {int(TRACE[3:35], 16)}
    taken_in = named(exported, "POST /v1/applications")
    for agency, operation in (("registry", "Find"), ("ministry", "Permit")):
        published = named(exported, f"publish lane.{agency}")
        processed = named(exported, f"process lane.{agency}")
        called = named(exported, f"POST {agency}.{operation}")
        assert parent_of(published) == taken_in.context.span_id  # type: ignore[union-attr]
        assert parent_of(processed) == published.context.span_id  # type: ignore[union-attr]
        assert parent_of(called) == processed.context.span_id  # type: ignore[union-attr]
        assert [published.kind, processed.kind, called.kind] == [SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.CLIENT]
        assert called.attributes is not None and called.attributes["darcha.outcome"] == "completed"
        assert called.attributes["server.address"] == f"{agency}.test"
        # the agency is told the context of the call itself, so that its own spans hang under it
        ((_, link),) = small.adapters[agency].sent
        assert link.traceparent.split("-")[2] == f"{called.context.span_id:016x}"  # type: ignore[union-attr]
    worked = {s.context.span_id for s in spans if s.context and s.name.startswith("process lane.")}
    back = [s for s in spans if s.name == f"process {REPLIES}"]
    assert {parent_of(s) for s in back} == worked


async def test_an_outcome_that_is_a_failure_marks_the_call_without_its_reason(exported: InMemorySpanExporter, bus: Bus) -> None:
    small = Small()
    small.adapters["registry"].says = lambda _message, _link: Unknown("30101850010011 was not found")
    small.case()
    dispatch, worker, _ = roles(small, bus)
    async with running(worker):
        await dispatch.run_once()
        await taken(bus, REPLIES, 1)
    called = named(exported, "POST registry.Find")
    assert called.status.status_code is StatusCode.ERROR
    assert called.attributes is not None and called.attributes["error.type"] == "unknown"
    assert "30101850010011" not in called.to_json()


async def test_each_reply_of_a_batch_has_its_span_in_the_trace_of_its_case(exported: InMemorySpanExporter, bus: Bus) -> None:
    other = TRACE.replace("0af7", "1bf7")
    messages = [BusMessage(b"{}", "m", {"traceparent": t}) for t in (TRACE, other)] + [BusMessage(b"{}", "m")]
    await bus.publish(REPLIES, messages)
    batch = await taken(bus, REPLIES, 3)
    cases = [UUID(int=1), UUID(int=2), UUID(int=3)]
    with pytest.raises(ValueError, match="poison"), processing_batch(REPLIES, batch, cases):
        raise ValueError("poison")
    one, two = exported.get_finished_spans()  # the third came without a trace, and none is invented for it
    assert [f"{s.context.trace_id:032x}" for s in (one, two) if s.context] == [TRACE[3:35], other[3:35]]
    assert [parent_of(s) for s in (one, two)] == [int(TRACE[36:52], 16)] * 2
    for span, case in zip((one, two), cases, strict=False):
        assert span.attributes is not None and span.status.status_code is StatusCode.ERROR
        assert span.attributes["messaging.batch.message_count"] == 3 and span.attributes["darcha.case"] == str(case)


async def test_a_release_without_a_header_joins_the_trace_of_its_body(exported: InMemorySpanExporter) -> None:
    with processing(lane_queue("registry"), {}, "m", TRACE) as handed_on:
        pass
    (span,) = exported.get_finished_spans()
    assert span.context is not None and f"{span.context.trace_id:032x}" == TRACE[3:35]
    assert handed_on.split("-")[2] == f"{span.context.span_id:016x}"


async def test_without_an_exporter_the_context_is_handed_on_as_it_came(bus: Bus) -> None:
    assert not recording()
    small = Small()
    small.case(traceparent=TRACE)
    await walk(small, bus)
    assert [link.traceparent for a in small.adapters.values() for _, link in a.sent] == [TRACE, TRACE]
    assert small.store.request("permit").data == Completed().data


async def test_a_case_without_a_trace_is_worked_on_all_the_same(bus: Bus) -> None:
    small = Small()
    small.case(traceparent="")
    await walk(small, bus)
    assert [link.traceparent for a in small.adapters.values() for _, link in a.sent] == ["", ""]
