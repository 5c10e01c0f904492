"""One application makes one case, however often and however many at once hand it in (promise 2)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.client import GatewayRefused
from gateway.storage import tables as t
from tests.path.catalogue import MAPPING, READ, READ_OF_SUPPLEMENT, application
from tests.path.gateway import Gateway


async def cases(gateway: Gateway) -> int:
    async with gateway.core.store.db.read() as tx:
        return int((await tx.rows(select(func.count()).select_from(t.cases)))[0][0])


async def test_twenty_at_once_under_one_key_are_one_case(gateway: Gateway) -> None:
    body = application("enter")
    answers = await asyncio.gather(*(gateway.client.submit(body, "one key") for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert await cases(gateway) == 1
    reordered = dict(reversed(body.items()))
    assert await gateway.client.submit(reordered, "one key") == answers[0], "canonical JSON is compared"
    await gateway.until_case(answers[0]["id"], "closed")
    assert await gateway.client.submit(body, "one key") == answers[0], "a key lives as long as its case"
    assert list(gateway.agencies.effects("registry").values()) == [1]


async def test_the_same_key_with_another_body_is_refused(gateway: Gateway) -> None:
    case = await gateway.submit("enter", "first", key="one key")
    with pytest.raises(GatewayRefused) as refused:
        await gateway.submit("enter", "second", key="one key")
    assert refused.value.status == 422
    assert "key_reused" in str(refused.value.problem)
    assert await cases(gateway) == 1
    await gateway.until_case(case, "closed")


async def test_different_bodies_race_for_one_key(gateway: Gateway) -> None:
    racing = (gateway.client.submit(application("note", f"text {n}"), "one key") for n in range(10))
    results = await asyncio.gather(*racing, return_exceptions=True)
    taken = [r for r in results if isinstance(r, dict)]
    refused = [r for r in results if isinstance(r, GatewayRefused)]
    assert (len(taken), {r.status for r in refused}) == (1, {422})
    assert await cases(gateway) == 1
    await gateway.until_case(taken[0]["id"], "closed")


async def test_two_centres_at_once_have_one_case_between_them(gateway: Gateway) -> None:
    here = application("one", scenario="silent", office="north-center", reference="N-1")
    there = application("one", "the same person", scenario="silent", office="south-center", reference="S-1")
    results = await asyncio.gather(
        gateway.client.submit(here, "north"), gateway.client.submit(there, "south"), return_exceptions=True
    )
    (taken,) = [r for r in results if isinstance(r, dict)]
    (refused,) = [r for r in results if isinstance(r, GatewayRefused)]
    assert refused.status == 409
    told = str(refused.problem)
    assert not [word for word in (taken["id"], taken["number"], "N-1", "S-1", "center") if word in told], "nothing of the other"
    other = await gateway.submit("one", identifier="31203857100012", scenario="silent")
    request = await gateway.until_request(taken["id"], "awaiting_reply")
    body = {"callbackId": "1", "reference": request["reference"], "text": "done"}
    assert (await gateway.call_back("registry", "Done", body))[0] == 202
    await gateway.until_case(taken["id"], "closed")
    again = await gateway.submit("one", scenario="silent")  # it no longer stands in the way
    for case in (other, again):
        await gateway.until_request(case, "awaiting_reply")


async def test_one_bad_application_fails_no_other(gateway: Gateway) -> None:
    bodies: list[dict[str, Any]] = [application("note", f"entry {n}") for n in range(10)]
    bodies[3] |= {"service": "no-such-service"}
    bodies[7]["form"]["strange"] = 1
    results = await asyncio.gather(
        *(gateway.client.submit(body, f"key {n}") for n, body in enumerate(bodies)), return_exceptions=True
    )
    refused = {n: r.problem["errors"][0]["pointer"] for n, r in enumerate(results) if isinstance(r, GatewayRefused)}
    assert refused == {3: "/service", 7: "/form/strange"}
    for result in results:
        if isinstance(result, dict):
            await gateway.until_case(result["id"], "closed")


async def test_an_agency_is_sent_what_its_mapping_reads_and_nothing_else(gateway: Gateway) -> None:
    case = await gateway.submit("enter")
    await gateway.until_case(case, "closed")
    (given,) = (await gateway.client.call("GET", f"/v1/cases/{case}/disclosures"))["items"]
    request = await gateway.request(case)
    assert (given["agency"], given["request"]) == ("registry", request["id"])
    assert tuple(given["fields"]) == tuple(sorted({*READ, *READ_OF_SUPPLEMENT}))
    assert all(field.rsplit(".", 1)[-1] in MAPPING for field in given["fields"])
    sent = await gateway.stored_message(request["id"])
    for private in ("Namunayeva", "Zulfiya", "41203857100011", "Chinor"):
        assert private.encode() not in sent
