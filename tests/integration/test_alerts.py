"""Alerts over a real receiver: what arrives, and what is answered when the receiver fails, hangs or is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.notify.alerts import Alerts

ZONE = ZoneInfo("Asia/Tashkent")
PAYLOAD = {"kind": "clock_breached", "case_number": "0000-0001-2", "detail": {"due_at": "2026-12-14T19:00:00+00:00"}}


class Receiver:
    """A webhook receiver: keeps what came, answers ``status``, and can be made to hang until released."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.status = 200
        self.free = asyncio.Event()
        self.free.set()
        self.address = ""

    async def take(self, request: web.Request) -> web.Response:
        self.came.append(await request.json())
        await self.free.wait()
        return web.Response(status=self.status)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.take)
    async with TestServer(app) as server:
        found.address = f"{server.host}:{server.port}/hook"
        yield found
        found.free.set()


async def test_an_alert_arrives(receiver: Receiver) -> None:
    alerts = Alerts([f"json://{receiver.address}"], "ru", ZONE)
    assert alerts.problems() == []
    assert await alerts(PAYLOAD) == ""
    (came,) = receiver.came
    assert came["title"] == "Darcha: 0000-0001-2" and came["type"] == "failure"
    assert came["message"].splitlines() == ["Срок истёк.", "Заявка №: 0000-0001-2", "Срок: 2026-12-15 00:00 +0500"]
    alerts.close()


async def test_a_receiver_that_refuses_is_an_error_without_secrets(receiver: Receiver) -> None:
    receiver.status = 500
    alerts = Alerts([f"json://user:s3cr3tpassword@{receiver.address}"], "en", ZONE)
    answer = await alerts(PAYLOAD)
    assert "failure" in answer and "500" in answer and "s3cr3tpassword" not in answer
    alerts.close()


async def test_one_channel_of_two_fails(receiver: Receiver) -> None:
    alerts = Alerts([f"json://{receiver.address}", "json://127.0.0.1:9/hook"], "en", ZONE)
    answer = await alerts(PAYLOAD)
    assert len(receiver.came) == 1 and "127.0.0.1:9" in answer and receiver.address not in answer
    alerts.close()


async def test_a_receiver_that_is_away_does_not_raise() -> None:
    alerts = Alerts(["json://127.0.0.1:9/hook"], "en", ZONE)
    assert (await alerts(PAYLOAD)).startswith("JSON (json://127.0.0.1:9/hook")
    alerts.close()


async def test_a_receiver_that_hangs_is_given_up(receiver: Receiver) -> None:
    receiver.free.clear()
    alerts = Alerts([f"json://{receiver.address}?rto=20"], "en", ZONE, timeout_secs=0.5)
    answer = await alerts(PAYLOAD)
    assert "timeout" in answer and len(receiver.came) == 1
    receiver.free.set()
    alerts.close()


async def test_the_event_loop_goes_on_meanwhile(receiver: Receiver) -> None:
    """The receiver lives on this very loop: a blocking call on it would never come back."""
    alerts = Alerts([f"json://{receiver.address}"], "en", ZONE, timeout_secs=5)
    answers = await asyncio.gather(*(alerts(PAYLOAD) for _ in range(4)))
    assert answers == [""] * 4 and len(receiver.came) == 4
    alerts.close()
