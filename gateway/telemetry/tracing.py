"""Traces: one from the front office's POST to the agency's answer, across processes, retries and callbacks.

The context travels as W3C ``traceparent`` in HTTP and message headers and stands in the case's row, so that a later
attempt or a callback joins the same trace. Spans are exported by OTLP over HTTP when ``OTEL_EXPORTER_OTLP_ENDPOINT``
(or its ``…_TRACES_…`` form) is set, else they go to the recorder of our own trace store (``record_into``). With neither
nothing records and a span costs a few microseconds, but the ids still travel and still stand in every log line.

Names are those of the OpenTelemetry semantic conventions in force (``http.request.method``, ``messaging.operation.type``).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, Tracer
from opentelemetry.util.types import AttributeValue

from gateway.application.spans import CASE

HEADER: Final = "traceparent"
#: 00-<trace id>-<span id>-<flags>; a later version may append fields, which are not ours to read.
_TRACEPARENT: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NAME: Final = "darcha"
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
#: Longer reasons are cut: a status description is for a list, the whole stands in the events of the case.
_LONGEST_REASON: Final = 200

Attributes = Mapping[str, AttributeValue]
#: A proxy until ``configure_tracing`` sets a provider.
_TRACER: Tracer = trace.get_tracer(_NAME)
_UNSET: Final = _TRACER


def configure_tracing(role: str, environ: Mapping[str, str] | None = None) -> Callable[[], None]:
    """Set up export for this process if the environment asks for it. Returns what flushes and closes it (blocking).

    ``role`` becomes ``service.name`` ``darcha-<role>`` unless ``OTEL_SERVICE_NAME`` says otherwise.
    """
    environ = os.environ if environ is None else environ
    if not exports(environ):
        return lambda: None
    # Imported only when they are used: together they take some MiB of every process.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    name = environ.get("OTEL_SERVICE_NAME") or f"{_NAME}-{role}"
    provider = TracerProvider(resource=Resource.create({"service.name": name, "darcha.role": role}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def exports(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether the environment names a collector."""
    environ = os.environ if environ is None else environ
    return any(environ.get(name) for name in _ENDPOINTS)


def record_into(tracer: Tracer) -> Callable[[], None]:
    """Let the spans of this process go to ``tracer``. Returns what ends that."""
    global _TRACER
    before, _TRACER = _TRACER, tracer

    def end() -> None:
        global _TRACER  # noqa: PLW0603 - as above
        _TRACER = before

    return end


def recording() -> bool:
    """Return whether spans go anywhere in this process. Where they do not, hot paths hand contexts on and make none."""
    return _TRACER is not _UNSET or not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def new_traceparent() -> str:
    """Return the context of a new, sampled trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def read_traceparent(text: str | None) -> SpanContext | None:
    """Return the context that ``text`` names, or ``None`` when it is absent or not a valid ``traceparent``."""
    found = _TRACEPARENT.fullmatch(text.strip()) if text else None
    if found is None or (found[1] == "00" and found[5]):
        return None
    context = SpanContext(int(found[2], 16), int(found[3], 16), is_remote=True, trace_flags=TraceFlags(int(found[4], 16)))
    return context if context.is_valid else None


def write_traceparent(context: SpanContext) -> str:
    """Return the ``traceparent`` of a context; empty for an invalid one."""
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_traceparent() -> str:
    """Return the ``traceparent`` of the current span; empty outside of any."""
    return write_traceparent(trace.get_current_span().get_span_context())


def inject(headers: MutableMapping[str, str]) -> None:
    """Write the current context into text headers (HTTP or AMQP); without one they stay as they are."""
    if now := current_traceparent():
        headers[HEADER] = now


def extract(headers: Mapping[str, str]) -> str:
    """Return the valid ``traceparent`` of text headers (names in any case), or an empty text."""
    for name, value in headers.items():
        if name.lower() == HEADER:
            context = read_traceparent(value)
            return "" if context is None else write_traceparent(context)
    return ""


class Traced:
    """A span at work. ``traceparent`` is what to hand on to whatever it causes."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: Span) -> None:
        self._span = span
        self.traceparent = write_traceparent(span.get_span_context())

    def note(self, key: str, value: AttributeValue) -> None:
        """Set an attribute."""
        self._span.set_attribute(key, value)

    def fail(self, kind: str, reason: str = "") -> None:
        """Mark the span as failed. ``kind`` is a low-cardinality word (an outcome, a status code, a class name)."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR, reason[:_LONGEST_REASON]))

    def end(self) -> None:
        """End a span that ``begin`` began."""
        self._span.end()


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    parent: str = "",
    attributes: Attributes | None = None,
    links: Sequence[str] = (),
) -> Iterator[Traced]:
    """Run a block as a span, which is the current one within it.

    ``parent`` is a ``traceparent``; without a valid one the current span is the parent, and without that a new trace
    begins. ``links`` are further ``traceparent`` values (the attempt that a callback answers). An exception marks the
    span as failed and passes on; its message is not recorded, for it may quote what a person wrote.
    """
    begun = _start(name, kind, parent, attributes, links)
    if not begun.get_span_context().is_valid and (fresh := read_traceparent(new_traceparent())) is not None:
        begun = NonRecordingSpan(fresh)  # nothing records, but ids travel and stand in the logs all the same
    with trace.use_span(begun, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        traced = Traced(begun)
        try:
            yield traced
        except Exception as error:
            traced.fail(type(error).__name__)
            raise


def begin(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    parent: str,
    attributes: Attributes | None = None,
    links: Sequence[str] = (),
    since_ns: int | None = None,
) -> Traced:
    """Begin a span that never is the current one: of many that are worked on at once. ``since_ns``: when it began, if before."""
    return Traced(_start(name, kind, parent, attributes, links, since_ns))


def _start(
    name: str, kind: SpanKind, parent: str, attributes: Attributes | None, links: Sequence[str], since_ns: int | None = None
) -> Span:
    above = read_traceparent(parent)
    context = None if above is None else trace.set_span_in_context(NonRecordingSpan(above))
    linked = [Link(found) for found in map(read_traceparent, links) if found is not None]
    return _TRACER.start_span(
        name, context, kind, attributes, linked, since_ns, record_exception=False, set_status_on_exception=False
    )


def http_server_span(method: str, route: str, traceparent: str | None) -> AbstractContextManager[Traced]:
    """Return a span for a call that the gateway answers. ``route`` is the template, never the path with its values.

    ``traceparent`` is the caller's header. Hand ``Traced.traceparent`` to the case. Note the status with ``note_status``.
    """
    attributes = {"http.request.method": method, "http.route": route}
    return span(f"{method} {route}", SpanKind.SERVER, parent=traceparent or "", attributes=attributes)


def http_client_span(
    method: str, url: str, *, agency: str, operation: str, parent: str = "", case: str = "", links: Sequence[str] = ()
) -> AbstractContextManager[Traced]:
    """Return a span for one try at an agency. Of the address only host and port are noted: the rest may name a person.

    ``links``: the try before this one.
    """
    at = urlsplit(url)
    attributes: dict[str, AttributeValue] = {
        "http.request.method": method,
        "server.address": at.hostname or "",
        "darcha.agency": agency,
        "darcha.operation": operation,
    }
    if at.port is not None:
        attributes["server.port"] = at.port
    if case:
        attributes[CASE] = case
    return span(f"{method} {agency}.{operation}", SpanKind.CLIENT, parent=parent, attributes=attributes, links=links)


def note_status(traced: Traced, status: int, *, server: bool) -> None:
    """Note the HTTP status code. For a server only 5xx is a failure of its own, for a client 4xx is one too."""
    traced.note("http.response.status_code", status)
    if status >= (500 if server else 400):
        traced.fail(str(status))


def note_exchange(status: int, sent: int, received: int) -> None:
    """Note on the current span, where one is recorded, what the transport saw: bytes of bodies, and the status if any."""
    current = trace.get_current_span()
    if not current.is_recording():
        return
    current.set_attribute("http.request.body.size", sent)
    if status:
        current.set_attribute("http.response.status_code", status)
        current.set_attribute("http.response.body.size", received)


def publish_span(queue: str, message_id: str = "", *, parent: str = "", case: str = "") -> AbstractContextManager[Traced]:
    """Return a span for handing a message to the broker."""
    attributes = messaging("send", "publish", queue, message_id, case=case)
    return span(f"publish {queue}", SpanKind.PRODUCER, parent=parent, attributes=attributes)


def process_span(
    queue: str, headers: Mapping[str, str], message_id: str = "", *, case: str = ""
) -> AbstractContextManager[Traced]:
    """Return a span for working on what came from the broker: a child of what the message's headers name."""
    attributes = messaging("process", "process", queue, message_id, case=case)
    return span(f"process {queue}", SpanKind.CONSUMER, parent=extract(headers), attributes=attributes)


def messaging(
    type_: str, name: str, queue: str, message_id: str = "", count: int = 1, case: str = ""
) -> dict[str, AttributeValue]:
    """Return the attributes of a span about a message, by the conventions."""
    attributes: dict[str, AttributeValue] = {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": type_,
        "messaging.operation.name": name,
        "messaging.destination.name": queue,
    }
    if message_id:
        attributes["messaging.message.id"] = message_id
    if count != 1:
        attributes["messaging.batch.message_count"] = count
    if case:
        attributes[CASE] = case
    return attributes
