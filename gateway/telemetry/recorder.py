"""Our own recorder behind OpenTelemetry's API: for a gateway that has no collector, so that its waterfall shows all the same.

A finished span goes into a bounded buffer of this process, and a task of its own takes it from there (``roles/spans.py``).
Whoever ends a span never waits and never sees an error; what finds the buffer full is dropped and counted. The SDK would do
the same for six times the memory: this one is a fraction of a MiB, which a worker has to keep.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, Tracer
from opentelemetry.util.types import Attributes, AttributeValue

from gateway.application.spans import CASE, ERROR, KINDS, SpanRecord

#: Finished spans that wait to be taken: some seconds of a process at full load.
MOST: Final = 20_000
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_LOW_BITS: Final = 2**64
_KIND: Final = {kind: KINDS[kind.value] for kind in SpanKind}


class Recorder:
    """Takes spans of one process. ``sample`` is the part of all traces that is kept, from 0 to 1.

    The trace's id decides, so that all processes decide alike and a kept trace is whole; a trace that is not kept is not kept
    when it fails either. The caller's own sampling does not count: whether its collector has a trace says nothing about ours.
    ``dropped`` is told how many found no place.
    """

    def __init__(self, role: str, *, sample: float = 1.0, most: int = MOST, dropped: Callable[[int], None]) -> None:
        self.role = role
        self.tracer: Tracer = _Tracer(self)
        self._below = int(sample * _LOW_BITS)
        self._most = most
        self._dropped = dropped
        self._finished: deque[_Recorded] = deque()

    def keeps(self, trace_id: int) -> bool:
        """Return whether a trace is kept."""
        return trace_id % _LOW_BITS < self._below

    def finish(self, span: _Recorded) -> None:
        """Take a finished span, or drop it when there is no place."""
        if len(self._finished) >= self._most:
            self._dropped(1)
        else:
            self._finished.append(span)

    def take(self, most: int) -> list[SpanRecord]:
        """Return up to ``most`` finished spans, oldest first; they are no longer held here."""
        count = min(most, len(self._finished))
        return [self._finished.popleft().record(self.role) for _ in range(count)]


class _Tracer(Tracer):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: ARG002 - as the base class has it
        set_status_on_exception: bool = True,  # noqa: ARG002 - as the base class has it
    ) -> Span:
        above = trace.get_current_span(context).get_span_context()
        trace_id = above.trace_id if above.is_valid else secrets.randbits(128) or 1
        if not self._recorder.keeps(trace_id):
            return NonRecordingSpan(above) if above.is_valid else _unkept(trace_id)
        own = SpanContext(trace_id, secrets.randbits(64) or 1, is_remote=False, trace_flags=_SAMPLED)
        return _Recorded(self._recorder, own, above.span_id if above.is_valid else 0, name, kind, attributes, links, start_time)

    @contextmanager
    def start_as_current_span(self, name: str, *args: Any, **kwargs: Any) -> Iterator[Span]:  # type: ignore[override]  # spelt out by the base class; we only hand it on
        with trace.use_span(self.start_span(name, *args, **kwargs), end_on_exit=True) as begun:
            yield begun


def _unkept(trace_id: int) -> Span:
    return NonRecordingSpan(SpanContext(trace_id, secrets.randbits(64) or 1, is_remote=False))


class _Recorded(Span):
    """A span at work. What nobody of ours writes (events, exceptions) it does not keep."""

    __slots__ = ("_attributes", "_context", "_ended", "_failed", "_kind", "_links", "_name", "_parent", "_recorder", "_started")

    def __init__(
        self,
        recorder: Recorder,
        context: SpanContext,
        parent: int,
        name: str,
        kind: SpanKind,
        attributes: Attributes,
        links: Sequence[Link] | None,
        started: int | None,
    ) -> None:
        self._recorder = recorder
        self._context = context
        self._parent = parent
        self._name = name
        self._kind = kind
        self._attributes: dict[str, AttributeValue] = dict(attributes or {})
        self._links = [link.context for link in links or ()]
        self._started = started or time.time_ns()
        self._ended = 0
        self._failed = False

    def end(self, end_time: int | None = None) -> None:
        if not self._ended:
            self._ended = end_time or time.time_ns()
            self._recorder.finish(self)

    def get_span_context(self) -> SpanContext:
        return self._context

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        self._attributes.update(attributes)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        self._attributes[key] = value

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Keep nothing."""

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:  # noqa: ARG002 - as the base class has it
        self._links.append(context)

    def update_name(self, name: str) -> None:
        self._name = name

    def is_recording(self) -> bool:
        return not self._ended

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:  # noqa: ARG002 - as the base class has it
        code = status if isinstance(status, StatusCode) else status.status_code
        self._failed = code is StatusCode.ERROR

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Keep nothing: its message may quote what a person wrote."""

    def record(self, role: str) -> SpanRecord:
        """Return the span as it is kept."""
        attributes = {key: value for key, value in self._attributes.items() if isinstance(value, str | bool | int | float)}
        return SpanRecord(
            trace_id=f"{self._context.trace_id:032x}",
            span_id=f"{self._context.span_id:016x}",
            parent_id=f"{self._parent:016x}" if self._parent else "",
            name=self._name,
            kind=_KIND[self._kind],
            role=role,
            started_us=self._started // 1000,
            ended_us=self._ended // 1000,
            status=ERROR if self._failed else "",
            case_id=_case(attributes.pop(CASE, "")),
            attributes=attributes,
            links=tuple((f"{link.trace_id:032x}", f"{link.span_id:016x}") for link in self._links),
        )


def _case(text: object) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None
