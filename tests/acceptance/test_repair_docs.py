"""``docs/repair.md`` does what it says: its commands are run, in order, beside a gateway in which a request is parked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import Town
from gateway.client import GatewayClient
from tests.acceptance.snippets import follow, snippets

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "repair.md"
EXAMPLE = ROOT / "schemas/services/preschool-enrolment/examples/granted-mother-for-child.json"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """The embedded gateway, without its agencies: what they say is put in by hand."""
    catalogue = load_catalogue(ROOT, environ={}, adapters=find_adapters())
    town = Town(tmp_path / "town", ROOT, catalogue, {"DARCHA_BROKER_URL": "memory://", "DARCHA_DATABASE_URL": ""})
    try:
        await town.start_gateway()
        yield town
    finally:
        await town.stop()


async def parked(client: GatewayClient) -> tuple[str, str]:
    """A case whose first request the agency has called unreadable: (case, request)."""
    why = {"reason": "set up for the page"}
    await client.call("POST", "/v1/agencies/civil-registry/pause", why)
    application: dict[str, Any] = json.loads(await asyncio.to_thread(EXAMPLE.read_text, "utf-8"))["application"]
    case = (await client.submit(application | {"taken_at": datetime.now(UTC).isoformat()}, "the page"))["id"]
    (request,) = [r["id"] for r in (await client.call("GET", f"/v1/cases/{case}/requests"))["items"] if r["step"] == "child"]
    unreadable = {"outcome": "invalid", "path": "person", "reason": "the registry cannot read the request"}
    for outcome in ({"outcome": "accepted", "reference": ""}, unreadable):
        await client.call("POST", f"/v1/requests/{request}/resolve", {"outcome": outcome, **why})
    return case, request


@pytest.mark.timeout(600)
async def test_every_command_of_the_page(town: Town) -> None:
    async with GatewayClient(town.address, town.key) as client:
        case, request = await parked(client)
    wanted = snippets(PAGE)
    assert len(wanted) >= 6
    given = {"DARCHA_URL": town.address, "DARCHA_KEY": town.key, "CASE": case, "REQUEST": request}
    await follow(PAGE, ROOT, given)
