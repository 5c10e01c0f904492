"""An outage of an agency is one alert and one all-clear, however many cases it holds up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.path.gateway import ROLES, Gateway
from tests.path.waiting import until

CASES = 200


@pytest.fixture
async def heard() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a webhook receiver, and what it was told."""
    taken: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        taken.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"json://127.0.0.1:{runner.addresses[0][1]}/", taken
    await runner.cleanup()


@pytest.mark.parametrize("servers", ["sqlite-inprocess", "postgres-rabbitmq"], indirect=True)
async def test_an_outage_of_200_cases_is_one_alert_and_one_all_clear(
    idle: Gateway, heard: tuple[str, list[dict[str, Any]]]
) -> None:
    address, taken = heard
    # Long waits for what may be an outage, short ones for what is: as in production, only faster.
    idle.overrides = {"alert_urls": address, "alert_wait_secs": 0.5, "alert_calm_secs": 0.5, "alert_unsure_secs": 60}
    await idle.start(*ROLES)
    await idle.agencies.stop("registry")
    cases = await asyncio.gather(*(idle.submit("enter") for _ in range(CASES)))
    await until(lambda: len(taken) == 1, "the outage is told")
    (down,) = await idle.incidents("lane_down")
    assert (down["agency"], down["lane"]) == ("registry", "registry")
    await idle.agencies.start("registry")
    await idle.post("/v1/agencies/registry/resume", {"reason": "they are back"})
    for case in cases:
        await idle.until_case(case, "closed")
    await until(lambda: len(taken) == 2, "that it is over is told")
    assert [one["type"] for one in taken] == ["failure", "success"]
    assert [one["title"].startswith("Darcha: registry") for one in taken] == [True, True]
    assert await idle.incidents() == []
    (alert,) = await idle.client.listed("/v1/alerts", {"state": "over"})
    assert (alert["kind"], alert["agency"]) == ("lane_down", "registry")
    assert await idle.client.listed("/v1/alerts") == []
