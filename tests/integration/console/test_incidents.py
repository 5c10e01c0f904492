"""Incidents at the console: by cause, one by one, and closing them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.application.ways_out import way_out
from gateway.console.language import COOKIE, LANGUAGES
from gateway.domain.incident import Incident, IncidentKind
from tests.integration.console.conftest import PASSWORD, Browser, House
from tests.integration.console.making import applied, fails, unread

INCIDENTS = "/console/incidents"


async def group_of(house: House) -> Any:
    (group,) = (await house.parts.groups.listed()).items
    return group


async def one_of(house: House, state: str = "open") -> Any:
    page = await house.parts.reads.incidents(state=state, kind="", agency="", case_id=None, after="", limit=5)
    return page.items[0]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pages_of_incidents_in_each_language(
    house: House, operator: Browser, extract: dict[str, Any], language: str
) -> None:
    await unread(house.town, extract, 2)
    group, incident = await group_of(house), await one_of(house)
    operator.cookies[COOKIE] = language
    for path in ("", "/list", "/list?state=closed", f"/groups/{group.group}", f"/{incident.id}", "/groups/0123456789abcdef"):
        answer = await operator.get(f"{INCIDENTS}{path}")
        assert answer.status == 200, path
        assert len(answer.body) < 300_000
        assert f'<html lang="{language}"' in operator.page
    await operator.get(f"{INCIDENTS}/{incident.id}")
    assert way_out("invalid").text(language) in operator.text()


async def test_incidents_of_one_cause_stand_together_and_lead_to_case_act_and_replay(
    house: House, operator: Browser, extract: dict[str, Any]
) -> None:
    cases = await unread(house.town, extract, 3)
    group, incident = await group_of(house), await one_of(house)
    await operator.get(INCIDENTS)
    assert operator.page.count('class="card group"') == 1
    assert f'href="{INCIDENTS}/groups/{group.group}"' in operator.page
    await operator.get(f"{INCIDENTS}/groups/{group.group}")
    assert "incidents: 3" in operator.text()
    assert all(f'href="/console/cases/{case["number"]}"' in operator.page for case in cases)
    assert f"/console/replays/new?group={group.group}&amp;act=supersede" in operator.page
    assert "act=retry" not in operator.page  # the same bytes would be as unreadable again
    await operator.get(f"{INCIDENTS}/{incident.id}")
    on = f"/console/cases/{incident.case_number}/requests/{incident.request_id}"
    assert f'href="{on}/supersede"' in operator.page
    assert f'href="{on}/resolve"' in operator.page


async def test_the_list_is_narrowed_by_kind_and_agency(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    await unread(house.town, extract, 1)
    down = Incident(IncidentKind.LANE_DOWN, "lane_down:tax", {"failures": 5}, agency="tax", lane="tax")
    await house.town.store.open_incidents([down])
    for query, shown in (("kind=lane_down", 1), ("agency=cadastre", 1), ("", 2), ("agency=cadastre&kind=lane_down", 0)):
        await operator.get(f"{INCIDENTS}?{query}")
        assert operator.page.count('class="card group"') == shown, query
        await operator.get(f"{INCIDENTS}/list?{query}")
        assert operator.page.count('<tr><th scope="row">') == shown, query
    assert (await operator.get(f"{INCIDENTS}/list?after=nonsense")).status == 422


async def test_the_list_has_pages(house: House, operator: Browser) -> None:
    many = [Incident(IncidentKind.LANE_DOWN, f"lane_down:{n}", {"failures": n}, agency="tax", lane=f"tax.{n}") for n in range(60)]
    await house.town.store.open_incidents(many)
    await operator.get(f"{INCIDENTS}/list")
    first = set(_ids(operator))
    older = next(part.split('"')[0] for part in operator.page.split('rel="next" href="')[1:])
    await operator.get(older.replace("&amp;", "&"))
    assert len(first) == 50
    assert len(set(_ids(operator)) - first) == 10


def _ids(browser: Browser) -> list[str]:
    return [part.split('"')[0] for part in browser.page.split('<tr><th scope="row"><a href="')[1:]]


async def test_one_incident_is_closed_with_a_reason_and_once(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    await unread(house.town, extract, 1)
    incident = await one_of(house)
    page = f"{INCIDENTS}/{incident.id}"
    await operator.get(page)
    assert (await operator.post(f"{page}/close", {"reason": ""})).status == 422
    assert 'href="#f-reason"' in operator.page
    done = await operator.post(f"{page}/close", {"reason": "agreed by telephone"})
    assert (done.status, done.headers["location"]) == (303, f"{page}?done=incident_closed")
    await operator.get(page)
    assert "agreed by telephone" in operator.text()
    await operator.get("/console/cases")
    assert (await operator.post(f"{page}/close", {"reason": "again"})).status == 409
    assert "this incident is closed already" in operator.text()
    assert (await operator.get(f"{INCIDENTS}/nonsense")).status == 404


async def test_a_group_is_closed_as_it_was_seen(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    await unread(house.town, extract, 2)
    group = await group_of(house)
    page = f"{INCIDENTS}/groups/{group.group}"
    await operator.get(page)
    seen = operator.field("seen_at")
    assert (await operator.post(f"{page}/close", {"seen_at": seen, "reason": ""})).status == 422
    assert operator.field("seen_at") == seen  # a correction does not widen what is closed
    late = await applied(house.town, extract, 99)
    await fails(house.town, late)
    done = await operator.post(f"{page}/close", {"seen_at": seen, "reason": "the agency mends it"})
    assert done.status == 303
    left = await group_of(house)
    assert (left.group, left.count, left.example.case_number) == (group.group, 1, late["number"])
    await operator.get(page)
    assert (await operator.post(f"{page}/close", {"seen_at": seen, "reason": "again"})).status == 409
    assert (await operator.post(f"{page}/close", {"seen_at": "soon", "reason": "again"})).status == 422
    assert (await group_of(house)).count == 1


async def test_what_was_said_is_told_in_full_only_to_those_who_may_reveal_it(house: House, operator: Browser) -> None:
    said = {"outcome": "completed", "data": {"child": "51205227100018"}}
    late = Incident(IncidentKind.CONTRADICTION, "contradiction:1", {"step": "child", "said": said}, agency="tax")
    await house.town.store.open_incidents([late])
    page = f"{INCIDENTS}/{(await one_of(house)).id}"
    await operator.get(page)
    assert "51205227100018" not in operator.page
    assert "child" in operator.text()
    await house.accounts.add("examiner", PASSWORD, {"operate", "reveal"})
    examiner = house.browser()
    await examiner.sign_in("examiner")
    await examiner.get(page)
    assert "51205227100018" in examiner.page


async def test_readers_and_clerks_see_no_incidents(house: House) -> None:
    for name in ("reader", "clerk"):
        browser = house.browser()
        await browser.sign_in(name)
        assert (await browser.get(INCIDENTS)).status == 403
