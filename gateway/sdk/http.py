"""HTTP to an agency, with the one distinction that matters: did a byte of the request leave or not.

    NotSent                 no byte left: name not resolved, connection refused or timed out, TLS not agreed
    └── EndpointWrong       and trying again will not help: the address, the certificate or our credentials are wrong
    SentButLost             something left and no whole answer came: reset, time-out, a reply cut short or too large

A connection that carried no byte is tried again at once, a few times (tenacity); nothing that carried a byte ever is,
whatever the method. aiohttp by itself resends GET, PUT and DELETE on a kept-alive connection that the server closed:
the guard below forbids it, because DELETE twice may be two effects.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random
from yarl import URL

from gateway.sdk.errors import NotSent, SentButLost
from gateway.sdk.link import Exchange, Link, Secrets

#: How often a connection that carried no byte is tried in one attempt.
CONNECT_TRIES: Final = 3
#: A connection that does not come about in so many seconds is given up; never more than half of the attempt's time.
CONNECT_SECS: Final = 5.0
#: The largest reply, in bytes after decompression.
MAX_REPLY_BYTES: Final = 32 * 1024 * 1024
#: Shorter than what common servers keep (5 s), so that we are seldom the one who writes into a connection just closed.
KEEP_ALIVE_SECS: Final = 4.0

#: Kinds of SOAP, whose credentials stand in the envelope and not in a header of HTTP.
ENVELOPE_AUTH_KINDS: Final = frozenset({"ws-username", "ws-signature", "ws-saml"})
AUTH_KINDS: Final = frozenset({"none", "basic", "bearer", "api_key"}) | ENVELOPE_AUTH_KINDS


class EndpointWrong(NotSent):
    """No byte left, and the address, the certificate or our credentials have to be mended first."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back. Header names are lower-case; ``body`` is whole and decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def open_session(ca_file: str | None = None) -> aiohttp.ClientSession:
    """Return a session fit for agencies: no cookies, no proxy from the environment, short keep-alive, no own limit.

    How many requests are out at once is the lane's to say. ``ca_file`` names a PEM bundle to trust in place of the
    system's. Call it within a running loop; close it after use.
    """
    trust = ssl.create_default_context(cafile=ca_file)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECS, ssl=trust)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


def auth_headers(auth: Mapping[str, Any], secrets: Secrets) -> dict[str, str]:
    """Return the HTTP headers that ``auth`` of a contract asks for; none for ``none`` and ``ENVELOPE_AUTH_KINDS``.

    Raises ``EndpointWrong`` when a secret is not set or the kind is not known.
    """
    kind = str(auth.get("kind", "none"))
    if kind == "none" or kind in ENVELOPE_AUTH_KINDS:
        return {}
    if kind not in AUTH_KINDS:
        raise EndpointWrong(f"auth.kind {kind!r} is not one of {', '.join(sorted(AUTH_KINDS))}")
    secret = secret_of(auth, secrets)
    if kind == "basic":
        pair = base64.b64encode(f"{auth.get('user', '')}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    if kind == "bearer":
        return {"Authorization": f"Bearer {secret}"}
    return {str(auth.get("header", "X-Api-Key")): secret}


def secret_of(auth: Mapping[str, Any], secrets: Secrets) -> str:
    """Return the secret that ``auth`` names. Raises ``EndpointWrong`` when there is none."""
    reference = str(auth.get("secret", ""))
    try:
        secret = secrets.get(reference)
    except KeyError as error:
        raise EndpointWrong(f"the secret {reference or '(auth.secret is empty)'} is not set") from error
    if not secret.isprintable():
        raise EndpointWrong(f"the secret {reference} has a line break or another character that no header can carry")
    return secret


async def exchange(
    link: Link,
    method: str,
    url: str | URL,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    max_reply_bytes: int = MAX_REPLY_BYTES,
    tls: ssl.SSLContext | None = None,
) -> HttpReply:
    """Send once within ``link.timeout_secs`` (connecting included) and return the whole reply; redirects are not followed.

    An ``URL`` made with ``encoded=True`` goes out as it stands. ``tls`` takes the place of the session's own trust and
    identity. What is told of an error names the address without its query, which may hold a key or a person's number.

    Raises ``NotSent`` (``EndpointWrong`` among it) or ``SentButLost``. Cancelling it closes the connection. However it ends,
    ``link.observe`` is told of it once.
    """
    now = asyncio.get_running_loop().time
    started, left, received, status = now(), len(body), 0, 0
    try:
        reply = await _exchange(link, method, url, headers=headers, body=body, limit=max_reply_bytes, tls=tls)
        received, status = len(reply.body), reply.status
    except NotSent:
        left = 0
        raise
    finally:
        link.observe(Exchange(left, received, status, now() - started))
    return reply


async def _exchange(
    link: Link,
    method: str,
    url: str | URL,
    *,
    headers: Mapping[str, str],
    body: bytes,
    limit: int,
    tls: ssl.SSLContext | None,
) -> HttpReply:
    deadline = asyncio.get_running_loop().time() + link.timeout_secs
    sent = dict(headers)
    if link.traceparent:
        sent["traceparent"] = link.traceparent
    async for attempt in AsyncRetrying(
        stop=stop_after_attempt(CONNECT_TRIES),
        wait=wait_random(0.02, 0.15),
        retry=retry_if_exception(lambda error: isinstance(error, NotSent) and not isinstance(error, EndpointWrong)),
        reraise=True,
    ):
        with attempt:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise NotSent(f"no connection to {shown(url)} within {link.timeout_secs:g} s")
            return await _once(link.session, method, url, headers=sent, body=body, left=left, limit=limit, tls=tls)
    raise AssertionError("unreachable: tenacity reraises")


async def _once(
    session: aiohttp.ClientSession,
    method: str,
    url: str | URL,
    *,
    headers: Mapping[str, str],
    body: bytes,
    left: float,
    limit: int,
    tls: ssl.SSLContext | None,
) -> HttpReply:
    told = shown(url)
    # Connecting ends before the whole does, so that when the outer limit strikes, bytes may have left: SentButLost.
    connect = min(CONNECT_SECS, left / 2)
    timeout = aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect, sock_read=None)
    try:
        async with (
            asyncio.timeout(left),
            session.request(
                method,
                url,
                data=body or None,
                headers=headers,
                allow_redirects=False,
                timeout=timeout,
                middlewares=(_no_hidden_resend,),
                ssl=True if tls is None else tls,
            ) as response,
        ):
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > limit:
                    raise SentButLost(f"the reply of {told} is larger than {limit} bytes")
            return HttpReply(response.status, {k.lower(): v for k, v in response.headers.items()}, bytes(content))
    except aiohttp.ConnectionTimeoutError as error:
        raise NotSent(f"no connection to {told} within {connect:g} s") from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise EndpointWrong(f"the certificate of {told} is not trusted: {error.certificate_error}") from error
    except aiohttp.ClientConnectorError as error:
        raise NotSent(f"cannot connect to {told}: {error.os_error or error}") from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise EndpointWrong(f"the address {told!r} is not an http or https URL") from error
    except TimeoutError as error:
        raise SentButLost(f"{told} gave no whole answer in time") from error
    except (aiohttp.ClientError, OSError) as error:
        raise SentButLost(f"the connection to {told} broke: {error or type(error).__name__}") from error


def endpoint_of(link: Link) -> URL:
    """Return the endpoint. Raises ``EndpointWrong``."""
    if not link.endpoint:
        raise EndpointWrong("the endpoint is not set")
    try:
        base = URL(link.endpoint)
        host = base.host
    except ValueError as error:
        raise EndpointWrong("the endpoint is no address") from error
    if base.scheme not in {"http", "https"} or not host:
        raise EndpointWrong(f"the address {shown(link.endpoint)!r} is not an http or https URL")
    return base


def within(link: Link, begun: float) -> Link:
    """Return the link with the time that is left of an attempt that began at ``begun`` (the loop's time).

    A token, a second try and the pages of a list share the one time-out that the lease covers. Raises ``NotSent`` when it
    is used up: what would be sent now is not sent.
    """
    left = link.timeout_secs - (asyncio.get_running_loop().time() - begun)
    if left <= 0:
        raise NotSent(f"the {link.timeout_secs:g} s of the attempt were used up before")
    return replace(link, timeout_secs=left)


def shown(url: str | URL) -> str:
    """Return an address as it may be told: without its query and without a password."""
    told = str(url).partition("?")[0]
    scheme, slashes, rest = told.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}" if slashes else told


async def _no_hidden_resend(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        # A middleware's exception is outside what aiohttp resends.
        raise SentButLost(f"the connection to {shown(request.url)} broke: {error or type(error).__name__}") from error
