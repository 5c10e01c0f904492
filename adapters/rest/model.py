"""What a contract says, whatever dialect it is written in: operations, their parameters, bodies and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.rest.schemas import Checker

#: The kinds of body, those first that a mapping can best make.
KINDS: Final = ("json", "form", "multipart", "xml", "text", "binary")
_JSON: Final = frozenset({"application/json", "text/json", "application/x-json", "text/x-json"})
_XML: Final = frozenset({"application/xml", "text/xml"})
_TEXT: Final = frozenset(
    {"application/yaml", "application/x-yaml", "application/x-ndjson", "application/jsonl", "application/sql"}
)
#: RFC 9110: answers that never have a body, whatever a contract says.
_BODILESS: Final = frozenset({204, 205, 304})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``where`` is path, query, header or cookie. ``json``: its value travels as JSON text.

    ``sent_as`` is the name on the wire where a mapping knows it by another.
    """

    name: str
    where: str
    required: bool
    style: str
    explode: bool
    schema: Checker | None = None
    allow_reserved: bool = False
    json: bool = False
    sent_as: str = ""
    examples: tuple[Any, ...] = field(default=(), compare=False)

    @property
    def wire(self) -> str:
        """The name on the wire."""
        return self.sent_as or self.name


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form is written. Empty means: as its schema suggests."""

    content_type: str = ""
    style: str = ""
    explode: bool | None = None
    allow_reserved: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A body: its media type, its schema (``None``: any) and the contract's examples of it."""

    media_type: str
    schema: Checker | None
    required: bool = False
    examples: tuple[Any, ...] = ()
    encodings: Mapping[str, Encoding] = field(default_factory=dict)
    binary: bool = False

    @property
    def kind(self) -> str:
        """One of ``KINDS``."""
        return "binary" if self.binary else kind_of(self.media_type)

    @property
    def content_type(self) -> str:
        """The media type to send: a wildcard is filled in."""
        if "*" not in self.media_type:
            return self.media_type
        if self.media_type in {"image/*", "audio/*", "video/*"}:
            return {"image/*": "image/png", "audio/*": "audio/mpeg", "video/*": "video/mp4"}[self.media_type]
        return {"json": "application/json", "text": "text/plain"}.get(self.kind, "application/octet-stream")


@dataclass(frozen=True, slots=True)
class RestOperation:
    """One operation. ``id`` is its operationId where it has one of its own, else ``METHOD /path``.

    ``bodies`` are the kinds of body that a request may have, the best first. ``responses`` are by status, ``2XX`` or
    ``default``; an empty tuple means an answer without body. ``listed`` is the path as the contract has it.
    ``secured``: the contract asks for credentials.
    """

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    bodies: tuple[Body, ...] = ()
    responses: Mapping[str, tuple[Body, ...]] = field(default_factory=dict)
    listed: str = ""
    about: str = ""
    notes: tuple[str, ...] = ()
    secured: bool = False

    @property
    def body(self) -> Body | None:
        """The body that a request has, if any."""
        return self.bodies[0] if self.bodies else None

    def describes(self, status: int) -> bool:
        """Whether the contract says anything about that status. One that names no success at all allows any."""
        if self._key(status) is not None:
            return True
        return 200 <= status < 300 and not any(key.startswith("2") for key in self.responses)

    def answers(self, status: int) -> tuple[Body, ...]:
        """Return the bodies described for that status; none where HTTP has none (204, HEAD)."""
        key = self._key(status)
        return () if key is None or status in _BODILESS or self.method == "HEAD" else self.responses[key]

    def response(self, status: int, content_type: str = "") -> Body | None:
        """Return the body described for that status and media type, the first without; ``None`` when there is none."""
        bodies = self.answers(status)
        if not content_type:
            return bodies[0] if bodies else None
        given = essence(content_type)
        for body in bodies:
            if essence(body.media_type) == given:
                return body
        kind = kind_of(given)
        alike = next((body for body in bodies if "*" not in body.media_type and body.kind == kind), None)
        return alike or next((body for body in bodies if _covers(essence(body.media_type), given)), None)

    @property
    def success(self) -> int:
        """The first status of success that the contract names; 200 where it names none."""
        named = [int(status) for status in self.responses if status.isdecimal() and status.startswith("2")]
        return named[0] if named else 200

    def _key(self, status: int) -> str | None:
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.responses:
                return key
        return None


def essence(media_type: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON (``application/json``, ``application/problem+json; charset=utf-8``)."""
    kind = essence(media_type)
    return kind in _JSON or kind.endswith("+json")


def kind_of(media_type: str) -> str:
    """Return the kind of body that a media type means; a wildcard is JSON, unless it says text or an image."""
    kind = essence(media_type)
    if is_json(kind) or kind in {"*/*", "*", "application/*", ""}:
        return "json"
    if kind == "application/x-www-form-urlencoded":
        return "form"
    if kind.startswith("multipart/"):
        return "multipart"
    if kind in _XML or kind.endswith("+xml"):
        return "xml"
    return "text" if kind.startswith("text/") or kind in _TEXT else "binary"


def _covers(pattern: str, given: str) -> bool:
    if pattern in {"*/*", "*"}:
        return True
    main, _, sub = pattern.partition("/")
    return sub == "*" and given.startswith(f"{main}/")
