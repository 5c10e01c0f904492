"""A term that runs until the result is handed over, and the clocks beside it: told by facts, on every store and broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.path.gateway import Gateway

LONG_AGO = datetime.now(UTC) - timedelta(days=60)


async def confirm(gateway: Gateway, case: str, kind: str, at: datetime | None = None) -> Any:
    return await gateway.client.facts(case, {"kind": kind, "at": (at or datetime.now(UTC)).isoformat(), "data": {}})


async def clocks(gateway: Gateway, case: str) -> dict[str, Any]:
    return {c["kind"]: c for c in (await gateway.client.call("GET", f"/v1/cases/{case}/clocks"))["items"]}


async def test_a_case_is_closed_when_its_result_was_handed_over(gateway: Gateway) -> None:
    case = await gateway.submit("collected")
    found = await clocks(gateway, case)
    assert {kind: c["state"] for kind, c in found.items()} == {
        "statutory": "not_started",
        "acknowledgement": "running",
        "completeness": "running",
    }
    term = found["statutory"]["term"]
    assert (term["length"], term["since"]) == (5, "2025-09-15"), "the rule of the day on which it was handed in"
    await confirm(gateway, case, "registration")
    decided = await gateway.until_case(case, "decided")
    assert [(h["holder"], h["what"]) for h in decided["waiting_on"]] == [("office", "hand_over")]
    found = await clocks(gateway, case)
    assert {kind: c["state"] for kind, c in found.items()} == {
        "statutory": "running",
        "acknowledgement": "met",
        "completeness": "met",
    }
    statutory = found["statutory"]
    assert statutory["closing"] == "18:00" and datetime.fromisoformat(statutory["due_at"]).astimezone(UTC).hour == 13
    assert statutory["name"] == "Statutory term" and "2025-09-15" in statutory["explanation"][0]["text"]
    ready = await confirm(gateway, case, "result_ready")
    assert [(h["holder"], h["what"]) for h in ready["waiting_on"]] == [("applicant", "hand_over")]
    await gateway.restart()
    assert (await confirm(gateway, case, "result_collected"))["status"] == "closed"
    assert (await clocks(gateway, case))["statutory"]["state"] == "met"


async def test_a_hand_over_in_time_that_was_recorded_late_goes_to_a_person(gateway: Gateway) -> None:
    case = await gateway.submit("collected")
    await confirm(gateway, case, "registration", LONG_AGO)
    await gateway.until_case(case, "decided")
    breach = await gateway.until_incident("clock_breached", case=case)
    assert breach["detail"]["clock"] == "statutory"
    assert (await gateway.case(case))["status"] == "decided"
    done = await confirm(gateway, case, "result_collected", LONG_AGO + timedelta(days=1))
    assert done["status"] == "closed"
    assert (await clocks(gateway, case))["statutory"]["state"] == "disputed"
    assert (await gateway.until_incident("clock_disputed", case=case))["detail"]["dated"]
