"""XML from others, read so that it can do no harm: no DTD, no entities, no network, bounded depth and size."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from gateway.sdk.soap.errors import XmlRefused

#: Larger documents are refused before they are read.
MAX_XML_BYTES: Final = 32 * 1024 * 1024

# A DTD can only stand before the root; within CDATA or text the same characters are data.
_DOCTYPE_IN_PROLOG: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE", re.DOTALL)


def parse_xml(content: bytes, *, limit: int = MAX_XML_BYTES) -> etree._Element:
    """Return the root of a well-formed document without a DTD; comments and processing instructions are left out.

    Raises ``XmlRefused`` that says the line. Entities beyond the five of XML are never expanded, nothing is fetched.
    """
    if len(content) > limit:
        raise XmlRefused("too_large", f"the document has {len(content)} bytes; {limit} is the limit")
    if _DOCTYPE_IN_PROLOG.match(content):  # before libxml2 reads the internal subset at all
        raise XmlRefused("dtd", "a DTD (<!DOCTYPE>) is not accepted")
    # A parser of its own each time: lxml's parsers keep state of the last error, and making one costs about 3 µs.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XmlRefused("malformed", f"not well-formed XML: {error}") from error
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:  # in an encoding where the bytes above look different
        raise XmlRefused("dtd", "a DTD (<!DOCTYPE>) is not accepted")
    return root


def local_name(tag: str) -> str:
    """Return the local part of a tag in Clark notation."""
    return tag.rpartition("}")[2]


def namespace_of(tag: str) -> str:
    """Return the namespace of a tag in Clark notation; empty when it has none."""
    return tag[1:].partition("}")[0] if tag[:1] == "{" else ""


def generic(element: etree._Element) -> object:
    """Return any element as JSON without a schema: objects by local name, repeated names as lists, text as text."""
    children = [child for child in element if isinstance(child.tag, str)]
    attributes = {f"@{local_name(str(k))}": str(v) for k, v in element.attrib.items() if namespace_of(str(k)) != XSI}
    text = "".join(str(part) for part in element.itertext()) if not children else ""
    if not children and not attributes:
        return text
    result: dict[str, object] = dict(attributes)
    if text.strip():
        result["#text"] = text
    for child in children:
        name, value = local_name(str(child.tag)), generic(child)
        if name not in result:
            result[name] = value
        elif isinstance(known := result[name], list):
            known.append(value)
        else:
            result[name] = [known, value]
    return result


XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
