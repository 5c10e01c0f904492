"""Streams over a real socket: resumed without a gap or a double, each sees its own, the key ends them, so does the gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from sqlalchemy import delete

from gateway.api.app import build_api
from gateway.application.feed import FEED
from gateway.bootstrap.api import ApiJob
from gateway.cli.town import free_port
from gateway.client import GatewayClient
from gateway.client.streams import blocks
from gateway.roles.polling import Polling
from gateway.storage import content_tables as c
from gateway.storage import tables as t
from tests.integration.api.conftest import Town, ok
from tests.integration.api.test_search import another


class Served:
    """The town on a port, with the loop that reads its feed, as a process has them."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        limits = replace(town.parts.limits, key_ttl_secs=0.2, stream_look_secs=0.1, stream_quiet_secs=0.1)
        self.parts = replace(town.parts, limits=limits)
        self.api = ApiJob(build_api(self.parts), "127.0.0.1", self.port)
        self.feed = Polling(
            "feed", FEED, town.parts.bus, self.parts.hub.read, now=town.parts.now, at_most_secs=0.05, finish=self.parts.hub.close
        )
        self.tasks = [asyncio.create_task(self.api.run()), asyncio.create_task(self.feed.run())]

    async def stop(self) -> None:
        await asyncio.gather(self.api.stop(), self.feed.stop())
        await asyncio.gather(*self.tasks)


@pytest.fixture
async def served(town: Town) -> AsyncIterator[Served]:
    made = Served(town)
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        while True:
            try:
                async with session.get(f"{made.address}/healthz") as answer:
                    if answer.status == 200:
                        break
            except aiohttp.ClientError:
                await asyncio.sleep(0)
    yield made
    await made.stop()


Blocks = AsyncIterator[tuple[str, str]]


@asynccontextmanager
async def opened(served: Served, path: str, key: str = "office-key", **headers: str) -> AsyncIterator[Blocks]:
    """Open a stream; what it yields are blocks: data and id."""
    sent = {"Authorization": f"Bearer {key}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    async with aiohttp.ClientSession(headers=sent) as session, session.get(served.address + path) as answer, asyncio.timeout(30):
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        yield blocks(answer.content.iter_any())


async def events(stream: Blocks, count: int) -> list[tuple[dict[str, Any], str]]:
    """Return the next events of a stream, each with its id."""
    came: list[tuple[dict[str, Any], str]] = []
    while len(came) < count:
        data, id_ = await anext(stream)
        if data:
            came.append((json.loads(data), id_))
    return came


async def test_a_stream_goes_on_where_it_was_cut(served: Served, preschool: dict[str, Any]) -> None:
    """Cut after any event, with more arriving while nobody listens: together the pieces are the feed, once each."""
    town = served.town
    for n in range(3):
        await town.submit(another(preschool, n))
    got: list[tuple[dict[str, Any], str]] = []
    last = ""
    path = "/v1/events/stream?after="
    for piece in (1, 4, 2):
        async with opened(served, path, **({"Last_Event_ID": last} if last else {})) as stream:
            got += await events(stream, piece)
            last = got[-1][1]
        await town.submit(another(preschool, 10 + len(got)))
    all_ = await everything(town)
    async with opened(served, path + last) as stream:
        got += await events(stream, len(all_) - len(got))
    assert [e["id"] for e, _ in got] == all_


async def everything(town: Town) -> list[str]:
    """The ids of all events, in the feed's order, once the feed has them."""
    written = 0
    async with town.store.db.read() as tx:
        written = len(await tx.rows(t.events.select()))
    while len(items := ok(await town.operator.get("/v1/events?limit=1000"))["items"]) < written:
        await asyncio.sleep(0)
    return [item["id"] for item in items]


async def test_a_stream_begins_now_and_hears_what_comes(served: Served, preschool: dict[str, Any]) -> None:
    town = served.town
    await town.submit(another(preschool, 1))
    await everything(town)
    async with opened(served, "/v1/events/stream?service=preschool-enrolment&type=case&agency=civil-registry") as stream:
        assert (await anext(stream))[1], "at once: where it is"
        made = await town.submit(another(preschool, 2))
        ((event, _),) = await events(stream, 1)
        assert (event["subject"], event["type"]) == (made["id"], "uz.darcha.case.received.v1")
    async with opened(served, "/v1/events/stream?service=cadastre-extract") as stream:
        first = (await anext(stream))[1]
        await town.submit(another(preschool, 3))
        while (quiet := await anext(stream))[1] == first:
            pass
        assert quiet[0] == "", "what it does not want moves its place on, too"


async def test_a_front_office_hears_of_its_own_cases(served: Served, preschool: dict[str, Any]) -> None:
    town = served.town
    async with opened(served, "/v1/events/stream", "other-key") as strange, opened(served, "/v1/events/stream") as ours:
        await anext(strange)
        await anext(ours)
        made = await town.submit(preschool)
        assert {e["subject"] for e, _ in await events(ours, 2)} == {made["id"]}
        theirs = await town.by("other-key").post("/v1/applications", another(preschool, 5), idempotency_key="k-5")
        assert {e["subject"] for e, _ in await events(strange, 2)} == {theirs.json()["id"]}
    async with opened(served, "/v1/events/stream?after=", "other-key") as strange:
        assert {e["subject"] for e, _ in await events(strange, 2)} == {theirs.json()["id"]}


async def test_a_case_is_followed_from_its_first_event(served: Served, preschool: dict[str, Any]) -> None:
    made = await served.town.submit(preschool)
    path = f"/v1/cases/{made['number']}/events/stream"
    stored = await served.town.office.get(f"/v1/cases/{made['id']}/events")
    before = len(stored.json()["items"])
    async with opened(served, path) as stream:
        assert [id_ for _, id_ in await events(stream, before)] == [str(n + 1) for n in range(before)]
        await served.town.office.post(f"/v1/cases/{made['id']}/withdraw", {"reason": "changed my mind"})
        ((event, id_),) = await events(stream, 1)
        assert (event["sequence"], id_) == (before + 1, str(before + 1))
    async with opened(served, path, Last_Event_ID=str(before - 1)) as stream:
        assert [id_ for _, id_ in await events(stream, 2)] == [str(before), str(before + 1)]
    async with GatewayClient(served.address, "office-key") as client:
        followed = client.stream(f"/v1/cases/{made['id']}/events/stream", str(before))
        event, id_ = await anext(followed)
        await followed.aclose()
        assert (event["sequence"], id_) == (before + 1, str(before + 1))


async def test_a_withdrawn_key_ends_its_stream(served: Served) -> None:
    async with opened(served, "/v1/events/stream") as stream, opened(served, "/v1/events/stream", "operator-key") as other:
        await anext(stream)
        async with served.town.store.db.write() as tx:
            await tx.run(delete(c.api_keys).where(c.api_keys.c.name == "namangan"))
        async for data, _ in stream:
            assert not data
        await anext(other)  # the other one goes on


async def test_stopping_ends_the_streams_and_the_server(town: Town, served: Served, preschool: dict[str, Any]) -> None:
    async with opened(served, "/v1/events/stream") as stream:
        await anext(stream)
        assert town.parts.hub.listeners == 1
        async with asyncio.timeout(8):  # uvicorn itself would wait for ten seconds, and then cut them off
            await served.stop()
            async for data, _ in stream:
                assert not data
    assert town.parts.hub.listeners == 0
