"""Every page: nothing that axe-core finds, no scrolling to the side, no complaint of the browser, and light for a thin line."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from gateway.console.navigation import NAVIGATION
from tests.console.people import Person, somebody
from tests.console.sights import NO_PAGES, SIGHTS, Sight, routes
from tests.console.town import Town, town
from tests.path.gateway import Servers

pytestmark = pytest.mark.timeout(300)
MOST_BYTES = 300_000
WIDE = 1440
#: What WCAG 2.2 AA and good practice ask for; all but colours is the same in both themes.
RULES: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def the_town(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    await asyncio.to_thread(shutil.copy, sqlite_template, folder / "darcha.db")
    async with town(Servers(f"sqlite:///{folder / 'darcha.db'}", "memory://"), folder) as made:
        yield made


def test_no_page_is_forgotten() -> None:
    shown = {sight.route for sight in SIGHTS}
    assert routes() - shown - NO_PAGES.keys() == set(), "a new page: add it to tests/console/sights.py"
    assert (shown | NO_PAGES.keys()) - routes() == set(), "these are no routes any more"
    assert {entry.path for entry in NAVIGATION} <= shown
    assert len({sight.name for sight in SIGHTS}) == len(SIGHTS)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("width", [390, WIDE])
async def test_every_page_is_without_fault(the_town: Town, browser: Browser, width: int) -> None:
    """Each page is loaded once a width; dark differs from light by its colours, which are looked at on the narrow screen."""
    faults: list[str] = []
    async with AsyncExitStack() as stack:
        people: dict[str, Person] = {}
        for sight in SIGHTS:
            if sight.who not in people:
                viewport = {"width": width, "height": 900}
                person = somebody(browser, the_town.gateway.address, sight.who, viewport=viewport, color_scheme="light")
                people[sight.who] = await stack.enter_async_context(person)
                await _without_cache(people[sight.who])
            faults += [f"{sight.name}: {fault}" for fault in await _look(the_town, sight, people[sight.who])]
            faults += [f"{sight.name}: {complaint}" for complaint in people[sight.who].complaints]
            people[sight.who].complaints.clear()
    assert not faults, "\n".join(faults)


async def _look(town_: Town, sight: Sight, person: Person) -> list[str]:
    page, axe, faults = person.page, Axe(), []
    person.expected = {sight.status} - {200}
    person.finished.clear()
    answer = await person.open(sight.path(town_))
    if answer.status != sight.status:
        faults.append(f"is answered with {answer.status}")
    sizes = [await one.sizes() for one in person.finished]
    weight = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
    if not 0 < weight <= MOST_BYTES:
        faults.append(f"weighs {weight} bytes")
    if scrolled := await page.evaluate("document.documentElement.scrollWidth - innerWidth"):
        faults += [f"is {scrolled} px too wide: {one}"[:300] for one in await page.evaluate(TOO_WIDE) or ["(nothing found)"]]
    await page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(one => one.open = true)")
    faults += _violations("light", await axe.run(page, options=RULES))
    if page.viewport_size is not None and page.viewport_size["width"] < WIDE:  # the colours are those of any width
        await page.emulate_media(color_scheme="dark")
        faults += _violations("dark", await axe.run(page, options=COLOURS))
        await page.emulate_media(color_scheme="light")
    return faults


def _violations(theme: str, found: Any) -> list[str]:
    return [
        f"{theme}: {one['id']} ({one['impact']}): {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found.response["violations"]
    ]


async def _without_cache(person: Person) -> None:
    """What a page weighs is what it weighs for somebody who comes for the first time."""
    session = await person.page.context.new_cdp_session(person.page)
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})


#: What reaches beyond the right edge and does not stand in a part that scrolls by itself.
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5 && !one.parentElement.closest(".scroll, .hidden, nav.side"))
  .slice(0, 3).map(one => one.outerHTML.slice(0, 120))"""
