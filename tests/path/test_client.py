"""The client waits for a case: until a status, until whatever is asked, and no longer than it was told."""

from __future__ import annotations

import pytest

from gateway.client import GatewayClient, GatewayRefused, GatewayUnreachable, StillWaiting
from tests.path.catalogue import application
from tests.path.gateway import Gateway, quiet_port


async def test_a_case_is_waited_for(gateway: Gateway) -> None:
    client = gateway.client
    rehearsed = await client.submit(application("note"), "", dry_run=True)
    assert rehearsed["status"] == "received" and rehearsed["steps"]
    submitted = await client.submit(application("note"), "one")
    case = await client.wait(submitted["number"], "decided", timeout_secs=30)
    assert case["status"] in ("decided", "closed") and case["id"] == submitted["id"] and case["outcome"] == "granted"
    assert (await client.wait(case["id"], lambda c: c["status"] == "closed", timeout_secs=30))["closed_at"]
    assert (await client.wait(case["id"], "received"))["status"] == "closed", "it has been there"


async def test_what_does_not_come_is_said_with_the_case(gateway: Gateway) -> None:
    client = gateway.client
    submitted = await client.submit(application("order", scenario="silent"), "one")
    with pytest.raises(StillWaiting, match=submitted["number"]) as caught:
        await client.wait(submitted["id"], timeout_secs=0.3)
    assert caught.value.case["id"] == submitted["id"] and caught.value.case["waiting_on"]
    await client.withdraw(submitted["id"], "a test")
    with pytest.raises(ValueError, match="never 'done'"):
        await client.wait(submitted["id"], "done")


async def test_errors_have_names(gateway: Gateway) -> None:
    with pytest.raises(GatewayRefused) as refused:
        await gateway.client.case("nothing")
    assert (refused.value.status, refused.value.problem["code"]) == (404, "not_found")
    async with GatewayClient(f"http://127.0.0.1:{quiet_port()}", "k", timeout_secs=2) as away:
        with pytest.raises(GatewayUnreachable):
            await away.case("nothing")
