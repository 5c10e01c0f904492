"""A centre with a day's work behind it, on the reference catalogue: something to see on every page of the console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.bootstrap.console import accounts_of
from gateway.cli.examples import Example, Player, read_examples, varied
from gateway.sdk.simulator import Call, Said, Simulator
from tests.console.people import PASSWORD
from tests.path.catalogue import ROOT
from tests.path.gateway import Agencies, Gateway, Servers
from tests.path.waiting import until

#: Played to their end: one of each outcome.
PLAYED = (
    "business-registration/granted-two-founders",
    "business-registration/refused-name-taken",
    "cadastre-extract/redirected-to-kosonsoy",
    "cadastre-extract/withdrawn-before-payment",
    "preschool-enrolment/granted-mother-for-child",
    "preschool-enrolment/refused-not-eligible",
)
HANDED_OVER = "cadastre-extract/granted-paid-and-handed-over"
ENROLMENT = "preschool-enrolment/granted-mother-for-child"
REGISTRATION = "business-registration/granted-two-founders"
DECREE = "PQ-501, an invented decree"
DEAD_RECEIVER = "http://127.0.0.1:9/hook"  # the port of "discard", where nobody listens
WHY = "their side is mended, said by telephone"


@dataclass(frozen=True)
class Town:
    """``case`` is decided; ``broken``, ``task``, ``paused`` stand for the pages of what is open."""

    gateway: Gateway
    case: str
    broken: str
    broken_request: str
    incident: str
    group: str
    task: str
    dry_run: str
    replay: str
    webhook: str
    service_digest: str
    agency_digest: str
    document: str = ""


@asynccontextmanager
async def town(servers: Servers, folder: Path) -> AsyncIterator[Town]:
    """Let the centre work for a few seconds, and keep it running."""
    agencies = Agencies(ROOT, folder / "ledgers")
    await agencies.start()
    # Only what has failed once is shown as it is then: the next try comes after the tests.
    gateway = Gateway(servers, agencies, folder, {"webhook_allow": "127.0.0.1"})
    try:
        await gateway.start()
        await _accounts(gateway)
        yield await _a_day(gateway)
    finally:
        await gateway.stop()
        await agencies.stop()


async def _accounts(gateway: Gateway) -> None:
    accounts = accounts_of(gateway.core)
    await accounts.add("dilnoza", PASSWORD, {"operate", "reveal"})
    await accounts.add("clerk", PASSWORD, {"desk"}, bound_to="namangan-center")


async def _a_day(gateway: Gateway) -> Town:
    webhook = await gateway.client.webhooks.add(DEAD_RECEIVER, ("*",), client="first")
    examples = {e.name: e for e in await asyncio.to_thread(read_examples, ROOT)}
    player = Player(gateway.client, patience_secs=90)
    played = await asyncio.gather(*(player.play(examples[name], f"key of {name}") for name in PLAYED))
    assert not {p.example.name: p.problems for p in played if p.problems}

    to_hand_over = await _begun(gateway, player, examples[HANDED_OVER], 1, without="desk")
    task = await gateway.until_request(to_hand_over, "awaiting_reply", step="hand-over")
    dry_run, replay, broken = await _trouble(gateway, player, examples[ENROLMENT])
    await gateway.post("/v1/agencies/statistics/pause", {"reason": "their servers are moved tonight, said by telephone"})
    await gateway.until_request(await _begun(gateway, player, examples[REGISTRATION], 3), "ready", step="statistics")
    await gateway.post("/v1/calendars/UZ-5/amendments", {"decree": DECREE, "off": [{"date": "2027-03-11"}]})

    incident = await gateway.until_incident("invalid", case=broken)
    groups = (await gateway.client.call("GET", "/v1/incidents/groups", params={"kind": "invalid"}))["items"]
    catalogue = gateway.core.deployment.catalogue
    return Town(
        gateway=gateway,
        case=str(played[0].case["number"]),
        broken=(await gateway.case(broken))["number"],
        broken_request=str(incident["request"]),
        incident=str(incident["id"]),
        group=str(groups[0]["group"]),
        task=str(task["id"]),
        dry_run=dry_run,
        replay=replay,
        webhook=str(webhook["id"]),
        service_digest=catalogue.services["cadastre-extract"].digest,
        agency_digest=catalogue.agencies["tax"].digest,
    )


async def _begun(gateway: Gateway, player: Player, example: Example, number: int, *, without: str = "") -> str:
    """Hand an example in for other people, play its acts but those of one kind, and return the case's id."""
    one = varied(example, number)
    acts = [act for act in one.content.get("acts") or [] if act["call"] != without]
    begun = replace(one, content={**one.content, "acts": acts if without else [], "expected": {}})
    return str((await player.play(begun, f"key of {one.name}")).case["id"])


async def _trouble(gateway: Gateway, player: Player, example: Example) -> tuple[str, str, str]:
    """An agency cannot read us. One case is replayed, the others wait for it: a dry run, a replay, a case that waits."""
    ministry = gateway.agencies["preschool-ministry"]
    usual = ministry.write
    _refuse_to_read(ministry)
    cases = [await _begun(gateway, player, example, number) for number in range(10, 14)]
    requests = [(await gateway.until_incident("invalid", case=case))["request"] for case in cases]
    ministry.write = usual  # type: ignore[method-assign]
    started = await _seen(gateway, [requests[0]])
    replay = str((await gateway.post("/v1/replays", {"set": started}))["id"])

    async def over() -> bool:
        return bool((await gateway.client.call("GET", f"/v1/replays/{replay}"))["state"] == "done")

    await until(over, "the replay is done")
    return await _seen(gateway, requests[1:]), replay, cases[1]


async def _seen(gateway: Gateway, requests: list[Any]) -> str:
    body = {"reason": WHY, "action": "retry", "filter": {"requests": requests}}
    return str((await gateway.client.call("POST", "/v1/replays", body, params={"dry_run": "true"}))["id"])


def _refuse_to_read(simulator: Simulator) -> None:
    usual = simulator.write

    def write(call: Call, said: Said) -> web.Response:
        usual(call, said)
        return web.Response(body=b'{"nonsense": true}', status=422, content_type="application/json")

    simulator.write = write  # type: ignore[method-assign]
