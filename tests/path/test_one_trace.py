"""One trace from the front office's POST to a later callback, over a retry: ids, parents and links of the exported spans."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.telemetry.tracing import record_into
from tests.path.catalogue import application
from tests.path.gateway import Gateway
from tests.path.waiting import until

#: What the front office and the agency say of themselves.
OFFICES = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
AGENCYS = "00-1bf7651916cd43dd8448eb211c80319c-c7ad6b7169203332-01"


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    end = record_into(provider.get_tracer("test"))
    yield exporter
    end()
    provider.shutdown()


def id_of(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def parent_of(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def links_of(span: ReadableSpan) -> list[tuple[int, int]]:
    return [(link.context.trace_id, link.context.span_id) for link in span.links]


def named(spans: Sequence[ReadableSpan], name: str) -> list[ReadableSpan]:
    return sorted((s for s in spans if s.name == name), key=lambda s: s.start_time or 0)


def under(spans: Sequence[ReadableSpan], above: ReadableSpan, name: str) -> ReadableSpan:
    """Return the one span of that name that is a child of ``above``, in its trace."""
    (found,) = [s for s in named(spans, name) if s.parent and (s.parent.trace_id, s.parent.span_id) == id_of(above)]
    assert id_of(found)[0] == id_of(above)[0]
    return found


async def handed_in(gateway: Gateway) -> str:
    """An order of a front office that traces; the id of its case."""
    headers = {"Idempotency-Key": "one trace", "traceparent": OFFICES}
    answer = await gateway.client.call("POST", "/v1/applications", application("order", scenario="silent"), headers=headers)
    return str(answer["id"])


async def called_back(gateway: Gateway, body: dict[str, Any], traceparent: str) -> None:
    token = gateway.agencies.environ["DARCHA_SECRET_REGISTRY_CALLBACK"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "traceparent": traceparent}
    url = f"{gateway.address}/agencies/registry/callbacks/Done"
    async with aiohttp.ClientSession() as session, session.post(url, data=json.dumps(body).encode(), headers=headers) as answer:
        assert answer.status == 202


async def walked(gateway: Gateway) -> str:
    """A case whose agency could not be reached at first, took the order the next time, and called back later."""
    await gateway.agencies.stop("registry")
    case = await handed_in(gateway)

    async def tried() -> bool:
        return bool(await gateway.events(case, "request.retrying"))

    await until(tried, "the first try has failed")
    await gateway.agencies.start("registry")

    async def accepted() -> bool:
        return bool(await gateway.events(case, "request.accepted"))

    await until(accepted, "the agency has the order")
    request = await gateway.request(case)
    await called_back(gateway, {"callbackId": "late", "reference": request["reference"], "text": "ready"}, AGENCYS)
    await gateway.until_case(case, "closed")
    return case


async def test_one_trace_over_a_retry_and_a_later_callback(exported: InMemorySpanExporter, gateway: Gateway) -> None:
    case = await walked(gateway)

    def applied() -> list[ReadableSpan]:
        return named(exported.get_finished_spans(), "apply callback registry.Done")

    await until(applied, "the callback's spans are exported: they end after its commit")
    await gateway.stop_all_roles()
    spans = exported.get_finished_spans()
    office, agency = int(OFFICES[3:35], 16), int(AGENCYS[3:35], 16)

    # the POST is the front office's child, and all else of the case is in its trace, under the POST
    (post,) = named(spans, "POST /v1/applications")
    assert (id_of(post)[0], parent_of(post)) == (office, int(OFFICES[36:52], 16))
    tries = named(spans, "POST registry.order")
    assert len(tries) >= 2
    published = named(spans, "publish lane.registry")
    chains = []
    for hop in published:
        assert parent_of(hop) == id_of(post)[1]
        worked = under(spans, hop, "process lane.registry")
        called = under(spans, worked, "POST registry.order")
        chains.append(called)
        under(spans, worked, "process replies")  # and back
    assert chains == tries
    assert all(id_of(s)[0] == office for s in (*published, *tries))

    # each later try is linked to the one before it, the first to none
    assert [links_of(s) for s in tries] == [[], *([id_of(before)] for before, _ in pairwise(tries))]
    assert [s.attributes["darcha.outcome"] for s in tries if s.attributes][-2:] == ["retry_later", "accepted"]

    # the callback is a call of the agency's own trace; its application stands in the case's, under the try that it answers
    (call,) = named(spans, "POST /agencies/{agency}/callbacks/{operation}")
    assert (id_of(call)[0], parent_of(call)) == (agency, int(AGENCYS[36:52], 16))
    (applied_,) = applied()
    assert (id_of(applied_)[0], parent_of(applied_)) == (office, id_of(tries[-1])[1])
    assert links_of(applied_) == [id_of(call)]
    found = under(spans, call, "answer found")
    assert links_of(found) == [id_of(tries[-1])]

    # and every span of the case says so
    mine = [post, *published, *tries, applied_, found]
    assert {s.attributes.get("darcha.case") for s in mine if s.attributes} == {case}
