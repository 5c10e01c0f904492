"""What an agency sends, taken apart: parts and encodings, its signature, and whether it answers what we asked."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from lxml import etree

from adapters.soap.policy import Policy
from gateway.sdk import Message, Secrets
from gateway.sdk.soap import XmlRefused
from gateway.sdk.soap.addressing import related_to
from gateway.sdk.soap.attachments import Received, open_message
from gateway.sdk.soap.envelope import VERSIONS
from gateway.sdk.soap.errors import NotMime, NotTrusted
from gateway.sdk.soap.safe_xml import local_name, namespace_of


def received(headers: Mapping[str, str], body: bytes) -> Received:
    """Return what a body holds, by its Content-Type. Raises ``XmlRefused`` or ``NotMime``."""
    return open_message(next((v for k, v in headers.items() if k.lower() == "content-type"), ""), body)


def attachments_json(got: Received) -> list[dict[str, str]]:
    """Return the parts beside the envelope as expressions see them: ``{name, media_type, content (base64), id}``."""
    return [
        {"name": p.name, "media_type": p.media_type, "content": base64.b64encode(p.content).decode(), "id": p.id}
        for p in got.attachments
    ]


def check_reply(message: Message, headers: Mapping[str, str], body: bytes, policy: Policy, secrets: Secrets) -> None:
    """Check an envelope's signature where the contract asks for one, and what message it relates to where ours is addressed.

    What is no envelope is not judged here: the table of answers knows what that means. Raises ``NotTrusted``; ``KeyUnusable``
    and ``EndpointWrong`` when the agency's certificate went away since the message was sent.
    """
    addressing = message.options.get("addressing")
    asked = str(addressing.get("message_id", "")) if isinstance(addressing, Mapping) else ""
    if not (policy.verify or asked) or not body.strip():
        return
    try:
        root = received(headers, body).root
    except (XmlRefused, NotMime):
        return
    version = VERSIONS.get(namespace_of(str(root.tag)))
    if version is None or local_name(str(root.tag)) != "Envelope":
        return
    policy.check(root, secrets)
    header = root.find(f"{{{version.namespace}}}Header")
    about = related_to(_blocks(header))
    if asked and about and asked not in about:
        raise NotTrusted(f"it answers the message {about[0][:100]!r}, not {asked!r}")


def _blocks(header: etree._Element | None) -> list[etree._Element]:
    return [] if header is None else list(header.iterchildren(etree.Element))


def related_message(root: etree._Element) -> str:
    """Return the message id that a callback relates to, without ``urn:uuid:``; empty where it says nothing of it."""
    version = VERSIONS.get(namespace_of(str(root.tag)))
    header = root.find(f"{{{version.namespace}}}Header") if version is not None else None
    return next((about.removeprefix("urn:uuid:") for about in related_to(_blocks(header))), "")
