"""Forms: ``application/x-www-form-urlencoded`` and ``multipart/*``, written by the schema and its ``encoding``, and read.

A list is a field of one name repeated, an object is JSON, unless ``encoding`` gives a style or a media type. A document
is a part of its own with name and media type; its bytes are put in by the worker, so the boundary comes from the message
id, and a text that holds the boundary moves it on.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from email.message import Message as Headers
from hashlib import sha256
from typing import Any, Final

from adapters.rest.model import Body, Encoding, Parameter, is_json
from adapters.rest.parameters import from_pairs, in_query, unquote_plus
from adapters.rest.pieces import Insert, Piece, mark_of, split_marked
from adapters.rest.values import ANY, Shape, read, text
from gateway.sdk import DocumentRef

_BINARY: Final = frozenset({"binary", "byte"})
_QUOTED: Final = re.compile(r'[\r\n"\\]')


class FormBroken(ValueError):
    """A form that cannot be written or read."""


# -- application/x-www-form-urlencoded -----------------------------------------------------------------------------------


def write_form(body: Body, value: Mapping[str, Any]) -> Iterator[Piece]:
    """Yield the pieces of the form. Raises ``CannotBeWritten``."""
    shape = Shape.of(body.schema)
    first = True
    for name in sorted(value):
        item = value[name]
        if item is None or item in ([], {}):
            continue  # nothing stands for null or for nothing
        field = _field(name, body.encodings.get(name), shape.under(name), item)
        digest = mark_of(item)
        for key, written in [(name, "")] if digest else in_query(field, item):
            yield ("" if first else "&").encode() + f"{key}={written}".encode()
            if digest:
                yield Insert(digest, "form")
            first = False


def read_form(body: Body, raw: bytes) -> dict[str, Any]:
    """Return the form's fields by the schema. Raises ``FormBroken``."""
    try:
        written = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise FormBroken("a form is percent-encoded ASCII") from error
    split = [part.partition("=") for part in written.split("&") if part]
    pairs = [(key, value) for key, _, value in split]
    shape = Shape.of(body.schema)
    names = {unquote_plus(key).partition("[")[0] for key, _ in pairs}
    made: dict[str, Any] = {}
    for name, inner in {**shape.properties, **{n: shape.under(n) for n in names if n not in shape.properties}}.items():
        found = from_pairs(_field(name, body.encodings.get(name), inner, None), pairs, inner)
        if found is not None:
            made[name] = found
    return made


def _field(name: str, encoding: Encoding | None, shape: Shape, value: Any) -> Parameter:
    """A field of a form is written as a parameter of a query is."""
    given = encoding or Encoding()
    style = given.style or "form"
    types = shape.types
    object_ = isinstance(value, Mapping) or (
        value is None and "object" in types and "string" not in types and "array" not in types
    )
    json_ = is_json(given.content_type) if given.content_type else object_ and not given.style
    explode = given.explode if given.explode is not None else style in {"form", "deepObject"}
    return Parameter(name, "query", False, style, explode, allow_reserved=given.allow_reserved, json=json_)


# -- multipart -----------------------------------------------------------------------------------------------------------


def write_multipart(
    body: Body, value: Mapping[str, Any], message_id: str, documents: Mapping[str, DocumentRef]
) -> tuple[str, list[Piece]]:
    """Return the media type with its boundary, and the pieces."""
    shape = Shape.of(body.schema)
    parts: list[tuple[bytes, list[Piece]]] = []
    for name in sorted(value):
        items = value[name] if isinstance(value[name], list) else [value[name]]
        inner = shape.under(name)
        encoding = body.encodings.get(name) or Encoding()
        if isinstance(value[name], list) and is_json(encoding.content_type):
            items = [value[name]]
        inner = inner.items if isinstance(value[name], list) else inner
        parts += [_part(name, item, inner, encoding, documents) for item in items if item is not None]
    boundary = _boundary(message_id, [piece for _, content in parts for piece in content if isinstance(piece, bytes)])
    pieces: list[Piece] = []
    for head, content in parts:
        pieces += [f"--{boundary}\r\n".encode() + head, *content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    media_type = body.media_type.partition(";")[0].strip()
    return f"{'multipart/form-data' if '*' in media_type else media_type}; boundary={boundary}", pieces


def _part(
    name: str, item: Any, shape: Shape, encoding: Encoding, documents: Mapping[str, DocumentRef]
) -> tuple[bytes, list[Piece]]:
    content_type = encoding.content_type.partition(",")[0].strip()
    file_name = ""
    digest = mark_of(item)
    content: list[Piece]
    if digest:
        document = documents[digest]
        content, file_name = [Insert(digest, "raw")], document.name or "document"
        content_type = document.media_type or content_type
    elif isinstance(item, list | Mapping):
        content = list(split_marked(text(item).encode(), b'"', b'"'))
        content_type = content_type if is_json(content_type) else "application/json"
    else:
        content = [text(item).encode() if not is_json(content_type) else text([item])[1:-1].encode()]
        if isinstance(item, str) and _is_binary(shape):
            file_name, content_type = (
                name,
                content_type if "*" not in content_type and content_type else "application/octet-stream",
            )
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    head += f'; filename="{_quoted(file_name)}"' if file_name else ""
    head += f"\r\nContent-Type: {content_type}" if content_type and "*" not in content_type else ""
    return f"{head}\r\n\r\n".encode(), content


def _is_binary(shape: Shape) -> bool:
    return shape.said("format") == "binary" or shape.said("contentMediaType") is not None


def _boundary(message_id: str, texts: list[bytes]) -> str:
    number = 0
    while True:
        boundary = "darcha-" + sha256(f"{message_id}/{number}".encode()).hexdigest()[:40]
        if not any(boundary.encode() in written for written in texts):
            return boundary
        number += 1


def _quoted(name: str) -> str:
    """As browsers write names of fields and files: these three characters percent-encoded, letters as UTF-8."""
    return _QUOTED.sub(lambda found: f"%{ord(found[0]):02X}", name)


def read_multipart(body: Body, content_type: str, raw: bytes) -> dict[str, Any]:
    """Return the parts by name, each by its schema. Raises ``FormBroken``."""
    shape = Shape.of(body.schema)
    made: dict[str, Any] = {}
    for head, content in _parts(content_type, raw):
        name = head.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise FormBroken("a part has no name")
        inner = shape.under(name)
        many = "array" in inner.types and len(inner.types) < ANY
        own = head.get_content_type() if head.get("content-type") else ""
        value = _value(
            own, content, inner.items if many else inner, file=head.get_param("filename", header="content-disposition")
        )
        if many:
            made[name] = [*made.get(name, []), *(value if isinstance(value, list) else [value])]
        else:
            made[name] = value
    return made


def _value(content_type: str, content: bytes, shape: Shape, *, file: Any) -> Any:
    if is_json(content_type) and not file:
        try:
            return json.loads(content)
        except ValueError as error:
            raise FormBroken(f"a part is not JSON: {error}") from error
    written = as_text(content)
    return written if file else read(written, shape)


def as_text(content: bytes) -> str:
    """Return bytes as text: UTF-8 where they are, else base64."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def _parts(content_type: str, raw: bytes) -> Iterator[tuple[Headers, bytes]]:
    head = Headers()
    head["content-type"] = content_type
    boundary = head.get_boundary()
    if not boundary:
        raise FormBroken("multipart without a boundary")
    if not raw:
        return
    mark = b"\r\n--" + boundary.encode("latin-1", "replace")
    first, *rest = (b"\r\n" + raw).split(mark)
    if not rest or not rest[-1].startswith(b"--"):
        raise FormBroken(f"multipart is cut short (after {len(first)} bytes)")
    for part in rest[:-1]:
        written, blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not blank:
            raise FormBroken("a part has no headers")
        headers = Headers()
        for line in written.decode("utf-8", "replace").split("\r\n"):
            key, _, value = line.partition(":")
            headers[key.strip()] = value.strip()
        yield headers, content


__all__ = ["FormBroken", "as_text", "read_form", "read_multipart", "write_form", "write_multipart"]
