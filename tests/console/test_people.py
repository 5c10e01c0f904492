"""Each in their own language, a clerk at the desk, and somebody whose browser runs no script."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from gateway.console.language import NAMES
from gateway.console.texts import TEXTS
from tests.console.conftest import House
from tests.path.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
LANGUAGES = ("uz", "ru", "ky", "en")


async def test_the_language_is_changed_and_stays(house: House) -> None:
    case = await house.gateway.submit("enter")
    number = (await house.gateway.until_case(case, "closed"))["number"]
    person = await house.somebody("dilnoza")
    page = person.page
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    for at, language in enumerate(LANGUAGES):
        await person.open(f"/cases/{number}?result=1")
        await page.locator("details.menu.prefs summary").click()
        await page.get_by_role("link", name=NAMES[language], exact=True).click()
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await expect(page.locator("header.page .tags")).to_contain_text(TEXTS["case_status.closed"][at])
        assert page.url.endswith(f"/cases/{number}?result=1"), "the same page, with what it was asked"
        await person.open("/cases")
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await expect(page.locator("h1")).to_have_text(TEXTS["cases.title"][at])
    await page.locator("details.menu.prefs summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await person.open("/login?lang=ky")
    await person.sign_in("reader")
    await expect(page.locator("html")).to_have_attribute("lang", "ky")


async def test_a_clerk_answers_a_task_with_a_document(house: House) -> None:
    gateway = house.gateway
    case = await gateway.submit("handed", "the extract is to be printed and handed over")
    await gateway.until_request(case, "awaiting_reply", step="hand-over")
    number = (await gateway.case(case))["number"]
    person = await house.somebody("clerk")
    page = person.page
    await expect(page.locator("h1")).to_have_text("Tasks")
    await page.get_by_role("link", name="the extract is to be printed").click()
    await expect(page.locator("main")).to_contain_text(number)
    await page.get_by_label("Done", exact=True).check()
    await page.get_by_label("Files").set_input_files(
        {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 an invented receipt"}
    )
    await page.get_by_label("Kind of document").fill("receipt")
    await page.get_by_role("button", name="Send the answer").click()
    await expect(page.get_by_role("status").first).to_have_text("The answer is taken: done.")
    await expect(page.locator("main")).not_to_contain_text(number)
    (document,) = (await gateway.until_case(case, "closed"))["documents"]
    assert (document["name"], document["kind"]) == ("receipt.pdf", "receipt")
    await expect(page.get_by_role("navigation", name="Sections").get_by_role("link")).to_have_count(1)

    operator = await house.somebody("dilnoza")
    await operator.open(f"/cases/{number}")
    async with operator.page.expect_download() as waiting:
        await operator.page.get_by_role("link", name="receipt.pdf").first.click()
    path = await (await waiting.value).path()
    assert path.read_bytes() == b"%PDF-1.7 an invented receipt"


async def test_without_a_script_all_is_read_and_done(house: House) -> None:
    gateway = house.gateway
    gone = await gateway.submit("enter")
    await gateway.until_case(gone, "closed")
    case = await gateway.submit("order", scenario="silent")
    await gateway.until_request(case, "awaiting_reply")
    number, other = [(await gateway.case(one))["number"] for one in (case, gone)]
    person = await house.somebody("dilnoza", java_script_enabled=False)
    page = person.page
    await person.open("/cases")
    rows = page.locator("table.cases tbody tr")
    await expect(rows).to_have_count(2)
    await page.locator("details.filter > summary").click()
    await page.get_by_label("Status", exact=True).select_option("in_progress")
    await page.get_by_role("button", name="Show").click()
    await expect(rows).to_have_count(1)
    await expect(page.locator("main")).not_to_contain_text(other)
    await page.get_by_role("link", name=number).click()
    await expect(page.locator("header.page .tags")).to_contain_text("in progress")
    await page.get_by_role("link", name="Say what became of it").click()
    await page.get_by_label("The agency did it").check()
    await page.get_by_label("Reason", exact=True).last.fill("asked by telephone")
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("status").first).to_have_text("The outcome was applied.")

    async def closed() -> bool:
        return bool((await gateway.case(case))["status"] == "closed")

    await until(closed, "the case is closed")
    await page.reload()
    await expect(page.locator("header.page .tags")).to_contain_text("granted")
