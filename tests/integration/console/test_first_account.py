"""Somebody can sign in at the first start: by the setting, or in the embedded mode with a password that is told once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.application.feed import Hub
from gateway.bootstrap.api import api_app
from gateway.bootstrap.console import accounts_of, first_account
from gateway.bootstrap.core import Core, open_core, start_core, upgrade_database
from gateway.bootstrap.settings import Settings
from gateway.domain.errors import BadInput
from tests.integration.console.conftest import Browser


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(data=folder, database_url="", broker_url="memory://", **more)


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    upgrade_database(settings(tmp_path))
    opened = await open_core(settings(tmp_path))
    await start_core(opened)
    yield opened
    await opened.close()


def with_settings(core: Core, tmp_path: Path, **more: Any) -> Core:
    return Core(**{name: getattr(core, name) for name in Core.__dataclass_fields__} | {"settings": settings(tmp_path, **more)})


async def test_the_embedded_mode_makes_one_and_tells_it_once(core: Core) -> None:
    told = await first_account(core)
    name, _, password = told.partition(":")
    assert name == "operator"
    assert await first_account(core) == ""
    browser = Browser(api_app(core, {}, Hub(core.store)))
    assert (await browser.sign_in(name, password)).status == 303
    assert (await browser.get("/console/")).status == 200


async def test_the_setting_names_one_and_is_not_repeated(core: Core, tmp_path: Path) -> None:
    wanted = with_settings(core, tmp_path, first_account="dilnoza:a window: with a view")
    assert await first_account(wanted) == ""
    await accounts_of(core).set_password("dilnoza", "changed since then")
    assert await first_account(wanted) == ""  # a restart does not bring the old password back
    accounts = accounts_of(core)
    assert [a.name for a in await accounts.everybody()] == ["dilnoza"]
    await accounts.enter("dilnoza", "changed since then", "127.0.0.1")


async def test_a_setting_that_is_no_account_is_refused(core: Core, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="a password has 12 to 200 characters"):
        await first_account(with_settings(core, tmp_path, first_account="dilnoza"))


async def test_the_console_stands_beside_the_api_and_its_edge(core: Core) -> None:
    """The edge of the api keeps what the console says of its answers, and says no-store for its own."""
    browser = Browser(api_app(core, {}, Hub(core.store)))
    style = (await browser.get("/console/login")).body.decode().split('rel="stylesheet" href="')[1].split('"')[0]
    kept = await browser.get(style)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await browser.get("/healthz")).headers["cache-control"] == "no-store"
    assert "/console" not in (await browser.get("/openapi.json")).body.decode()
    assert (await browser.get("/console")).headers["location"] == "/console/"
