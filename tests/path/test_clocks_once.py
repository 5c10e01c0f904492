"""Silence decides exactly once, however many schedulers look at the same moment, and no later word overwrites it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from tests.path.gateway import Gateway

LONG_AGO = (datetime.now(UTC) - timedelta(days=60)).isoformat()


async def test_three_schedulers_let_silence_decide_once_and_a_late_word_changes_nothing(gateway: Gateway) -> None:
    await gateway.start_roles("clock", "clock")
    cases = [await gateway.submit("tacit", scenario="silent") for _ in range(6)]
    for case in cases:
        await gateway.until_request(case, "awaiting_reply")
    await asyncio.gather(*(gateway.pay(case, LONG_AGO) for case in cases))
    for case in cases:
        found = await gateway.until_case(case, "decided")
        assert [d["outcome"] for d in found["decisions"]] == ["tacitly_granted"]
        assert len(await gateway.events(case, "case.decided")) == 1
        (clock,) = (await gateway.client.call("GET", f"/v1/cases/{case}/clocks"))["items"]
        assert (clock["state"], clock["ended_at"]) == ("tacitly_granted", clock["due_at"])
    reference = (await gateway.request(cases[0]))["reference"]
    body = {"callbackId": "late", "reference": reference, "text": "no after all"}
    assert (await gateway.call_back("registry", "Declined", body))[0] == 202
    found = await gateway.until_case(cases[0], "closed")
    assert [d["outcome"] for d in found["decisions"]] == ["tacitly_granted"]
    assert len(await gateway.events(cases[0], "decision.too_late")) == 1
