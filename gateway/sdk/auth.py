"""How a message to an agency proves whom it is from: all kinds of ``auth`` that travel by HTTP.

| kind | keys | what is sent |
|---|---|---|
| none | | nothing |
| basic | user, secret | ``Authorization: Basic`` |
| bearer | secret | ``Authorization: Bearer`` |
| api_key | secret, and one of header, query, cookie | the key in that place |
| oauth2 | token_url, client, secret, scope?, client_auth?, audience?, resource? | a token (``auth_oauth2``) |
| mtls | certificate, key, ca? | a client certificate (``auth_tls``) |
| hmac | secret, key_id?, scheme?, ... | a signature over the message (``auth_hmac``) |

``certificate``, ``key`` and ``ca`` may stand beside any kind: agencies ask for a certificate and for a token. Everything
is made at each attempt, in the worker; nothing of it is stored, told in an error, or shown in a repr.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from yarl import URL

from gateway.sdk.auth_hmac import signed
from gateway.sdk.auth_oauth2 import forget_token, token_headers
from gateway.sdk.auth_tls import context_of
from gateway.sdk.http import MAX_REPLY_BYTES, EndpointWrong, HttpReply, auth_headers, exchange, secret_of, within
from gateway.sdk.link import Link

#: The kinds of ``auth`` that an adapter that speaks HTTP can have.
HTTP_AUTH_KINDS: Final = frozenset({"none", "basic", "bearer", "api_key", "oauth2", "mtls", "hmac"})


async def call(
    link: Link,
    auth: Mapping[str, Any],
    method: str,
    url: URL,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    max_reply_bytes: int = MAX_REPLY_BYTES,
) -> HttpReply:
    """Send once with the credentials that ``auth`` asks for; with a fresh token once more where a 401 refused the old one.

    All of it takes at most ``link.timeout_secs``.

    Raises ``NotSent`` (``EndpointWrong`` where credentials are missing or wrong) or ``SentButLost``.
    """
    begun = asyncio.get_running_loop().time()
    tls = context_of(auth, link.secrets)
    kind = str(auth.get("kind", "none"))
    if kind not in HTTP_AUTH_KINDS:
        raise EndpointWrong(f"auth.kind {kind!r} is not one of {', '.join(sorted(HTTP_AUTH_KINDS))}")

    used = ""

    async def once() -> HttpReply:
        nonlocal used
        made, to = dict(headers), url
        if kind in {"basic", "bearer"}:
            made |= auth_headers(auth, link.secrets)
        elif kind == "api_key":
            to = _with_key(auth, link, made, to)
        elif kind == "oauth2":
            made |= await token_headers(within(link, begun), auth, tls)
            used = made["Authorization"]
        elif kind == "hmac":
            made |= signed(auth, secret_of(auth, link.secrets), method, to, made, body)
        left = within(link, begun)  # waiting for the token took of it
        return await exchange(left, method, to, headers=made, body=body, max_reply_bytes=max_reply_bytes, tls=tls)

    reply = await once()
    if reply.status == 401 and kind == "oauth2":
        # A 401 means that the operation was not reached; a token may be withdrawn before its time.
        forget_token(link, auth, used)
        reply = await once()
    return reply


def _with_key(auth: Mapping[str, Any], link: Link, headers: dict[str, str], url: URL) -> URL:
    """Put the key into ``headers`` or return the address with it."""
    if "query" not in auth and "cookie" not in auth:
        headers |= auth_headers(auth, link.secrets)
        return url
    secret = secret_of(auth, link.secrets)
    if "query" in auth:
        pair = URL.build(query={str(auth["query"]): secret}).raw_query_string
        query = f"{url.raw_query_string}&{pair}" if url.raw_query_string else pair
        return URL(f"{str(url).partition('?')[0]}?{query}", encoded=True)
    mine = f"{auth['cookie']}={secret}"
    headers["Cookie"] = f"{headers['Cookie']}; {mine}" if "Cookie" in headers else mine
    return url
