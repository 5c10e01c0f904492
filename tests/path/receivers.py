"""Receivers of webhooks: real servers that verify what comes with the reference library, and fail as they are told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError  # type: ignore[import-untyped]

from gateway.client import Webhook as WebhookShown
from tests.path.gateway import Gateway, quiet_port


@dataclass(frozen=True)
class Came:
    """A message that came: its id and its event, or ``None`` when the reference library did not believe it."""

    id: str
    event: dict[str, Any] | None
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """``answer`` gives status and headers for each message; while ``free`` is not set, it hangs. ``secret`` is what it knows."""

    secret: str = ""
    answer: Callable[[Came], tuple[int, dict[str, str]]] = lambda _came: (204, {})
    came: list[Came] = field(default_factory=list)
    hanging: int = 0
    most_hanging: int = 0
    port: int = field(default_factory=quiet_port)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.free.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def events(self, case: str = "") -> list[dict[str, Any]]:
        """Return the events that were believed and taken (each once, in the order of their first coming)."""
        found = {c.id: c.event for c in self.came if c.event is not None}
        return [e for e in found.values() if case in ("", e["subject"])]

    def sequences(self, case: str) -> list[int]:
        return [int(e["sequence"]) for e in self.events(case)]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            event = Webhook(self.secret).verify(body.decode(), dict(request.headers)) if self.secret else json.loads(body)
        except WebhookVerificationError:
            event = None
        came = Came(request.headers["webhook-id"], event, request.headers.copy(), body)
        self.came.append(came)
        if not self.free.is_set():
            self.hanging += 1
            self.most_hanging = max(self.most_hanging, self.hanging)
            try:
                await self.free.wait()
            finally:
                self.hanging -= 1
        status, headers = self.answer(came)
        return web.Response(status=status, headers=headers)

    async def subscribe(self, gateway: Gateway, *events: str, **more: Any) -> WebhookShown:
        """Subscribe this receiver and let it know its secret."""
        made = await gateway.client.webhooks.add(self.url, events or ("*",), client="first", **more)
        self.secret = made["secret"]
        return made


@asynccontextmanager
async def receiver(one: Receiver | None = None) -> AsyncIterator[Receiver]:
    """A running receiver."""
    made = one or Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    try:
        yield made
    finally:
        made.free.set()
        await runner.cleanup()
