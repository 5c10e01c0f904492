"""Our own recorder behind OpenTelemetry's API: what is kept of a span, what is dropped, and how a span travels."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.application.spans import SpanRecord, spans_from_bytes, spans_to_bytes
from gateway.telemetry.recorder import Recorder
from gateway.telemetry.tracing import begin, current_traceparent, http_client_span, read_traceparent, record_into, recording, span

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
CASE = UUID("01890000-0000-7000-8000-000000000001")


@pytest.fixture
def dropped() -> list[int]:
    return []


@pytest.fixture
def recorder(dropped: list[int]) -> Iterator[Recorder]:
    made = Recorder("worker", most=3, dropped=dropped.append)
    end = record_into(made.tracer)
    yield made
    end()


def test_a_span_as_it_is_kept(recorder: Recorder) -> None:
    assert recording()
    with span("outer", parent=GIVEN) as outer:
        assert current_traceparent() == outer.traceparent
        url = "https://registry.test:8443/records?pin=31412956789012"
        with http_client_span("POST", url, agency="registry", operation="Find", case=str(CASE), links=(GIVEN, "")) as call:
            call.note("ratio", 0.5)
            call.fail("unknown", "30101850010011 was not found")
    called, above = recorder.take(10)
    assert (above.trace_id, above.parent_id, above.kind, above.status) == (GIVEN[3:35], GIVEN[36:52], "internal", "")
    assert above.span_id == outer.traceparent[36:52] == called.parent_id
    assert (called.name, called.kind, called.role, called.status) == ("POST registry.Find", "client", "worker", "error")
    assert called.case_id == CASE and called.links == ((GIVEN[3:35], GIVEN[36:52]),)
    assert called.attributes == {
        "http.request.method": "POST",
        "server.address": "registry.test",
        "server.port": 8443,
        "darcha.agency": "registry",
        "darcha.operation": "Find",
        "ratio": 0.5,
        "error.type": "unknown",
    }
    assert above.started_us <= called.started_us <= called.ended_us <= above.ended_us
    assert "30101850010011" not in str(called) and "31412956789012" not in str(called)
    assert recorder.take(10) == []


def test_a_root_has_a_trace_of_its_own_and_an_exception_marks_it(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="Amina"), span("work"):
        raise ValueError("Amina Invented")
    (kept,) = recorder.take(1)
    assert kept.parent_id == "" and kept.status == "error" and kept.attributes == {"error.type": "ValueError"}
    begin("later", parent=GIVEN, since_ns=5_000).end()
    assert recorder.take(1)[0].started_us == 5


def test_what_finds_the_buffer_full_is_dropped_and_counted(recorder: Recorder, dropped: list[int]) -> None:
    for number in range(5):
        with span(str(number)):
            pass
    assert sum(dropped) == 2
    assert [s.name for s in recorder.take(10)] == ["0", "1", "2"]
    with span("again"):
        pass
    assert [s.name for s in recorder.take(10)] == ["again"]


@pytest.mark.parametrize(("sample", "kept"), [(0.0, 0), (1.0, 400), (0.25, 100)])
def test_a_sampled_trace_is_whole(sample: float, kept: int) -> None:
    recorder, other = (Recorder(role, sample=sample, dropped=lambda _: None) for role in ("api", "worker"))
    found = 0
    for number in range(400):
        given = f"00-{(number + 1) * 0x9E3779B97F4A7C15 % 2**64:032x}-b7ad6b7169203331-01"
        end = record_into(recorder.tracer)
        with span("one", parent=given) as one:
            pass
        end()
        end = record_into(other.tracer)  # another process, handed the context of the first
        with span("two", parent=one.traceparent) as two:
            pass
        end()
        assert read_traceparent(two.traceparent) is not None and two.traceparent[3:35] == given[3:35], "ids travel all the same"
        here, there = recorder.take(5), other.take(5)
        assert len(here) == len(there)
        found += len(here)
    assert found == pytest.approx(kept, abs=30)


ids = st.text("0123456789abcdef", min_size=32, max_size=32)
spans = st.builds(
    SpanRecord,
    trace_id=ids,
    span_id=ids.map(lambda text: text[:16]),
    parent_id=st.sampled_from(["", "b7ad6b7169203331"]),
    name=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=100),
    kind=st.sampled_from(["client", "internal"]),
    role=st.just("worker"),
    started_us=st.integers(0, 2**60),
    ended_us=st.integers(0, 2**60),
    status=st.sampled_from(["", "error"]),
    case_id=st.none() | st.uuids(),
    attributes=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9) | st.booleans() | st.just("x")),
    links=st.lists(st.tuples(ids, ids.map(lambda text: text[:16])), max_size=3).map(tuple),
)


@given(st.lists(spans, max_size=3))
def test_spans_travel_as_they_are(sent: list[SpanRecord]) -> None:
    assert spans_from_bytes(spans_to_bytes(sent), "worker") == sent


GOOD = [GIVEN[3:35], GIVEN[36:52], "", "name", "client", "api", 1, 2, "", None, {}, []]


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (0, "short"),
        (1, None),
        (2, "x" * 16),
        (3, 7),
        (4, "strange"),
        (6, -1),
        (7, "now"),
        (8, "fine"),
        (9, "no id"),
        (10, {"a": [1]}),
        (10, {str(n): 1 for n in range(40)}),
        (11, [["a", "b"]]),
        (11, "nothing"),
    ],
)
def test_what_no_span_of_ours_holds_is_refused(place: int, wrong: object) -> None:
    item = list(GOOD)
    item[place] = wrong
    with pytest.raises(ValueError):
        spans_from_bytes(orjson.dumps([item]), "worker")


def test_who_sent_it_counts_and_long_texts_are_cut() -> None:
    item = [*GOOD[:3], "n\0" * 1000, *GOOD[4:]]
    (read,) = spans_from_bytes(orjson.dumps([item]), "worker")
    assert read.role == "worker" and len(read.name) == 250
    for raw in (b"", b"{}", b"[[]]", b"[1]", b'"text"'):
        if raw != b"{}":
            with pytest.raises(ValueError):
                spans_from_bytes(raw, "worker")
