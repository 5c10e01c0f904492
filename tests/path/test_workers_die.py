"""A worker dies while the agency stands between effect and answer, or there is no worker at all."""

from __future__ import annotations

import asyncio

import pytest

from tests.path.gateway import ROLES, Gateway
from tests.path.waiting import until

WAYS = pytest.mark.parametrize("connection_first", [True, False], ids=["connection-lost", "tasks-cancelled"])


async def _dies_while_held(gateway: Gateway, *cases: str, connection_first: bool) -> None:
    await until(lambda: gateway.agencies["registry"].held == len(cases), "the agency has acted and not answered")
    await gateway.kill_worker(connection_first=connection_first)
    await gateway.start_worker()
    for case in cases:
        await gateway.until_event(case, "reply.recorded" if False else "request.released")
    gateway.agencies["registry"].release()


@WAYS
async def test_one_that_is_not_idempotent_is_looked_up(gateway: Gateway, connection_first: bool) -> None:
    gateway.agencies["registry"].hold()
    cases = [await gateway.submit("enter") for _ in range(3)]
    await _dies_while_held(gateway, *cases, connection_first=connection_first)
    for case in cases:
        await gateway.until_case(case, "closed")
        history = (await gateway.request(case))["history"]
        assert [(h["work"], h["outcome"]) for h in history] == [("send", "unknown"), ("lookup", "completed")]
    assert sorted(gateway.agencies.effects("registry").values()) == [1, 1, 1]
    assert len(gateway.agencies.ledger("registry", "enter")) == 3


@WAYS
async def test_one_that_is_idempotent_is_sent_again_byte_for_byte(gateway: Gateway, connection_first: bool) -> None:
    gateway.agencies["registry"].hold()
    case = await gateway.submit("note")
    await _dies_while_held(gateway, case, connection_first=connection_first)
    await gateway.until_case(case, "closed")
    first, *again = gateway.agencies.ledger("registry", "note")
    assert again, "it was sent again"
    assert {(e.message_id, e.body_sha256) for e in again} == {(first.message_id, first.body_sha256)}


@WAYS
async def test_one_without_a_lookup_is_for_a_person(gateway: Gateway, connection_first: bool) -> None:
    gateway.agencies["registry"].hold()
    case = await gateway.submit("post")
    await _dies_while_held(gateway, case, connection_first=connection_first)
    await gateway.until_incident("in_doubt", case=case)
    assert len(gateway.agencies.ledger("registry", "post")) == 1
    await gateway.resolve_request((await gateway.request(case))["id"], {"outcome": "completed", "data": {}})
    await gateway.until_case(case, "closed")


async def test_a_worker_that_is_asked_to_stop_ends_what_it_has_begun(gateway: Gateway) -> None:
    gateway.agencies["registry"].hold()
    case = await gateway.submit("post")
    await until(lambda: gateway.agencies["registry"].held == 1, "the agency has acted and not answered")
    stopping = asyncio.create_task(gateway.stop_worker())
    await asyncio.sleep(0)
    gateway.agencies["registry"].release()
    await stopping
    await gateway.until_case(case, "closed")
    assert [h["outcome"] for h in (await gateway.request(case))["history"]] == ["completed"]


@pytest.mark.parametrize("settings", [{"send_within_secs": 0.4, "lease_margin_secs": 0.1}])
async def test_leases_end_where_nobody_serves_the_lane(idle: Gateway) -> None:
    """slowpoke's time-out is 0.5 s, so that a lease ends after one second."""
    await idle.start(*(role for role in ROLES if role != "worker"))
    note, enter = await idle.submit("note-slowly"), await idle.submit("enter-slowly")
    for case in (note, enter):
        await idle.until_request(case, "released")
    await idle.until_request(enter, "in_doubt")  # nobody knows what became of it

    async def released_twice() -> bool:
        return len(await idle.events(note, "request.released")) >= 2

    await until(released_twice, "the idempotent one is released again")
    assert idle.agencies.ledger("slowpoke") == []
    await idle.start_worker()
    for case in (note, enter):
        await idle.until_case(case, "closed")
    assert sorted(idle.agencies.effects("slowpoke").values()) == [1, 1]
    outcomes = [(h["work"], h["outcome"]) for h in (await idle.request(enter))["history"]]
    assert outcomes[0] == ("send", "unknown")
    assert outcomes[-2:] == [("lookup", "not_there"), ("send", "completed")]
