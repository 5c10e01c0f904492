"""OAuth 2.0 client credentials (RFC 6749, 4.4): one token for all requests of the process, fetched by one of them.

A token is fetched again before it expires, and after an agency refused it. It is kept with the session that a process has,
so it lives as long; it is never stored, logged or shown. The token server that is down means that nothing was sent
(``NotSent``); one that does not know us means that our credentials are wrong (``EndpointWrong``).
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from gateway.sdk.errors import NotSent, SentButLost
from gateway.sdk.http import EndpointWrong, HttpReply, exchange, secret_of
from gateway.sdk.link import Link, unobserved
from gateway.sdk.strict_json import NotJson, loads

#: A token is fetched anew when it has less than this part of its life left, and never less than so many seconds.
_LAST_PART: Final = 0.1
_LAST_SECS: Final = 10.0
#: How long a token is used whose server does not say.
_DEFAULT_SECS: Final = 300.0
#: No longer than this, whatever the server says.
_MOST_SECS: Final = 86_400.0
_MAX_TOKEN_BYTES: Final = 64 * 1024
_OUR_FAULT: Final = frozenset({400, 401, 403, 404})


@dataclass(slots=True)
class _Kept:
    """A token and who fetches it. ``until`` is the loop's time from which another is needed."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: str = field(default="", repr=False)
    until: float = 0.0


_tokens: Final[WeakKeyDictionary[aiohttp.ClientSession, dict[str, _Kept]]] = WeakKeyDictionary()


async def token_headers(link: Link, auth: Mapping[str, Any], tls: ssl.SSLContext | None) -> dict[str, str]:
    """Return ``Authorization`` with a token that is good. Raises ``NotSent`` or ``EndpointWrong``: nothing has left yet."""
    secret = secret_of(auth, link.secrets)
    kept = _kept(link, auth, secret)
    now = asyncio.get_running_loop().time
    if not kept.token or now() >= kept.until:
        async with kept.lock:  # whoever waited here finds the token that another has fetched
            if not kept.token or now() >= kept.until:
                kept.token, secs = await _fetch(link, auth, secret, tls)
                kept.until = now() + max(secs - max(secs * _LAST_PART, _LAST_SECS), secs / 2)
    return {"Authorization": f"Bearer {kept.token}"}


def forget_token(link: Link, auth: Mapping[str, Any], refused: str) -> None:
    """Use the token no more that stood in the header ``refused``; one that was fetched since is kept."""
    kept = _kept(link, auth, secret_of(auth, link.secrets))
    if refused == f"Bearer {kept.token}":
        kept.token = ""


def _kept(link: Link, auth: Mapping[str, Any], secret: str) -> _Kept:
    known = {key: str(auth.get(key, "")) for key in ("token_url", "client", "scope", "audience", "resource", "client_auth")}
    key = sha256(repr((sorted(known.items()), secret)).encode()).hexdigest()  # a changed secret is another client
    return _tokens.setdefault(link.session, {}).setdefault(key, _Kept())


async def _fetch(link: Link, auth: Mapping[str, Any], secret: str, tls: ssl.SSLContext | None) -> tuple[str, float]:
    url, client = str(auth.get("token_url", "")), str(auth.get("client", ""))
    if not url:
        raise EndpointWrong("auth.token_url is not set")
    asked = {"grant_type": "client_credentials"}
    asked |= {key: str(auth[key]) for key in ("scope", "audience", "resource") if auth.get(key)}
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if auth.get("client_auth", "basic") == "body":
        asked |= {"client_id": client, "client_secret": secret}
    else:
        pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"  # RFC 6749, 2.3.1: form-encoded before base64
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    try:
        address = URL(url)
    except ValueError:
        raise EndpointWrong("auth.token_url is no address") from None
    plain = replace(link, observe=unobserved, traceparent="")  # it is no exchange with the agency
    body = urlencode(asked).encode()
    try:
        reply = await exchange(plain, "POST", address, headers=headers, body=body, max_reply_bytes=_MAX_TOKEN_BYTES, tls=tls)
    except SentButLost as error:
        raise NotSent(f"the token server gave no token: {error}") from None
    except EndpointWrong as error:
        raise EndpointWrong(f"the token server: {error}") from None
    return _read(reply)


def _read(reply: HttpReply) -> tuple[str, float]:
    try:
        said = loads(reply.body)
    except NotJson:
        said = None
    given: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    if reply.status in _OUR_FAULT:
        # The error's code (RFC 6749, 5.2) is a fixed word; its description may repeat what we sent.
        code = str(given.get("error", ""))
        told = f" ({code})" if code.isascii() and code.replace("_", "").isalpha() and len(code) < 60 else ""
        raise EndpointWrong(f"the token server refuses our credentials: status {reply.status}{told}")
    if reply.status != 200:
        raise NotSent(f"the token server gave no token: status {reply.status}")
    token, secs = given.get("access_token"), given.get("expires_in", _DEFAULT_SECS)
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise NotSent("the token server's answer has no access_token")
    try:
        return token, min(_MOST_SECS, max(1.0, float(secs)))
    except (TypeError, ValueError, OverflowError):
        return token, _DEFAULT_SECS
