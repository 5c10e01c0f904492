"""Values that JSON or a URL can carry and that databases, times or integers choke on: refused or kept, never a crash."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.api.conftest import Town, ok
from tests.integration.api.test_cases import now
from tests.integration.api.test_operators import to_the_desk

REASON = {"reason": "because"}


@pytest.mark.parametrize(
    "url",
    [
        "/v1/cases?reference=%00",
        "/v1/cases?service=" + quote("\x00\x01'\";--"),
        "/v1/cases?reference=%ff%fe",
        "/v1/cases?due_before=" + quote("0001-01-01T00:00:00+14:00"),
        "/v1/cases?due_before=" + quote("9999-12-31T23:59:59-14:00"),
        "/v1/cases?after=" + quote("2026-01-01T00:00:00+00:00~not-a-uuid"),
        "/v1/cases?after=" + quote("0001-01-01T00:00:00+14:00~00000000-0000-0000-0000-000000000000"),
        "/v1/cases?after=%00",
        "/v1/events?after=99999999999999999999999.1",
        "/v1/events?after=1.-99999999999999999999999",
        "/v1/events?after=%D9%A1.%D9%A1",
        "/v1/events?wait=nan",
        "/v1/incidents?agency=%00",
        "/v1/incidents?kind=%F0%9F%98%80",
        "/v1/cases/%00",
        "/v1/cases/%F0%9F%98%80",
        "/v1/cases/" + "9" * 5000,
        "/v1/cases/00000000-0000-0000-0000-000000000000/events?after=99999999999",
        "/v1/agencies/%00",
        "/v1/services/..%2F..%2Fetc%2Fpasswd",
    ],
)
async def test_addresses(town: Town, url: str) -> None:
    answer = await town.operator.get(url)
    assert answer.status in (200, 404, 422), (answer.status, answer.body)


@pytest.mark.parametrize(
    "data",
    [
        {"big": 2**64 - 1, "small": -(2**63), "zero": -0.0},
        {"precise": 0.1 + 0.2, "tiny": 5e-324, "huge": 1.7976931348623157e308},
        {"text": "\u2028 \U0001f600 \u200f '; DROP TABLE cases; --"},
        {"": {"a/b~c": None}},
        {"deep": json.loads("[" * 60 + "]" * 60)},
        {"long": "x" * 100_000},
    ],
)
async def test_what_a_fact_may_say_is_kept_and_shown(town: Town, extract: dict[str, Any], data: dict[str, Any]) -> None:
    made = await town.submit(extract)
    url = f"/v1/cases/{made['id']}"
    fact = {"kind": "payment", "at": now(minutes=-1), "data": data}
    ok(await town.office.post(f"{url}/facts", fact))
    assert ok(await town.office.get(url))["facts"][0]["data"] == data
    ok(await town.office.get(f"{url}/events"))
    ok(await town.office.post(f"{url}/facts", fact))


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-01-01T25:00Z"]
)
async def test_times_that_are_none(town: Town, extract: dict[str, Any], at: str) -> None:
    made = await town.submit(extract)
    answer = await town.office.post(f"/v1/cases/{made['id']}/facts", {"kind": "payment", "at": at})
    assert answer.status == 422
    assert answer.json()["errors"][0]["pointer"] == "/at"


@pytest.mark.parametrize(
    "outcome",
    [
        {"outcome": "completed", "documents": [{"digest": 7, "name": "a", "media_type": "b"}]},
        {"outcome": "completed", "documents": [{"digest": ["x"], "name": "a", "media_type": "b"}]},
        {"outcome": "completed", "documents": [{"digest": "zz", "name": "a", "media_type": "b"}]},
        {"outcome": "completed", "documents": {"digest": "ab" * 32}},
        {"outcome": "completed", "documents": ["ab" * 32]},
        {"outcome": "completed", "documents": 7},
        {"outcome": "completed", "data": []},
        {"outcome": "completed", "decided_at": "9999-12-31T23:59:59-14:00"},
        {"outcome": "accepted", "reference": 7},
        {"outcome": "accepted", "reference": "r", "poll_after": 1e300},
        {"outcome": "accepted", "reference": "r", "poll_after": True},
        {"outcome": "needs_applicant", "what": "x", "until": "0001-01-01T00:00:00+14:00"},
        {"outcome": "needs_applicant", "what": "x", "until": 7},
        {"outcome": ["completed"]},
        {},
    ],
)
async def test_outcomes_that_are_none(town: Town, extract: dict[str, Any], outcome: dict[str, Any]) -> None:
    case, task = await to_the_desk(town, extract)
    before = (await town.case(case))["version"]
    clerk = await town.by("clerk-key").post(f"/v1/desk/{task}/answer", {"outcome": outcome})
    operator = await town.operator.post(f"/v1/requests/{task}/resolve", {"outcome": outcome, **REASON})
    for answer in (clerk, operator):
        assert answer.status == 422, (answer.status, answer.body)
        assert answer.json()["errors"][0]["pointer"].startswith("/outcome")
    assert (await town.case(case))["version"] == before
