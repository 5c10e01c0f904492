"""Several cases fail of one cause, and are repaired together."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.console.conftest import House
from tests.path.test_strange_agencies import answers
from tests.path.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
NONSENSE = "an entry that is answered with nonsense"


async def test_a_group_is_replayed_after_a_dry_run_that_says_which_and_why_not(house: House) -> None:
    """Three may be sent anew. One was tried again meanwhile, so the agency may have acted on it: it is settled by itself."""
    gateway = house.gateway
    registry = gateway.agencies["registry"]
    usual = registry.write
    answers(registry, NONSENSE, b'{"entry": 7}', 201)
    cases = [await gateway.submit("note", NONSENSE) for _ in range(4)]
    for case in cases:
        await gateway.until_incident("invalid", case=case)
    *notes, again = cases
    await gateway.post(f"/v1/requests/{(await gateway.request(again))['id']}/retry")
    await until(lambda: len(gateway.agencies.ledger("registry", "note")) == 5, "it has come to the agency once more")
    await gateway.until_incident("invalid", case=again)
    numbers = {case: (await gateway.case(case))["number"] for case in cases}
    registry.write = usual  # type: ignore[method-assign]

    person = await house.somebody("dilnoza")
    page = person.page
    await page.get_by_role("navigation", name="Sections").get_by_role("link", name="Incidents").click()
    await expect(page.locator("li.group")).to_have_count(1)
    await expect(page.locator("li.group .count")).to_have_text("4")
    await page.get_by_role("link", name="The agency cannot read the message").click()
    await page.get_by_role("link", name="Send anew by the current mapping: all at once").click()
    await page.get_by_label("Reason").fill("they have mended their side")
    await page.get_by_role("button", name="Show what would happen").click()

    await expect(page.locator("header.page")).to_contain_text("Dry run")
    rows = page.locator("#live table tbody tr, main table tbody tr")
    await expect(rows).to_have_count(3)
    for case in notes:
        await expect(page.locator("main table")).to_contain_text(numbers[case])
    assert len(gateway.agencies.ledger("registry", "note")) == 5, "nothing was sent by the dry run"
    dry_run = page.url
    await page.get_by_role("link", name=re.compile("^Would not")).click()
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text(numbers[again])
    await expect(rows.locator("td").last).to_contain_text("the agency may have acted")

    await page.goto(dry_run)
    await page.get_by_role("button", name="Start (requests: 3)").click()
    await expect(page.get_by_role("status").first).to_have_text("The replay has started.")
    await expect(page.locator("header.page .tags")).to_contain_text("done")
    await expect(page.locator(".progress")).to_contain_text("went through 3")
    for case in notes:
        assert (await gateway.until_case(case, "closed"))["outcome"] == "granted"

    await person.open("/incidents")
    await expect(page.locator("li.group .count")).to_have_text("1")
    await page.get_by_role("link", name="The agency cannot read the message").click()
    await page.locator("main table tbody tr a").first.click()
    await page.get_by_role("link", name="Say what became of it").click()
    await page.get_by_label("The agency did it").check()
    await page.get_by_label("Data of the answer (JSON)").fill('{"entry": "E-7"}')
    await page.get_by_label("Reason", exact=True).last.fill("asked by telephone: it is entered")
    await page.get_by_role("button", name=re.compile("^Confirm")).click()
    await expect(page.get_by_role("status").first).to_have_text("The outcome was applied.")
    assert (await gateway.until_case(again, "closed"))["outcome"] == "granted"

    await person.open("/incidents")
    await expect(page.locator("li.group")).to_have_count(0)
    await expect(page.locator(".empty")).to_be_visible()
    await until(lambda: _calm(gateway), "no incident is open")


async def _calm(gateway: Any) -> bool:
    return await gateway.incidents() == []
