"""Documents travel by claim check, both ways: their bytes never pass through the broker (DESIGN section 6)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

import aiohttp
from sqlalchemy import delete

from gateway.storage import content_tables as c
from tests.path.gateway import Gateway

CONTENT = secrets.token_bytes(200_000)


async def fetched(gateway: Gateway, path: str) -> bytes:
    headers = {"Authorization": f"Bearer {gateway.key}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(gateway.address + path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read()


def bodies(gateway: Gateway, agency: str) -> list[dict[str, Any]]:
    """Return a list that takes the body of each call of the agency from now on."""
    simulator, found = gateway.agencies[agency], []
    usual = simulator.read

    def read(request: Any, raw: bytes) -> Any:
        call = usual(request, raw)
        found.append(dict(call.body))
        return call

    simulator.read = read  # type: ignore[method-assign]
    return found


async def test_there_and_back(gateway: Gateway) -> None:
    received = bodies(gateway, "registry")
    document = await gateway.send_document(CONTENT)
    case = await gateway.submit("filed-registry", documents=[document], scenario="paper")
    await gateway.until_case(case, "closed")
    (body,) = received
    assert base64.b64decode(body["file"]) == CONTENT
    request = await gateway.request(case)
    stored = await gateway.stored_message(request["id"])
    assert (len(stored) < 1000, document["digest"].encode() in stored) == (True, True), "the message names it by its digest"
    (paper,) = request["outcome"]["documents"]
    assert paper["digest"] == hashlib.sha256(CONTENT[:300]).hexdigest()
    assert paper["digest"] in [d["digest"] for d in (await gateway.case(case))["documents"]]
    assert await fetched(gateway, f"/v1/cases/{case}/documents/{paper['digest']}") == CONTENT[:300]


async def test_without_its_document_nothing_is_sent(gateway: Gateway) -> None:
    await gateway.post("/v1/agencies/narrow/pause")
    document = await gateway.send_document(CONTENT)
    case = await gateway.submit("filed-narrow", documents=[document])
    async with gateway.core.store.db.write() as tx:
        await tx.run(delete(c.blobs))
    await gateway.post("/v1/agencies/narrow/resume")
    request = await gateway.until_request(case, "parked")
    assert [h["outcome"] for h in request["history"]] == ["retry_later", "retry_later"]
    assert gateway.agencies.ledger("narrow") == []
    await gateway.until_incident("exhausted", case=case)
    assert await gateway.send_document(CONTENT) == document
    await gateway.post(f"/v1/requests/{request['id']}/retry")
    await gateway.until_case(case, "closed")
