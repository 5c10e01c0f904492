"""The way out to the receivers of webhooks: one POST, to a place outside, and nothing believed of what comes back but its status.

A name is resolved by a resolver that refuses addresses of inner networks, and the connection goes to the very addresses that
it has let through: a name that leads somewhere else a moment later (DNS rebinding) leads nowhere. Redirects are not
followed, no proxy is taken from the environment, and certificates are verified.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from gateway.domain.webhook import Told
from gateway.domain.webhook_target import Allowed, address_problem, literal, place_problem

TIMEOUT_SECS: Final = 15.0
MOST_URL: Final = 2000
#: So much of an answer is read, so that the connection can be used again; what is longer closes it.
_READ_BYTES: Final = 16 * 1024
_RESOLVE_SECS: Final = 5.0


class TargetRefused(OSError):
    """A name leads to an address that nothing is sent to."""


class OutwardResolver(AbstractResolver):
    """Resolves names to addresses outside, or to whatever the deployment allows. One inner address refuses the whole name."""

    def __init__(self, allowed: Allowed, inner: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Return the addresses. Raises ``TargetRefused`` (an ``OSError``), or what the resolver within raises."""
        found = await self._inner.resolve(host, port, family)
        if not self._allowed.has_host(host.rstrip(".")):
            for one in found:
                if problem := address_problem(ip_address(one["host"]), self._allowed):
                    raise TargetRefused(f"{host} leads to {problem}")
        return found

    async def close(self) -> None:
        """Let the resolver within go."""
        await self._inner.close()


class WebhookReceivers:
    """Implements ``Receivers``. Make it within a running loop, use it as ``async with``, or close it after use."""

    def __init__(self, allowed: Allowed, *, timeout_secs: float = TIMEOUT_SECS, resolver: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._timeout_secs = timeout_secs
        self._resolver = OutwardResolver(allowed, resolver)
        connector = aiohttp.TCPConnector(
            limit=0, resolver=self._resolver, ssl=ssl.create_default_context(), keepalive_timeout=4.0
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=timeout_secs),
            headers={"User-Agent": "darcha-webhooks"},
            max_line_size=8190,
            max_field_size=8190,
            auto_decompress=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def problem(self, url: str) -> str:
        """Return why nothing may be sent to an address, in words; empty: it may. Asks where a name leads."""
        target, why = self._place(url)
        if target is None:
            return why
        host = target.raw_host or ""
        if literal(host) is None:
            try:
                async with asyncio.timeout(_RESOLVE_SECS):
                    await self._resolver.resolve(host, target.port or 0)
            except TargetRefused as error:
                return str(error)
            except (OSError, TimeoutError):
                return f"the name {host} cannot be resolved"
        return ""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        """Send once within the time-out and return how it ended. Never raises for what a receiver or the network does."""
        target, why = self._place(url)
        if target is None:
            return Told(0, why)
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with self._session.post(target, data=body, headers=headers, allow_redirects=False) as answer:
                told = answer.status, "", _retry_after(answer.headers.get("retry-after", ""))
                await self._pass_over(answer)
        except TimeoutError:
            told = 0, f"no answer within {self._timeout_secs:g} s", None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            told = 0, _words(error), None
        return Told(*told, secs=now() - began)

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    def _place(self, url: str) -> tuple[URL | None, str]:
        """The address as it will be connected to, or why it is none."""
        if len(url) > MOST_URL or not url.isprintable() or "\\" in url or " " in url:
            return None, f"an address has at most {MOST_URL} printable characters"
        try:
            target = URL(url)
            host, port = target.raw_host, target.port
        except ValueError:
            return None, "this is no address (a URL)"
        if not host or port is None:
            return None, "an address names scheme and host, as in https://example.uz/hooks"
        if target.raw_user is not None or target.raw_password is not None:
            return None, "an address carries no user or password; the signature says who sends"
        if target.raw_fragment:
            return None, "an address of a receiver has no fragment (#…)"
        problem = place_problem(target.scheme, host, port, self._allowed)
        return (None, problem) if problem else (target, "")

    @staticmethod
    async def _pass_over(answer: aiohttp.ClientResponse) -> None:
        """Read a little of the answer, which says nothing to us; its status has been given whatever comes now."""
        try:
            await answer.content.readexactly(_READ_BYTES)
        except (asyncio.IncompleteReadError, aiohttp.ClientError, OSError):
            return
        answer.close()


class RareReceivers:
    """Implements ``Receivers`` for who sends now and then: with connections for each call, so that there is nothing to close."""

    def __init__(self, allowed: Allowed, *, timeout_secs: float = TIMEOUT_SECS) -> None:
        self._allowed = allowed
        self._timeout_secs = timeout_secs

    async def problem(self, url: str) -> str:
        """See ``WebhookReceivers``."""
        async with WebhookReceivers(self._allowed, timeout_secs=self._timeout_secs) as receivers:
            return await receivers.problem(url)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        """See ``WebhookReceivers``."""
        async with WebhookReceivers(self._allowed, timeout_secs=self._timeout_secs) as receivers:
            return await receivers.post(url, headers, body)


def _words(error: Exception) -> str:
    """What went wrong, without the address: its path may hold a key."""
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        return str(cause) if isinstance(cause, TargetRefused) else f"no connection: {cause.strerror or type(cause).__name__}"
    if isinstance(error, TargetRefused):
        return str(error)
    return f"no answer: {type(error).__name__}"


def _retry_after(value: str) -> float | None:
    """Return the seconds that a Retry-After says (RFC 9110: a number or a date), ``None`` when it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)
