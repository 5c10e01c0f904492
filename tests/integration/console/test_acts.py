"""What operators do at the console: each act, what it refuses, and a case that moved while its form was open."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from gateway.domain.applied import park
from gateway.domain.case_file import CaseFile
from gateway.domain.incident import IncidentKind
from gateway.domain.rules import Rules
from tests.integration.console.conftest import Browser, House


async def path_of(house: House, number: str, step: str, act: str) -> str:
    return f"/console/cases/{number}/requests/{(await house.town.step(number, step))['id']}/{act}"


async def parked(house: House, number: str, step: str) -> None:
    """Let a request wait for an operator, as after its last try."""
    case_id = (await house.town.case(number))["id"]

    def give_up(file: CaseFile, _rules: Rules) -> None:
        request = file.live(step)
        assert request is not None
        request.attempts = 7
        park(file, request, IncidentKind.EXHAUSTED, "they do not answer")

    await house.parts.acts.run(UUID(case_id), give_up)


async def done(browser: Browser, path: str, form: dict[str, str]) -> None:
    """Open the form of an act, fill it in, and read the case afterwards."""
    assert (await browser.get(path)).status == 200
    answer = await browser.post(path, {"version": browser.field("version"), **form})
    assert answer.status == 303, browser.text()
    assert (await browser.get(answer.headers["location"])).status == 200


async def test_a_parked_request_is_tried_again(house: House, operator: Browser, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)
    await parked(house, number, "child")
    await operator.get(f"/console/cases/{number}")
    assert "All tries failed" in operator.text()
    path = await path_of(house, number, "child", "retry")
    assert path in operator.page
    await done(operator, path, {"reason": "they are back"})
    assert "The request goes out again." in operator.text()
    assert "Sent again by hand" in operator.text()
    assert "operator dilnoza" in operator.text()
    assert (await house.town.step(number, "child"))["status"] == "ready"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"outcome": "completed", "completed_data": '{"found": true, "record": "1"}'}, "completed"),
        ({"outcome": "refused", "refused_code": "7", "refused_refusal": "no such record"}, "refused"),
        ({"outcome": "accepted", "accepted_reference": "CR-1"}, "awaiting_reply"),
        (
            {"outcome": "needs_applicant", "needs_applicant_what": "a scan", "needs_applicant_until": "2031-01-01T10:00"},
            "awaiting_applicant",
        ),
        ({"outcome": "not_there"}, "parked"),
    ],
)
async def test_what_became_of_a_request_is_said(
    house: House, operator: Browser, preschool: dict[str, Any], form: dict[str, str], status: str
) -> None:
    number = await house.submit(preschool)
    await parked(house, number, "child")
    await done(operator, await path_of(house, number, "child", "resolve"), {"reason": "by telephone", **form})
    assert "The outcome was applied." in operator.text()
    assert (await house.town.step(number, "child"))["status"] == status


async def test_the_moment_that_is_typed_is_the_offices_own(house: House, operator: Browser, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)
    form = {"outcome": "needs_applicant", "needs_applicant_what": "a scan", "needs_applicant_until": "2031-01-01T10:00"}
    await done(operator, await path_of(house, number, "child", "resolve"), {"reason": "by telephone", **form})
    assert (await house.town.step(number, "child"))["until"].startswith("2031-01-01T05:00")  # Tashkent is five hours ahead


async def test_a_request_is_cancelled(house: House, operator: Browser, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)
    await done(operator, await path_of(house, number, "child", "cancel"), {"reason": "asked for on paper"})
    assert (await house.town.step(number, "child"))["status"] == "cancelled"


async def test_a_request_is_sent_to_another_branch(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    number = await house.submit(extract)
    case = await house.town.case(number)
    catalogue = house.parts.deployment.catalogue
    several = [s for s in case["steps"] if len(catalogue.agencies[s["agency"]].branches) > 1]
    step = next(s for s in several if s["status"] in ("ready", "planned"))
    if step["status"] == "planned":
        fact = {"kind": "payment", "at": house.parts.now().isoformat(), "data": {}}
        await house.town.office.post(f"/v1/cases/{number}/facts", fact)
    before = await house.town.step(number, step["step"])
    branch = next(b.code for b in catalogue.agencies[step["agency"]].branches if b.code != before["branch"])
    await done(operator, await path_of(house, number, step["step"], "redirect"), {"branch": branch, "reason": "it lies there"})
    after = await house.town.step(number, step["step"])
    assert (after["branch"], after["supersedes"]) == (branch, before["id"])


async def test_an_application_is_withdrawn(house: House, operator: Browser, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)
    await done(operator, f"/console/cases/{number}/withdraw", {"reason": "the family moves"})
    assert (await house.town.case(number))["status"] == "withdrawn"
    assert f"/console/cases/{number}/withdraw" not in operator.page
    await operator.get(f"/console/cases/{number}/withdraw")
    assert "This act is not possible as things stand now." in operator.text()


async def test_a_case_that_moved_meanwhile_is_shown_anew_and_nothing_is_done(
    house: House, operator: Browser, preschool: dict[str, Any]
) -> None:
    number = await house.submit(preschool)
    path = f"/console/cases/{number}/withdraw"
    await operator.get(path)
    old = operator.field("version")
    await house.town.said(number, "child", {"outcome": "accepted", "reference": "CR-9"})
    answer = await operator.post(path, {"version": old, "reason": "the family moves"})
    assert answer.status == 412
    assert "The case has changed meanwhile" in operator.text()
    assert "the family moves" in operator.page  # what was typed is not lost
    assert operator.field("version") != old
    assert (await house.town.case(number))["status"] != "withdrawn"
    again = await operator.post(path, {"version": operator.field("version"), "reason": "the family moves"})
    assert again.status == 303


@pytest.mark.parametrize("version", ["", "0", "-1", "one", "9" * 30])
async def test_a_version_that_was_never_read_does_nothing(
    house: House, operator: Browser, preschool: dict[str, Any], version: str
) -> None:
    number = await house.submit(preschool)
    await operator.get(f"/console/cases/{number}/withdraw")
    assert (await operator.post(f"/console/cases/{number}/withdraw", {"version": version, "reason": "x"})).status == 412
    assert (await house.town.case(number))["status"] != "withdrawn"


@pytest.mark.parametrize(
    ("act", "form", "fields"),
    [
        ("retry", {"reason": "  "}, ["reason"]),
        ("retry", {"reason": "x" * 2001}, ["reason"]),
        ("resolve", {"reason": ""}, ["outcome", "reason"]),
        ("resolve", {"outcome": "completed", "completed_data": "[1]", "reason": "x"}, ["completed_data"]),
        ("resolve", {"outcome": "completed", "completed_decided_at": "yesterday", "reason": "x"}, ["completed_decided_at"]),
        ("resolve", {"outcome": "refused", "reason": "x"}, ["refused_code", "refused_refusal"]),
        ("resolve", {"outcome": "exploded", "reason": "x"}, ["outcome"]),
        ("redirect", {"branch": "nowhere", "reason": "x"}, ["branch"]),
    ],
)
async def test_every_mistake_is_told_beside_its_field_and_changes_nothing(
    house: House, operator: Browser, preschool: dict[str, Any], act: str, form: dict[str, str], fields: list[str]
) -> None:
    number = await house.submit(preschool)
    await parked(house, number, "child")
    path = await path_of(house, number, "child", act)
    await operator.get(path)
    before = operator.field("version")
    assert (await operator.post(path, {"version": before, **form})).status == 422
    summary = operator.page.split('id="errors"')[1].split("</section>")[0]
    assert [part.split('"')[0] for part in summary.split('href="#f-')[1:]] == fields
    for field in fields:
        assert f'id="f-{field}"' in operator.page
    assert operator.field("version") == before


async def test_a_refusal_of_the_domain_is_told_in_the_readers_language(
    house: House, operator: Browser, preschool: dict[str, Any]
) -> None:
    number = await house.submit(preschool)
    await house.town.said(number, "child", {"outcome": "accepted", "reference": "CR-9"})
    operator.cookies["darcha_language"] = "ru"
    path = await path_of(house, number, "child", "cancel")
    await operator.get(path)
    answer = await operator.post(path, {"version": operator.field("version"), "reason": "x"})
    assert answer.status == 409
    assert "нынешнее состояние запроса этого не допускает" in operator.text()
