"""The simulated agency's side of the wire: parts, encodings, credentials, and answers packed as the call was."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from lxml import etree

from adapters.soap.incoming import attachments_json, received
from adapters.soap.policy import Policy
from gateway.sdk import Agency, Secrets
from gateway.sdk.simulator import Call, CallUnreadable
from gateway.sdk.soap import SOAP12, Version, XmlRefused, parse_xml
from gateway.sdk.soap.addressing import message_id_of, relates_header
from gateway.sdk.soap.attachments import Document, Received, optimise, packed
from gateway.sdk.soap.envelope import VERSIONS
from gateway.sdk.soap.errors import KeyUnusable, NotMime, NotTrusted
from gateway.sdk.soap.mime import parameters
from gateway.sdk.soap.safe_xml import namespace_of
from gateway.sdk.soap.security import check_username_token
from gateway.sdk.soap.verify import verify_envelope

#: Shorter texts stay in the envelope of an MTOM answer, as most stacks have it.
_WORTH_A_PART: Final = 64


class NotAllowed(CallUnreadable):
    """A call whose credentials are missing or wrong."""


@dataclass(frozen=True, slots=True)
class SoapCall(Call):
    """A call with what its answer depends on: whether it was MTOM, and its MessageID with the namespace it stood in."""

    xop: bool = False
    asked: str = ""
    namespace: str = ""


def taken(request: web.BaseRequest, raw: bytes) -> Received:
    """Return the call's envelope and parts. Raises ``CallUnreadable``."""
    try:
        return received(request.headers, raw)
    except (XmlRefused, NotMime) as error:
        raise CallUnreadable(400, str(error)) from error


def check_credentials(root: etree._Element, agency: Agency, secrets: Secrets | None) -> None:
    """Check what the contract's security asks for, as far as the simulator was given the secrets. Raises ``NotAllowed``."""
    policy = Policy.of(agency.auth, agency.options)
    password, certificate = _known(policy.password, secrets), _known(policy.certificate if policy.key else "", secrets)
    try:
        if password:
            check_username_token(root, policy.user, password)
        if certificate and "Body" in policy.sign:
            verify_envelope(root, certificate)
    except (NotTrusted, KeyUnusable) as error:
        raise NotAllowed(500, f"the call is not allowed: {error}") from error


def _known(reference: str, secrets: Secrets | None) -> str:
    if not reference or secrets is None:
        return ""
    try:
        return secrets.get(reference)
    except KeyError:
        return ""


def as_call(call: Call, request: web.BaseRequest, got: Received) -> SoapCall:
    """Return the call with its parts (rules see them as ``_.parameters.attachments``) and how it is to be answered."""
    version = VERSIONS.get(namespace_of(str(got.root.tag)))
    header = None if version is None else got.root.find(f"{{{version.namespace}}}Header")
    blocks = [] if header is None else list(header.iterchildren(etree.Element))
    asked = message_id_of(blocks)
    beside = attachments_json(got)
    return SoapCall(
        operation=call.operation,
        body=call.body,
        message_id=call.message_id,
        raw=call.raw,
        callback_url=call.callback_url,
        parameters={**call.parameters, **({"attachments": beside} if beside else {})},
        xop=parameters(request.headers.get("Content-Type", "")).get("type", "").lower() == "application/xop+xml",
        asked=asked,
        namespace=next((namespace_of(str(b.tag)) for b in blocks if asked and message_id_of([b])), ""),
    )


def answer_headers(call: Call) -> str:
    """Return the header blocks of the answer to a call."""
    return relates_header(call.namespace, call.asked) if isinstance(call, SoapCall) and call.asked else ""


def answer(call: Call, version: Version, status: int, body: bytes, headers: Mapping[str, str]) -> web.Response:
    """Return the answer, as MTOM where the call was."""
    content_type = version.content_type()
    if isinstance(call, SoapCall) and call.xop:
        root = parse_xml(body)
        documents: dict[str, Document] = {}
        places: list[tuple[etree._Element, str]] = []
        for node in root.iter(etree.Element):
            content = _binary(node)
            if content is not None:
                digest = hashlib.sha256(content).hexdigest()
                documents[digest] = Document(content)
                places.append((node, digest))
        parts = optimise(places, documents)
        packed_body = etree.tostring(root, encoding="utf-8", xml_declaration=True)
        plain = f"{SOAP12.media_type if version is SOAP12 else version.media_type}; charset=utf-8"
        content_type, body = packed(packed_body, parts, content_type=plain, seed=call.message_id, xop=True)
    return web.Response(status=status, body=body, headers={"Content-Type": content_type, **headers})


def _binary(node: etree._Element) -> bytes | None:
    """Return the content of an element that holds canonical base64: then a part means the same, whatever its type is."""
    text = node.text or ""
    if len(node) or len(text) < _WORTH_A_PART:
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content).decode() == text else None
