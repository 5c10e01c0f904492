"""Messages in an encoding that an old agency asks for: everything of ours is UTF-8 until here."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from gateway.sdk.soap.safe_xml import local_name, parse_xml

#: What may be asked for. All hold ASCII as it is: what is put into a stored message later (security, documents) is ASCII.
ENCODINGS: Final = ("utf-8", "windows-1251", "windows-1252", "iso-8859-1", "iso-8859-5", "koi8-r")

_DECLARED: Final = re.compile(rb"\A<\?xml [^>]*\?>\s*")


def encoding_of(option: object) -> str:
    """Return the name of an encoding of ``ENCODINGS``; UTF-8 for ``None``. Raises ``ValueError`` for another."""
    name = "utf-8" if option is None else str(option).lower()
    if name not in ENCODINGS:
        raise ValueError(f"one of {', '.join(ENCODINGS)}, not {name!r}")
    return name


def in_encoding(content: bytes, encoding: str) -> bytes:
    """Return a UTF-8 document in another encoding; characters that it does not have become character references.

    Raises ``ValueError`` when the name of an element or an attribute has such a character: there XML has no reference.
    """
    if encoding == "utf-8":
        return content
    for node in parse_xml(content).iter(etree.Element):
        for name in (str(node.tag), *map(str, node.attrib)):
            try:
                local_name(name).encode(encoding)
            except UnicodeEncodeError as error:
                raise ValueError(f"the name {local_name(name)!r} cannot be written in {encoding}") from error
    text = _DECLARED.sub(b"", content).decode()
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'.encode(encoding, "xmlcharrefreplace")


def ascii_only(xml: str) -> str:
    """Return XML text that means the same in each of ``ENCODINGS``; it must have ASCII names."""
    return xml.encode("ascii", "xmlcharrefreplace").decode("ascii")
