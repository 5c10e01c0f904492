"""A service's ladder on the whole path: whom it names is told by the channel and in the language that it says, once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select

from gateway.storage import tables as t
from tests.path.catalogue import _service, _step, write_catalogue
from tests.path.gateway import Agencies, Gateway
from tests.path.waiting import until

TERM = """\
term:
  length: 100
  unit: hours
  calendar: UZ-5
  start: payment
  ends_with: decision
  warn_before: 0
  escalation:
    - {percent: 50, to: [operators]}
    - percent: 80
      to: [head]
      channel: xml
      language: ru
      text: {uz: Tezlashtiring, ru: Ускорьте дело, ky: Тездетиңиз, en: Hurry up}
    - {at: expiry, to: [head], channel: json}
"""
ALERTS = """\
receivers:
  operators: {urls: ["json://${DUTY}/operators"]}
  head: {urls: ["json://${DUTY}/head", "xml://${DUTY}/head"], language: ky}
"""


@pytest.fixture(scope="module")
def with_ladder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small catalogue with a service that has a ladder, and with receivers."""
    root = write_catalogue(tmp_path_factory.mktemp("ladder"))
    for path, content in _service("hurried", _step("entry", "registry", "order"), more=TERM).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, "utf-8")
    (root / "alerts.yaml").write_text(ALERTS, "utf-8")
    return root


@pytest.fixture
def catalogue_root(with_ladder: Path) -> Path:
    return with_ladder


@pytest.fixture
def settings() -> dict[str, object]:
    return {"alert_wait_secs": 0.0}


Duty = dict[str, list[str]]


@pytest.fixture
async def duty(agencies: Agencies) -> AsyncIterator[Duty]:
    """Where the people of the ladder are told: what came, by the channel's own kind of content and by whom."""
    came: Duty = defaultdict(list)

    async def take(request: web.Request) -> web.Response:
        kind = "json" if "json" in request.content_type else "xml"
        came[f"{kind}{request.path}"].append(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_post("/{who}", take)
    app.router.add_post("/{who}/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    agencies.environ["DUTY"] = f"127.0.0.1:{runner.addresses[0][1]}"
    yield came
    await runner.cleanup()


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


async def notices(gateway: Gateway) -> list[tuple[str, str]]:
    async with gateway.core.store.db.read() as tx:
        rows = await tx.rows(select(t.deliveries).where(t.deliveries.c.kind == "notice"))
    return [(row.target, row.payload["alert"]["kind"]) for row in rows]


async def told(gateway: Gateway, *paid: datetime) -> list[str]:
    """Let cases wait in vain that were paid then, with two schedulers and two notifiers."""
    await gateway.start_roles("clock", "notifier")
    cases = [await gateway.submit("hurried", scenario="silent") for _ in paid]
    for case in cases:
        await gateway.until_request(case, "awaiting_reply")
    await asyncio.gather(*(gateway.pay(case, at.isoformat()) for case, at in zip(cases, paid, strict=True)))
    return cases


async def test_a_level_is_told_once_to_whom_its_rung_names(gateway_on_duty: Gateway, duty: Duty) -> None:
    gateway, paid = gateway_on_duty, hours_ago(85)
    (case,) = await told(gateway, paid)
    incident = await gateway.until_incident("clock_level", case=case)
    assert (incident["detail"]["level"], incident["detail"]["clock"]) == ("80%", "statutory")
    reached = [(e["data"]["level"], e["data"]["at"]) for e in await gateway.events(case, "clock.level_reached")]
    assert reached == [(f"{share}%", (paid + timedelta(hours=share)).isoformat()) for share in (50, 80)]
    await until(lambda: any(path.startswith("xml/head") for path in duty), "the head is told")
    (message,) = [message for path, messages in duty.items() if path.startswith("xml/head") for message in messages]
    assert "Ускорьте дело" in message and "прошло 80 % срока" in message
    assert not [path for path in duty if path.startswith("json")]
    request = await gateway.request(case)
    body = {"callbackId": "1", "reference": request["reference"], "text": "done"}
    assert (await gateway.call_back("registry", "Done", body))[0] == 202
    await gateway.until_case(case, "closed")
    await gateway.until_calm(case)
    await gateway.stop_roles("clock", "notifier")
    assert await notices(gateway) == [("head/2", "clock_level")]


async def test_the_end_is_told_once_for_all_cases_by_its_own_channel(gateway_on_duty: Gateway, duty: Duty) -> None:
    gateway = gateway_on_duty
    cases = await told(gateway, *(hours_ago(101 + n) for n in range(3)))
    for case in cases:
        await gateway.until_event(case, "clock.breached")
        incident = await gateway.until_incident("clock_level", case=case)
        assert incident["detail"]["level"] == "expiry"
        (clock,) = (await gateway.client.call("GET", f"/v1/cases/{case}/clocks"))["items"]
        assert clock["state"] == "breached"
    await until(lambda: any(path.startswith("json/head") for path in duty), "the head is told")
    await gateway.stop_roles("clock", "notifier")
    levels = [target for target, kind in await notices(gateway) if kind == "clock_level"]
    assert levels == ["head/1"], "one alert of the service, the clock and the level"


@pytest.fixture
async def gateway_on_duty(idle: Gateway, duty: Duty) -> Gateway:
    """A gateway that knows where its people are told."""
    await idle.start()
    return idle
