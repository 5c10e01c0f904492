"""Replays at the console: the dry run, starting on exactly what was seen, and how far it has come."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.application.replaying import Replaying
from gateway.console.language import COOKIE, LANGUAGES
from tests.integration.console.conftest import Browser, House
from tests.integration.console.making import applied, fails, unread

REPLAYS = "/console/replays"
FORM = {"action": "supersede", "status_parked": "1", "reason": "the mapping is mended"}


async def dry_run(house: House, operator: Browser, **form: str) -> str:
    """Make a dry run of the one group there is; return its page."""
    (group,) = (await house.parts.groups.listed()).items
    await operator.get(f"{REPLAYS}/new?group={group.group}")
    done = await operator.post(REPLAYS, {**FORM, "group": group.group, **form})
    assert done.status == 303, operator.text()
    await operator.get(done.headers["location"])
    return done.headers["location"]


async def work_off(house: House) -> int:
    store = house.town.store
    return await Replaying(house.parts.deployment, store, store, store, house.parts.bus).run_once()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pages_of_replays_in_each_language(
    house: House, operator: Browser, extract: dict[str, Any], language: str
) -> None:
    await unread(house.town, extract, 2)
    operator.cookies[COOKIE] = language
    page = await dry_run(house, operator)
    for path in (page, REPLAYS, f"{REPLAYS}/new", f"{REPLAYS}/new?agency=cadastre&act=cancel"):
        answer = await operator.get(path)
        assert answer.status == 200, path
        assert len(answer.body) < 300_000
        assert f'<html lang="{language}"' in operator.page
    await operator.get(page)
    assert (await operator.post(f"{page}/start", {"per_minute": "30"})).status == 303
    assert (await operator.get(page)).status == 200


async def test_a_dry_run_shows_what_would_be_done_and_changes_nothing(
    house: House, operator: Browser, extract: dict[str, Any]
) -> None:
    cases = await unread(house.town, extract, 3)
    before = [(await house.town.case(case["id"]))["version"] for case in cases]
    await dry_run(house, operator)
    assert "Would be done 3" in operator.text()
    assert all(case["number"] in operator.page for case in cases)
    assert "the mapping is mended" in operator.text()
    assert [(await house.town.case(case["id"]))["version"] for case in cases] == before


async def test_a_dry_run_says_why_something_would_not_be_done(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    case = await applied(house.town, extract, 1)
    await house.town.said(case["id"], "extract", {"outcome": "accepted", "reference": "E-1"})
    await fails(house.town, case)
    page = await dry_run_of(operator, agency="cadastre", status_parked="1", action="supersede")
    await operator.get(page)
    assert "Would not 1" in operator.text()
    assert "the agency may have acted on what was sent: ask it first" in operator.text()
    assert f'action="{page}/start"' not in operator.page
    assert (await operator.post(f"{page}/start", {})).status == 409
    assert "nothing of this dry run can be done" in operator.text()


async def dry_run_of(operator: Browser, **form: str) -> str:
    await operator.get(f"{REPLAYS}/new")
    done = await operator.post(REPLAYS, {"reason": "try", **form})
    assert done.status == 303, operator.text()
    return done.headers["location"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"action": "explode"}, "action"),
        ({"status_parked": ""}, "statuses"),
        ({"agency": ""}, "agency"),
    ],
)
async def test_a_form_that_lacks_something_names_the_field(operator: Browser, form: dict[str, str], field: str) -> None:
    await operator.get(f"{REPLAYS}/new")
    answer = await operator.post(REPLAYS, {**FORM, "agency": "cadastre", **form})
    assert answer.status == 422
    assert f'href="#f-{field}"' in operator.page
    await operator.get(REPLAYS)
    assert "No replay yet." in operator.text()


async def test_a_replay_starts_is_paused_goes_on_and_is_done(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    cases = await unread(house.town, extract, 3)
    page = await dry_run(house, operator)
    wrong = await operator.post(f"{page}/start", {"per_minute": "fast"})
    assert wrong.status == 422
    assert 'href="#f-per_minute"' in operator.page
    done = await operator.post(f"{page}/start", {"per_minute": ""})
    assert done.status == 303
    await operator.get(page)
    assert 'hx-trigger="every 2s"' in operator.page
    assert (await operator.post(f"{page}/start", {})).status == 409  # it was started before
    await operator.get(page)
    assert (await operator.post(f"{page}/change", {"deed": "pause", "reason": ""})).status == 422
    assert (await operator.post(f"{page}/change", {"deed": "dance", "reason": "why"})).status == 422
    assert (await operator.post(f"{page}/change", {"deed": "pause", "reason": "lunch"})).status == 303
    assert await work_off(house) == 0
    await operator.get(page)
    assert "lunch" in operator.text()
    assert 'hx-trigger="every 2s"' not in operator.page
    assert (await operator.post(f"{page}/change", {"deed": "pause", "reason": "again"})).status == 409
    assert (await operator.post(f"{page}/change", {"deed": "resume", "reason": "fed"})).status == 303
    assert await work_off(house) == 3
    await work_off(house)
    await operator.get(page)
    assert "under way 3" in operator.text()
    for case in cases:
        assert (await house.town.step(case["id"], "extract"))["status"] == "ready"
    file = await house.town.store.case_file(cases[0]["number"])
    assert file is not None
    events = [event.type for event in await house.parts.reads.events_of(file.case.id)]
    assert "request.superseded" in events


async def test_what_has_moved_since_it_was_seen_is_skipped_and_told(
    house: House, operator: Browser, extract: dict[str, Any]
) -> None:
    first, _ = await unread(house.town, extract, 2)
    page = await dry_run(house, operator)
    request = (await house.town.step(first["id"], "extract"))["id"]
    await house.town.operator.post(f"/v1/requests/{request}/cancel", {"reason": "by hand"})
    await operator.post(f"{page}/start", {})
    await work_off(house)
    await operator.get(f"{page}?result=skipped")
    assert "skipped 1" in operator.text()
    assert first["number"] in operator.page
    assert "the case has moved since it was seen" in operator.text()


async def test_a_replay_is_stopped_for_good(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    (case,) = await unread(house.town, extract, 1)
    page = await dry_run(house, operator)
    await operator.post(f"{page}/start", {})
    await operator.get(page)
    assert (await operator.post(f"{page}/change", {"deed": "stop", "reason": "wrong ones"})).status == 303
    assert await work_off(house) == 0
    assert (await house.town.step(case["id"], "extract"))["status"] == "parked"
    await operator.get(page)
    assert f'action="{page}/change"' not in operator.page


async def test_readers_and_clerks_see_no_replays(house: House) -> None:
    for name in ("reader", "clerk"):
        browser = house.browser()
        await browser.sign_in(name)
        assert (await browser.get(REPLAYS)).status == 403
        assert (await browser.post(REPLAYS, FORM)).status == 403
