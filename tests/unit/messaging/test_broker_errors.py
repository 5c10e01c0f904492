"""One border turns what the AMQP library raises into ``BusUnavailable``, and lets a real cancellation through."""

from __future__ import annotations

import asyncio

import pytest
from aio_pika.exceptions import AMQPConnectionError, ChannelInvalidStateError

from gateway.application.bus import BusUnavailable
from gateway.messaging.errors import broker_errors
from gateway.messaging.topology import Names, worker_permissions


@pytest.mark.parametrize(
    "raised",
    [
        AMQPConnectionError("gone"),
        ChannelInvalidStateError("closed"),
        OSError("unreachable"),
        TimeoutError(),
        asyncio.CancelledError(),  # nobody cancelled us: so the library ends what waits on a connection that closes
        Exception(),
    ],
)
async def test_a_lost_broker_is_unavailable_whatever_it_looks_like(raised: BaseException) -> None:
    with pytest.raises(BusUnavailable, match="asking"):
        async with broker_errors("asking"):
            raise raised


async def test_a_cancellation_of_our_own_stays_one() -> None:
    async def ask() -> None:
        async with broker_errors("asking"):
            await asyncio.Event().wait()

    task = asyncio.create_task(ask())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_mistake_of_our_own_stays_one() -> None:
    with pytest.raises(KeyError):
        async with broker_errors("asking"):
            raise KeyError("typo")


def test_names_carry_prefix_and_version_and_lead_back() -> None:
    names = Names("darcha")
    assert names.queue("lane.civil-registry") == "darcha.lane.civil-registry.v1"
    assert names.queue("replies") == "darcha.replies.v1"
    assert names.logical("darcha.lane.civil-registry.v1") == "lane.civil-registry"
    assert names.logical("somebody.elses") == "somebody.elses"
    for wrong in ("civil-registry", "lane.", ""):
        with pytest.raises(ValueError, match="expected lane"):
            names.queue(wrong)


def test_a_workers_patterns_match_whole_names_only() -> None:
    configure, write, read = worker_permissions("darcha", ["civil-registry", "tax.1714401"])
    assert (configure, write) == ("^$", r"^(darcha\.replies|darcha\.spans)$")
    assert read == r"^(darcha\.lane\.civil\-registry\.v1|darcha\.lane\.tax\.1714401\.v1)$"
