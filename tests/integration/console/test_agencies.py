"""Agencies at the console: how their lanes are, what became of attempts, pausing and resuming."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from gateway.console.health_strip import first_hour
from gateway.console.language import COOKIE, LANGUAGES
from gateway.domain.incident import Incident, IncidentKind
from gateway.storage import tables as t
from tests.integration.console.conftest import Browser, House
from tests.integration.console.making import another

AGENCY = "/console/agencies/cadastre"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pages_of_agencies_in_each_language(house: House, operator: Browser, language: str) -> None:
    operator.cookies[COOKIE] = language
    for path in ("/console/agencies", AGENCY, f"{AGENCY}/pause", "/console/agencies/office"):
        answer = await operator.get(path)
        assert answer.status == 200, path
        assert len(answer.body) < 300_000
        assert f'<html lang="{language}"' in operator.page
    title = house.parts.deployment.catalogue.agencies["cadastre"].title[language]
    await operator.get("/console/agencies")
    assert title in operator.text()


async def test_an_agency_is_paused_with_a_reason_and_resumed(house: House, operator: Browser) -> None:
    await operator.get(f"{AGENCY}/pause")
    refused = await operator.post(f"{AGENCY}/pause", {"paused": "", "reason": "  "})
    assert refused.status == 422
    assert 'href="#f-reason"' in operator.page
    assert not await paused(house)
    done = await operator.post(f"{AGENCY}/pause", {"paused": "", "reason": "they move house"})
    assert (done.status, done.headers["location"]) == (303, f"{AGENCY}?done=agency_pause")
    await operator.get(done.headers["location"])
    assert "dilnoza" in operator.text()
    assert "they move house" in operator.text()
    await operator.get(f"{AGENCY}/resume")
    done = await operator.post(f"{AGENCY}/resume", {"paused": operator.field("paused"), "reason": "they have moved"})
    assert done.status == 303
    assert not await paused(house)


async def test_a_pause_is_refused_when_somebody_else_was_quicker(house: House, operator: Browser) -> None:
    await operator.get(f"{AGENCY}/pause")
    other = house.browser()
    await other.sign_in()
    await other.get(f"{AGENCY}/pause")
    assert (await other.post(f"{AGENCY}/pause", {"paused": "", "reason": "first"})).status == 303
    answer = await operator.post(f"{AGENCY}/pause", {"paused": "", "reason": "second"})
    assert answer.status == 409
    assert "first" in operator.text()  # how it stands now
    assert {row.paused_reason for row in await rows(house)} == {"first"}


async def test_what_is_paused_offers_to_be_resumed_and_says_so_when_it_is_too_late(operator: Browser) -> None:
    await operator.get(AGENCY)
    assert f'href="{AGENCY}/pause"' in operator.page
    assert f'href="{AGENCY}/resume"' not in operator.page
    await operator.get(f"{AGENCY}/resume")
    assert "All its lanes are working." in operator.text()
    assert (await operator.get(f"{AGENCY}/burn")).status == 404
    assert (await operator.get("/console/agencies/atlantis")).status == 404


async def test_readers_and_clerks_see_no_agencies(house: House) -> None:
    for name in ("reader", "clerk"):
        browser = house.browser()
        await browser.sign_in(name)
        assert (await browser.get("/console/agencies")).status == 403
        assert (await browser.post(f"{AGENCY}/pause", {"reason": "no"})).status == 403


async def test_attempts_and_outages_of_the_day_are_told(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    store, now = house.town.store, datetime.now(UTC)
    made = await house.town.submit(extract)
    request = await house.town.step(made["id"], "extract")
    rows = [
        (made["id"], request["id"], number, "send", outcome, "{}", None, now - timedelta(minutes=number))
        for number, outcome in enumerate(("retry_later", "unknown", "completed", "refused"), 1)
    ]
    await put_attempts(store, rows)
    history = await store.tried("cadastre", now - timedelta(hours=1))
    assert [(tried.outcome, tried.failed) for tried in history.tried] == [
        ("refused", False),
        ("completed", False),
        ("unknown", True),
        ("retry_later", True),
    ]
    assert history.whole_since is None
    assert (await store.tried("tax", now - timedelta(hours=1))).tried == []
    down = Incident(IncidentKind.LANE_DOWN, "lane_down:cadastre", {"failures": 5}, agency="cadastre", lane="cadastre")
    await store.open_incidents([down])
    await operator.get(AGENCY)
    assert "4 attempts, 2 of them failed." in operator.text()
    assert 'class="outage"' in operator.page
    assert "until now" in operator.text()
    await store.close_incidents(["lane_down:cadastre"], "it answers", "gateway")
    (outage,) = await store.outages(now - timedelta(hours=1), "cadastre")
    assert outage.until is not None
    assert await store.outages(now - timedelta(hours=1), "tax") == []
    assert await store.outages(datetime.now(UTC) + timedelta(minutes=1), "cadastre") == []


async def test_an_agency_with_more_requests_says_how_far_back_they_reach(house: House, extract: dict[str, Any]) -> None:
    for number in range(3):
        await house.town.submit(another(extract, number))
    since = first_hour(datetime.now(UTC))
    assert (await house.town.store.tried("cadastre", since, 3)).whole_since is not None
    assert (await house.town.store.tried("cadastre", since, 4)).whole_since is None


async def put_attempts(store: Any, rows: list[tuple[Any, ...]]) -> None:
    names = ("case_id", "request_id", "number", "work", "outcome", "detail", "released_at", "finished_at")
    async with store.db.write() as tx:
        for case_id, request_id, *rest in rows:
            values = dict(zip(names, (UUID(case_id), UUID(request_id), *rest), strict=True))
            await tx.run(insert(t.attempts).values(**values | {"detail": {}}))


async def rows(house: House) -> list[Any]:
    return [state.row for state in await house.town.store.lanes() if state.row.agency == "cadastre"]


async def paused(house: House) -> bool:
    return any(row.paused for row in await rows(house))
