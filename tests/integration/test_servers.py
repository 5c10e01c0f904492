"""The private servers themselves: they start, survive a kill with their data, and lose it only when it is wiped."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import asyncpg
import pytest

from gateway.servers import PostgresServer, RabbitmqServer, ServersMissing, install


async def _tables(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return [row["tablename"] for row in rows]


async def _create(url: str, table: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE TABLE {table} (id int)")
    finally:
        await connection.close()


async def test_each_database_is_empty_and_a_template_is_copied(fresh_database: Callable[..., str], database_url: str) -> None:
    assert await _tables(database_url) == []
    await _create(database_url, "cases")
    assert await _tables(fresh_database()) == []
    assert await _tables(fresh_database(template=database_url)) == ["cases"]


async def test_postgres_keeps_its_data_over_a_kill_and_its_address_over_a_wipe(private_postgres: PostgresServer) -> None:
    url = private_postgres.url
    await _create(url, "cases")
    private_postgres.kill()
    assert not private_postgres.running
    with pytest.raises(OSError):
        await asyncpg.connect(url)
    private_postgres.start()
    assert await _tables(url) == ["cases"]
    private_postgres.kill()
    private_postgres.wipe()
    private_postgres.start()
    assert private_postgres.url == url
    assert await _tables(url) == []


async def test_a_server_is_taken_up_by_its_directory(private_postgres: PostgresServer) -> None:
    again = PostgresServer(private_postgres.directory)
    assert again.running
    assert again.url == private_postgres.url
    again.stop()
    assert not private_postgres.running


async def test_rabbitmq_keeps_users_and_vhosts_over_a_wipe_but_no_queue(private_broker: RabbitmqServer) -> None:
    private_broker.add_vhost("district")
    password = private_broker.add_user("clerk", permissions={})
    assert password in private_broker.url_of("district", "clerk")
    url = private_broker.url_of("district")
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await channel.declare_queue("kept", durable=True)
    private_broker.stop()  # in order: what was declared a moment before a kill may not be on the disk yet
    assert not private_broker.running
    private_broker.start()
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await channel.declare_queue("kept", durable=True, passive=True)
    private_broker.kill()
    private_broker.wipe()
    private_broker.start()
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
            await channel.declare_queue("kept", durable=True, passive=True)


def test_missing_binaries_are_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("DARCHA_TEST_INSTALL", raising=False)
    monkeypatch.setattr(install, "find_rabbitmq", lambda: None)
    with pytest.raises(ServersMissing) as missing:
        install.require_rabbitmq()
    command = "apt-get install --yes --no-install-recommends rabbitmq-server"
    for part in ("RabbitMQ", command, "DARCHA_TEST_INSTALL=1", "DARCHA_TEST_BROKER_URL"):
        assert part in str(missing.value)


def test_a_missing_browser_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("DARCHA_TEST_INSTALL", raising=False)
    monkeypatch.setenv(install.CHROMIUM_VARIABLE, "/nowhere/chromium")
    with pytest.raises(ServersMissing) as missing:
        install.require_chromium()
    command = "apt-get install --yes --no-install-recommends chromium"
    for part in ("Chromium", command, "DARCHA_TEST_INSTALL=1", "DARCHA_TEST_CHROMIUM"):
        assert part in str(missing.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down to another user")
def test_root_does_not_run_the_server_itself(private_postgres: PostgresServer) -> None:
    pid = int((private_postgres.directory / "postgres.pid").read_text())
    assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert urlsplit(private_postgres.url).hostname == "127.0.0.1"
