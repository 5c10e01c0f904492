"""Each receiver has a task of its own: what it may use of the database, and how it ends when something fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.application.send_webhooks import SendWebhooks
from gateway.application.store import StoreUnavailable
from gateway.application.webhook_store import Outgoing, Tried
from gateway.domain.events import Event
from gateway.domain.webhook import SecretUse, Told, Webhook, WebhookDelivery
from tests.unit.application.small import NOW


def hook(number: int) -> Webhook:
    return Webhook(UUID(int=number), "window", f"https://{number}.uz/", ("*",), NOW, NOW, (SecretUse(1, NOW),))


class Rows:
    """The database: ``due`` deliveries of each webhook, and how many of its connections are used at once."""

    def __init__(self, due: dict[int, int]) -> None:
        self.due = due
        self.at = NOW
        self.settled: list[Tried] = []
        self.used = self.most_used = 0
        self.fails: Exception | None = None

    async def now(self) -> Any:
        return self.at

    async def has_webhooks(self) -> bool:
        return bool(self.due)

    async def tell_webhooks(self, _most: int) -> int:
        return 0

    async def waiting_webhooks(self) -> list[tuple[UUID, Any]]:
        return [(UUID(int=number), NOW) for number, count in self.due.items() if count]

    async def claim_webhook(self, id_: UUID, _lease_secs: float) -> tuple[Webhook, Sequence[Outgoing]]:
        await self._use()
        count, self.due[id_.int] = self.due[id_.int], 0
        event = Event(UUID(int=9), UUID(int=8), 1, "case.received", NOW, "gateway", {}, "", "", "", "")
        return hook(id_.int), [Outgoing(UUID(int=id_.int * 1000 + n), 1, event) for n in range(count)]

    async def settle_webhook(self, _id: UUID, tries: Sequence[Tried], _settle: Any) -> list[WebhookDelivery]:
        await self._use()
        if self.fails is not None:
            raise self.fails
        self.settled += tries
        return []

    async def _use(self) -> None:
        self.used += 1
        self.most_used = max(self.most_used, self.used)
        for _ in range(3):
            await asyncio.sleep(0)
        self.used -= 1


class Way:
    """The way out; a receiver in ``hangs`` does not answer until it is set."""

    def __init__(self) -> None:
        self.hangs: dict[str, asyncio.Event] = {}
        self.begun: list[str] = []

    async def problem(self, _url: str) -> str:
        return ""

    async def post(self, url: str, _headers: Any, _body: bytes) -> Told:
        self.begun.append(url)
        if url in self.hangs:
            await self.hangs[url].wait()
        return Told(204)


def sending(rows: Rows, way: Way) -> SendWebhooks:
    return SendWebhooks(rows, way, b"secret", lambda: NOW, timeout_secs=15)  # type: ignore[arg-type]  # all that it asks for


async def test_many_receivers_share_a_few_connections_and_one_that_hangs_holds_none() -> None:
    rows, way = Rows(dict.fromkeys(range(1, 41), 2)), Way()
    way.hangs["https://1.uz/"] = asyncio.Event()
    use = sending(rows, way)
    assert await use.run_once() == 40
    async with asyncio.timeout(5):
        while len(rows.settled) < 78:
            await asyncio.sleep(0)
    assert rows.most_used == 3 and rows.used == 0 and way.begun.count("https://1.uz/") == 2
    assert await use.run_once() == 0, "it has its task already"
    way.hangs["https://1.uz/"].set()
    await use.finish()
    assert len(rows.settled) == 80


async def test_a_stop_waits_for_what_is_under_way_and_begins_nothing() -> None:
    rows, way = Rows({1: 1}), Way()
    way.hangs["https://1.uz/"] = asyncio.Event()
    use = sending(rows, way)
    await use.run_once()
    async with asyncio.timeout(5):
        while not way.begun:
            await asyncio.sleep(0)
    rows.due[1] = 5
    finishing = asyncio.create_task(use.finish())
    await asyncio.sleep(0)
    assert not finishing.done()
    way.hangs["https://1.uz/"].set()
    await finishing
    assert len(rows.settled) == 1 and rows.due[1] == 5


async def test_a_database_that_is_away_ends_the_task_and_the_next_round_begins_it_anew() -> None:
    rows, way = Rows({1: 1}), Way()
    rows.fails = StoreUnavailable("away")
    use = sending(rows, way)
    await use.run_once()
    await _ended()
    rows.fails, rows.due[1] = None, 1
    assert await use.run_once() == 1
    await _ended()
    assert len(rows.settled) == 1


async def test_what_nobody_foresaw_is_raised_by_the_next_round() -> None:
    rows, way = Rows({1: 1}), Way()
    rows.fails = ZeroDivisionError("a mistake of ours")
    use = sending(rows, way)
    await use.run_once()
    await _ended()
    with pytest.raises(ZeroDivisionError):
        await use.run_once()


async def test_nothing_is_asked_while_there_are_no_webhooks() -> None:
    rows = Rows({})
    use = sending(rows, Way())
    rows.waiting_webhooks = rows.tell_webhooks = None  # type: ignore[assignment]  # to be called is to fail
    assert await use.run_once() == 0 and await use.next_at() is None


async def test_a_rest_is_waited_for_by_the_time_of_the_database() -> None:
    rows = Rows({1: 1})
    rows.at = NOW - timedelta(seconds=9)
    use = sending(rows, Way())
    assert await use.run_once() == 0 and await use.next_at() == NOW


async def _ended() -> None:
    """Wait until the tasks of receivers have ended."""
    async with asyncio.timeout(5):
        while any((task.get_name() or "").startswith("webhook ") for task in asyncio.all_tasks()):
            await asyncio.sleep(0)
