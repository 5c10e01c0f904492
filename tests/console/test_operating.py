"""What operators do: an agency is paused and resumed, and an act is done with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.console.conftest import House

pytestmark = pytest.mark.asyncio(loop_scope="session")
WHY = "their servers are moved tonight, said by telephone"


def lane(page: Page, name: str) -> Locator:
    """The row of a lane on the overview."""
    return page.locator("section[aria-labelledby=lanes] tbody tr").filter(has=page.locator("code", has_text=name))


async def test_an_agency_is_paused_for_a_reason_and_resumed(house: House) -> None:
    gateway = house.gateway
    person = await house.somebody("dilnoza")
    page = person.page
    await page.get_by_role("navigation", name="Sections").get_by_role("link", name="Agencies").click()
    await page.locator("a[href$='/agencies/registry']").click()
    await page.get_by_role("link", name="Pause").click()
    confirm = page.get_by_role("button", name="Confirm: pause")
    person.expect_answer(422)
    await confirm.click()
    await expect(page.get_by_role("alert")).to_contain_text("write the reason")
    await expect(page.get_by_role("alert")).to_be_focused()
    assert not (await gateway.lane("registry"))["paused"], "nothing is done without a reason"
    await page.get_by_label("Reason").fill(WHY)
    await confirm.click()
    await expect(page.get_by_role("status").first).to_have_text("The agency is paused.")
    await expect(page.locator("header.page .tags")).to_contain_text("paused")
    await expect(page.locator("#live")).to_contain_text("paused by dilnoza")
    await expect(page.locator("#live")).to_contain_text(WHY)

    cases = [await gateway.submit("enter") for _ in range(2)]
    for case in cases:
        await gateway.until_request(case, "ready")
    await person.open("/")
    row = lane(page, "registry")
    await expect(row).to_contain_text("paused")
    await expect(row).to_contain_text(WHY)
    await expect(row.locator("td").nth(2)).to_have_text("2")
    assert gateway.agencies.ledger("registry") == []

    await person.open("/agencies/registry")
    await page.get_by_role("link", name="Resume").click()
    await page.get_by_label("Reason").fill("they are back")
    await page.get_by_role("button", name="Confirm: resume").click()
    await expect(page.get_by_role("status").first).to_have_text("The agency works again.")
    for case in cases:
        assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"
    await person.open("/")
    await expect(lane(page, "registry")).to_contain_text("working")


async def test_an_act_is_done_with_the_keyboard_alone(house: House) -> None:
    gateway = house.gateway
    case = await gateway.submit("order", scenario="silent")
    await gateway.until_request(case, "awaiting_reply")
    number = (await gateway.case(case))["number"]
    person = await house.somebody("dilnoza")
    page, keys = person.page, person.page.keyboard
    await person.open(f"/cases/{number}")
    await keys.press("Tab")
    skip = page.locator("a.skip")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await keys.press("Enter")
    await expect(page.locator("main")).to_be_focused()

    await tab_to(page, "a", "Withdraw the application")
    await keys.press("Enter")
    await expect(page.locator("h1")).to_have_text("Withdraw the application")
    await tab_to(page, "textarea", "")
    await keys.type("the applicant has asked for it")
    await tab_to(page, "button", "Confirm")
    await keys.press("Enter")
    await expect(page.get_by_role("status").first).to_have_text("The application is being withdrawn.")
    assert (await gateway.until_event(case, "case.withdrawing"))["actor"] == "operator:dilnoza"


async def tab_to(page: Page, tag: str, text: str, most: int = 60) -> None:
    """Press Tab until such an element has the focus; each on the way shows that it has it, and the order is the page's."""
    seen: list[str] = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        at = await page.evaluate(FOCUSED)
        assert at["shown"], f"nothing shows that the focus is on {at}"
        seen.append(f"{at['tag']} {at['text']}")
        if at["tag"] == tag and text in at["text"]:
            return
    raise AssertionError(f"{tag} {text!r} is not reached by Tab: {seen}")


#: What has the focus, and whether it is drawn: an outline, or a shadow, that is there.
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const shown = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  return {tag: one.tagName.toLowerCase(), text: one.textContent.trim().slice(0, 80), shown};
}"""
