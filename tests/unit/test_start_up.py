"""A role that waits for its database tells each reason once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import structlog

from gateway.application.store import StoreUnavailable
from gateway.bootstrap import process
from gateway.storage import SchemaOutdated


async def test_each_reason_to_wait_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    away, bare = StoreUnavailable("it cannot be reached"), SchemaOutdated("it has no tables: darcha db upgrade")
    coming: list[Exception | None] = [away, away, bare, bare, None]

    async def start_core(_core: object) -> None:
        if (error := coming.pop(0)) is not None:
            raise error

    async def at_once(_secs: float) -> None:
        pass

    monkeypatch.setattr(process, "start_core", start_core)
    monkeypatch.setattr(process.asyncio, "sleep", at_once)
    with structlog.testing.capture_logs() as lines:
        await process._start(SimpleNamespace(settings=SimpleNamespace(embedded=False)))  # type: ignore[arg-type]  # all that it reads
    assert [line["reason"] for line in lines] == [str(away), str(bare)]
    assert not coming
