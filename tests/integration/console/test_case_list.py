"""The list of cases: its further filters, its order, the counts beside it, and finding a person's cases by the identifier."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from gateway.application.overview import Count
from gateway.console import formatting
from gateway.console.words import word
from gateway.domain.incident import Incident, IncidentKind
from tests.integration.console.conftest import Browser, House
from tests.integration.console.test_pages import flat
from tests.integration.console.test_signing_in import Clock


@pytest.fixture
def moving() -> Callable[[], datetime]:
    clock = Clock()
    clock.at = datetime.now(UTC)
    return clock


def shows(browser: Browser, there: str, absent: str) -> None:
    assert there in browser.page
    assert absent not in browser.page


async def test_the_filters_of_operators(
    house: House, operator: Browser, preschool: dict[str, Any], extract: dict[str, Any]
) -> None:
    first, second = await house.submit(preschool), await house.submit(extract)
    case = await house.town.case(first)
    await house.town.store.open_incidents([Incident(IncidentKind.NO_REPLY, f"no_reply:{first}", {}, case_id=UUID(case["id"]))])
    for query, there, absent in (
        (f"number={first[:6].lower()}", first, second),
        (f"number={second}", second, first),
        ("incident=no_reply", first, second),
        ("incident=exhausted", "There are no such cases.", first),
        ("clock_status=running&service=preschool-enrolment", first, second),
        ("clock_status=breached", "There are no such cases.", first),
        ("retrying=yes", "There are no such cases.", first),
        ("client=namangan&service=preschool-enrolment", first, second),
        ("client=kosonsoy", "There are no such cases.", first),
    ):
        assert (await operator.get(f"/console/cases?{query}")).status == 200, query
        shows(operator, there, absent)
    for query, field in (("number=ab", "number"), ("number=0000-0000-1", "number"), ("retrying=maybe", "retrying")):
        assert (await operator.get(f"/console/cases?{query}")).status == 422, query
        assert f'href="#f-{field}"' in operator.page
    assert (await operator.get("/console/cases?sort=size")).status == 422


async def test_the_client_is_a_filter_for_those_who_see_all(house: House, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)  # of the client namangan
    bound = house.browser()
    await bound.sign_in("kosonsoy-reader")
    await bound.get("/console/cases?client=namangan")
    assert number not in bound.page
    assert 'name="client"' not in bound.page


async def test_the_list_stands_by_time_remaining_and_is_kept_so(
    house: House, operator: Browser, preschool: dict[str, Any], extract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [await house.submit(preschool), await house.submit(extract)]
    due = [datetime.fromisoformat((await house.town.case(number))["due_at"]) for number in numbers]
    assert due[0] != due[1]
    ordered = [number for _, number in sorted(zip(due, numbers, strict=True))]
    await operator.get("/console/cases?sort=due")
    assert operator.page.index(ordered[0]) < operator.page.index(ordered[1])
    assert "Cases, least time remaining first" in operator.text()
    await operator.post("/console/cases/filters", {"name": "soon", "query": operator.field("query")})
    assert [kept.query for kept in await house.accounts.filters("dilnoza", "cases")] == ["sort=due"]
    monkeypatch.setattr("gateway.console.cases._PAGE", 1)
    await operator.get("/console/cases?sort=due")
    shows(operator, ordered[0], ordered[1])
    after = operator.page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    await operator.get(after)
    shows(operator, ordered[1], ordered[0])
    assert (await operator.get(after.replace("sort=due", "sort=received"))).status == 422


async def test_cases_are_counted_by_status_where_that_is_cheap(
    house: House, operator: Browser, preschool: dict[str, Any], extract: dict[str, Any]
) -> None:
    decided = await house.submit(preschool)
    await house.town.said(decided, "child", {"outcome": "completed", "data": {"found": False}})
    numbers = [await house.submit(flat(extract, n)) for n in range(2)]
    status = {(await house.town.case(number))["status"] for number in numbers}
    (stands,) = (f"{word('case_status', each, 'en')} 2" for each in status)
    counts = 'aria-label="By status"'
    await operator.get("/console/cases")
    assert counts in operator.page
    assert stands in operator.text()
    await operator.get("/console/cases?status=decided&service=preschool-enrolment")
    assert counts in operator.page
    assert stands not in operator.text()
    await operator.get("/console/cases?agency=cadastre&service=cadastre-extract")
    assert counts not in operator.page
    assert formatting.counted(Count(10_000, more=True)) == "10\u202f000+"


async def test_a_persons_cases_are_found_by_an_identifier_that_stays_nowhere(
    house: House, operator: Browser, preschool: dict[str, Any], extract: dict[str, Any]
) -> None:
    number, other = await house.submit(preschool), await house.submit(extract)
    identifier = preschool["parties"][0]["identifier"]
    assert identifier != extract["parties"][0]["identifier"]
    await operator.get("/console/cases")
    assert "/console/cases/identifier" in operator.page
    await operator.get("/console/cases/identifier")
    spelt = f"{identifier[:4]} {identifier[4:]}"
    answer = await operator.post("/console/cases/identifier", {"identifier": spelt, "kind": "person", "role": "applicant"})
    assert answer.status == 200
    shows(operator, number, other)
    assert not [line for line in operator.page.split('"') if line.startswith("/console") and identifier[4:] in line]
    for form in ({"kind": "organisation", "role": ""}, {"kind": "person", "role": "representative"}):
        await operator.post("/console/cases/identifier", {"identifier": identifier, **form})
        assert "There are no such cases." in operator.text()
    answer = await operator.post("/console/cases/identifier", {"identifier": "'; --", "kind": "cat", "role": "king"})
    assert answer.status == 422
    assert all(f'href="#f-{field}"' in operator.page for field in ("identifier", "kind", "role"))
    query = f"identifier={identifier}"
    await operator.get(f"/console/cases?{query}")
    assert number in operator.page and other in operator.page  # in an address it narrows nothing, and no filter keeps it
    await operator.post("/console/cases/filters", {"name": "mine", "query": query})
    assert [kept.query for kept in await house.accounts.filters("dilnoza", "cases")] == [""]
    bound = house.browser()
    await bound.sign_in("kosonsoy-reader")
    await bound.get("/console/cases/identifier")
    await bound.post("/console/cases/identifier", {"identifier": identifier, "kind": "person", "role": ""})
    assert number not in bound.page
    assert "There are no such cases." in bound.text()


async def test_the_cases_of_an_identifier_go_on_by_a_form(
    house: House, operator: Browser, extract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.console.identifier._PAGE", 1)
    older, newer = [await house.submit(flat(extract, n)) for n in range(2)]
    form = {"identifier": extract["parties"][0]["identifier"], "kind": extract["parties"][0]["kind"], "role": ""}
    await operator.get("/console/cases/identifier")
    await operator.post("/console/cases/identifier", form)
    shows(operator, newer, older)
    await operator.post("/console/cases/identifier", {**form, "after": operator.field("after")})
    shows(operator, older, newer)


async def test_the_first_page_is_the_overview_of_both_doors(
    house: House, operator: Browser, preschool: dict[str, Any], moving: Clock
) -> None:
    number = await house.submit(preschool)
    seen = await house.town.store.overview()
    await operator.get("/console/")
    (status,) = (status for status, count in seen.open.items() if count.count)
    assert f'href="/console/cases?status={status}"' in operator.page
    assert number in operator.page
    assert seen.oldest is not None
    assert "Oldest without a decision" in operator.text()
    moving.move(days=400)
    await operator.sign_in()
    await operator.get("/console/")
    assert '<dt>Overdue</dt><dd class="bad">1</dd>' in operator.page


async def test_a_cases_incident_tells_its_way_out(house: House, operator: Browser, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)
    case = await house.town.case(number)
    await house.town.store.open_incidents([Incident(IncidentKind.NO_REPLY, f"no_reply:{number}", {}, case_id=UUID(case["id"]))])
    (row,) = (await house.town.store.incidents(state="open", kind="", agency="", case_id=None, after="", limit=5)).items
    await operator.get(f"/console/cases/{number}")
    assert f'href="/console/incidents/{row.id}"' in operator.page
    assert f'href="/console/cases/{number}/trace"' in operator.page
    assert "The agency is silent" in operator.text()
    reader = house.browser()
    await reader.sign_in("reader")
    await reader.get(f"/console/cases/{number}")
    assert "The agency is silent" in reader.text()
    assert "/console/incidents/" not in reader.page


async def test_the_page_of_a_case_tells_waits_with_their_length_and_holder(
    house: House, operator: Browser, preschool: dict[str, Any], moving: Clock
) -> None:
    number = await house.submit(preschool)
    await operator.get(f"/console/cases/{number}")
    assert re.search(r"Waits in the agency's lane · .*? · goes on · gateway ", operator.text())
    moving.move(minutes=12)
    await house.town.said(number, "child", {"outcome": "completed", "data": {"found": False}})
    await operator.get(f"/console/cases/{number}")
    told = operator.text()
    assert re.search(r"Waits in the agency's lane · .*? · 12 min · gateway ", told)
    assert told.index("Done by the agency") < told.rindex("Waits in the agency's lane") < told.index("Application received")
