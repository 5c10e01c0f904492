"""The notifier's second use case: events to the receivers of front offices, each receiver by itself.

A receiver that is slow or dead has a task of its own and no more than that: nothing waits for it but its own deliveries. How
many are under way to one, in which order and when, stands in its rows, so that any number of processes keep it together.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from gateway.application.measures import UNMEASURED, Measures
from gateway.application.notify import cloud_event
from gateway.application.store import StoreUnavailable
from gateway.application.webhook_store import Outgoing, Tried, WebhookStore
from gateway.application.webhooks import Receivers, signed
from gateway.domain.webhook import Webhook, message_id, settle

#: So many events a round looks at.
_BATCH: Final = 1000
#: So many of the database's connections it uses at once, however many receivers there are: the others have theirs.
_CONNECTIONS: Final = 3
#: What a claim lasts beyond the longest try.
_MARGIN_SECS: Final = 30.0


class SendWebhooks:
    """The use case; any number of processes may run it at once. ``timeout_secs`` is the longest that a try lasts."""

    def __init__(
        self,
        hooks: WebhookStore,
        receivers: Receivers,
        secret: bytes,
        now: Callable[[], datetime],
        *,
        timeout_secs: float,
        measures: Measures = UNMEASURED,
    ) -> None:
        self._hooks = hooks
        self._receivers = receivers
        self._secret = secret
        self._now = now
        self._lease_secs = timeout_secs + _MARGIN_SECS
        self._measures = measures
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._database = asyncio.Semaphore(_CONNECTIONS)
        self._stopped = False
        self._waiting: Sequence[tuple[UUID, datetime]] = ()

    async def run_once(self) -> int:
        """Make deliveries of what has happened, and see to it that each receiver with something due has its task.

        Returns how much there was of both, without waiting for any receiver. Raises what a task has ended with.
        """
        self._reap()
        self._waiting = ()
        if not await self._hooks.has_webhooks():
            return 0
        told = await self._hooks.tell_webhooks(_BATCH)
        begun = 0
        self._waiting = await self._hooks.waiting_webhooks()
        now = await self._hooks.now() if self._waiting else None
        for id_, at in self._waiting:
            if now is not None and at <= now and id_ not in self._running:
                self._running[id_] = asyncio.create_task(self._serve(id_), name=f"webhook {id_}")
                begun += 1
        return told + begun

    async def next_at(self) -> datetime | None:
        """Return when the next receiver without a task has something due, as the last round saw it."""
        return min((at for id_, at in self._waiting if id_ not in self._running), default=None)

    async def finish(self) -> None:
        """Begin no further try, and wait for those under way."""
        self._stopped = True
        if self._running:
            await asyncio.wait(self._running.values())
        self._reap()

    async def abandon(self) -> None:
        """Let go of what is still under way: it is sent again when its claim ends, under the same id."""
        left = list(self._running.values())
        self._running.clear()
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _reap(self) -> None:
        for id_, task in list(self._running.items()):
            if task.done():
                del self._running[id_]
                task.result()

    async def _serve(self, id_: UUID) -> None:
        """Send what is due to one receiver until nothing is."""
        flying: set[asyncio.Task[Tried]] = set()
        try:
            while True:
                if not self._stopped:
                    webhook, claimed = await self._claim(id_)
                    flying |= {asyncio.create_task(self._try(webhook, one)) for one in claimed}
                if not flying:
                    return
                done, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                await self._settle(id_, [task.result() for task in done])
        except StoreUnavailable:
            # What is under way is told again when its claim ends, under the same id; the next round finds out about the database.
            return
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _claim(self, id_: UUID) -> tuple[Webhook, Sequence[Outgoing]]:
        async with self._database:
            return await self._hooks.claim_webhook(id_, self._lease_secs)

    async def _try(self, webhook: Webhook, one: Outgoing) -> Tried:
        body = orjson.dumps(cloud_event(one.event))
        headers = signed(self._secret, webhook, message_id(one.id), body, self._now())
        return Tried(one, await self._receivers.post(webhook.url, headers, body))

    async def _settle(self, id_: UUID, tries: Sequence[Tried]) -> None:
        async with self._database:
            settled = await self._hooks.settle_webhook(id_, tries, settle)
        for state, count in Counter(delivery.state for delivery in settled).items():
            self._measures.delivered("webhook", state, count)
