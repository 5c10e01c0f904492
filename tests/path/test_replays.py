"""An agency that was broken, and 200 requests that wait for an operator: replayed together, through the whole gateway.

And a mapping that was wrong: corrected in the catalogue, then every request is sent anew by it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.path.gateway import Gateway
from tests.path.waiting import until

CASES = 200
WHY = "they are back, said by telephone"


@pytest.fixture
async def catalogue_root(small_catalogue: Path, tmp_path: Path) -> Path:
    """A catalogue of this test's own, in which ``narrow`` bears more and gives up sooner."""
    root = Path(await asyncio.to_thread(shutil.copytree, small_catalogue, tmp_path / "catalogue"))
    contract = root / "contracts" / "narrow" / "agency.yaml"
    text = contract.read_text("utf-8")
    for old, new in {"concurrency: 1": "concurrency: 20", "failures: 3": "failures: 100000"}.items():
        assert old in text
        text = text.replace(old, new)
    contract.write_text(text, "utf-8")
    return root


async def see(gateway: Gateway, **body: Any) -> dict[str, Any]:
    seen: dict[str, Any] = await gateway.client.call("POST", "/v1/replays", {"reason": WHY, **body}, params={"dry_run": "true"})
    return seen


async def parked(gateway: Gateway, kind: str, count: int) -> dict[str, Any]:
    """Wait until so many requests are parked, and return the group of their incidents."""

    groups: list[dict[str, Any]] = []

    async def there() -> dict[str, Any] | None:
        groups[:] = (await gateway.client.call("GET", "/v1/incidents/groups", params={"kind": kind}))["items"]
        return next((group for group in groups if group["count"] == count), None)

    try:
        found: dict[str, Any] = await until(there, f"{count} requests are parked, of one cause", secs=90)
    except AssertionError as error:
        raise AssertionError(f"{error}: {[(g['count'], g['example']['reason']) for g in groups]}") from None
    return found


async def done(gateway: Gateway, replay: str, **progress: int) -> None:
    """Wait until a replay is over and its requests stand so."""

    async def over() -> bool:
        shown = await gateway.client.call("GET", f"/v1/replays/{replay}")
        return shown["state"] == "done" and all(shown["progress"][name] == count for name, count in progress.items())

    await until(over, f"the replay is done: {progress}", secs=90)


@pytest.mark.timeout(300)
async def test_requests_of_an_agency_that_was_broken(gateway: Gateway) -> None:
    count = CASES if gateway.servers.rabbitmq else 60  # one process on SQLite takes its time
    await gateway.agencies.stop("narrow")
    busy = await gateway.submit("note-narrow", scenario="busy")
    cases = [busy, *await asyncio.gather(*(gateway.submit("note-narrow") for _ in range(count - 1)))]
    group = await parked(gateway, "exhausted", count)
    assert (group["cases"], group["agency"], group["way_out"]["code"]) == (count, "narrow", "retry_when_back")
    seen = await see(gateway, incidents={"group": group["group"]})
    assert seen["progress"]["waiting"] == count
    await gateway.agencies.start("narrow")
    replay = (await gateway.post("/v1/replays", {"set": seen["id"], "per_minute": 12_000}))["id"]
    await gateway.restart()  # what is left to do stands in the database
    await done(gateway, replay, completed_again=count - 1, failed_again=1)
    (failed,) = await gateway.client.listed(f"/v1/replays/{replay}/items", {"result": "failed_again"})
    assert (failed["case"], failed["now"]) == (busy, "parked")
    again = await see(gateway, filter={"requests": [failed["request"]]})
    second = (await gateway.post("/v1/replays", {"set": again["id"]}))["id"]
    await done(gateway, second, completed_again=1)
    for case in cases:
        assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    assert await gateway.incidents() == []
    effects = gateway.agencies.effects("narrow", "note")
    assert len(effects) == count and set(effects.values()) == {1}, "each once"


@pytest.mark.timeout(200)
async def test_a_corrected_mapping(gateway: Gateway) -> None:
    """The requests are made anew by the current mapping; their cases keep the version that they were submitted under."""
    long = "a text that is longer than what the agency's contract allows " * 2
    cases = [await gateway.submit("note", long) for _ in range(3)]
    group = await parked(gateway, "invalid", 3)
    for action in ("supersede", "retry"):  # as long as the mapping is what it was, neither helps
        seen = await see(gateway, incidents={"group": group["group"]}, action=action)
        assert {(i["result"], i["code"]) for i in seen["items"]} == {("refused", "mapping_fails")}
        assert "100" in seen["items"][0]["text"]
    await gateway.stop()
    mapping = gateway.agencies.root / "schemas" / "services" / "note" / "input.jsonata"
    text = await asyncio.to_thread(mapping.read_text)
    await asyncio.to_thread(mapping.write_text, text.replace("form.text", "$substring(form.text, 0, 100)"))
    await gateway.start()
    old = {case: await gateway.request(case) for case in cases}
    seen = await see(gateway, incidents={"group": group["group"]}, action="supersede")
    assert seen["progress"]["waiting"] == 3
    replay = (await gateway.post("/v1/replays", {"set": seen["id"]}))["id"]
    await done(gateway, replay, completed_again=3)
    for case in cases:
        closed = await gateway.until_case(case, "closed")
        anew = await gateway.request(case)
        assert (anew["supersedes"], closed["outcome"]) == (old[case]["id"], "granted")
        assert json.loads(await gateway.stored_message(anew["id"]))["text"] == long[:100]
        (event,) = await gateway.events(case, "request.superseded")
        assert event["data"]["mapping"]["to"] == anew["pin"] != event["data"]["mapping"]["from"]
    assert await gateway.incidents() == []
