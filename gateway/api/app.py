"""The app: routers, one table of errors, one edge. ``build_api`` is all that ``bootstrap`` needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from gateway.api import (
    agencies,
    alerts,
    applications,
    batch,
    calendars,
    callbacks,
    case_acts,
    cases,
    certificates,
    decisions,
    desk,
    documents,
    events,
    history,
    incident_groups,
    incidents,
    platform,
    problems,
    refs,
    replays,
    requests,
    search,
    services,
    streams,
    webhooks,
)
from gateway.api.answers import json_answer
from gateway.api.door import Door
from gateway.api.edge import Edge
from gateway.api.openapi import VERSION, document
from gateway.api.parts import ApiParts

#: The hot path first: routes are tried in order.
_ROUTERS = (applications, callbacks, refs, search, streams, cases, case_acts, documents, events, services, batch, desk, agencies)
_MORE = (history, decisions, certificates, incident_groups, incidents, replays, alerts, requests, platform, calendars, webhooks)


def build_api(parts: ApiParts) -> FastAPI:
    """Return the ASGI app. It holds no connection of its own: whoever made ``parts`` opens and closes them."""
    app = bare_app([Middleware(Edge, observe=parts.observe, limits=parts.limits)])
    app.state.door = Door(parts)
    return app


def bare_app(middleware: Sequence[Middleware] = ()) -> FastAPI:
    """Return the app without its parts: it can describe itself and answer nothing."""
    app = FastAPI(
        title="Darcha",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        # Our own edge takes the trace context and makes the span.
        telemetry=TelemetryConfig(tracing=False, metrics=False, logs=False),
        middleware=middleware,
    )
    problems.install(app)
    for module in (*_ROUTERS, *_MORE):
        app.include_router(module.router)
    app.add_route("/openapi.json", _openapi, methods=["GET"], include_in_schema=False)
    return app


async def _openapi(request: Request) -> Response:
    """Return the OpenAPI document of this app."""
    described: dict[str, Any] = document(request.app)
    return json_answer(described)
