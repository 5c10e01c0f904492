"""Bodies of every kind, from the value that a mapping produced to bytes, and from bytes to the value that it stands for.

| kind | the value |
|---|---|
| json | any |
| form, multipart | an object of the fields |
| xml | as the schema says; or a text that is the document itself |
| text | a text |
| binary | a text, or one document, which then is the whole body |

A binary body that is read is ``{name, media_type, content}`` with the content as base64: what an outcome's ``documents``
take as it stands.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message as Headers
from typing import Any

import orjson

from adapters.rest.forms import FormBroken, read_form, read_multipart, write_form, write_multipart
from adapters.rest.model import Body, essence, kind_of
from adapters.rest.parameters import CannotBeWritten
from adapters.rest.pieces import Insert, joined, mark_of
from adapters.rest.values import Shape, text
from adapters.rest.values import read as plain
from adapters.rest.xml_bodies import XmlBroken, read_xml, write_xml
from gateway.sdk import DocumentRef
from gateway.sdk.soap.safe_xml import charset_of
from gateway.sdk.strict_json import NotJson, loads


class BodyBroken(ValueError):
    """A body that cannot be written, or cannot be read as what it says it is. ``code`` is a stable word."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Written:
    """A body ready to be stored; ``inserts`` as in ``pieces``."""

    raw: bytes
    content_type: str
    inserts: list[list[Any]] = field(default_factory=list)


def write(body: Body, value: Any, message_id: str, documents: Mapping[str, DocumentRef]) -> Written:
    """Return the bytes for ``value``; ``documents`` are those it names, by digest. Raises ``BodyBroken``."""
    kind = body.kind
    if kind in {"form", "multipart"} and not isinstance(value, Mapping):
        raise BodyBroken("form", "a form is an object of its fields")
    try:
        if kind == "json":
            return Written(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), body.content_type)
        if kind == "form":
            return Written(*_with_type(joined(write_form(body, value)), body.content_type))
        if kind == "multipart":
            content_type, pieces = write_multipart(body, value, message_id, documents)
            return Written(*_with_type(joined(pieces), content_type))
        if kind == "xml":
            return Written(*_with_type(joined(write_xml(Shape.of(body.schema), value)), body.content_type))
    except (orjson.JSONEncodeError, TypeError) as error:
        raise BodyBroken("syntax", f"the product is not JSON: {error}") from error
    except (CannotBeWritten, XmlBroken, UnicodeEncodeError) as error:
        raise BodyBroken(kind, str(error)) from error
    if digest := mark_of(value):
        given = documents[digest].media_type
        content_type = given if "*" in body.media_type and given else body.content_type
        return Written(*_with_type(joined([Insert(digest, "raw")]), content_type))
    try:
        return Written(text(value).encode(), body.content_type)
    except UnicodeEncodeError as error:
        raise BodyBroken("text", "half of a surrogate pair") from error


def _with_type(made: tuple[bytes, list[list[Any]]], content_type: str) -> tuple[bytes, str, list[list[Any]]]:
    return made[0], content_type, made[1]


def read(body: Body | None, headers: Mapping[str, str], raw: bytes) -> Any:
    """Return the value of ``raw`` by its own ``Content-Type``. Raises ``BodyBroken``.

    ``body`` is what the contract describes for it. A body without a media type is not guessed at.
    """
    given = {key.lower(): value for key, value in headers.items()}
    content_type = given.get("content-type", "")
    if not content_type:
        raise BodyBroken("media_type", "a body without a Content-Type")
    kind = kind_of(content_type)
    known = body or Body(content_type, None)
    if known.binary:
        return document(given, raw)
    try:
        if kind == "json" and "*" not in content_type:
            return loads(raw)
        if kind == "form":
            return read_form(known, raw)
        if kind == "multipart":
            return read_multipart(known, content_type, raw)
        if kind == "xml":
            return read_xml(Shape.of(known.schema), content_type, raw)
        if kind == "text":
            shape, written = Shape.of(known.schema), raw.decode(charset_of(content_type) or "utf-8")
            return written if "string" in shape.types else plain(written, shape)
    except NotJson as error:
        raise BodyBroken(error.code, str(error)) from error
    except (FormBroken, XmlBroken) as error:
        raise BodyBroken(kind, str(error)) from error
    except (UnicodeDecodeError, LookupError) as error:
        raise BodyBroken("encoding", f"the text cannot be read: {error}") from error
    return document(given, raw)


def document(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
    """Return a whole body as a document. ``headers`` have lower-case names."""
    disposition = Headers()
    disposition["content-disposition"] = headers.get("content-disposition", "")
    name = str(disposition.get_filename("") or "").replace("\\", "/").rpartition("/")[2]
    made = {"media_type": essence(headers.get("content-type", "")), "content": base64.b64encode(raw).decode()}
    return {"name": name[:200], **made} if name.isprintable() and name else made
