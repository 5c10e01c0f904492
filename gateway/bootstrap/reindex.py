"""Wiring of ``darcha db index``: the blind index for cases that were taken in without it."""

from __future__ import annotations

from uuid import UUID

from gateway.application.identifiers import BlindIndex
from gateway.bootstrap.settings import Settings
from gateway.storage import open_store


async def index_cases(settings: Settings, *, batch: int, again: bool) -> int:
    """Index from where it ended the last time, or from the first case; return how many cases were looked at.

    Raises ``StoreUnavailable``, ``StoreLocked`` (SQLite serves one process), ``SchemaOutdated``.
    """
    blind = BlindIndex(settings.secret())
    store = open_store(settings.database)
    await store.open()
    try:
        after = UUID(int=0) if again else await store.index_from(blind.key)
        count = 0
        while (step := await store.index_step(blind.key, after, batch, blind.entries)) is not None:
            after, done = step
            count += done
        return count
    finally:
        await store.close()
