"""WS-Addressing: the headers of what we send, and what a reply says it is about.

Of the recommendation (1.0, ``2005/08``) and of the submission that older stacks still speak (``2004/08``).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from gateway.sdk.soap.safe_xml import local_name, namespace_of

#: The namespace of each version, by the name that contracts use.
VERSIONS: Final = {
    "2005/08": "http://www.w3.org/2005/08/addressing",
    "2004/08": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
}
_ANONYMOUS: Final = {
    VERSIONS["2005/08"]: "http://www.w3.org/2005/08/addressing/anonymous",
    VERSIONS["2004/08"]: "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous",
}
#: What ``reply_to`` says where later replies come as callbacks.
CALLBACK: Final = "callback"
_KEYS: Final = ("version", "action", "reply_to", "from", "to")


@dataclass(frozen=True, slots=True)
class Addressing:
    """How an operation is addressed.

    Empty means: the WSDL's ``action``, anonymous for ``reply_to``, nothing for ``sender``, the endpoint for ``to``.
    """

    namespace: str = VERSIONS["2005/08"]
    action: str = ""
    reply_to: str = ""
    sender: str = ""
    to: str = ""


def read_addressing(option: Any) -> Addressing | None:
    """Return what ``options.addressing`` means; ``None`` when it is off. Raises ``ValueError`` that says what is wrong."""
    if option is None or option is False:
        return None
    if option is True:
        return Addressing()
    given = option if isinstance(option, Mapping) else {"": option}
    strange = [str(key) for key, value in given.items() if key not in _KEYS or not isinstance(value, str)]
    if strange:
        raise ValueError(f"true, false, or an object with {', '.join(_KEYS)} (texts); {strange[0] or 'this'} is none of it")
    version = given.get("version", "2005/08")
    if version not in VERSIONS:
        raise ValueError(f"version: one of {', '.join(VERSIONS)}, not {version!r}")
    return Addressing(
        namespace=VERSIONS[version],
        action=given.get("action", ""),
        reply_to=given.get("reply_to", ""),
        sender=given.get("from", ""),
        to=given.get("to", ""),
    )


def urn_of(message_id: str, operation: str = "") -> str:
    """Return the MessageID of a request: its own id where that is a UUID, else one made of it; always the same.

    ``operation`` names a lookup's: it carries the id of the message that it asks about, and must not pass for that.
    """
    try:
        known = uuid.UUID(message_id)
    except ValueError:
        known = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:darcha:{message_id}")
    return f"urn:uuid:{uuid.uuid5(known, operation) if operation else known}"


def default_action(namespace: str, port_type: str, name: str) -> str:
    """Return the action of a message whose WSDL names none (WS-Addressing 1.0 Metadata, 4.4.4).

    ``name`` is the input's: where the WSDL gives it none, the operation's with ``Request`` after it.
    """
    mark = ":" if namespace.startswith("urn:") else "/"
    return mark.join([namespace.removesuffix(mark), port_type, name])


def addressing_headers(addressing: Addressing, *, action: str, message_id: str, reply_to: str = "") -> str:
    """Return Action, MessageID, ReplyTo and, where known by now, From and To. ``message_id`` is a URN (``urn_of``)."""
    ns = addressing.namespace
    parts = [_header(ns, "Action", action), _header(ns, "MessageID", message_id)]
    parts.append(_endpoint(ns, "ReplyTo", reply_to or addressing.reply_to or _ANONYMOUS[ns]))
    if addressing.sender:
        parts.append(_endpoint(ns, "From", addressing.sender))
    if addressing.to:
        parts.append(to_header(ns, addressing.to))
    return "".join(parts)


def to_header(namespace: str, address: str) -> str:
    """Return the header that names the receiver; the endpoint is known when a message is sent, not before."""
    return _header(namespace, "To", address)


def message_id_of(headers: Iterable[etree._Element]) -> str:
    """Return the MessageID among header blocks of any version; empty when there is none."""
    return next((_text(h) for h in headers if _is(h, "MessageID")), "")


def related_to(headers: Iterable[etree._Element]) -> tuple[str, ...]:
    """Return the message ids that header blocks say they are a reply to; other relationships are left out."""
    found = []
    for block in headers:
        if _is(block, "RelatesTo"):
            kind = block.get("RelationshipType", "")
            # The attribute is absent, or its value ends in "reply" (a URI in 1.0, a QName in the submission).
            if not kind or kind.rpartition("/")[2].rpartition(":")[2].lower() == "reply":
                found.append(_text(block))
    return tuple(found)


def relates_header(namespace: str, message_id: str) -> str:
    """Return the header of a reply to the message of that id."""
    return _header(namespace, "RelatesTo", message_id)


def _is(block: etree._Element, name: str) -> bool:
    tag = str(block.tag)
    return local_name(tag) == name and namespace_of(tag) in _ANONYMOUS


def _text(block: etree._Element) -> str:
    return (block.text or "").strip()


def _header(namespace: str, name: str, text: str) -> str:
    return f'<wsa:{name} xmlns:wsa="{namespace}">{escape(text)}</wsa:{name}>'


def _endpoint(namespace: str, name: str, address: str) -> str:
    return f'<wsa:{name} xmlns:wsa="{namespace}"><wsa:Address>{escape(address)}</wsa:Address></wsa:{name}>'
