"""A worker dies while the agency stands between effect and answer, or there is no worker at all."""

from __future__ import annotations

import asyncio

import pytest

from tests.path.gateway import ROLES, Gateway
from tests.path.waiting import until

WAYS = pytest.mark.parametrize("connection_first", [True, False], ids=["connection-lost", "tasks-cancelled"])


@WAYS
async def test_what_a_dead_worker_held_is_sent_again_looked_up_or_told(gateway: Gateway, connection_first: bool) -> None:
    registry = gateway.agencies["registry"]
    registry.hold()
    enter, other, note, post = [await gateway.submit(s) for s in ("enter", "enter", "note", "post")]
    await until(lambda: registry.held == 4, "the agency has acted and not answered")
    await gateway.kill_worker(connection_first=connection_first)
    await gateway.start_worker()
    registry.release()

    for case in (enter, other):  # not idempotent, and can be looked up
        await gateway.until_case(case, "closed")
        history = (await gateway.request(case))["history"]
        assert [(h["work"], h["outcome"]) for h in history] == [("send", "unknown"), ("lookup", "completed")]
    assert len(gateway.agencies.ledger("registry", "enter")) == 2

    await gateway.until_case(note, "closed")  # idempotent
    first, *again = gateway.agencies.ledger("registry", "note")
    assert again, "it was sent again"
    assert {(e.message_id, e.body_sha256) for e in again} == {(first.message_id, first.body_sha256)}

    await gateway.until_incident("in_doubt", case=post)  # not idempotent, and nobody can be asked
    assert len(gateway.agencies.ledger("registry", "post")) == 1
    await gateway.resolve_request((await gateway.request(post))["id"], {"outcome": "completed", "data": {}})
    await gateway.until_case(post, "closed")


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
