"""Calendars at the console: a year, its versions, what differs, and an amendment that is looked at before it is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.application.calendars import Calendars
from gateway.application.deployment import Deployment
from gateway.catalogue.calendars import seed, seed_version
from tests.integration.api.conftest import Town
from tests.integration.console.conftest import Browser, House
from tests.integration.console.reading import read_in_all_languages

PATH = "/console/calendars/UZ-5"
AMEND = f"{PATH}/amend"
DECREE = "PQ-1, 10.12.2026"


@pytest.fixture
def deployment(deployment: Deployment) -> Deployment:
    """With calendars of this test alone."""
    return Deployment(deployment.catalogue, deployment.manifests, Calendars(seed, ("KG-5", "UZ-5"), seed_version()))


@pytest.fixture
async def town(town: Town) -> Town:
    """With the calendars kept, as every process does at its start."""
    await town.parts.deployment.calendars.start(town.store)
    return town


async def _amend(browser: Browser, **form: str) -> Any:
    """Fill the form in, as it stands, and confirm."""
    await browser.get(AMEND)
    values = {"number": browser.field("number"), "decree": DECREE, "step": "confirm", **form}
    return await browser.post(AMEND, values)


async def test_every_page_is_there_in_four_languages(operator: Browser) -> None:
    assert (await _amend(operator, off="2027-01-04")).status == 303
    for path in ("/console/calendars", f"{PATH}?year=2026", f"{PATH}?year=2031", f"{PATH}/changes", AMEND):
        await read_in_all_languages(operator, path)


async def test_a_year_says_in_words_what_its_colours_say(operator: Browser) -> None:
    await operator.get(f"{PATH}?year=2026")
    text = operator.text()
    assert "day of rest that works" in text
    assert "exchanged with 2026-12-31" in text
    assert "1 , holiday" in text
    assert "decided" in text
    await operator.get(f"{PATH}?year=2031")
    assert "provisional, no decree yet" in operator.text()


async def test_the_preview_shows_the_change_and_keeps_nothing(operator: Browser, house: House, extract: dict[str, Any]) -> None:
    await house.submit(extract)
    await operator.get(AMEND)
    form = {"number": operator.field("number"), "decree": DECREE, "off": "2027-01-04 Day of mourning", "step": "preview"}
    seen = await operator.post(AMEND, form)
    assert seen.status == 200
    assert "What will change" in operator.text()
    assert "holiday: Day of mourning" in operator.text()
    assert "Clocks in flight that may move" in operator.text()
    assert len(await house.town.store.calendar_entries("UZ-5")) == 1
    made = await operator.post(AMEND, {**form, "step": "confirm", "note": "the gazette"})
    assert (made.status, made.headers["location"]) == (303, f"{PATH}/changes?to=2&done=calendar_amended")
    entry = (await house.town.store.calendar_entries("UZ-5"))[0]
    assert (entry.number, entry.made_by, entry.decree, entry.note) == (2, "operator:dilnoza", DECREE, "the gazette")
    await operator.get(made.headers["location"])
    assert "The calendar is amended" in operator.text()
    assert "2027-01-04" in operator.text()
    await operator.get(f"{PATH}?year=2027&version=1")
    assert "This is version 1" in operator.text()
    assert "Day of mourning" not in operator.text()


async def test_the_count_is_of_the_clocks_that_end_after_the_change(house: House, preschool: dict[str, Any]) -> None:
    file = await house.town.store.case_file(await house.submit(preschool))
    assert file is not None
    ends = sorted(clock.due_at for clock in file.clocks.values() if clock.due_at is not None)
    (calendar,) = {clock.calendar for clock in file.clocks.values()}
    store, endless = house.town.store, sum(clock.due_at is None for clock in file.clocks.values())
    assert await store.clocks_reached(calendar, ends[0], 100) == len(file.clocks)
    assert await store.clocks_reached(calendar, ends[-1] + timedelta(seconds=1), 100) == endless
    assert await store.clocks_reached("KG-5", ends[0], 100) == 0


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"decree": " ", "off": "2027-01-04"}, "decree", "name the decree"),
        ({"off": "4.1.2027"}, "off", "YYYY-MM-DD"),
        ({"off": "2026-12-13 \n2026-03-21"}, "off", "2026-03-21 is a day off already"),
        ({"off": "2027-01-04\n2027-01-04"}, "off", "2027-01-04 is named twice"),
        ({"working": "2027-01-04"}, "working", "2027-01-04 is a working day"),
        ({"plain": "2027-01-04"}, "plain", "there is nothing to undo"),
        ({"moved": "2027-01-04"}, "moved", "a move is written as two days"),
        ({"decided": "soon"}, "decided", "a year has four digits"),
        ({"off": "1999-01-04"}, "off", "outside the years"),
    ],
)
async def test_what_cannot_be_names_the_field_and_changes_nothing(
    operator: Browser, house: House, form: dict[str, str], field: str, said: str
) -> None:
    refused = await _amend(operator, **form)
    assert refused.status == 422
    assert f'href="#f-{field}"' in operator.page
    assert f'id="e-{field}"' in operator.page
    assert said in operator.text()
    assert len(await house.town.store.calendar_entries("UZ-5")) == 1


async def test_an_amendment_of_what_has_moved_meanwhile_is_refused_and_can_be_looked_at_again(
    operator: Browser, house: House
) -> None:
    assert (await _amend(operator, off="2027-01-04")).status == 303
    refused = await operator.post(AMEND, {"number": "1", "decree": DECREE, "off": "2027-01-05", "step": "confirm"})
    assert refused.status == 409
    assert "has moved since you read it" in operator.text()
    assert operator.field("number") == "2"
    assert "2027-01-05" in operator.page
    assert len(await house.town.store.calendar_entries("UZ-5")) == 2


async def test_a_moved_day_and_its_undoing_are_told(operator: Browser) -> None:
    assert (await _amend(operator, moved="2027-01-09 2027-01-11", decided="2027")).status == 303
    await operator.get(f"{PATH}/changes?from=1&to=2")
    assert "moved day of rest" in operator.text()
    assert "Years now decided: 2027" in operator.text()
    await operator.get(f"{AMEND}?plain=2027-01-11")
    assert ">2027-01-11</textarea>" in operator.page
    assert (await _amend(operator, plain="2027-01-11")).status == 303


async def test_calendars_are_for_operators(house: House) -> None:
    browser = house.browser()
    await browser.sign_in("reader")
    assert (await browser.get("/console/calendars")).status == 403
    assert (await browser.get(PATH)).status == 403
    assert (await browser.post(AMEND, {"decree": DECREE, "off": "2027-01-04", "step": "confirm"})).status == 403
    assert len(await house.town.store.calendar_entries("UZ-5")) == 1


async def test_what_is_not_there_is_said_and_a_form_from_elsewhere_is_refused(operator: Browser) -> None:
    assert (await operator.get("/console/calendars/XX-9")).status == 404
    assert (await operator.get(f"{PATH}?version=77")).status == 404
    assert (await operator.get(f"{PATH}?version=x")).status == 404
    assert (await operator.get(f"{PATH}?year=99999")).status == 200
    assert (await operator.post(AMEND, {"decree": DECREE, "off": "2027-01-04", "step": "confirm"}, token="no")).status == 403
