"""The database holds the truth; the broker only moves work (promise 1)."""

from __future__ import annotations

import aio_pika
import pytest

from gateway.application.bus import DEAD, REPLIES, lane_queue
from gateway.messaging.topology import Names
from tests.path.gateway import ROLES, Gateway
from tests.path.waiting import until


async def lose_everything(gateway: Gateway) -> None:
    """Let the broker lose every queue with what is in it; the in-process one dies with its process."""
    if not gateway.servers.rabbitmq:
        await gateway.stop()
        await gateway.start(*(role for role in ROLES if role != "worker"))
        return
    names = Names(gateway.servers.prefix)
    connection = await aio_pika.connect(gateway.servers.broker)
    async with connection:
        channel = await connection.channel()
        for queue in (REPLIES, DEAD, *(lane_queue(lane) for lane in gateway.lanes)):
            await channel.queue_delete(names.queue(queue))


@pytest.mark.parametrize("settings", [{"send_within_secs": 0.4, "lease_margin_secs": 0.1}])
async def test_what_was_in_the_queues_goes_on(idle: Gateway) -> None:
    """slowpoke's time-out is 0.5 s, so that a lease ends after one second."""
    await idle.start(*(role for role in ROLES if role != "worker"))
    cases = [await idle.submit(service) for service in ("enter-slowly", "note-slowly") for _ in range(2)]
    for case in cases:
        await idle.until_request(case, "released")
    await lose_everything(idle)
    await idle.start_worker()
    for case in cases:
        assert (await idle.until_case(case, "closed"))["outcome"] == "granted"
    assert sorted(idle.agencies.effects("slowpoke").values()) == [1] * 4
    await idle.until_calm()


@pytest.mark.parametrize("settings", [{"send_within_secs": 1.0, "lease_margin_secs": 0.1}])
async def test_replies_that_were_lost_are_made_up_for(gateway: Gateway) -> None:
    """The tracker is away, the agencies have answered, and the answers are lost with the broker."""
    await gateway.stop_roles("tracker")
    cases = [await gateway.submit(service) for service in ("enter-slowly", "note-slowly")]
    for case in cases:
        await gateway.until_request(case, "released")

    async def answered() -> bool:
        return len(gateway.agencies.effects("slowpoke")) == 2 and await gateway.core.bus.depth(REPLIES) == 2

    await until(answered, "the answers wait")
    await gateway.stop_worker()
    await lose_everything(gateway)
    await gateway.start_roles(*(("tracker", "worker") if gateway.servers.rabbitmq else ("worker",)))
    for case in cases:
        await gateway.until_case(case, "closed")
    assert list(gateway.agencies.effects("slowpoke").values()) == [1, 1]
    assert len(gateway.agencies.ledger("slowpoke", "enter")) == 1, "one that is not idempotent was looked up"
