"""What a message looks like without what it says: names, kinds and lengths, and no value at all.

Which value is personal cannot be known of a message of any agency, so none is shown. A name can be data too, where an agency
keys an object by a person's number: a name that is not written like one is masked as well. What came from outside is read
as hostile: bounded in size, depth and number of lines, XML without DTD, entities or network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from lxml import etree

from gateway.domain.errors import DarchaError
from gateway.sdk.soap.safe_xml import parse_xml

#: Larger messages are not looked into.
MOST_BYTES: Final = 2 * 1024 * 1024
MOST_LINES: Final = 500
_DEEPEST: Final = 60
_LONGEST_PATH: Final = 300
#: Names as schemas write them: letters first, few digits; a personal number, a date or a sentence is none.
_NAME: Final = re.compile(r"[@#$]?[^\W\d][\w.\-:]{0,63}")
_MANY_DIGITS: Final = re.compile(r"\d{4,}")


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a message. ``path`` leads to it; ``length`` is characters of a text, entries of a list or an object."""

    path: str
    kind: str
    length: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """``form`` is what it was read as: ``xml``, ``json``, ``form``, ``text``, ``binary`` or ``empty``. ``cut``: there is more."""

    form: str
    lines: tuple[Line, ...] = ()
    cut: bool = False


def shape_of(content: bytes, media_type: str) -> Shape:
    """Return the shape of a message. Never raises: what cannot be read as what it says it is, is told as text or binary."""
    if not content:
        return Shape("empty")
    if len(content) > MOST_BYTES:
        return Shape("binary", (Line("", "bytes", len(content)),), cut=True)
    media = media_type.partition(";")[0].strip().lower()
    head = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if media.startswith("multipart/"):
        return Shape("binary", (Line("", "multipart", len(content)),))
    if media.endswith("xml") or (head == b"<" and not media.endswith("json")):
        try:
            return _cut("xml", _xml(parse_xml(content, limit=MOST_BYTES)))
        except (DarchaError, etree.LxmlError, ValueError):
            return _plain(content)
    if media == "application/x-www-form-urlencoded":
        return _form(content)
    if media.endswith("json") or head in (b"{", b"["):
        try:
            return shape_of_value(orjson.loads(content), "json")
        except ValueError:
            return _plain(content)
    return _plain(content)


def shape_of_value(value: Any, form: str = "json") -> Shape:
    """Return the shape of a JSON value."""
    return _cut(form, _json(value))


def _cut(form: str, lines: Iterator[Line]) -> Shape:
    found: list[Line] = []
    for line in lines:
        if len(found) == MOST_LINES:
            return Shape(form, tuple(found), cut=True)
        found.append(line)
    return Shape(form, tuple(found))


def _plain(content: bytes) -> Shape:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return Shape("binary", (Line("", "bytes", len(content)),))
    return Shape("text", (Line("", "text", len(text)),))


def _form(content: bytes) -> Shape:
    try:
        pairs = parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=MOST_LINES)
    except ValueError:
        return _plain(content)
    return Shape("form", tuple(Line(_name(name), "text", len(value)) for name, value in pairs))


def _name(name: str) -> str:
    """A name that is written like one, or how long it is."""
    return name if _NAME.fullmatch(name) and not _MANY_DIGITS.search(name) else f"({len(name)} characters)"


def _under(path: str, name: str) -> str:
    return f"{path}/{name}" if len(path) < _LONGEST_PATH else path


def _json(value: Any) -> Iterator[Line]:
    stack: list[tuple[str, Any, int]] = [("", value, 0)]
    while stack:
        path, item, depth = stack.pop()
        if isinstance(item, Mapping):
            yield Line(path, "object", len(item))
            inner = [(_under(path, _name(str(key))), each, depth + 1) for key, each in item.items()]
        elif isinstance(item, list | tuple):
            yield Line(path, "list", len(item))
            inner = [(_under(path, str(place)), each, depth + 1) for place, each in enumerate(item[:MOST_LINES])]
        else:
            yield _scalar(path, item)
            continue
        if depth < _DEEPEST:
            stack.extend(reversed(inner))


def _scalar(path: str, value: Any) -> Line:
    if value is None:
        return Line(path, "null")
    if isinstance(value, bool):
        return Line(path, "boolean")
    return Line(path, "number") if isinstance(value, int | float) else Line(path, "text", len(str(value)))


def _xml(root: etree._Element) -> Iterator[Line]:
    stack: list[tuple[str, etree._Element, int]] = [("", root, 0)]
    while stack:
        path, element, depth = stack.pop()
        here = _under(path, _local(element.tag))
        for name, value in element.attrib.items():
            yield Line(_under(here, f"@{_local(name)}"), "text", len(value))
        children = list(element)
        text = (element.text or "").strip() + "".join((child.tail or "").strip() for child in children)
        if children:
            yield Line(here, "element", len(children))
        if text or not children:
            yield Line(here, "text", len(text))
        if depth < _DEEPEST:
            stack.extend((here, child, depth + 1) for child in reversed(children))


def _local(tag: Any) -> str:
    return _name(etree.QName(tag).localname) if isinstance(tag, str | bytes) else "(comment)"
