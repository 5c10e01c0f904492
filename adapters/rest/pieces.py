"""A body in pieces: bytes, and places for documents. Documents are named by placeholders in what a mapping produces: a text
that is wholly ``darcha-document:<sha-256>``. Only the digest is stored; the worker puts the bytes in when it sends.

A JSON body keeps its placeholders as they stand (they are texts of it). Any other body keeps none: the message's option
``inserts`` lists ``[offset, digest, coding]``, so that nothing in a body can be taken for a place that is none.
``coding`` is ``raw``, ``base64``, or ``form`` (base64, percent-encoded).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

PLACEHOLDER: Final = "darcha-document:"
_PLACED: Final = re.compile(rb'"' + PLACEHOLDER.encode() + rb'([0-9a-f]{64})"')
_MARK: Final = re.compile(rf"{PLACEHOLDER}([0-9a-f]{{64}})")
#: Stands for a document while the body is checked against the schema: short, and good base64.
_SAMPLE: Final = "AAAA"


@dataclass(frozen=True, slots=True)
class Insert:
    """The place of a document."""

    digest: str
    coding: str


Piece = bytes | Insert


def mark_of(value: Any) -> str:
    """Return the digest that a value names as a document, empty when it names none."""
    found = _MARK.fullmatch(value) if isinstance(value, str) else None
    return "" if found is None else found[1]


def marks(value: Any) -> Iterator[str]:
    """Yield the digests of all documents that a product names."""
    if digest := mark_of(value):
        yield digest
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from marks(item)
    elif isinstance(value, list):
        for item in value:
            yield from marks(item)


def sampled(value: Any) -> Any:
    """Return a product with something short in place of each document."""
    if isinstance(value, str):
        return _SAMPLE if mark_of(value) else value
    if isinstance(value, Mapping):
        return {key: sampled(item) for key, item in value.items()}
    return [sampled(item) for item in value] if isinstance(value, list) else value


def joined(pieces: Iterable[Piece]) -> tuple[bytes, list[list[Any]]]:
    """Return the bytes and the list of inserts."""
    made = bytearray()
    inserts: list[list[Any]] = []
    for piece in pieces:
        if isinstance(piece, Insert):
            inserts.append([len(made), piece.digest, piece.coding])
        else:
            made += piece
    return bytes(made), inserts


def split_marked(raw: bytes, before: bytes, after: bytes) -> Iterator[Piece]:
    """Yield the pieces of a text in which placeholders stand between ``before`` and ``after``; each becomes base64."""
    last = 0
    for found in re.finditer(re.escape(before) + PLACEHOLDER.encode() + rb"([0-9a-f]{64})" + re.escape(after), raw):
        yield raw[last : found.start() + len(before)]
        yield Insert(found[1].decode(), "base64")
        last = found.end() - len(after)
    yield raw[last:]


def insert_documents(body: bytes, contents: Mapping[str, bytes], inserts: Iterable[Any] = ()) -> bytes:
    """Return ``body`` with its documents (by digest): at ``inserts``, or in place of the placeholders of a JSON body."""
    if not contents:
        return body
    places = [(int(offset), str(digest), str(coding)) for offset, digest, coding in inserts]
    if not places:
        return _PLACED.sub(
            lambda found: (
                b'"' + base64.b64encode(contents[found[1].decode()]) + b'"' if found[1].decode() in contents else found[0]
            ),
            body,
        )
    made: list[bytes] = []
    last = 0
    for offset, digest, coding in places:
        made += [body[last:offset], _coded(contents[digest], coding)]
        last = offset
    return b"".join([*made, body[last:]])


def _coded(content: bytes, coding: str) -> bytes:
    if coding == "raw":
        return content
    plain = base64.b64encode(content)
    return quote(plain, safe="").encode() if coding == "form" else plain
