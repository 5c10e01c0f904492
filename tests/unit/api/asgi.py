"""A caller of an ASGI app in this process: no socket, no thread, no library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Calls with the headers given once for all."""

    def __init__(self, app: ASGIApp, **headers: str) -> None:
        self.app = app
        self.headers = {k.replace("_", "-"): v for k, v in headers.items()}

    def with_headers(self, **headers: str) -> Caller:
        return Caller(self.app, **self.headers, **headers)

    async def get(self, url: str, **headers: str) -> Answer:
        return await self.call("GET", url, b"", **headers)

    async def post(self, url: str, body: Any = b"", **headers: str) -> Answer:
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("content_type", "application/json")
        return await self.call("POST", url, body, **headers)

    async def call(self, method: str, url: str, body: bytes | Iterable[bytes], **headers: str) -> Answer:
        chunks = [body] if isinstance(body, bytes) else list(body)
        sent: list[Message] = []

        async def feed() -> AsyncIterator[Message]:
            for place, chunk in enumerate(chunks):
                yield {"type": "http.request", "body": chunk, "more_body": place + 1 < len(chunks)}
            await asyncio.Event().wait()  # the caller stays until it is answered

        messages = feed()

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return await anext(messages)

        await self.app(self.scope(method, url, headers), receive, send)
        start, *rest = sent
        plain = {k.decode().lower(): v.decode() for k, v in start["headers"]}
        return Answer(start["status"], plain, b"".join(m.get("body", b"") for m in rest))

    def scope(self, method: str, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
        path, _, query = url.partition("?")
        given = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        }
