"""A poison message in a lane or among the replies is a dead letter and an incident; everything else goes on."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest

from gateway.application.bus import REPLIES, BusMessage, lane_queue
from gateway.application.release import WorkerReply
from gateway.domain.outcomes import Completed
from gateway.domain.request import Work
from tests.path.gateway import Gateway
from tests.path.waiting import until

GARBAGE = (b"\xff\x00 not json", b"[]", b"null", b'{"message": {"content": "!!"}}', b'{"request_id": "x"}')


def stray_reply(case: uuid.UUID) -> bytes:
    """A reply as a worker writes it, about a request that is not ours."""
    id_ = uuid.uuid4()
    return WorkerReply(id_, case, id_, Work.SEND, "registry", Completed(), datetime.now(UTC), "stray").to_bytes()


@pytest.mark.parametrize("queue", [lane_queue("registry"), REPLIES])
async def test_the_queue_goes_on(gateway: Gateway, queue: str) -> None:
    poison = [BusMessage(body, f"poison {n}") for n, body in enumerate(GARBAGE)]
    before = await gateway.submit("enter")
    assert all(await gateway.core.bus.publish(queue, poison))
    after = [await gateway.submit("enter") for _ in range(5)]
    for case in (before, *after):
        await gateway.until_case(case, "closed")

    async def told() -> bool:
        return len(await gateway.incidents("dead_letter")) == len(GARBAGE)

    await until(told, "each is an incident")
    for incident in await gateway.incidents("dead_letter"):
        assert (incident["detail"]["queue"], incident["detail"]["reason"]) == (queue, "rejected")
        assert incident["case"] is None


async def test_a_reply_for_no_case_of_ours_is_a_dead_letter(gateway: Gateway) -> None:
    body = stray_reply(uuid.uuid4())
    assert all(await gateway.core.bus.publish(REPLIES, [BusMessage(body, "stray")]))
    incident = await gateway.until_incident("dead_letter")
    assert json.loads(body)["request_id"][:8] in incident["detail"]["head"]
    await gateway.until_case(await gateway.submit("enter"), "closed")


async def test_the_same_poison_again_is_counted_and_not_opened_anew(gateway: Gateway) -> None:
    for n in range(3):
        assert all(await gateway.core.bus.publish(lane_queue("registry"), [BusMessage(b"again", f"{n}")]))

    async def counted() -> bool:
        found = await gateway.incidents("dead_letter")
        return [i["count"] for i in found] == [3]

    await until(counted, "one incident counts three")
    (incident,) = await gateway.incidents("dead_letter")
    await gateway.post(f"/v1/incidents/{incident['id']}/resolve")
    assert await gateway.incidents() == []


async def test_what_breaks_the_agencys_contract_is_parked_and_holds_up_nobody(gateway: Gateway) -> None:
    await gateway.post("/v1/agencies/registry/pause")
    wrong = await gateway.submit("enter", "x" * 101)
    others = [await gateway.submit("enter") for _ in range(5)]
    await gateway.post("/v1/agencies/registry/resume")
    for case in others:
        await gateway.until_case(case, "closed")
    request = await gateway.until_request(wrong, "parked")
    incident = await gateway.until_incident("invalid", case=wrong)
    assert "/text" in incident["detail"]["reason"]
    assert (await gateway.client.call("GET", f"/v1/cases/{wrong}/disclosures"))["items"] == [], "nothing was disclosed"
    await gateway.post(f"/v1/requests/{request['id']}/cancel")
    assert (await gateway.until_case(wrong, "closed"))["outcome"] == "partly_granted"
    assert await gateway.incidents() == []
