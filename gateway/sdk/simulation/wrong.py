"""Answers that go wrong after the effect: what the wire, a proxy or a broken agency makes of a good one."""

from __future__ import annotations

import socket
import struct
import zlib
from functools import cache
from typing import Final

from aiohttp import web

#: After so many bytes even an answer without end is given up, in case nobody ever closes the connection.
ENDLESS_BYTES: Final = 512 * 1024 * 1024
#: What a ``bomb`` unpacks to, in bytes.
BOMB_BYTES: Final = 256 * 1024 * 1024
_PIECE: Final = b" " * 65_536


def reset(request: web.BaseRequest) -> web.Response:
    """Reset the connection: SO_LINGER 0 makes the kernel send RST instead of FIN."""
    if request.transport is not None:
        raw = request.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response(status=503)  # nobody reads it: the connection is gone


def cut(answer: web.Response) -> web.Response:
    """Return the first half of an answer, and after it what no format allows."""
    half = bytes(answer.body[: max(1, len(answer.body) // 2)]) if isinstance(answer.body, bytes | bytearray) else b"<"
    return web.Response(status=answer.status, body=half + b"\x00<", content_type=answer.content_type)


def bomb(answer: web.Response) -> web.Response:
    """Return an answer of about a megabyte that unpacks to ``BOMB_BYTES`` of blanks."""
    headers = {"Content-Encoding": "gzip", "Content-Type": answer.headers.get("Content-Type", "text/plain")}
    return web.Response(status=answer.status, body=_packed(), headers=headers)


async def endless(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    """Answer with the beginning of ``answer`` and then blanks, until the caller closes the connection."""
    stream = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.headers.get("Content-Type", "text/plain")})
    stream.enable_chunked_encoding()
    await stream.prepare(request)
    if isinstance(answer.body, bytes | bytearray):
        await stream.write(bytes(answer.body[: len(answer.body) // 2]))
    for _ in range(ENDLESS_BYTES // len(_PIECE)):
        await stream.write(_PIECE)  # ends by an exception of the connection, as that of any caller who goes
    return stream


@cache
def _packed() -> bytes:
    packer, piece = zlib.compressobj(1, zlib.DEFLATED, 31), b" " * (1024 * 1024)
    return b"".join(packer.compress(piece) for _ in range(BOMB_BYTES // len(piece))) + packer.flush()
