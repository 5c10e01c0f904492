"""The notifier's use case: deliveries claimed from their rows, sent outside, settled. At least once, under one id."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import orjson

from gateway.application.bus import Bus, BusMessage, BusUnavailable
from gateway.application.measures import UNMEASURED, Measures
from gateway.application.store import OutboundDelivery, Store
from gateway.domain.events import PREFIX, Event

#: After how many seconds a message is tried again; after the last it is exhausted, which is itself an incident.
ALERT_SCHEDULE = (5, 30, 120, 600, 1800, 3600, 7200, 14400)
LEASE_SECS = 60.0

#: Sends a message (id, target, payload) to its address; returns an empty text when it was delivered, ``skipped`` when the
#: target has no address (any more), else the error.
SendNotice = Callable[[UUID, str, Mapping[str, Any]], Awaitable[str]]
Settled = tuple[UUID, str, datetime | None, str]


class Alerter(Protocol):
    """What makes messages of incidents (``alerts.py``)."""

    async def gather(self, deliveries: Sequence[OutboundDelivery]) -> None:
        """Take in the incidents of ``alert`` deliveries and settle these."""
        ...

    async def run_once(self) -> int:
        """Write the messages that are due. Returns how many things were seen to."""
        ...


def cloud_event(event: Event) -> dict[str, Any]:
    """Return the event as CloudEvents 1.0 JSON. ``id`` is the event's own, so a repeat is recognisable."""
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": "/darcha",
        "type": f"{PREFIX}{event.type}.v1",
        "subject": str(event.case_id),
        "time": event.time.isoformat(),
        "datacontenttype": "application/json",
        "sequence": str(event.seq),
        "actor": event.actor,
        "hash": event.hash,
        "data": dict(event.payload),
    }


class Notify:
    """The use case; any number of processes may run it at once."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        send: SendNotice,
        alerter: Alerter,
        now: Callable[[], datetime],
        *,
        batch: int = 500,
        measures: Measures = UNMEASURED,
    ) -> None:
        self._store = store
        self._bus = bus
        self._send = send
        self._alerter = alerter
        self._now = now
        self._batch = batch
        self._measures = measures

    async def run_once(self) -> int:
        """Send what is due. Returns how many deliveries are through; what has to wait for its next try is not counted, so
        that a broker that is away is asked now and then and not with the whole backlog at once."""
        claimed = await self._store.claim_deliveries(self._batch, LEASE_SECS)
        events = [d for d in claimed if d.kind == "events"]
        alerts = [d for d in claimed if d.kind == "alert"]
        notices = [d for d in claimed if d.kind == "notice"]
        done = await self._settle("events", await self._events(events)) if events else 0
        if alerts:
            await self._alerter.gather(alerts)
            self._measures.delivered("alert", "delivered", len(alerts))
        done += len(alerts) + await self._alerter.run_once()
        if notices:  # after the events are settled and all at once: a channel that hangs holds up neither them nor one another
            done += await self._settle("notice", await asyncio.gather(*map(self._notice, notices)))
        return done

    async def _settle(self, kind: str, settled: Sequence[Settled]) -> int:
        await self._store.settle_deliveries(settled)
        states = Counter(state for _, state, _, _ in settled)
        for state, count in states.items():
            self._measures.delivered(kind, state, count)
        return len(settled) - states["pending"]

    async def _events(self, deliveries: Sequence[OutboundDelivery]) -> list[Settled]:
        messages: list[tuple[str, BusMessage]] = []
        owner: list[int] = []
        for place, delivery in enumerate(deliveries):
            for event in delivery.events:
                body = orjson.dumps(cloud_event(event))
                messages.append((event.type, BusMessage(body, str(event.id), {"ce-type": f"{PREFIX}{event.type}.v1"})))
                owner.append(place)
        if not messages:
            return [(d.id, "delivered", None, "") for d in deliveries]
        try:
            confirmed = await self._bus.publish_events(messages)
        except BusUnavailable as error:
            later = self._now() + timedelta(seconds=1)
            return [(d.id, "pending", later, str(error)) for d in deliveries]
        failed = {owner[i] for i, ok in enumerate(confirmed) if not ok}
        later = self._now() + timedelta(seconds=1)
        return [
            (d.id, "pending", later, "not confirmed") if place in failed else (d.id, "delivered", None, "")
            for place, d in enumerate(deliveries)
        ]

    async def _notice(self, delivery: OutboundDelivery) -> Settled:
        error = await self._send(delivery.id, delivery.target, delivery.payload)
        if not error:
            return delivery.id, "delivered", None, ""
        if error == "skipped":
            why = f"no address is set for {delivery.target} (DARCHA_ALERT_URLS, or alerts.yaml of the catalogue)"
            return delivery.id, "skipped", None, why
        if delivery.attempts > len(ALERT_SCHEDULE):
            return delivery.id, "exhausted", None, error
        wait = ALERT_SCHEDULE[delivery.attempts - 1]  # a claim counts as an attempt: the first is 1
        return delivery.id, "pending", self._now() + timedelta(seconds=wait), error
