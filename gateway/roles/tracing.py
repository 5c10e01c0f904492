"""Where the loops meet the traces: one trace from the POST to the agency's call and back.

A release carries the context of its case. Handing it to the lane is a span of its own under it, working on it another
under that, and the call of the agency another still, whose context the agency is told. The reply carries the worker's.
Where nothing records spans, the context is handed on as it came and none of this costs more than a look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from gateway.application.bus import Bus, BusDelivery, BusMessage, Subscription
from gateway.application.deliver import Call, unwatched
from gateway.application.release import Release
from gateway.domain.outcomes import LookupOutcome, name_of
from gateway.telemetry.tracing import HEADER, Traced, http_client_span, process_span, publish_span, recording

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
            with publish_span(queue, message.message_id, parent=message.headers.get(HEADER, "")) as traced:
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
    method = release.message.method
    with http_client_span(method, release.endpoint, agency=release.agency, operation=release.message.operation) as traced:
        traced.note("darcha.attempt.work", str(release.work))
        yield _Watched(traced)


def watch(release: Release) -> AbstractContextManager[Call]:
    """Watch one call of an agency: a client span under the current one, whose context the agency is told."""
    return _watched(release) if recording() else unwatched(release)


@contextmanager
def _processing(queue: str, headers: Mapping[str, str], message_id: str) -> Iterator[str]:
    with process_span(queue, headers, message_id) as traced:
        yield traced.traceparent


def processing(queue: str, headers: Mapping[str, str], message_id: str, given: str) -> AbstractContextManager[str]:
    """Return a span for the work on one message, under the context of its headers, or else ``given``.

    Yields the context to hand on with what the work leads to.
    """
    if not recording():
        return nullcontext(given)
    return _processing(queue, headers if headers.get(HEADER) else {HEADER: given}, message_id)


def processing_batch(queue: str, deliveries: Sequence[BusDelivery]) -> AbstractContextManager[object]:
    """Return a span for the work on a batch: under the context of a message that is alone, else with links to all."""
    if not recording():
        return nullcontext()
    if len(deliveries) == 1:
        return process_span(queue, deliveries[0].headers)
    links = [context for delivery in deliveries if (context := delivery.headers.get(HEADER, ""))]
    return process_span(queue, {}, count=len(deliveries), links=links)
