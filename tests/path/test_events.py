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


async def follow(gateway: Gateway, limit: int, found: list[dict[str, Any]]) -> None:
    """Follow ``GET /v1/events`` page by page for ever. An empty page is no end: an open transaction may hold it back."""
    after = ""
    while True:
        params = {"limit": str(limit), "wait": "1"} | ({"after": after} if after else {})
        page = await gateway.client.call("GET", "/v1/events", params=params)
        found += page["items"]
        after = page["after"]


async def test_the_feed_has_every_event_in_order_while_cases_run(gateway: Gateway) -> None:
    followed: list[dict[str, Any]] = []
    following = asyncio.create_task(follow(gateway, 7, followed))
    cases = await asyncio.gather(*(gateway.submit(s) for s in SERVICES for _ in range(4)))
    for case in cases:
        await gateway.until_case(case, "closed")
    expected = {case: [e["sequence"] for e in await gateway.events(case)] for case in cases}
    await until(lambda: len(followed) >= sum(map(len, expected.values())), "the feed has told them all")
    following.cancel()
    by_case: dict[str, list[int]] = {}
    for event in followed:
        by_case.setdefault(event["subject"], []).append(event["sequence"])
    assert by_case == expected, "no gap, no repeat, in order"
    for sequences in expected.values():
        assert sequences == list(range(1, len(sequences) + 1))


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
