"""A proxy between the gateway and an agency: a real one, that hands each call on and then does something else with its answer.

What it does stands in the call's own body, so that calls of many cases can pass at once: ``trouble:`` and one of

    502, 504       it has the answer, and says in the agency's place that it has none
    stall          it sends half of the answer and then nothing
    cut-N          it closes the connection after N bytes of the answer; ``cut-last``: after all but the last

Each call is troubled once: when the same bytes come again, the answer passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from urllib.parse import urlsplit

_TROUBLE = re.compile(rb"trouble:([a-z0-9]+(?:-[a-z0-9]+)?)")
_LENGTH = re.compile(rb"(?im)^content-length:\s*([0-9]+)")
_PAGE = b"<html><body><h1>%s</h1><hr>a proxy</body></html>"
_REASONS = {b"502": b"Bad Gateway", b"504": b"Gateway Time-out"}


class Proxy:
    """Listens on a port of its own and hands on to ``upstream``. ``handed_on`` counts the calls that got there."""

    def __init__(self, upstream: str) -> None:
        at = urlsplit(upstream)
        self._upstream = at.hostname, at.port
        self._server: asyncio.Server | None = None
        self._troubled: set[bytes] = set()
        self._stalled = asyncio.Event()
        self.handed_on = 0
        self.url = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._stalled.set()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            answer = await self._hand_on(head, body)
            found = _TROUBLE.search(body)
            trouble = found[1] if found is not None and body not in self._troubled else b""
            self._troubled.add(body)
            await self._answer(writer, answer, trouble)
        writer.close()

    async def _hand_on(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._upstream)
        self.handed_on += 1
        writer.write(head[:-2] + b"Connection: close\r\n\r\n" + body)
        answer = await reader.read()
        writer.close()
        return answer

    async def _answer(self, writer: asyncio.StreamWriter, answer: bytes, trouble: bytes) -> None:
        if trouble in _REASONS:
            page = _PAGE % _REASONS[trouble]
            head = b"HTTP/1.1 %s %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            answer = head % (trouble, _REASONS[trouble], len(page)) + page
        elif trouble == b"stall":
            answer = answer[: len(answer) // 2]
        elif trouble.startswith(b"cut-"):
            answer = answer[: -1 if trouble == b"cut-last" else int(trouble[4:])]
        writer.write(answer)
        await writer.drain()
        if trouble == b"stall":
            await self._stalled.wait()
