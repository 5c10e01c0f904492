"""Health, readiness, measures, and the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
import structlog.testing
import uvicorn
from fastapi import FastAPI

from gateway.api import platform, published
from gateway.application.store import StoreUnavailable
from gateway.bootstrap.api import ApiJob
from tests.unit.api.asgi import Caller
from tests.unit.api.conftest import application


async def test_alive_and_ready(call: Caller) -> None:
    assert (await call.get("/healthz")).status == 200
    assert (await call.get("/readyz")).json() == {"status": "ok", "missing": {}}


async def test_what_is_missing_is_named(limited: Callable[..., Caller]) -> None:
    async def fine() -> str:
        return ""

    async def behind() -> str:
        return "the schema is older than this version; run darcha db upgrade"

    async def away() -> str:
        raise StoreUnavailable("no database")

    answer = await limited(checks={"broker": fine, "migrations": behind, "database": away}).get("/readyz")
    assert answer.status == 503
    assert set(answer.json()["missing"]) == {"migrations", "database"}


async def test_measures_and_the_access_line(limited: Callable[..., Caller]) -> None:
    seen: list[tuple[str, str, int]] = []
    taken: list[tuple[str, str]] = []
    call = limited(
        metrics=lambda: b"darcha_up 1\n",
        observe=lambda method, route, status, _: seen.append((method, route, status)),
        taken_in=lambda service, result, _: taken.append((service, result)),
    )
    with structlog.testing.capture_logs() as logs:
        answer = await call.post("/v1/applications", application(), idempotency_key="k")
        await call.post("/v1/applications", application(), idempotency_key="k")
        await call.post("/v1/applications", application(form={}), idempotency_key="l")
        await call.get(answer.headers["location"])
        await call.get("/nowhere")
    post = ("POST", "/v1/applications")
    assert seen == [(*post, 202), (*post, 202), (*post, 422), ("GET", "/v1/cases/{case}", 200), ("GET", "(none)", 404)]
    assert taken == [("wish", "accepted"), ("wish", "repeated"), ("", "refused")]
    assert (logs[0]["client"], logs[0]["case"], len(logs[0]["trace_id"])) == ("namangan", answer.json()["id"], 32)
    assert (await call.get("/metrics", authorization="Bearer operator-key")).body == b"darcha_up 1\n"


async def test_the_document_in_the_repository_is_the_one_served(call: Caller) -> None:
    kept = json.loads((published.ROOT / "schemas" / "openapi.json").read_text(encoding="utf-8"))
    assert (await call.get("/openapi.json")).json() == kept, f"run: {published.HOW}"


async def test_a_check_that_hangs_holds_nothing_up(limited: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs() -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(platform, "_CHECK_SECS", 0.01)
    answer = await limited(checks={"database": hangs}).get("/readyz")
    assert answer.json()["missing"] == {"database": "no answer within 0.01 s"}


async def test_an_idle_connection_is_ended_by_those_who_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is sent while the server ends it is lost, and nobody knows whether it had an effect."""
    served: list[uvicorn.Config] = []

    async def serve(server: uvicorn.Server) -> None:
        served.append(server.config)

    monkeypatch.setattr(uvicorn.Server, "serve", serve)
    await ApiJob(FastAPI(), "127.0.0.1", 0).run()
    assert served[0].timeout_keep_alive > 60  # proxies keep theirs for a minute, clients for less
