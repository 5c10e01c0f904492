"""``gateway`` on each combination of database and bus, and what has to hold of its database after every test."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import asyncpg  # type: ignore[import-untyped]
import pytest
import structlog

from gateway.domain.catalogue import Catalogue
from gateway.sdk.adapter import Manifest
from tests.path.catalogue import write_catalogue
from tests.path.gateway import Agencies, Gateway, Servers, loaded
from tests.path.invariants import check
from tests.servers.fixtures import Broker

#: Each database and each bus once, in the pairs that deployments have: embedded and production. ``make test ALL=1`` adds the
#: mixed pairs.
COMBINATIONS = ("sqlite-inprocess", "postgres-rabbitmq")
if os.environ.get("DARCHA_TEST_COMBINATIONS") == "all":
    COMBINATIONS += ("sqlite-rabbitmq", "postgres-inprocess")


@pytest.fixture(scope="package", autouse=True)
def _quiet() -> Iterator[None]:
    """A line for every call of the api would bury what went wrong."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(root: Path, *, environ: Mapping[str, str], adapters: Mapping[str, Manifest]) -> Catalogue:
        return loaded(root, environ, adapters)

    for module in ("core", "worker"):
        monkeypatch.setattr(f"gateway.bootstrap.{module}.load_catalogue", load)


@pytest.fixture(scope="session")
def small_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suite's own catalogue."""
    return write_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="session")
def corner(fresh_broker: Callable[[], Broker]) -> Broker:
    """A virtual host for this process of the run; each test has a prefix of its own in it."""
    return fresh_broker()


@pytest.fixture(params=COMBINATIONS)
def servers(request: pytest.FixtureRequest, fresh_store: Callable[[str], str]) -> Iterator[Servers]:
    """A fresh database and a fresh place on a broker."""
    database, broker = request.param.split("-")
    url = fresh_store(database)
    made = Servers(url, "memory://")
    if broker == "rabbitmq":
        corner: Broker = request.getfixturevalue("corner")
        made = replace(made, broker=corner.url, prefix=f"path-{secrets.token_hex(4)}")
    yield made


@pytest.fixture
def catalogue_root(small_catalogue: Path) -> Path:
    """The catalogue that a test's gateway runs; a module may name another."""
    return small_catalogue


@pytest.fixture
async def agencies(catalogue_root: Path, tmp_path: Path) -> AsyncIterator[Agencies]:
    """The simulated agencies of the catalogue."""
    made = Agencies(catalogue_root, tmp_path / "ledgers")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def settings() -> dict[str, object]:
    """Settings of one test; a test overrides them by ``@pytest.mark.parametrize("settings", [...])``."""
    return {}


@pytest.fixture
async def idle(servers: Servers, agencies: Agencies, settings: dict[str, object], tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that the test starts itself. After the test its database is checked as a whole."""
    made = Gateway(servers, agencies, tmp_path, settings)
    try:
        yield made
        await made.stop_all_roles()
        assert not made.deaths, f"roles have died: {made.deaths}"
        await check(made)
    finally:
        await made.stop()
        await _leave(servers, made.lanes)


@pytest.fixture
async def gateway(idle: Gateway) -> Gateway:
    """A gateway with all its roles running."""
    await idle.start()
    return idle


async def _leave(servers: Servers, lanes: Iterable[str]) -> None:
    """Let go of what the servers keep for this test."""
    if servers.rabbitmq:
        connection = await aio_pika.connect(servers.broker)
        async with connection:
            channel = await connection.channel()
            for lane in lanes:
                await channel.queue_delete(f"{servers.prefix}.lane.{lane}.v1")
            for queue in ("replies", "dead"):
                await channel.queue_delete(f"{servers.prefix}.{queue}.v1")
    if servers.database.startswith("postgresql"):
        parts = urlsplit(servers.database)
        connection_ = await asyncpg.connect(parts._replace(path="/postgres").geturl())
        try:
            await connection_.execute(f'DROP DATABASE IF EXISTS "{parts.path.lstrip("/")}" WITH (FORCE)')
        finally:
            await connection_.close()
