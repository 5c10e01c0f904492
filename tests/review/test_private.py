"""What a row holds stays out of the logs, even when the database refuses it."""

from __future__ import annotations

import traceback
from pathlib import Path

from gateway.application.store import StoreError
from gateway.storage import open_store, upgrade
from tests.integration.storage.samples import intake, new_file, take


async def test_a_refused_row_is_not_in_the_stack_trace(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'darcha.db'}"
    upgrade(url)
    store = open_store(url)
    await store.open()
    try:
        first = new_file()
        await take(store, first)
        second = new_file(number=first.case.number, envelope={"parties": [{"name": {"family": "Yusupova"}}]})
        (error,) = await store.take_in([intake(second)])
        assert isinstance(error, StoreError)
        assert "Yusupova" not in "".join(traceback.format_exception(error))
    finally:
        await store.close()
