"""What a restart finds, and what the store says when its database is not there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.application.store import StoreUnavailable
from gateway.domain.events import verify
from gateway.servers import PostgresServer
from gateway.storage import DatabaseStore, SchemaOutdated, StoreLocked, open_store, upgrade
from tests.integration.storage.samples import LANE, complete, hand_out, intake, new_file, room_for, stored, take, taken


async def test_everything_committed_stands_after_a_restart(url: str) -> None:
    first = open_store(url)
    await first.open()
    await first.ensure_lanes({LANE: "tax-office"})
    now = await first.now()
    ids = await take(first, *(new_file(now) for _ in range(5)))
    await first.release(LANE, room_for(2), hand_out, 5)
    await first.close()

    second = open_store(url)
    await second.open()
    try:
        assert (await second.lanes())[0].in_flight == 2
        assert await second.end_all_leases() == 2
        assert len(await second.ended_leases(10)) == 2
        assert len(await second.release(LANE, room_for(9), hand_out, 9)) == 3
        assert set((await second.change(ids, complete)).values()) == {None}
        for id_ in ids:
            assert verify(await second.events_of(id_)) is None
    finally:
        await second.close()


async def test_a_database_without_our_schema_is_refused(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(SchemaOutdated, match="darcha db upgrade"):
        await store.open()


async def test_a_second_process_is_kept_out_of_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'darcha.db'}"
    upgrade(url)
    store = open_store(url)
    await store.open()
    try:
        script = f"import asyncio; from gateway.storage import open_store; asyncio.run(open_store({url!r}).open())"
        second = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert "StoreLocked" in second.stderr
        assert "in use by another process (pid " in second.stderr
        with pytest.raises(StoreLocked):
            await asyncio.to_thread(upgrade, url)
    finally:
        await store.close()
    again = open_store(url)
    await again.open()
    await again.close()


async def test_a_database_that_is_away_is_unavailable_and_found_again(private_postgres: PostgresServer) -> None:
    url = private_postgres.url
    await asyncio.to_thread(upgrade, url)
    store = open_store(url)
    await store.open()
    try:
        file = await taken(store)
        await asyncio.to_thread(private_postgres.kill)
        waiting = intake(new_file())
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await store.take_in([waiting])
            with pytest.raises(StoreUnavailable):
                await store.change([file.case.id], complete)
            with pytest.raises(StoreUnavailable):
                await store.events_after("", 10)
        await asyncio.to_thread(private_postgres.start)
        # Connections of before may be met once each; a caller that tries again gets through.
        await _until_back(store)
        assert await store.change([file.case.id], complete) == {file.case.id: None}
        assert await store.take_in([waiting]) != []
        assert (await stored(store, file.case.id)).case.seq == 2
    finally:
        await store.close()


async def _until_back(store: DatabaseStore) -> None:
    for _ in range(20):
        try:
            await store.now()
        except StoreUnavailable:
            continue
        return
    raise AssertionError("the store does not reconnect")


@pytest.mark.parametrize("url", ["mysql://host/db", "not a url", "sqlite://"])
def test_a_database_that_is_not_ours_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        open_store(url)
