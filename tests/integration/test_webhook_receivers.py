"""The way out of webhooks over real sockets: what a receiver may do to us, and names that lead inside."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from gateway.domain.webhook import Told
from gateway.domain.webhook_target import Allowed, read_allowed
from gateway.notify.webhooks import RareReceivers, WebhookReceivers

LOCAL = read_allowed(["127.0.0.1"])
CERTIFICATE = Path(__file__).parent / "soap" / "localhost-for-tests.pem"


class Site:
    """A receiver. ``answer`` is what it does with a request; ``seen`` counts what reached it."""

    def __init__(self) -> None:
        self.seen: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.answer: Callable[[web.Request], Any] = lambda _request: web.Response(status=204)
        self.url = ""
        self.port = 0

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        self.bodies.append(await request.read())
        answer = self.answer(request)
        return await answer if asyncio.iscoroutine(answer) else answer


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    async with TestServer(app, host="127.0.0.1") as server:
        made.port = server.port or 0
        made.url = f"http://127.0.0.1:{server.port}/hook?token=s3cr3t"
        yield made


@pytest.fixture
async def receivers() -> AsyncIterator[WebhookReceivers]:
    async with WebhookReceivers(LOCAL, timeout_secs=5) as made:
        yield made


class Names(AbstractResolver):
    """A name server under somebody else's control: gives each of ``answers`` in turn, the last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {
                "hostname": host, "host": address, "port": port, "proto": 0, "flags": socket.AI_NUMERICHOST,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
            }
            for address in found
        ]  # fmt: skip

    async def close(self) -> None:
        """There is nothing to close."""


async def test_bytes_and_headers_arrive_as_they_were_signed(site: Site, receivers: WebhookReceivers) -> None:
    told = await receivers.post(site.url, {"webhook-id": "msg_1", "content-type": "application/cloudevents+json"}, b'{"a": 1}')
    assert (told.status, told.error, told.taken) == (204, "", True) and told.secs > 0
    assert site.bodies == [b'{"a": 1}'] and site.seen[0].headers["webhook-id"] == "msg_1"
    assert site.seen[0].path_qs == "/hook?token=s3cr3t" and site.seen[0].method == "POST"


async def test_a_redirect_is_not_followed(site: Site, receivers: WebhookReceivers) -> None:
    for status in (301, 302, 303, 307, 308):
        site.answer = lambda _r, status=status: web.Response(status=status, headers={"Location": "http://127.0.0.1:1/inside"})
        assert (await receivers.post(site.url, {}, b"")).status == status
    assert len(site.seen) == 5


@pytest.mark.parametrize("proxy", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_no_proxy_is_taken_from_the_environment(site: Site, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(proxy, "http://127.0.0.1:1")
    async with WebhookReceivers(LOCAL, timeout_secs=5) as made:
        assert (await made.post(site.url, {}, b"")).taken


async def test_an_answer_without_end_is_not_read_and_its_status_counts(site: Site, receivers: WebhookReceivers) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65536)

    site.answer = flood
    assert (await receivers.post(site.url, {}, b"")).taken


async def test_an_answer_that_drips_counts_by_its_status(site: Site) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"x")
        await asyncio.Event().wait()
        return answer

    site.answer = drip
    async with WebhookReceivers(LOCAL, timeout_secs=0.3) as made:
        assert (await made.post(site.url, {}, b"")).taken


async def test_silence_ends_with_the_time_out_and_nothing_of_the_address_is_told(site: Site) -> None:
    async def hang(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError("never")

    site.answer = hang
    async with WebhookReceivers(LOCAL, timeout_secs=0.3) as made:
        told = await made.post(site.url, {}, b"")
    assert (told.status, told.error) == (0, "no answer within 0.3 s")


async def test_what_is_no_http_is_an_error_without_secrets(receivers: WebhookReceivers) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        told = await receivers.post(f"http://127.0.0.1:{port}/s3cr3t", {}, b"")
    assert told.status == 0 and told.error and "s3cr3t" not in told.error
    told = await receivers.post(f"http://127.0.0.1:{port}/s3cr3t", {}, b"")
    assert told.status == 0 and "no connection" in told.error and "s3cr3t" not in told.error


async def test_a_certificate_that_nobody_knows_is_refused(receivers: WebhookReceivers) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        told = await receivers.post(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"")
    assert told.status == 0 and told.error


@pytest.mark.parametrize(
    ("value", "secs"),
    [("120", 120.0), ("0", 0.0), ("", None), ("soon", None), ("-5", None), ("1e9", None), ("99999999999", None), ("٣", None)],
)
async def test_retry_after_in_seconds(site: Site, receivers: WebhookReceivers, value: str, secs: float | None) -> None:
    site.answer = lambda _r: web.Response(status=429, headers={"Retry-After": value.encode().decode("latin-1")})
    told = await receivers.post(site.url, {}, b"")
    assert (told.status, told.retry_after) == (429, secs)


async def test_retry_after_as_a_date(site: Site, receivers: WebhookReceivers) -> None:
    for step, low, high in ((timedelta(hours=1), 3500, 3601), (timedelta(hours=-1), 0, 0)):
        when = format_datetime(datetime.now(UTC) + step, usegmt=True)
        site.answer = lambda _r, when=when: web.Response(status=503, headers={"Retry-After": when})
        told = await receivers.post(site.url, {}, b"")
        assert told.retry_after is not None and low <= told.retry_after <= high


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.7", "8.8.8.8"],
        ["8.8.8.8", "::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::a00:1"],
        ["fe80::1"],
        ["100.64.0.1"],
        ["0.0.0.0"],  # noqa: S104 - an address to refuse, not to bind
    ],
)
async def test_a_name_that_leads_inside_is_refused_at_once_and_nothing_is_connected(answers: list[str]) -> None:
    async with WebhookReceivers(Allowed(), timeout_secs=5, resolver=Names(answers)) as made:
        assert "leads to" in await made.problem("https://hooks.example.uz/x")
        told = await made.post("https://hooks.example.uz/x", {}, b"")
        assert told.status == 0 and "hooks.example.uz leads to" in told.error


async def test_a_name_that_leads_inside_a_moment_later_leads_nowhere(site: Site) -> None:
    """DNS rebinding: right when it is looked at, wrong when it is connected to. The connection has asked for itself."""
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    async with WebhookReceivers(Allowed(), timeout_secs=5, resolver=names) as made:
        url = f"https://hooks.example.uz:{site.port}/x"
        assert await made.problem(url) == ""
        told = await made.post(url, {}, b"")
    assert told == Told(0, "hooks.example.uz leads to 127.0.0.1 is loopback", secs=told.secs)
    assert site.seen == [] and names.asked == ["hooks.example.uz"] * 2


async def test_a_host_that_is_allowed_by_name_may_lead_inside(site: Site) -> None:
    allowed = read_allowed(["receiver.internal"])
    async with WebhookReceivers(allowed, timeout_secs=5, resolver=Names(["127.0.0.1"])) as made:
        url = f"http://receiver.internal:{site.port}/hook"
        assert await made.problem(url) == "" and (await made.post(url, {}, b"")).taken
        for other in (f"http://other.internal:{site.port}/", f"https://hooks.example.uz:{site.port}/"):
            assert await made.problem(other) and not (await made.post(other, {}, b"")).taken
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/hook", "//example.uz/", "https://", "https:///x", "https://:443/", "https://example.uz:x/", "https://example.uz:0/",
        "https://example.uz:99999/", "javascript:alert(1)", "https://user@example.uz/", "https://user:pass@example.uz/",
        "https://:pass@example.uz/", "https://example.uz/#part", "https://exa mple.uz/", "https://example.uz/\r\nX: y", "https://example.uz\\@10.0.0.1/",
        "https://10.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/",
        "https://ⓛocalhost/", "https://localhost/", "https://x.localhost/", "https://example.uz:25/", "http://example.uz/",
        "https://" + "a" * 3000 + ".uz/", "https://a..uz/", "https://-/",
    ],
)  # fmt: skip
async def test_addresses_that_are_refused_before_anything_is_sent(url: str) -> None:
    async with WebhookReceivers(Allowed(), timeout_secs=2, resolver=Names(["127.0.0.1"])) as made:
        assert await made.problem(url)
        told = await made.post(url, {}, b"")
        assert told.status == 0 and told.error


async def test_a_name_that_nobody_knows_is_said_at_the_door() -> None:
    assert "cannot be resolved" in await RareReceivers(Allowed()).problem("https://nobody.invalid/hook")


async def test_international_names_are_asked_for_in_ascii() -> None:
    names = Names(["8.8.8.8"])
    async with WebhookReceivers(Allowed(), timeout_secs=2, resolver=names) as made:
        assert await made.problem("https://приёмник.example.uz/") == ""
    assert names.asked[0].startswith("xn--") and names.asked[0].endswith(".example.uz") and names.asked[0].isascii()
