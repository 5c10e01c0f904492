"""``docs/alerts.md`` does what it says: its commands are run, in order, in a copy of the catalogue beside a running gateway.

What it shows of the reference catalogue stands there, and its tables tell every setting, label and level that there is.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.bootstrap.settings import Settings
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import Town
from gateway.domain.escalation import LEVEL
from tests.acceptance.snippets import follow, snippets

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "alerts.md"
TEXT = PAGE.read_text("utf-8")


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """The embedded gateway, without its agencies: nobody is asked anything here."""
    catalogue = load_catalogue(ROOT, environ={}, adapters=find_adapters())
    town = Town(tmp_path / "town", ROOT, catalogue, {"DARCHA_BROKER_URL": "memory://", "DARCHA_DATABASE_URL": ""})
    try:
        await town.start_gateway()
        yield town
    finally:
        await town.stop()


@pytest.fixture
async def hook() -> AsyncIterator[tuple[str, list[str]]]:
    """Something that takes a POST: its address without the scheme, and the titles that came."""
    came: list[str] = []

    async def take(request: web.Request) -> web.Response:
        came.append((await request.json())["title"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/duty", take)
    async with TestServer(app) as server:
        yield f"{server.host}:{server.port}/duty", came


@pytest.mark.timeout(600)
async def test_every_command_of_the_page(town: Town, hook: tuple[str, list[str]], tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    for name in ("schemas", "contracts"):
        shutil.copytree(ROOT / name, folder / name)
    wanted = snippets(PAGE)
    assert len(wanted) >= 4
    address, came = hook
    given = {"DARCHA_CATALOGUE": str(folder), "DARCHA_URL": town.address, "DARCHA_KEY": town.key, "HOOK": address}
    await follow(PAGE, folder, given)
    assert came == ["Darcha: sinov"], "in the language of the receiver"


def test_the_rung_that_is_shown_is_one_of_ours() -> None:
    ours = (ROOT / "schemas/services/preschool-enrolment/service.yaml").read_text("utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert shown.rstrip().replace("\n", "\n  ") in ours


def test_every_setting_of_alerts_is_told_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(DARCHA_ALERT_[A-Z_]+)` \| ([^|]*?) ?\|", TEXT, re.MULTILINE))
    fields = {name: field.default for name, field in Settings.model_fields.items() if name.startswith("alert_")}
    told = {name: f"{value:g}" if isinstance(value, float) else value for name, value in fields.items()}
    assert rows == {f"DARCHA_{name.upper()}": value for name, value in told.items()}


def test_every_word_of_a_level_is_one() -> None:
    (table,) = re.findall(r"^\| level \| word \|\n(.*?)\n\n", TEXT, re.MULTILINE | re.DOTALL)
    words = [word for cell in re.findall(r"\|[^|]*\|([^|]*)\|", table) for word in re.findall(r"`([^`]+)`", cell)]
    assert words == ["80%", "1wd", "0wd", "expiry"] and all(LEVEL.fullmatch(word) for word in words)
