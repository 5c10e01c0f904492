"""From a stored message to one exchange: the address, the documents, the pages. What a worker does for a REST agency.

An address that the agency itself gave (``Location``, a link to the next page) is followed on the agency's own origin
only: scheme, host and port of the endpoint. Anything else could be aimed at machines that only we can reach.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from yarl import URL

from adapters.rest.pages import Pages, TooMuch
from adapters.rest.pieces import insert_documents
from gateway.sdk import Link, Message, NotSent, Parsed, Reply, SentButLost
from gateway.sdk.auth import call
from gateway.sdk.http import MAX_REPLY_BYTES, EndpointWrong, HttpReply, endpoint_of, shown, within

#: Where the state of something that is being done says that it is done elsewhere (RFC 9110, 15.4).
_SEE_OTHER: Final = frozenset({302, 303})
#: What stands in an address as it is (RFC 3986), with what is percent-encoded already.
_ADDRESS: Final = ":/?#[]@!$&'()*+,;=-._~%"


def below(base: URL, path: str) -> URL:
    """Return the address of a path (percent-encoded already) beneath the endpoint. Raises ``EndpointWrong``."""
    if base.raw_query_string or base.raw_fragment:
        raise EndpointWrong(f"the endpoint {shown(base)} has a query or a fragment; paths cannot be put after it")
    return URL(str(base).rstrip("/") + path, encoded=True)


def of_the_agency(base: URL, address: str, at: URL | None = None) -> URL:
    """Return the address that the agency gave, relative to ``at``. Raises ``EndpointWrong`` when it is of another origin."""
    try:
        # It goes into the first line of a request: a space would end it, and other letters than ASCII are not allowed there.
        given = URL(quote(address, safe=_ADDRESS), encoded=True)
        made = (at or URL(str(base).rstrip("/") + "/", encoded=True)).join(given)
        same = (made.scheme, made.host, made.port) == (base.scheme, base.host, base.port) and not made.user
    except ValueError as error:
        raise EndpointWrong("the address that the agency gave cannot be read") from error
    if not same:
        raise EndpointWrong(f"the agency gave an address of another host ({shown(made)}); it is not followed")
    return made


async def send(message: Message, link: Link, auth: Mapping[str, Any], pages: Pages | None) -> Reply | Parsed:
    """Send the message and return the answer, its pages joined. Raises ``NotSent``, ``EndpointWrong``, ``SentButLost``.

    ``Parsed`` comes where the pages are more than the contract bears.
    """
    base = endpoint_of(link)
    by_reference = message.options.get("by_reference") is True
    url = of_the_agency(base, message.path) if by_reference else below(base, message.path)
    contents = {document.digest: await link.documents.fetch(document) for document in message.documents}
    headers = dict(message.headers)
    if message.content_type:
        headers["Content-Type"] = message.content_type
    body = insert_documents(message.body, contents, message.options.get("inserts", ()))
    begun = asyncio.get_running_loop().time()
    reply = await call(link, auth, message.method, url, headers=headers, body=body)
    if by_reference and message.method == "GET" and reply.status in _SEE_OTHER and "location" in reply.headers:
        url = of_the_agency(base, reply.headers["location"], url)
        reply = await _followed(link, begun, auth, url, headers)
    if pages is not None and reply.status == 200:
        return await _joined(message, link, begun, auth, pages, base, url, headers, reply)
    return Reply(message.operation, reply.status, reply.headers, reply.body)


async def _followed(
    link: Link, begun: float, auth: Mapping[str, Any], url: URL, headers: Mapping[str, str], limit: int = MAX_REPLY_BYTES
) -> HttpReply:
    """Ask on after an answer. Raises ``SentButLost`` alone: whatever fails now, the operation's own bytes have left."""
    try:
        return await call(within(link, begun), auth, "GET", url, headers=headers, max_reply_bytes=limit)
    except NotSent as error:
        raise SentButLost(str(error)) from error


async def _joined(
    message: Message,
    link: Link,
    begun: float,
    auth: Mapping[str, Any],
    pages: Pages,
    base: URL,
    url: URL,
    headers: Mapping[str, str],
    first: HttpReply,
) -> Reply | Parsed:
    reader = pages.reader(url)
    reply = first
    try:
        while (following := reader.take(reply.headers, reply.body)) is not None:
            url = of_the_agency(base, following, url)
            reply = await _followed(link, begun, auth, url, headers, max(1, MAX_REPLY_BYTES - reader.size))
            if reply.status != 200:
                return Reply(message.operation, reply.status, reply.headers, reply.body)
    except TooMuch as error:
        return error.parsed
    except SentButLost as error:
        raise SentButLost(f"page {reader.count + 1}: {error}") from error
    return Reply(message.operation, first.status, first.headers, reader.joined(first.body))
