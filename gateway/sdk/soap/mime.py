"""Multipart messages (RFC 2046, 2387, 2392): taken apart without guessing, and made so that the same input gives the same bytes.

Strict about what could do harm: size of headers, number of parts, a boundary that never closes, two parts of one id, an
encoding that does not decode. Lenient about what servers really send: a missing ``start``, ids with or without ``<>``,
percent-encoded references, bare line feeds, preamble and epilogue, parts without headers. A name is reduced to its last
piece: it may be a path on the sender's machine, and it must never be one on ours.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import quopri
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import Final
from urllib.parse import quote, unquote

from gateway.sdk.soap.errors import NotMime

#: More parts than any agency's message has.
MAX_PARTS: Final = 200
#: The headers of one part, in bytes.
MAX_HEAD_BYTES: Final = 16 * 1024
#: What is left of a file's name, in characters.
MAX_NAME: Final = 200

_MULTIPART: Final = re.compile(r"\s*multipart/(?:related|mixed)\s*(?:;|$)", re.IGNORECASE)
_PARAMETER: Final = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))')
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}", re.ASCII)
_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_AS_THEY_ARE: Final = frozenset({"", "binary", "8bit", "7bit"})


@dataclass(frozen=True, slots=True)
class Part:
    """One part, decoded. ``content_type`` is the whole header, ``id`` is without ``<>``, ``name`` is no path.."""

    content: bytes
    content_type: str = ""
    id: str = ""
    name: str = ""

    @property
    def media_type(self) -> str:
        """The media type without parameters; ``application/octet-stream`` where none that is one is given."""
        plain = self.content_type.partition(";")[0].strip().lower()
        return plain if _MEDIA_TYPE.fullmatch(plain) else "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Package:
    """A multipart message: its root, and the other parts in their order."""

    root: Part
    parts: tuple[Part, ...] = ()

    def find(self, reference: str) -> Part:
        """Return the part that a ``cid:`` URL names. Raises ``NotMime`` when there is none, or when it is the root."""
        if not reference[:4].lower() == "cid:":
            raise NotMime(f"{_shown(reference)} is no reference to a part (cid:…)")
        wanted = {reference[4:], unquote(reference[4:])}
        if self.root.id and self.root.id in wanted:
            raise NotMime(f"{_shown(reference)} names the message itself")
        for part in self.parts:
            if part.id and (part.id in wanted or unquote(part.id) in wanted):
                return part
        raise NotMime(f"no part of the message has the id {_shown(reference[4:])}")


def is_multipart(content_type: str) -> bool:
    """Tell whether a media type is one of those that ``read_package`` takes apart."""
    return _MULTIPART.match(content_type) is not None


def parameters(header: str) -> dict[str, str]:
    """Return a header's parameters by lower-case name, quotes removed and RFC 2231 decoded; the first of a name counts."""
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(header):
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain.strip()
        key = name.lower()
        if key.endswith("*"):
            charset, _, rest = value.partition("'")
            key, value = key[:-1], _unquoted(rest.partition("'")[2] or value, charset)
            found[key] = value  # the extended form wins over a plain one beside it (RFC 6266)
        else:
            found.setdefault(key, value)
    return found


def read_package(content_type: str, body: bytes, *, max_parts: int = MAX_PARTS) -> Package:
    """Take a multipart message apart. The root is the part that ``start`` names, else the first.

    Raises ``NotMime`` for whatever is malformed, cut short or beyond the limits. ``body`` is bounded by the caller.
    """
    given = parameters(content_type)
    boundary = given.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise NotMime(
            "the multipart message names no boundary" if not boundary else "the boundary is not one that RFC 2046 allows"
        )
    parts = [_part(raw) for raw in _split(boundary.encode("ascii"), body, max_parts)]
    if not parts:
        raise NotMime("the multipart message has no part")
    ids = [part.id for part in parts if part.id]
    if len(ids) != len(set(ids)):
        raise NotMime("two parts of the multipart message have the same id")
    at = _root(parts, given.get("start", ""))
    return Package(parts[at], (*parts[:at], *parts[at + 1 :]))


def _root(parts: Sequence[Part], start: str) -> int:
    wanted = _bare(start)
    if not wanted:
        return 0
    for at, part in enumerate(parts):
        if part.id and (part.id == wanted or unquote(part.id) == unquote(wanted)):
            return at
    if not parts[0].id:  # some servers name a start and give their parts no ids
        return 0
    raise NotMime(f"the part {_shown(wanted)} that start names is not there")


def _split(boundary: bytes, body: bytes, max_parts: int) -> list[bytes]:
    # A pattern that begins with plain bytes is searched for at the speed of memory; what must stand before follows it.
    mark = re.escape(b"--" + boundary)
    line = re.compile(mark + rb"(?<![^\n]" + mark + rb")(--)?[ \t]*(?=\r?\n|\Z)")
    raw: list[bytes] = []
    start, bare = -1, False
    for found in line.finditer(body):
        if start < 0:
            bare = body[found.end() : found.end() + 1] == b"\n"
        else:
            if len(raw) == max_parts:
                raise NotMime(f"the multipart message has more than {max_parts} parts")
            end = found.start() - 1
            if not bare and body[end - 1 : end] == b"\r":  # where line feeds alone end the lines it is content
                end -= 1
            raw.append(body[start : max(start, end)])
        if found[1]:
            return raw
        # The line break of the delimiter stays with the part: an empty one may be followed by the next delimiter at once.
        start = found.end()
    raise NotMime("the multipart message has no such boundary" if start < 0 else "the multipart message is cut short")


def _part(raw: bytes) -> Part:
    # ``raw`` begins with the line break of its boundary: a part without headers then starts with an empty line.
    found = _END_OF_HEAD.search(raw, 0, MAX_HEAD_BYTES + 4)
    if found is None and len(raw) > MAX_HEAD_BYTES:
        raise NotMime(f"the headers of a part are longer than {MAX_HEAD_BYTES} bytes")
    # Where nothing but headers came, the empty line after them was taken for the one before the delimiter.
    head, rest = (raw, b"") if found is None else (raw[: found.start()], raw[found.end() :])
    headers = _headers(head)
    content_type, disposition = headers.get("content-type", ""), headers.get("content-disposition", "")
    name = parameters(disposition).get("filename") or parameters(content_type).get("name") or ""
    content = _decoded(rest, headers.get("content-transfer-encoding", "").strip().lower())
    return Part(content, content_type, _bare(headers.get("content-id", "")), plain_name(name))


def _headers(head: bytes) -> dict[str, str]:
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    found: dict[str, str] = {}
    for line in re.sub(r"\r?\n[ \t]+", " ", text).splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
        elif line.strip():
            raise NotMime(f"{_shown(line)} is no header of a part")
    return found


def _decoded(content: bytes, encoding: str) -> bytes:
    if encoding in _AS_THEY_ARE:
        return content
    if encoding == "quoted-printable":
        return quopri.decodestring(content)
    if encoding != "base64":
        raise NotMime(f"the transfer encoding {_shown(encoding)} is not known")
    try:
        return base64.b64decode(content.translate(None, b" \t\r\n"), validate=True)
    except binascii.Error as error:
        raise NotMime(f"a part is not the base64 that it says it is: {error}") from error


def plain_name(name: str) -> str:
    """Return a file's name without path, control characters and what a file system takes for more than a name."""
    if "=?" in name:
        with suppress(MessageError, LookupError, UnicodeError, ValueError):  # else it is shown as it came
            name = str(make_header(decode_header(name)))
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if c.isprintable()).strip()
    return "" if kept in {".", ".."} else kept[:MAX_NAME]


def reference(digest: str) -> str:
    """Return what stands in a field of type ``swaRef`` for the document of that SHA-256 (hex): the id of its part, as a URL."""
    return f"cid:darcha-{digest}@darcha"


def make_package(
    root: Part, parts: Sequence[Part], *, seed: str, root_type: str, more: Mapping[str, str] | None = None
) -> tuple[str, bytes]:
    """Return the content type and the body of a multipart/related message.

    The boundary comes from ``seed`` (the message's id) and the parts' ids: the same message has the same bytes each time.
    ``root_type`` is the ``type`` parameter, ``more`` are further ones.
    """
    everything = (root, *parts)
    boundary = _boundary(seed, everything)
    root_id = root.id or f"root-{boundary}@darcha"
    said = {"type": root_type, "start": f"<{root_id}>", **(more or {})}
    head = f'multipart/related; boundary="{boundary}"' + "".join(f"; {k}={_quoted(v)}" for k, v in said.items() if v)
    pieces: list[bytes] = []
    for part in everything:
        id_ = root_id if part is root else part.id
        lines = [f"--{boundary}", f"Content-Type: {part.content_type}", "Content-Transfer-Encoding: binary"]
        lines += [f"Content-ID: <{id_}>"] if id_ else []
        lines += [f"Content-Disposition: attachment; {_file_name(part.name)}"] if part.name else []
        pieces += ["\r\n".join([*lines, "", ""]).encode(), part.content, b"\r\n"]
    return head, b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def _boundary(seed: str, parts: Iterable[Part]) -> str:
    known = list(parts)
    for turn in range(1000):
        named = "\n".join([seed, str(turn), *(part.id for part in known)])
        boundary = f"darcha-{hashlib.sha256(named.encode()).hexdigest()[:40]}"
        if not any(boundary.encode() in part.content for part in known):
            return boundary
    raise NotMime("no boundary can be found that the parts do not hold")  # only if a document is made of our own boundaries


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c for c in escaped if c.isprintable()) + '"'


def _file_name(name: str) -> str:
    kept = plain_name(name)
    if kept.isascii():
        return f"filename={_quoted(kept)}"
    return f"filename*=UTF-8''{quote(kept, safe='')}"


def _bare(id_: str) -> str:
    kept = id_.strip()
    return kept[1:-1].strip() if kept[:1] == "<" and kept[-1:] == ">" else kept


def _unquoted(value: str, charset: str) -> str:
    try:
        return unquote(value, encoding=charset or "utf-8", errors="replace")
    except (LookupError, ValueError):  # no codec for text, or one that takes no replacement
        return unquote(value)


def _shown(text: str) -> str:
    return repr(text[:80])
