"""SOAP 1.1 and 1.2 envelopes and faults, to bytes and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from gateway.sdk.soap.errors import NotOfContract
from gateway.sdk.soap.multiref import put_in_place
from gateway.sdk.soap.safe_xml import local_name, namespace_of

_OPEN_HEADER: Final = b"<soap:Header>"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of SOAP: the names of its parts and of its media type."""

    name: str
    namespace: str
    media_type: str
    client: str
    server: str

    def headers(self, action: str) -> dict[str, str]:
        """Return the HTTP headers of a request, without the content type."""
        return {"SOAPAction": f'"{action}"'} if self.name == "1.1" else {}

    def content_type(self, action: str = "") -> str:
        """Return the content type of a request (with its action in SOAP 1.2) or, without an action, of a reply."""
        if self.name == "1.2" and action:
            return f'{self.media_type}; charset=utf-8; action="{action}"'
        return f"{self.media_type}; charset=utf-8"


SOAP11: Final = Version("1.1", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml", "Client", "Server")
SOAP12: Final = Version("1.2", "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml", "Sender", "Receiver")
VERSIONS: Final = {SOAP11.namespace: SOAP11, SOAP12.namespace: SOAP12}


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault. ``codes`` are local names and dotted suffixes, the most particular first; ``detail`` the first element.

    ``Server.Busy`` gives ``("Server.Busy", "Busy", "Server")``; in SOAP 1.2 the subcodes come first.
    """

    codes: tuple[str, ...]
    reason: str
    detail: etree._Element | None = None

    @property
    def code(self) -> str:
        """The most particular code."""
        return self.codes[0] if self.codes else ""


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope taken apart. ``body`` is the body's first element, ``None`` when the body is empty; ``nodes`` are all."""

    version: Version
    headers: tuple[etree._Element, ...]
    body: etree._Element | None
    fault: Fault | None = None
    nodes: tuple[etree._Element, ...] = ()


def envelope(version: Version, body: str, headers: str = "") -> bytes:
    """Return an envelope around XML that stands by itself. The header is always there: security is added to it later."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{version.namespace}">'
        f"<soap:Header>{headers}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    ).encode()


def with_header(content: bytes, header: str) -> bytes:
    """Return an envelope that ``envelope`` made with one more header block, before the others."""
    return content.replace(_OPEN_HEADER, _OPEN_HEADER + header.encode(), 1)


def open_envelope(root: etree._Element, *, several: bool = False) -> Opened:
    """Return the parts. Raises ``NotOfContract`` when it is no SOAP envelope, or holds more than one body element.

    ``several``: the contract has messages of more than one element, or encoded ones, whose referenced values stand beside
    the answer; these are put where they belong (SOAP 1.1, section 5.2.1).
    """
    version = VERSIONS.get(namespace_of(str(root.tag)))
    if version is None or local_name(str(root.tag)) != "Envelope":
        raise NotOfContract("", f"is no SOAP envelope: the root is <{local_name(str(root.tag))}>")
    prefix = f"{{{version.namespace}}}"
    body = root.find(f"{prefix}Body")
    if body is None:
        raise NotOfContract("", "the SOAP envelope has no Body")
    header = root.find(f"{prefix}Header")
    headers = tuple(header) if header is not None else ()
    first = body[0] if len(body) else None
    if first is not None and first.tag == f"{prefix}Fault":
        return Opened(version, headers, first, _fault11(first) if version is SOAP11 else _fault12(first, prefix))
    if not several and len(body) > 1:
        raise NotOfContract("", f"the SOAP Body holds {len(body)} elements; one is expected")
    if several:
        put_in_place(body)
    return Opened(version, headers, body[0] if len(body) else None, nodes=tuple(body))


def _fault11(node: etree._Element) -> Fault:
    parts = {local_name(str(child.tag)): child for child in node}
    detail = parts.get("detail")
    code = _value(parts.get("faultcode")).rpartition(":")[2]
    return Fault(_suffixes(code), _value(parts.get("faultstring")), detail[0] if detail is not None and len(detail) else None)


def _fault12(node: etree._Element, prefix: str) -> Fault:
    code, detail, reason = node.find(f"{prefix}Code"), node.find(f"{prefix}Detail"), node.find(f"{prefix}Reason")
    codes: list[str] = []
    while code is not None:
        codes = [*_suffixes(_value(code.find(f"{prefix}Value")).rpartition(":")[2]), *codes]
        code = code.find(f"{prefix}Subcode")
    text = _value(reason[0]) if reason is not None and len(reason) else ""
    return Fault(tuple(codes), text, detail[0] if detail is not None and len(detail) else None)


def _suffixes(code: str) -> tuple[str, ...]:
    pieces = [piece for piece in code.split(".") if piece]
    tails = [".".join(pieces[at:]) for at in range(len(pieces))]
    return tuple(dict.fromkeys([*tails, *pieces[:1]]))


def _value(node: etree._Element | None) -> str:
    return "" if node is None else "".join(str(part) for part in node.itertext()).strip()


def fault(version: Version, code: str, reason: str, *, subcode: str = "", detail: str = "") -> bytes:
    """Return an envelope with a fault. ``code`` is ``Client`` or ``Server`` (translated for 1.2) or another of the version.

    ``subcode`` is a word of our own; ``detail`` XML that stands by itself.
    """
    code = {"Client": version.client, "Server": version.server, "Sender": version.client, "Receiver": version.server}.get(
        code, code
    )
    text = escape(reason)
    if version is SOAP11:
        said = f"soap:{code}{f'.{subcode}' if subcode else ''}"
        inner = f"<faultcode>{escape(said)}</faultcode><faultstring>{text}</faultstring>"
        inner += f"<detail>{detail}</detail>" if detail else ""
    else:
        sub = f"<soap:Subcode><soap:Value>{escape(subcode)}</soap:Value></soap:Subcode>" if subcode else ""
        inner = (
            f"<soap:Code><soap:Value>soap:{code}</soap:Value>{sub}</soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{text}</soap:Text></soap:Reason>'
        )
        inner += f"<soap:Detail>{detail}</soap:Detail>" if detail else ""
    return envelope(version, f"<soap:Fault>{inner}</soap:Fault>")
