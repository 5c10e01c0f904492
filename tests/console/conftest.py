"""One browser a process of the run, and a gateway with people who may sign in."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from playwright.async_api import Browser, async_playwright, expect

from gateway.bootstrap.console import accounts_of
from gateway.domain.catalogue import Catalogue
from gateway.sdk.adapter import Manifest
from gateway.servers import require_chromium
from tests.console.people import PASSWORD, Person, somebody
from tests.path.catalogue import write_catalogue
from tests.path.gateway import Agencies, Gateway, Servers, loaded
from tests.path.invariants import check
from tests.servers.fixtures import Broker

#: As in ``tests/path/waiting.py``: a machine that is busy with the rest of the suite.
PATIENCE_MS = 30_000


@dataclass(frozen=True)
class House:
    """A gateway with its console, and a browser."""

    gateway: Gateway
    browser: Browser
    stack: AsyncExitStack

    async def somebody(self, name: str = "", **context: Any) -> Person:
        """Open a context of the browser, signed in when ``name`` is given; it is closed and judged after the test."""
        return await self.stack.enter_async_context(self.person(name, **context))

    def person(self, name: str = "", **context: Any) -> AbstractAsyncContextManager[Person]:
        """The same, for as long as the caller wants."""
        return somebody(self.browser, self.gateway.address, name, **context)


async def add_accounts(gateway: Gateway) -> None:
    """Let people in: an operator, a reader with all that may be revealed, and a clerk of the north center's desk."""
    accounts = accounts_of(gateway.core)
    await accounts.add("dilnoza", PASSWORD, {"operate", "reveal"})
    await accounts.add("reader", PASSWORD, {"read"})
    await accounts.add("clerk", PASSWORD, {"desk"}, bound_to="north-center")


@pytest.fixture(scope="package", autouse=True)
def _quiet() -> Iterator[None]:
    """A line for every call would bury what went wrong."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="package", autouse=True)
def _read_once() -> Iterator[None]:
    def load(root: Path, *, environ: Mapping[str, str], adapters: Mapping[str, Manifest]) -> Catalogue:
        return loaded(root, environ, adapters)

    with pytest.MonkeyPatch.context() as patch:
        for module in ("core", "worker"):
            patch.setattr(f"gateway.bootstrap.{module}.load_catalogue", load)
        yield


@pytest.fixture(scope="session")
def catalogue_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue of ``tests/path``: small, and with times that a test can wait for."""
    return write_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Starting one takes a second; contexts keep tests apart."""
    expect.set_options(timeout=PATIENCE_MS)
    headed = os.environ.get("DARCHA_TEST_HEADED") == "1"
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(
            executable_path=require_chromium(),
            headless=not headed,
            slow_mo=500 if headed else 0,
            args=["--no-sandbox", "--disable-dev-shm-usage"],  # root and small containers have neither
        )
        yield made
        await made.close()


@pytest.fixture
def combination() -> str:
    """Where a test's gateway keeps and moves what it has; a test overrides it by ``@pytest.mark.parametrize``."""
    return "sqlite-inprocess"


@pytest.fixture
def servers(combination: str, fresh_store: Callable[[str], str], request: pytest.FixtureRequest) -> Servers:
    """A fresh database and a fresh place on a broker."""
    database, bus = combination.split("-")
    if bus == "rabbitmq":
        broker: Broker = request.getfixturevalue("fresh_broker")()
        return Servers(fresh_store(database), broker.url, f"console-{secrets.token_hex(4)}")
    return Servers(fresh_store(database), "memory://")


@pytest_asyncio.fixture(loop_scope="session")
async def house(servers: Servers, catalogue_root: Path, browser: Browser, tmp_path: Path) -> AsyncIterator[House]:
    """All roles on the small catalogue with its simulated agencies. After the test its database is checked as a whole."""
    agencies = Agencies(catalogue_root, tmp_path / "ledgers")
    await agencies.start()
    gateway = Gateway(servers, agencies, tmp_path)
    try:
        await gateway.start()
        await add_accounts(gateway)
        async with AsyncExitStack() as stack:
            yield House(gateway, browser, stack)
        await gateway.stop_all_roles()
        assert not gateway.deaths, f"roles have died: {gateway.deaths}"
        await check(gateway)
    finally:
        await gateway.stop()
        await agencies.stop()
