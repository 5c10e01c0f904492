"""Events reach whoever listens, and the feed shows every one of them in order, without gaps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika

from tests.path.gateway import Gateway, Servers
from tests.path.waiting import until

SERVICES = ("enter", "order", "chain", "coded", "note")


@asynccontextmanager
async def listening(servers: Servers) -> AsyncIterator[list[dict[str, Any]]]:
    """Collect what ``darcha.events`` brings. Outside this process nobody can listen to the in-process bus."""
    heard: list[dict[str, Any]] = []
    connection = await aio_pika.connect(servers.broker)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(await channel.get_exchange(f"{servers.prefix}.events"), "#")

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            heard.append(json.loads(message.body) | {"routing_key": message.routing_key})

        await queue.consume(take, no_ack=True)
        yield heard


async def feed(gateway: Gateway, limit: int, stop: asyncio.Event) -> list[dict[str, Any]]:
    """Follow ``GET /v1/events`` page by page until told to stop and nothing is left."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        last = stop.is_set()
        params = {"limit": str(limit)} | ({"after": after} if after else {})
        page = await gateway.client.call("GET", "/v1/events", params=params)
        found += page["items"]
        after = page["after"]
        if not page["items"]:
            if last:
                return found
            await asyncio.sleep(0.01)


async def test_the_feed_has_every_event_in_order_while_cases_run(gateway: Gateway) -> None:
    stop = asyncio.Event()
    following = asyncio.create_task(feed(gateway, 7, stop))
    cases = await asyncio.gather(*(gateway.submit(s) for s in SERVICES for _ in range(4)))
    for case in cases:
        await gateway.until_case(case, "closed")
    stop.set()
    followed = await following
    by_case: dict[str, list[int]] = {}
    for event in followed:
        by_case.setdefault(event["subject"], []).append(event["sequence"])
    assert set(by_case) == set(cases)
    for case in cases:
        assert by_case[case] == [e["sequence"] for e in await gateway.events(case)], "no gap, no repeat, in order"
        assert by_case[case] == list(range(1, len(by_case[case]) + 1))


async def test_events_reach_the_exchange(gateway: Gateway) -> None:
    if not gateway.servers.rabbitmq:
        cases = [await gateway.submit("order")]
        await gateway.until_case(cases[0], "closed")
    else:
        async with listening(gateway.servers) as heard:
            cases = list(await asyncio.gather(*(gateway.submit(s) for s in SERVICES)))
            for case in cases:
                await gateway.until_case(case, "closed")
            expected = {e["id"]: e for case in cases for e in await gateway.events(case)}
            await until(lambda: {e["id"] for e in heard} >= set(expected), "every event was heard")
        for event in heard:
            assert event["type"] == f"uz.darcha.{event['routing_key']}.v1"
            assert event["hash"] == expected[event["id"]]["hash"]
        for case in cases:
            order = [int(e["sequence"]) for e in heard if e["subject"] == case]
            assert order == sorted(order)

    async def all_delivered() -> bool:
        counts = await gateway.core.store.counts()
        return not counts["deliveries"].get("pending") and not counts["deliveries"].get("claimed")

    await until(all_delivered, "every delivery is settled")
