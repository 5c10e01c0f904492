"""The catalogue changes while cases run: each goes on by what it has pinned, with the addresses of today (DESIGN section 7)."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.path.gateway import Gateway


@pytest.fixture
async def catalogue_root(small_catalogue: Path, tmp_path: Path) -> Path:
    """A catalogue of this test's own."""
    return Path(await asyncio.to_thread(shutil.copytree, small_catalogue, tmp_path / "catalogue"))


def renew(root: Path) -> None:
    """Write the next version of the service ``chain`` and of slowpoke's contract."""
    folder = root / "schemas" / "services" / "chain"
    mapping = (folder / "input.jsonata").read_text()
    (folder / "input.jsonata").write_text(mapping.replace('"text": form.text', '"text": form.text & " by the new mapping"'))
    (folder / "service.yaml").write_text((folder / "service.yaml").read_text().replace('version: "1"', 'version: "2"'))
    decision = (folder / "decision.jsonata").read_text()
    (folder / "decision.jsonata").write_text(decision.replace('"granted"', '"partly_granted"'))
    contract = root / "contracts" / "slowpoke" / "openapi.json"
    described = json.loads(contract.read_text())
    described["info"]["version"] = "2"
    described["components"]["schemas"]["Body"]["properties"]["text"]["maxLength"] = 200
    contract.write_text(json.dumps(described))


async def test_a_case_goes_on_by_what_it_has_pinned(gateway: Gateway) -> None:
    for agency in ("registry", "slowpoke"):
        await gateway.post(f"/v1/agencies/{agency}/pause")
    old = await gateway.submit("chain")
    await gateway.until_request(old, "ready")
    await gateway.stop()
    await asyncio.to_thread(renew, gateway.agencies.root)
    await gateway.start()
    new = await gateway.submit("chain")
    for agency in ("registry", "slowpoke"):
        await gateway.post(f"/v1/agencies/{agency}/resume")
    assert [(await gateway.until_case(case, "closed"))["outcome"] for case in (old, new)] == ["granted", "partly_granted"]
    texts = {}
    for case in (old, new):
        for request in await gateway.requests(case):
            texts[case, request["step"]] = json.loads(await gateway.stored_message(request["id"]))["text"]
    assert {texts[old, "entry"], texts[old, "second"]} == {"an entry"}
    assert {texts[new, "entry"], texts[new, "second"]} == {"an entry by the new mapping"}
    assert [(await gateway.case(case))["service_version"] for case in (old, new)] == ["1", "2"]
