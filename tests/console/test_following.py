"""A case is found by its number and followed live until it is decided."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.console.conftest import House

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("combination", ["sqlite-inprocess", "postgres-rabbitmq"])
async def test_a_case_is_found_by_its_number_and_followed_until_it_is_decided(house: House) -> None:
    gateway = house.gateway
    case = await gateway.submit("order", scenario="silent")
    await gateway.until_request(case, "awaiting_reply")
    number = (await gateway.case(case))["number"]
    person = await house.somebody("dilnoza")
    page = person.page
    await page.keyboard.press("/")
    await expect(page.locator("#find")).to_be_focused()
    await page.keyboard.type(number)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{gateway.address}/console/cases/{number}")
    tags = page.locator("#live header.page .tags")
    await expect(tags).to_contain_text("in progress")
    await expect(page.locator(".lead-row")).to_contain_text("Sample")
    before = list(person.navigations)
    await page.evaluate("window.neverReloaded = true")

    reference = (await gateway.request(case))["reference"]
    status, _ = await gateway.call_back(
        "registry", "Progress", {"callbackId": "half-way", "reference": reference, "text": "half"}
    )
    assert status == 202
    await expect(page.locator("#news")).to_contain_text("was brought up to date")
    status, _ = await gateway.call_back("registry", "Done", {"callbackId": "ready", "reference": reference, "text": "ready"})
    assert status == 202
    await expect(tags).to_contain_text("closed")
    await expect(tags).to_contain_text("granted")
    await expect(page.locator(".decision")).to_be_visible()
    assert person.navigations == before, "the page has brought itself up to date"
    assert await page.evaluate("window.neverReloaded") is True


async def test_a_number_that_nobody_has_is_said_to_be_unknown(house: House) -> None:
    person = await house.somebody("dilnoza")
    person.expect_answer(404)
    await person.page.fill("#find", "ZZZZ-ZZZZ")
    await person.page.press("#find", "Enter")
    await expect(person.page.locator("main h1")).to_have_text("Not found")
    await expect(person.page.locator("#find")).to_be_visible()
