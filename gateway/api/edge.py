"""The edge of the api: trace, access line, measures, and the last catch. Plain ASGI, for it is on the hot path."""

from __future__ import annotations

import time
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.parts import Limits, Observe
from gateway.api.problems import tell, told_answer
from gateway.application.spans import CASE
from gateway.telemetry.tracing import span

_log: Final = structlog.get_logger("gateway.api.access")
_HEADERS: Final = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
#: What platforms ask every few seconds, and nobody wants to read.
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_CLIENT_GONE: Final = 499


class Edge:
    """Outermost of our own middlewares. ``observe`` gets method, route template, status and seconds of every answer."""

    def __init__(self, app: ASGIApp, observe: Observe, limits: Limits) -> None:
        self._app = app
        self._observe = observe
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = message.get("headers", ())
                if not any(name == b"cache-control" for name, _ in given):  # the console says itself how its answers are kept
                    message["headers"] = [*given, *_HEADERS]
            await send(message)

        method = scope["method"]
        given = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"traceparent"), "")
        with span(method, SpanKind.SERVER, parent=given, attributes={"http.request.method": method}) as traced:
            scope["darcha.traceparent"] = traced.traceparent
            scope["darcha.trace"] = traced.traceparent[3:35]
            try:
                await self._app(scope, receive, sending)
            except ClientDisconnect:
                status = status or _CLIENT_GONE
            except Exception as error:  # noqa: BLE001 - the border: a caller gets a problem document, never a stack trace
                told = tell(error, self._limits)
                if not status:
                    await told_answer(Request(scope), told)(scope, receive, sending)
            route = _route(scope)
            current = trace.get_current_span()
            current.update_name(f"{method} {route}")
            traced.note("http.route", route)
            traced.note("http.response.status_code", status)
            if case := scope.get("darcha.case"):
                traced.note(CASE, str(case))
            if status >= 500:
                traced.fail(str(status))
            self._tell(scope, method, route, status, time.perf_counter() - begun)

    def _tell(self, scope: Scope, method: str, route: str, status: int, seconds: float) -> None:
        self._observe(method, route, status, seconds)
        if scope["path"] in _QUIET:
            return
        _log.info(
            "answered",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            client=scope.get("darcha.client", ""),
            case=scope.get("darcha.case", ""),
            trace_id=scope["darcha.trace"],
        )


def _route(scope: Scope) -> str:
    """The route's template: never the path with its values, which would be endless in metrics."""
    route = scope.get("route")
    return str(getattr(route, "path", "")) or "(none)"
