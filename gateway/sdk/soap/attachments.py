"""Documents beside the envelope: MTOM/XOP and SOAP with Attachments, sent and received.

A built body holds a marker where a document belongs (``build.marker``), or ``mime.reference`` where the schema
wants a reference to a part (``swaRef``). What goes out is base64 in place (``inline``), or a part of its own: for a marker
only with ``mtom``, for a reference and for a ``mime:content`` part of the WSDL always. A signature is made before, over the
envelope with base64 in place, as XOP says that the two are the same message; parts that no Include names are not signed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from lxml import etree

from gateway.sdk.soap.build import marker
from gateway.sdk.soap.errors import NotMime
from gateway.sdk.soap.mime import Package, Part, is_multipart, make_package, parameters, read_package, reference
from gateway.sdk.soap.safe_xml import MAX_XML_BYTES, charset_of, parse_xml

#: What the Includes of one message may make: base64 of the largest reply that is taken, once.
MAX_INCLUDED_BYTES: Final = MAX_XML_BYTES // 3 * 4
#: How documents are sent. ``swa`` says that references and parts are meant; what the schema wants as base64 stays base64.
MODES: Final = ("inline", "mtom", "swa")
XOP: Final = "http://www.w3.org/2004/08/xop/include"
INCLUDE: Final = f"{{{XOP}}}Include"
_XOP_XML: Final = "application/xop+xml"
_REFERENCE: Final = re.compile(rb"cid:(darcha-([0-9a-f]{64})@darcha)(?![\w.@-])")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that goes with a message."""

    content: bytes
    media_type: str = "application/octet-stream"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A message taken apart: its envelope, documents put into their places, and the parts that no element included."""

    root: etree._Element
    attachments: tuple[Part, ...] = ()


# -- sending -----------------------------------------------------------------------------------------------------------


def inlined(envelope: bytes, documents: Mapping[str, Document]) -> bytes:
    """Return the envelope with each document's base64 in the place of its marker; ``documents`` are by digest."""
    for digest, document in documents.items():
        mark = marker(digest).encode()
        if mark in envelope:  # another may be there by reference only
            envelope = envelope.replace(mark, base64.b64encode(document.content))
    return envelope


def inline_tree(root: etree._Element, documents: Mapping[str, Document]) -> list[tuple[etree._Element, str]]:
    """Do the same in a tree; return the elements that hold a document now, with its digest, for ``optimise``."""
    by_marker = {marker(digest): digest for digest in documents}
    found = [(node, by_marker[node.text]) for node in root.iter(etree.Element) if node.text in by_marker]
    for node, digest in found:
        node.text = base64.b64encode(documents[digest].content).decode()
    return found


def optimise(places: Sequence[tuple[etree._Element, str]], documents: Mapping[str, Document]) -> list[Part]:
    """Put an Include into the place of each document that ``inline_tree`` put there, and return the parts."""
    parts: list[Part] = []
    for at, (node, digest) in enumerate(places):
        part = _xop_part(documents[digest], digest, at)
        node.text = None
        etree.SubElement(node, INCLUDE, {"href": f"cid:{part.id}"}, nsmap={"xop": XOP})
        parts.append(part)
    return parts


def optimised(envelope: bytes, documents: Mapping[str, Document]) -> tuple[bytes, list[Part]]:
    """Return an envelope that nothing is signed in with Includes in the places of the markers, and their parts.

    Each place has a part of its own, even for the same document: there are stacks that let a part be read once only.
    """
    markers = {marker(digest).encode(): digest for digest in documents}
    if not markers:
        return envelope, []
    pieces = re.split(b"(" + b"|".join(re.escape(m) for m in markers) + b")", envelope)
    parts: list[Part] = []
    for at in range(1, len(pieces), 2):
        digest = markers[pieces[at]]
        part = _xop_part(documents[digest], digest, len(parts))
        pieces[at] = f"<xop:Include xmlns:xop={quoteattr(XOP)} href={quoteattr(f'cid:{part.id}')}/>".encode()
        parts.append(part)
    return b"".join(pieces), parts


def referred(envelope: bytes, documents: Mapping[str, Document]) -> list[Part]:
    """Return a part for each document that the envelope names by ``reference``, in that order."""
    wanted = dict.fromkeys(found.decode() for _, found in _REFERENCE.findall(envelope))
    return [_part(documents[digest], _id(digest)) for digest in wanted if digest in documents]


def named_part(name: str, digest: str, document: Document) -> Part:
    """Return a part for a ``mime:content`` of the WSDL; its id begins with the part's name (WS-I Attachments Profile 1.0)."""
    return _part(document, f"{quote(name, safe='')}={_id(digest)}")


def packed(envelope: bytes, parts: Sequence[Part], *, content_type: str, seed: str, xop: bool) -> tuple[str, bytes]:
    """Return content type and body of a multipart/related message: MTOM with ``xop``, else SOAP with Attachments.

    ``content_type`` is the plain message's; in SOAP 1.2 its action stays on the outside (RFC 3902), where receivers look.
    ``seed`` is the message's id.
    """
    kind = content_type.partition(";")[0].strip()
    given = parameters(content_type)
    more = {"start-info": kind} if xop else {}
    inner = f'; type="{kind}"'
    if action := given.get("action", ""):
        more["action"] = action
        inner += f"; action={_quoted(action)}"
    charset = given.get("charset", "utf-8")
    root = Part(envelope, f"{_XOP_XML}; charset={charset}{inner}" if xop else content_type)
    return make_package(root, parts, seed=seed, root_type=_XOP_XML if xop else kind, more=more)


def _id(digest: str) -> str:
    return reference(digest).removeprefix("cid:")


def _xop_part(document: Document, digest: str, at: int) -> Part:
    made = _part(document, _id(digest))
    return replace(made, id=_id(f"{digest}-{at}")) if at else made


def _part(document: Document, id_: str) -> Part:
    return Part(document.content, Part(b"", document.media_type).media_type, id_, document.name)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# -- receiving ---------------------------------------------------------------------------------------------------------


def open_message(content_type: str, body: bytes, *, limit: int = MAX_XML_BYTES) -> Received:
    """Return what a body of that content type holds, whether it comes in parts or not.

    Raises ``XmlRefused`` for its XML and ``NotMime`` for its parts. ``limit`` bounds the envelope, in bytes; what its Includes
    make is bounded by ``MAX_INCLUDED_BYTES``.
    """
    if not is_multipart(content_type):
        return Received(parse_xml(body, charset=charset_of(content_type), limit=limit))
    package = read_package(content_type, body)
    root = parse_xml(package.root.content, charset=charset_of(package.root.content_type), limit=limit)
    used = include(root, package)
    return Received(root, tuple(part for part in package.parts if part not in used))


def include(root: etree._Element, package: Package, *, limit: int = MAX_INCLUDED_BYTES) -> list[Part]:
    """Put the base64 of its part into the place of each Include, and return the parts used.

    Raises ``NotMime`` when an Include names no part, or names the envelope; when it does not stand alone in its element (XOP
    1.0, 3.2); or when all together make more than ``limit`` bytes: one part may be named a million times.
    """
    used: list[Part] = []
    total = 0
    for node in list(root.iter(INCLUDE)):
        part = package.find(node.get("href", ""))
        parent = node.getparent()
        if parent is None or len(parent) != 1 or (parent.text or "").strip() or (node.tail or "").strip():
            raise NotMime("an xop:Include does not stand alone in its element")
        total += 4 * ((len(part.content) + 2) // 3)
        if total > limit:
            raise NotMime(f"the documents that the message includes make more than {limit} bytes")
        parent.remove(node)
        parent.text = base64.b64encode(part.content).decode()
        used.append(part)
    return used
