"""Traces: context in and out of text headers, spans with and without an exporter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from gateway.telemetry import tracing
from gateway.telemetry.tracing import (
    begin,
    configure_tracing,
    current_traceparent,
    extract,
    http_client_span,
    http_server_span,
    inject,
    new_traceparent,
    note_status,
    process_span,
    publish_span,
    read_traceparent,
    span,
)

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def ids(traceparent: str) -> tuple[str, str]:
    _, trace_id, span_id, _ = traceparent.split("-")
    return trace_id, span_id


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "nonsense",
        GIVEN.upper(),
        GIVEN[:-1],
        GIVEN + "-extra",  # version 00 has no more fields
        "ff" + GIVEN[2:],
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    ],
)
def test_what_is_not_a_traceparent_begins_a_new_trace(text: str | None) -> None:
    assert read_traceparent(text) is None
    made = []
    for _ in range(2):
        with span("work", parent=text or "") as fresh:
            made.append(fresh.traceparent)
    assert all(map(read_traceparent, made)) and made[0][3:35] != made[1][3:35]


def test_a_valid_one_is_kept() -> None:
    with span("work", parent=f" {GIVEN} ") as kept:
        assert ids(kept.traceparent)[0] == ids(GIVEN)[0]
    later = read_traceparent("01" + GIVEN[2:] + "-what-comes")
    assert later is not None and later.is_remote


@given(st.text(max_size=70))
def test_any_text_is_read_or_refused(text: str) -> None:
    context = read_traceparent(text)
    assert context is None or context.is_valid


def test_without_an_exporter_ids_travel_all_the_same() -> None:
    assert current_traceparent() == ""
    headers: dict[str, str] = {}
    inject(headers)
    assert headers == {}
    with span("outer") as outer:
        inject(headers)
        assert extract(headers) == outer.traceparent == current_traceparent() != ""
        with span("inner") as inner:
            assert ids(inner.traceparent)[0] == ids(outer.traceparent)[0]
        with span("elsewhere", parent=GIVEN) as elsewhere:
            assert ids(elsewhere.traceparent)[0] == ids(GIVEN)[0]
    assert current_traceparent() == ""


def test_headers_in_any_case_and_bad_ones() -> None:
    assert extract({"Traceparent": GIVEN}) == GIVEN
    assert extract({"traceparent": "broken"}) == extract({}) == ""


def find(exported: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = [s for s in exported.get_finished_spans() if s.name == name]
    return found


def test_one_trace_from_the_post_to_the_agency(exported: InMemorySpanExporter) -> None:
    with http_server_span("POST", "/v1/applications", GIVEN) as post:
        note_status(post, 202, server=True)
        kept = post.traceparent
    headers: dict[str, str] = {}
    with publish_span("lane.civil-registry", "m-1", parent=kept):
        inject(headers)
    with process_span("lane.civil-registry", headers, "m-1") as processing:
        url = "https://registry.example:8443/records?pin=31412956789012"
        with http_client_span("POST", url, agency="civil-registry", operation="FindBirthRecord") as call:
            note_status(call, 503, server=False)
    trace_ids = {s.context.trace_id for s in exported.get_finished_spans() if s.context}
    assert {f"{t:032x}" for t in trace_ids} == {ids(GIVEN)[0]}
    server, publish = find(exported, "POST /v1/applications"), find(exported, "publish lane.civil-registry")
    process, client = find(exported, "process lane.civil-registry"), find(exported, "POST civil-registry.FindBirthRecord")
    parents = [f"{s.parent.span_id:016x}" if s.parent else "" for s in (server, publish, process, client)]
    assert parents == [
        ids(GIVEN)[1],
        ids(kept)[1],
        f"{publish.context.span_id:016x}" if publish.context else "",
        ids(processing.traceparent)[1],
    ]
    assert [s.kind for s in (server, publish, process, client)] == [
        SpanKind.SERVER,
        SpanKind.PRODUCER,
        SpanKind.CONSUMER,
        SpanKind.CLIENT,
    ]
    assert server.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/applications",
        "http.response.status_code": 202,
    }
    assert server.status.status_code is StatusCode.UNSET
    assert client.attributes == {
        "http.request.method": "POST",
        "server.address": "registry.example",
        "server.port": 8443,
        "darcha.agency": "civil-registry",
        "darcha.operation": "FindBirthRecord",
        "http.response.status_code": 503,
        "error.type": "503",
    }
    assert client.status.status_code is StatusCode.ERROR
    assert publish.attributes == {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "messaging.destination.name": "lane.civil-registry",
        "messaging.message.id": "m-1",
    }


def test_a_root_span_has_no_invented_parent(exported: InMemorySpanExporter) -> None:
    with http_server_span("GET", "/v1/cases", None):
        pass
    assert find(exported, "GET /v1/cases").parent is None


def test_links_lead_to_other_traces_and_what_is_none_is_left_out(exported: InMemorySpanExporter) -> None:
    other = new_traceparent()
    with span("try again", links=[GIVEN, other, "broken", ""]):
        pass
    begin("told later", parent=other, since_ns=5).end()
    linked, later = find(exported, "try again"), find(exported, "told later")
    assert [f"{link.context.trace_id:032x}" for link in linked.links] == [ids(GIVEN)[0], ids(other)[0]]
    assert later.start_time == 5 and later.parent is not None and f"{later.parent.span_id:016x}" == ids(other)[1]


def test_an_exception_marks_the_span_and_its_words_stay_out(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Amina"), span("work"):
        raise ValueError("Amina Invented, born 2019")
    failed = find(exported, "work")
    assert failed.status.status_code is StatusCode.ERROR and failed.attributes == {"error.type": "ValueError"}
    assert failed.events == () and not failed.status.description


def test_without_an_address_nothing_is_set_up() -> None:
    before = trace.get_tracer_provider()
    configure_tracing("worker", {})()
    assert trace.get_tracer_provider() is before
