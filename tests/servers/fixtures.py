"""Databases and brokers for tests.

``DARCHA_TEST_DATABASE_URL`` (a PostgreSQL user who may create databases) and ``DARCHA_TEST_BROKER_URL`` name servers that
run already; without them private ones are started from the installed binaries. Where these are missing, the test fails and
says what to install; see ``gateway/servers/install.py``. Nothing here skips.

    database_url      a fresh, empty database, dropped after the test
    fresh_database    makes as many as asked for (``fresh_database(template=...)`` copies one), for wider scopes
    fresh_store       ``fresh_store("sqlite" | "postgres") -> URL``: an empty store of the newest schema, which was made once
    broker            a corner of the broker that nobody else uses: ``broker.url`` and ``broker.prefix``
    fresh_broker      makes as many as asked for
    private_broker    a RabbitMQ node for this test alone, to be killed and wiped
    private_postgres  a PostgreSQL server for this test alone, to be killed and wiped
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from gateway.servers import PostgresServer, RabbitmqServer
from gateway.storage import upgrade
from tests.servers.sharing import shared

DATABASE_VARIABLE = "DARCHA_TEST_DATABASE_URL"
BROKER_VARIABLE = "DARCHA_TEST_BROKER_URL"


@dataclass(frozen=True, slots=True)
class Broker:
    """A corner of a broker: a virtual host of its own, or (on a given broker) names that begin with a prefix of its own."""

    url: str
    prefix: str


class FleetingPostgres(PostgresServer):
    """The server that tests share. Nobody kills it, and it is thrown away: no disk has to be waited for."""

    settings = ("fsync=off", "full_page_writes=off")


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory common to all processes of this test run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def postgres_url(run_directory: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server on which databases may be created."""
    given = os.environ.get(DATABASE_VARIABLE)
    if given:
        yield given.replace("postgresql+asyncpg://", "postgresql://", 1)
        return
    with shared(run_directory, FleetingPostgres) as server:
        yield server.url


@pytest.fixture(scope="session")
def fresh_database(postgres_url: str) -> Iterator[Callable[..., str]]:
    """``fresh_database(template="") -> URL``: create a database, empty or a copy of another; dropped at the end."""
    made: list[str] = []

    def make(template: str = "") -> str:
        name = f"darcha_test_{secrets.token_hex(6)}"
        of = f' TEMPLATE "{urlsplit(template).path.lstrip("/")}"' if template else ""
        _run(_execute(postgres_url, f'CREATE DATABASE "{name}"{of}'))
        made.append(name)
        return urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))

    yield make
    if os.environ.get(DATABASE_VARIABLE):  # a private server is thrown away as a whole
        for name in made:
            _run(_execute(postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture
def database_url(fresh_database: Callable[..., str], postgres_url: str) -> Iterator[str]:
    """A fresh, empty database for this test."""
    url = fresh_database()
    yield url
    _run(_execute(postgres_url, f'DROP DATABASE IF EXISTS "{urlsplit(url).path.lstrip("/")}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database of the newest schema."""
    path = tmp_path_factory.mktemp("template") / "darcha.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(fresh_database: Callable[..., str]) -> str:
    """An empty PostgreSQL database of the newest schema."""
    url = fresh_database()
    upgrade(url)
    return url


@pytest.fixture
def fresh_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """``fresh_store("sqlite" | "postgres") -> URL``: an empty store of the newest schema, for this test."""

    def make(database: str) -> str:
        if database == "sqlite":
            shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "darcha.db")
            return f"sqlite:///{tmp_path / 'darcha.db'}"
        fresh: Callable[..., str] = request.getfixturevalue("fresh_database")
        return fresh(template=request.getfixturevalue("postgres_template"))

    return make


@pytest.fixture(scope="session")
def fresh_broker(run_directory: Path) -> Iterator[Callable[[], Broker]]:
    """``fresh_broker() -> Broker``: a corner of the broker that nobody else uses."""
    given = os.environ.get(BROKER_VARIABLE)
    if given:
        # Nothing but AMQP is known of a given broker, and AMQP cannot make virtual hosts: names of our own have to do.
        yield lambda: Broker(given, f"test-{secrets.token_hex(6)}")
        return
    with shared(run_directory, RabbitmqServer) as server:

        def make() -> Broker:
            vhost = f"test-{secrets.token_hex(6)}"
            server.add_vhost(vhost)
            return Broker(server.url_of(vhost), "darcha")

        yield make


@pytest.fixture
def broker(fresh_broker: Callable[[], Broker]) -> Broker:
    """A corner of the broker for this test."""
    return fresh_broker()


@pytest.fixture
def private_broker() -> Iterator[RabbitmqServer]:
    """A RabbitMQ node for this test alone, running."""
    server = RabbitmqServer()
    try:
        yield server.start()
    finally:
        server.destroy()


@pytest.fixture
def private_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this test alone, running."""
    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.destroy()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread with a loop of its own: the test's loop stays as it is."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
