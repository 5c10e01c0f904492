"""Repairs on the page of a case: by the current mapping with its trial, a late reply, a decision by hand, reopening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.console.language import COOKIE, LANGUAGES
from tests.integration.console.conftest import Browser, House
from tests.integration.console.making import applied, fails

DECISION = {"authority": "Head of the cadastre", "ground": "the paper was found", "legal_basis": "item 5", "appeal": ""}


def given() -> str:
    """A local time some minutes ago, as a form says it."""
    return (datetime.now(UTC) + timedelta(hours=5) - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M")


async def test_a_request_is_sent_anew_after_its_trial_was_shown(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    case = await applied(house.town, extract, 1)
    await fails(house.town, case)
    request = await house.town.step(case["id"], "extract")
    page = f"/console/cases/{case['number']}/requests/{request['id']}/supersede"
    await operator.get(f"/console/cases/{case['number']}")
    assert f'href="{page}"' in operator.page
    before = (await house.town.case(case["id"]))["version"]
    await operator.get(page)
    assert "Trial: the message can be made by the current mapping." in operator.text()
    assert "is the same one" in operator.text()
    assert (await house.town.case(case["id"]))["version"] == before
    assert (await operator.post(page, {"version": str(before), "reason": ""})).status == 422
    moved = await operator.post(page, {"version": str(before - 1), "reason": "mended"})
    assert moved.status == 412
    done = await operator.post(page, {"version": str(before), "reason": "mended"})
    assert (done.status, done.headers["location"]) == (303, f"/console/cases/{case['number']}?done=supersede")
    assert (await house.town.step(case["id"], "extract"))["supersedes"] == request["id"]


async def test_where_the_agency_may_have_acted_somebody_has_to_vouch(
    house: House, operator: Browser, extract: dict[str, Any]
) -> None:
    case = await applied(house.town, extract, 1)
    await house.town.said(case["id"], "extract", {"outcome": "accepted", "reference": "E-1"})
    await fails(house.town, case)
    request = await house.town.step(case["id"], "extract")
    page = f"/console/cases/{case['number']}/requests/{request['id']}/supersede"
    await operator.get(page)
    assert "The agency may have acted on the old message." in operator.text()
    version = operator.field("version")
    assert (await operator.post(page, {"version": version, "reason": "try"})).status == 409
    done = await operator.post(page, {"version": version, "reason": "Rano of the cadastre says so", "no_effect": "yes"})
    assert done.status == 303


async def contradicted(house: House, extract: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A case whose cadastre refused, and then said that it is done after all."""
    case = await applied(house.town, extract, 1)
    request = await house.town.step(case["id"], "extract")
    await house.town.said(case["id"], "extract", {"outcome": "refused", "code": "R1", "reason": "no such parcel"})
    data = {"extract_number": "X-1", "signed_at": datetime.now(UTC).isoformat(), "restrictions": []}
    answer = await house.town.operator.post(
        f"/v1/requests/{request['id']}/resolve", {"outcome": {"outcome": "completed", "data": data}, "reason": "they called"}
    )
    assert answer.status == 200, answer.body
    return case, f"/console/cases/{case['number']}/requests/{request['id']}/late_reply"


@pytest.mark.parametrize(("verdict", "status"), [("dismiss", "refused"), ("apply", "completed")])
async def test_a_late_reply_is_judged(
    house: House, operator: Browser, extract: dict[str, Any], verdict: str, status: str
) -> None:
    case, page = await contradicted(house, extract)
    await operator.get(f"/console/cases/{case['number']}")
    assert f'href="{page}"' in operator.page
    await operator.get(page)
    assert "done." in operator.text()
    version = operator.field("version")
    assert (await operator.post(page, {"version": version, "reason": "why", "verdict": ""})).status == 422
    assert 'href="#f-verdict"' in operator.page
    done = await operator.post(page, {"version": version, "reason": "why", "verdict": verdict})
    assert done.status == 303, operator.text()
    assert (await house.town.step(case["id"], "extract"))["status"] == status
    await operator.get(page)
    assert "No late reply waits for a verdict." in operator.text()


async def test_a_decision_is_recorded_by_hand_corrected_and_the_case_reopened(
    house: House, operator: Browser, extract: dict[str, Any]
) -> None:
    case = await applied(house.town, extract, 1)
    page = f"/console/cases/{case['number']}"
    await operator.get(f"{page}/decide")
    form = {**DECISION, "outcome": "returned", "kind": "decision", "date_given": given(), "reason": "by order"}
    version = operator.field("version")
    wrong = await operator.post(f"{page}/decide", {**form, "version": version, "authority": "", "date_given": "soon"})
    assert wrong.status == 422
    assert 'href="#f-authority"' in operator.page
    assert 'href="#f-date_given"' in operator.page
    done = await operator.post(f"{page}/decide", {**form, "version": version})
    assert done.status == 303, operator.text()
    assert (await house.town.case(case["id"]))["outcome"] == "returned"
    await operator.get(f"{page}/decide")
    assert 'value="decision"' not in operator.page  # one that stands is corrected or reversed
    form |= {"outcome": "refused", "kind": "correction", "version": operator.field("version")}
    assert (await operator.post(f"{page}/decide", form)).status == 303
    assert (await house.town.case(case["id"]))["outcome"] == "refused"
    await operator.get(f"{page}/reopen")
    reopen = {**DECISION, "kind": "annulment", "date_given": given(), "reason": "by court", "version": operator.field("version")}
    assert (await operator.post(f"{page}/reopen", reopen)).status == 303, operator.text()
    assert (await house.town.case(case["id"]))["status"] in ("received", "in_progress")
    await operator.get(f"{page}/reopen")
    assert "not possible as things stand now" in operator.text()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_forms_of_repairs_in_each_language(
    house: House, operator: Browser, extract: dict[str, Any], language: str
) -> None:
    case, page = await contradicted(house, extract)
    operator.cookies[COOKIE] = language
    on = f"/console/cases/{case['number']}"
    for path in (on, page, page.replace("late_reply", "supersede"), f"{on}/decide", f"{on}/reopen"):
        answer = await operator.get(path)
        assert answer.status == 200, path
        assert len(answer.body) < 300_000
        assert f'<html lang="{language}"' in operator.page


async def test_readers_repair_nothing(house: House, extract: dict[str, Any]) -> None:
    case, page = await contradicted(house, extract)
    reader = house.browser()
    await reader.sign_in("reader")
    await reader.get(f"/console/cases/{case['number']}")
    assert page not in reader.page
    for path in (page, f"/console/cases/{case['number']}/decide"):
        assert (await reader.get(path)).status == 403
        assert (await reader.post(path, {"reason": "no"})).status == 403
