"""Where the loops meet the traces: one trace from the POST to the agency's call and back.

A release carries the context of its case. Handing it to the lane is a span of its own under it, working on it another
under that, and the call of the agency another still, whose context the agency is told. The reply carries the worker's.
Where nothing records spans, the context is handed on as it came and none of this costs more than a look.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final
from uuid import UUID

from opentelemetry.trace import SpanKind

from gateway.application.bus import Bus, BusDelivery, BusMessage, Subscription
from gateway.application.deliver import Call, unwatched
from gateway.application.release import Release
from gateway.application.spans import CASE, CASE_HEADER
from gateway.application.track import Heard
from gateway.domain.outcomes import LookupOutcome, name_of
from gateway.domain.request import Work
from gateway.telemetry.tracing import (
    HEADER,
    Traced,
    begin,
    extract,
    http_client_span,
    messaging,
    process_span,
    publish_span,
    recording,
)

#: Outcomes that are the transport's or the configuration's failure; what an agency says in its own right is none.
_FAILURES: Final = frozenset({"retry_later", "unknown", "invalid", "misconfigured"})


class TracedBus:
    """A bus whose messages to a queue each get a span of their own, under the context that they carry."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        """Publish; see ``Bus.publish``. The messages go out with the contexts of their spans."""
        if not recording():
            return await self._bus.publish(queue, messages)
        sent = []
        for message in messages:
            # Each ends before the broker confirms: a batch has one confirm to wait for and as many traces as messages.
            case = message.headers.get(CASE_HEADER, "")
            with publish_span(queue, message.message_id, parent=message.headers.get(HEADER, ""), case=case) as traced:
                headers = {**message.headers, HEADER: traced.traceparent}
            sent.append(BusMessage(message.body, message.message_id, headers))
        return await self._bus.publish(queue, sent)

    async def open(self) -> None:
        """Open the bus."""
        await self._bus.open()

    async def close(self) -> None:
        """Close the bus."""
        await self._bus.close()

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._bus.connected

    async def offer(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        """Offer; what may be lost gets no span."""
        return await self._bus.offer(queue, messages)

    async def publish_events(self, events: Sequence[tuple[str, BusMessage]]) -> list[bool]:
        """Publish events; they belong to cases, not to a call, and get no span."""
        return await self._bus.publish_events(events)

    async def subscribe(self, queue: str, prefetch: int) -> Subscription:
        """Consume; the loops make the spans of what they work on."""
        return await self._bus.subscribe(queue, prefetch)

    async def depth(self, queue: str) -> int:
        """Return how many messages wait."""
        return await self._bus.depth(queue)

    async def wake(self, topic: str) -> None:
        """Wake whoever waits."""
        await self._bus.wake(topic)

    async def wait(self, topic: str, timeout: float) -> None:
        """Wait to be woken."""
        await self._bus.wait(topic, timeout)


class _Watched:
    """The call of an agency, as its span sees it."""

    def __init__(self, traced: Traced) -> None:
        self._traced = traced
        self.traceparent = traced.traceparent

    def ended(self, outcome: LookupOutcome) -> None:
        """Note the outcome; its reason stays in the case's events, for it may quote what a person wrote."""
        name = name_of(outcome)
        self._traced.note("darcha.outcome", name)
        if name in _FAILURES:
            self._traced.fail(name)


@contextmanager
def _watched(release: Release) -> Iterator[Call]:
    message = release.message
    with http_client_span(
        message.method,
        release.endpoint,
        agency=release.agency,
        operation=message.operation,
        case=str(release.case_id),
        links=(release.earlier,),
    ) as traced:
        traced.note("darcha.attempt.work", str(release.work))
        yield _Watched(traced)


def watch(release: Release) -> AbstractContextManager[Call]:
    """Watch one call of an agency: a client span under the current one, whose context the agency is told.

    It is linked to the try before it, where there was one.
    """
    return _watched(release) if recording() else unwatched(release)


@contextmanager
def _processing(queue: str, headers: Mapping[str, str], message_id: str, case: str) -> Iterator[str]:
    with process_span(queue, headers, message_id, case=case) as traced:
        yield traced.traceparent


def processing(
    queue: str, headers: Mapping[str, str], message_id: str, given: str, case: str = ""
) -> AbstractContextManager[str]:
    """Return a span for the work on one message, under the context of its headers, or else ``given``.

    Yields the context to hand on with what the work leads to.
    """
    if not recording():
        return nullcontext(given)
    return _processing(queue, headers if headers.get(HEADER) else {HEADER: given}, message_id, case)


@contextmanager
def _batch(queue: str, deliveries: Sequence[BusDelivery], cases: Sequence[UUID]) -> Iterator[None]:
    begun = [
        begin(
            f"process {queue}",
            SpanKind.CONSUMER,
            parent=context,
            attributes=messaging("process", "process", queue, count=len(deliveries), case=str(case)),
        )
        for delivery, case in zip(deliveries, cases, strict=True)
        if (context := extract(delivery.headers))
    ]
    try:
        yield
    except BaseException as error:
        for traced in begun:
            traced.fail(type(error).__name__)
        raise
    finally:
        for traced in begun:
            traced.end()


def processing_batch(queue: str, deliveries: Sequence[BusDelivery], cases: Sequence[UUID]) -> AbstractContextManager[object]:
    """Return the spans of the work on a batch: one for each message, in the trace of its case (``cases`` in their order).

    So a case's trace is whole at any load; one span for the batch, linked to all, would stand in none of their traces.
    """
    if not recording():
        return nullcontext()
    if len(deliveries) == 1:
        return process_span(queue, deliveries[0].headers, case=str(cases[0]))
    return _batch(queue, deliveries, cases)


#: Returns the (work, ``traceparent``) of the traced tries of requests (case id, request id), as storage does.
AttemptTraces = Callable[[Sequence[tuple[UUID, UUID]]], Awaitable[Mapping[UUID, Sequence[tuple[str, str]]]]]


class CallbackSpans:
    """Shows the application of callbacks in both traces that meet in one: the case's, and the one that the agency began.

    In the case's trace it is a child of the try that the callback answers, linked to the agency's call; in the agency's
    trace a child of that call, linked to the try.
    """

    def __init__(self, attempts: AttemptTraces) -> None:
        self._attempts = attempts

    async def __call__(self, heard: Sequence[Heard], began_ns: int) -> None:
        """Tell of callbacks whose transaction, begun at ``began_ns``, has been committed."""
        if not recording():
            return
        traces = await self._attempts([(h.case_id, h.request_id) for h in heard])
        for one in heard:
            tries = traces.get(one.request_id, ())
            answered = next((context for work, context in reversed(tries) if work == Work.SEND), "")
            parent = answered or one.case_traceparent
            attributes = {"darcha.agency": one.item.agency, "darcha.callback": one.item.name, CASE: str(one.case_id)}
            call = one.item.headers.get(HEADER, "")
            if parent:
                begin(
                    f"apply callback {one.item.agency}.{one.item.name}",
                    SpanKind.CONSUMER,
                    parent=parent,
                    attributes=attributes,
                    links=(call,),
                    since_ns=began_ns,
                ).end()
            if call:
                begin(
                    "answer found", parent=call, attributes=attributes, links=(answered or parent,), since_ns=time.time_ns()
                ).end()
