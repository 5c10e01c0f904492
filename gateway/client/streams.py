"""Events as they come, without a gap and without a double, over as many connections as it takes."""

from __future__ import annotations

import asyncio
import codecs
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import aiohttp

from gateway.client.errors import GatewayRefused, GatewayUnreachable

Json = dict[str, Any]
#: Opens a connection with these headers and parameters.
Open = Callable[[Mapping[str, str], Mapping[str, str]], AbstractAsyncContextManager[aiohttp.ClientResponse]]
#: A stream that says nothing for so long is a connection that died unnoticed: the gateway says something every 15 seconds.
SILENCE_SECS: Final = 45.0
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_SERVER_ERROR: Final = 500


async def stream(open_: Open, after: str, params: Mapping[str, str]) -> AsyncGenerator[tuple[Json, str], None]:
    """Yield events with their ids for ever; a connection that ends is opened again with the last id.

    Raises ``GatewayRefused`` when the gateway says no, ``GatewayUnreachable`` when the first connection cannot be made.
    """
    last, wait, met = after, _FIRST_WAIT, False
    while True:
        begin = {**params, **({"after": last} if last else {})}
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        try:
            async with open_(headers, begin) as answer:
                if answer.status >= _SERVER_ERROR and met:
                    raise aiohttp.ClientConnectionError(f"status {answer.status}")
                if answer.status != 200:
                    raise GatewayRefused(answer.status, _problem(await answer.read()))
                met, wait = True, _FIRST_WAIT
                async for data, id_ in blocks(answer.content.iter_any()):
                    last = id_ or last
                    if data:
                        yield json.loads(data), last
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if not met:
                raise GatewayUnreachable(f"the gateway cannot be reached: {error or type(error).__name__}") from error
        await asyncio.sleep(wait)
        wait = min(_LONGEST_WAIT, wait * 2)


async def blocks(chunks: AsyncIterator[bytes]) -> AsyncGenerator[tuple[str, str], None]:
    """Yield the data and the id of each block of an event stream (WHATWG HTML, "Interpreting an event stream").

    Data may be empty: an id by itself is a place, too. A block that the connection cut off is left out.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest, id_ = "", ""
    data: list[str] = []
    async for chunk in chunks:
        text = (rest + decoder.decode(chunk)).replace("\r\n", "\n")
        *lines, rest = text.split("\n")
        for line in lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if data or id_:
                    yield "\n".join(data), id_
                data, id_ = [], ""
            elif name == "data":
                data.append(value)
            elif name == "id":
                id_ = value


def _problem(raw: bytes) -> Json:
    try:
        value = json.loads(raw)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"title": "not a problem document", "detail": raw[:200].decode(errors="replace")}
