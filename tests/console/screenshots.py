"""Writes every page of the console as a picture, light and dark, at 390 and 1440 px: ``python -m tests.console.screenshots [FOLDER]``.

``make screenshots`` calls it; the pictures are called ``<page>-<width>-<theme>.png``.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from gateway.servers import require_chromium
from gateway.storage import upgrade
from tests.console.people import Person, somebody
from tests.console.sights import SIGHTS
from tests.console.town import Town, town
from tests.path.gateway import Servers

FOLDER = Path("var/screenshots")
WIDTHS = (390, 1440)


async def main(folder: Path, only: str = "") -> int:
    """Take the pictures of the pages whose name contains ``only``; return how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        database = f"sqlite:///{place}/darcha.db"
        await asyncio.to_thread(upgrade, database)
        async with town(Servers(database, "memory://"), Path(place)) as made, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=require_chromium(), args=["--no-sandbox"])
            count = sum([await _take(made, browser, width, folder, only) for width in WIDTHS])
            await browser.close()
    return count


async def _take(made: Town, browser: Browser, width: int, folder: Path, only: str) -> int:
    people: dict[str, Person] = {}
    count = 0
    async with AsyncExitStack() as stack:
        for sight in SIGHTS:
            if only not in sight.name:
                continue
            if sight.who not in people:
                viewport = {"width": width, "height": 900}
                person = somebody(browser, made.gateway.address, sight.who, viewport=viewport)
                people[sight.who] = await stack.enter_async_context(person)
            page = people[sight.who].page
            people[sight.who].expected = {sight.status}
            await people[sight.who].open(sight.path(made))
            for theme in ("light", "dark"):
                await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                await page.screenshot(path=folder / f"{sight.name}-{width}-{theme}.png", full_page=True)
                count += 1
    return count


if __name__ == "__main__":
    given = sys.argv[1:]
    taken = asyncio.run(main(Path(given[0]) if given else FOLDER, given[1] if len(given) > 1 else ""))
    sys.stdout.write(f"{taken} pictures\n")
