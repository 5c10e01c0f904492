"""The transport's one promise: whether a byte of the request left."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from gateway.sdk import Link, NotSent, SentButLost
from gateway.sdk.http import CONNECT_TRIES, EndpointWrong, auth_headers, exchange, open_session
from gateway.sdk.testing import lend

#: Self-signed for localhost, with its key: trusted by nobody who is not told to.
CERTIFICATE = Path(__file__).with_name("localhost-for-tests.pem")

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serve(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve raw bytes: nothing between the test and the wire."""

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=context)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"{'https' if context else 'http'}://localhost:{port}/ws"
    finally:
        server.close()


async def take(reader: asyncio.StreamReader) -> bytes:
    """Read one whole request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")), 0)
    return head + await reader.readexactly(length)


def says(answer: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await take(reader)
        writer.write(answer)
        await writer.drain()

    return handler


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def post(link: Link, url: str, **more: int) -> object:
    return await exchange(link, "POST", url, headers={"Content-Type": "text/xml"}, body=b"<a/>", **more)


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    async with lend("", timeout_secs=5) as made:
        yield made


async def test_a_whole_exchange(link: Link) -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await take(reader))
        writer.write(b"HTTP/1.1 500 Oops\r\nX-Kind: fault\r\nContent-Length: 4\r\n\r\n<b/>")
        await writer.drain()

    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with serve(handler) as url:
        reply = await exchange(replace(link, traceparent=trace), "POST", url, headers={"SOAPAction": '"x"'}, body=b"<a/>")
    assert (reply.status, reply.headers["x-kind"], reply.body) == (500, "fault", b"<b/>")
    assert f"traceparent: {trace}".encode() in seen[0]
    assert b'SOAPAction: "x"' in seen[0]
    assert seen[0].endswith(b"<a/>")


async def test_refused_is_not_sent_and_tried_a_few_times(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []
    request = link.session.request

    def counted(*args: object, **more: object) -> object:
        tries.append(str(args[1]))
        return request(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(link.session, "request", counted)
    with pytest.raises(NotSent) as caught:
        await post(link, f"http://127.0.0.1:{closed_port()}/")
    assert not isinstance(caught.value, EndpointWrong)
    assert len(tries) == CONNECT_TRIES


async def test_a_connection_that_comes_about_at_the_second_try_is_used(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    request = link.session.request
    tries: list[int] = []
    async with serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as url:

        def first_fails(method: str, target: str, **more: object) -> object:
            tries.append(1)
            return request(method, f"http://127.0.0.1:{closed_port()}/" if len(tries) == 1 else target, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(link.session, "request", first_fails)
        await post(link, url)
    assert len(tries) == 2


async def test_a_name_that_nobody_has_is_not_sent(link: Link) -> None:
    with pytest.raises(NotSent):
        await post(link, "http://no-such-agency.invalid/ws")


@pytest.mark.parametrize("url", ["", "civil-registry/ws", "ftp://agency/ws", "http:///ws"])
async def test_an_address_that_is_none_is_wrong(link: Link, url: str) -> None:
    with pytest.raises(EndpointWrong):
        await post(link, url)


async def test_nobody_accepts_the_connection_in_time() -> None:
    # A listening socket whose queue is full: the handshake of TCP never ends.
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        async with lend("", timeout_secs=0.4) as link:
            with pytest.raises(NotSent):
                await post(link, f"http://127.0.0.1:{full.getsockname()[1]}/")


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await take(reader)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.mark.parametrize(
    "handler",
    [
        _reset,
        says(b""),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a>"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<a>"),
        says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        says(b"not http at all\r\n\r\n"),
    ],
    ids=["reset", "closed", "cut short", "cut in a chunk", "not gzip", "not http"],
)
async def test_whatever_goes_wrong_after_the_first_byte_is_lost(link: Link, handler: Handler) -> None:
    async with serve(handler) as url:
        with pytest.raises(SentButLost):
            await post(link, url)


@pytest.mark.parametrize(
    "partial", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a>"], ids=["no answer", "half an answer"]
)
async def test_an_answer_that_does_not_come_in_time_is_lost(partial: bytes) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await take(reader)
        writer.write(partial)
        await writer.drain()
        await reader.read()  # until the client gives up

    async with serve(silent) as url, lend("", timeout_secs=0.3) as link:
        with pytest.raises(SentButLost, match="in time"):
            await post(link, url)


async def test_a_reply_that_is_too_large_is_lost(link: Link) -> None:
    async with serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000)) as url:
        with pytest.raises(SentButLost, match="larger than 1000"):
            await post(link, url, max_reply_bytes=1000)


async def test_a_redirect_is_an_answer_not_an_order(link: Link) -> None:
    async with serve(says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")) as url:
        reply = await exchange(link, "POST", url, headers={}, body=b"<a/>")
    assert (reply.status, reply.headers["location"]) == (302, "http://127.0.0.1:9/")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
async def test_nothing_is_sent_twice_on_a_kept_connection_that_breaks(link: Link, method: str) -> None:
    seen: list[bytes] = []

    async def once_well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await take(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        seen.append(await take(reader))  # the second comes on the same connection: taken, and never answered

    async with serve(once_well) as url:
        assert (await exchange(link, method, url, headers={})).status == 200
        with pytest.raises(SentButLost):
            await exchange(link, method, url, headers={})
    assert len(seen) == 2


async def test_a_certificate_that_is_not_trusted_is_wrong_and_nothing_left() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    asked: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await take(reader))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async with serve(handler, context) as url:
        async with lend("") as link:
            with pytest.raises(EndpointWrong, match="not trusted"):
                await post(link, url)
        assert asked == []
        session = open_session(str(CERTIFICATE))
        async with lend("") as link, session:
            assert (await exchange(replace(link, session=session), "POST", url, headers={})).status == 204


async def test_tls_that_cannot_be_agreed_is_not_sent(link: Link) -> None:
    async with serve(says(b"HTTP/1.1 400 Bad\r\n\r\n")) as url:
        with pytest.raises(NotSent):
            await post(link, url.replace("http:", "https:"))


async def test_a_cancelled_exchange_ends(link: Link) -> None:
    arrived = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await take(reader)
        arrived.set()
        await reader.read()

    async with serve(silent) as url:
        task = asyncio.create_task(post(link, url))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ({}, {}),
        ({"kind": "none"}, {}),
        ({"kind": "ws-username", "user": "u", "secret": "secret://a/b"}, {}),
        ({"kind": "basic", "user": "дарча", "secret": "secret://a/b"}, {"Authorization": "Basic 0LTQsNGA0YfQsDprYWxpdA=="}),
        ({"kind": "bearer", "secret": "secret://a/b"}, {"Authorization": "Bearer kalit"}),
        ({"kind": "api_key", "secret": "secret://a/b", "header": "X-Key"}, {"X-Key": "kalit"}),
    ],
)
async def test_credentials(auth: dict[str, str], expected: dict[str, str]) -> None:
    async with lend("", secrets={"secret://a/b": "kalit"}) as link:
        assert auth_headers(auth, link.secrets) == expected


@pytest.mark.parametrize(
    ("auth", "says_what"),
    [
        ({"kind": "bearer", "secret": "secret://a/none"}, "secret://a/none is not set"),
        ({"kind": "bearer"}, "is empty"),
        ({"kind": "bearer", "secret": "secret://a/lines"}, "line break"),
        ({"kind": "magic", "secret": "secret://a/b"}, "not one of"),
    ],
)
async def test_credentials_that_cannot_be_used(auth: dict[str, str], says_what: str) -> None:
    async with lend("", secrets={"secret://a/b": "kalit", "secret://a/lines": "a\r\nb"}) as link:
        with pytest.raises(EndpointWrong, match=says_what):
            auth_headers(auth, link.secrets)


def test_the_session_keeps_no_cookies_and_trusts_no_environment() -> None:
    async def made() -> tuple[type, bool]:
        async with open_session() as session:
            return type(session.cookie_jar), session.trust_env

    assert asyncio.run(made()) == (aiohttp.DummyCookieJar, False)
