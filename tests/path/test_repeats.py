"""At least once is all that a broker promises: what is told twice counts once."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.application.bus import REPLIES, BusMessage
from tests.path.gateway import Gateway
from tests.path.waiting import until

SERVICES = {"enter": ("", "reset-after", "busy"), "note": ("", "malformed"), "post": ("refused",), "order": ("", "progress")}


def stammer(gateway: Gateway) -> None:
    """Let the worker tell each reply twice, as after a confirm that was lost."""
    bus = gateway._workers[0].bus
    publish = bus.publish

    async def twice(queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        if queue == REPLIES:
            await publish(queue, messages)
        confirmed: list[bool] = await publish(queue, messages)
        return confirmed

    bus.publish = twice


async def test_replies_that_come_twice_count_once(gateway: Gateway) -> None:
    stammer(gateway)
    cases = [await gateway.submit(s, scenario=x) for s, scenarios in SERVICES.items() for x in scenarios]
    for case in cases:
        await gateway.until_case(case, "closed")
        settled = [e["type"] for e in await gateway.events(case) if e["type"].split(".")[3] in ("completed", "refused")]
        assert len(settled) == 1
        assert len(await gateway.events(case, "case.decided")) == 1
    assert await gateway.incidents() == []

    async def read() -> bool:
        return await gateway.core.bus.depth(REPLIES) == 0

    await until(read, "every reply was read")
