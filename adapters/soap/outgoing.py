"""What becomes of a rendered message: first, for good, its addressing and encoding; then, for each attempt, the rest.

``dressed`` is pure and belongs to ``render``. ``made`` fetches the documents, adds the receiver's address and the security
header, signs and packs: by then the endpoint, the secrets and the time are known. What an operation does not say for
itself its agency says for all:

- ``options.attachments: inline | mtom | swa``: how documents travel (``gateway.sdk.soap.attachments``);
- ``options.encoding``: of what we send (``gateway.sdk.soap.charsets``);
- ``options.addressing: true | {version: 2005/08 | 2004/08, action, reply_to, from, to}``: WS-Addressing; ``reply_to: callback``
  is the address of the agency's callbacks.

A message's own ``options`` carry what ``made`` needs of it: ``documents`` (the mode, if not inline), ``addressing``
(``{namespace, message_id, to}``), and ``attachments``, a list of ``{part, digest, media_type}`` for ``mime:content``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lxml import etree

from adapters.soap.policy import Policy, text_of
from gateway.sdk import Agency, DocumentRef, Link, Message, MessageInvalid
from gateway.sdk.soap import SOAP11, SOAP12, Version, parse_xml, with_header
from gateway.sdk.soap.addressing import CALLBACK, addressing_headers, read_addressing, to_header, urn_of
from gateway.sdk.soap.attachments import MODES, Document, inline_tree, inlined, named_part, optimise, optimised, packed, referred
from gateway.sdk.soap.charsets import ascii_only, encoding_of, in_encoding
from gateway.sdk.soap.errors import KeyUnusable
from gateway.sdk.soap.mime import Part
from gateway.sdk.soap.safe_xml import charset_of
from gateway.sdk.soap.signature import certificate_der

_CALLBACK_HEADER: Final = "X-Darcha-Callback"


def option_of(agency: Agency, operation: str, name: str) -> Any:
    """Return an option of the operation, else of the agency; ``None`` when neither has it."""
    known = agency.operations.get(operation)
    return known.options[name] if known is not None and name in known.options else agency.options.get(name)


def dressed(message: Message, agency: Agency, action: str) -> Message:
    """Return the message addressed and encoded as its operation wants it; ``action`` is the WSDL's.

    Deterministic. Raises ``MessageInvalid`` when an option is none, no action is known, or a name has no such character.
    """
    own = dict(message.options)
    body, content_type = message.body, message.content_type
    try:
        addressing = read_addressing(option_of(agency, message.operation, "addressing"))
        encoding = encoding_of(option_of(agency, message.operation, "encoding"))
        mode = mode_of(option_of(agency, message.operation, "attachments"))
        if addressing is not None:
            action = addressing.action or action
            if not action:
                raise ValueError("WS-Addressing needs an action and the WSDL names none; set options.addressing.action")
            looks = {o.lookup.operation for o in agency.operations.values() if o.lookup is not None}
            id_ = urn_of(message.message_id, message.operation if message.operation in looks else "")
            reply_to = message.headers.get(_CALLBACK_HEADER, "") if addressing.reply_to == CALLBACK else ""
            if addressing.reply_to == CALLBACK and not reply_to:
                addressing = replace(addressing, reply_to="")
            body = with_header(body, addressing_headers(addressing, action=action, message_id=id_, reply_to=reply_to))
            own["addressing"] = {"namespace": addressing.namespace, "message_id": id_, "to": bool(addressing.to)}
        if encoding != "utf-8":
            body = in_encoding(body, encoding)
            content_type = content_type.replace("charset=utf-8", f"charset={encoding}")
    except ValueError as error:
        raise MessageInvalid("", str(error)) from error
    if mode != MODES[0]:
        own["documents"] = mode
    return replace(message, body=body, content_type=content_type, options=own)


def mode_of(option: object) -> str:
    """Return a mode of ``MODES``; inline for ``None``. Raises ``ValueError`` for another."""
    mode = MODES[0] if option is None else str(option)
    if mode not in MODES:
        raise ValueError(f"attachments: one of {', '.join(MODES)}, not {mode!r}")
    return mode


async def made(message: Message, policy: Policy, link: Link) -> tuple[str, bytes]:
    """Return content type and body of one attempt.

    Raises ``NotSent`` when a document cannot be had, ``EndpointWrong`` when a secret is not set and ``KeyUnusable`` when one
    is no good: nothing has left then.
    """
    if policy.verify and not certificate_der(text_of(policy.verify, link.secrets)):
        raise KeyUnusable(f"{policy.verify}: is no PEM certificate (-----BEGIN CERTIFICATE-----)")
    documents = {digest: await _fetched(reference, link) for digest, reference in _wanted(message).items()}
    namespace, body = "", message.body
    addressing = message.options.get("addressing")
    if isinstance(addressing, Mapping):
        namespace = str(addressing.get("namespace", ""))
        if not addressing.get("to"):
            body = with_header(body, ascii_only(to_header(namespace, link.endpoint + message.path)))
    xop = message.options.get("documents") == "mtom"
    if policy.empty:
        body, parts = optimised(body, documents) if xop else (inlined(body, documents), [])
    elif policy.key:
        # Canonical forms and digests of large documents take their time; the other requests of this worker go on.
        body, parts = await asyncio.to_thread(_signed, message, body, policy, link, documents, namespace, xop)
    else:
        body = with_header(body, ascii_only(policy.header(link.secrets, version_of(message)).xml))
        body, parts = optimised(body, documents) if xop else (inlined(body, documents), [])
    parts += referred(message.body, documents) + _named(message, documents)
    if not parts and not xop:
        return message.content_type, body
    return packed(body, parts, content_type=message.content_type, seed=message.message_id, xop=xop)


def version_of(message: Message) -> Version:
    """Return the version of SOAP that a message of ours is in."""
    return SOAP12 if message.content_type.startswith(SOAP12.media_type) else SOAP11


def _signed(
    message: Message, body: bytes, policy: Policy, link: Link, documents: Mapping[str, Document], addressing: str, xop: bool
) -> tuple[bytes, list[Part]]:
    header = policy.header(link.secrets, version_of(message))
    root = parse_xml(with_header(body, ascii_only(header.xml)))
    places = inline_tree(root, documents)
    header.sign(root, addressing)
    parts = optimise(places, documents) if xop else []
    encoding = charset_of(message.content_type) or "utf-8"
    return etree.tostring(root, encoding=encoding, xml_declaration=True), parts


def _wanted(message: Message) -> dict[str, DocumentRef]:
    """Return the documents of a message by digest, those that only a part of the WSDL names among them."""
    found = {document.digest: document for document in message.documents}
    for entry in _attached(message):
        digest = str(entry.get("digest", ""))
        found.setdefault(digest, DocumentRef(digest, "", str(entry.get("media_type", "application/octet-stream"))))
    return found


async def _fetched(reference: DocumentRef, link: Link) -> Document:
    return Document(await link.documents.fetch(reference), reference.media_type, reference.name)


def _named(message: Message, documents: Mapping[str, Document]) -> list[Part]:
    parts = []
    for entry in _attached(message):
        document = documents[str(entry.get("digest", ""))]
        media_type = str(entry.get("media_type") or document.media_type)
        parts.append(
            named_part(str(entry.get("part", "")), str(entry.get("digest", "")), replace(document, media_type=media_type))
        )
    return parts


def _attached(message: Message) -> list[Mapping[str, Any]]:
    given = message.options.get("attachments")
    return [entry for entry in given if isinstance(entry, Mapping)] if isinstance(given, list | tuple) else []
