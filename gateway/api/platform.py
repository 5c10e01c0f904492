"""What the platform asks: alive, ready, measures."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Scraper
from gateway.api.docs import known
from gateway.api.door import DoorDep
from gateway.api.parts import Check
from gateway.api.shapes import HealthOut
from gateway.domain.errors import DarchaError

router = APIRouter(tags=["platform"])
_CHECK_SECS: Final = 3.0
_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/healthz", operation_id="health", responses={200: {"model": HealthOut}})
async def healthz() -> Response:
    """Answer while the process can answer at all."""
    return json_answer({"status": "ok", "missing": {}})


@router.get(
    "/readyz",
    operation_id="readiness",
    responses={200: {"model": HealthOut}, 503: {"model": HealthOut, "description": "What is missing"}},
)
async def readyz(door: DoorDep) -> Response:
    """Answer whether calls can be served now, and name what is missing."""
    checks = door.parts.checks
    found = await asyncio.gather(*(_ask(check) for check in checks.values()))
    missing = {name: why for name, why in zip(checks, found, strict=True) if why}
    return json_answer({"status": "missing" if missing else "ok", "missing": missing}, 503 if missing else 200)


async def _ask(check: Check) -> str:
    try:
        async with asyncio.timeout(_CHECK_SECS):
            return await check()
    except TimeoutError:
        return f"no answer within {_CHECK_SECS:g} s"
    except DarchaError as error:
        return str(error) or type(error).__name__


@router.get(
    "/metrics",
    operation_id="metrics",
    responses={200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}}, **known()},
)
async def metrics(caller: Scraper, door: DoorDep) -> Response:  # noqa: ARG001 - the scope is what counts
    """Return the measures of this process."""
    return Response(door.parts.metrics(), headers={"content-type": _PROMETHEUS})
