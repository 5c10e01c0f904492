"""XML from others, read so that it can do no harm: no DTD, no entities, no network, bounded depth and size."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from gateway.sdk.soap.errors import XmlRefused

#: Larger documents are refused before they are read.
MAX_XML_BYTES: Final = 32 * 1024 * 1024

# Nothing here is tried twice (atomic groups): a long comment must not take for ever.
# A DTD can only stand before the root; within CDATA or text the same characters are data.
_DOCTYPE_IN_PROLOG: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s++|(?><\?.*?\?>)|(?><!--.*?-->))*+<!DOCTYPE", re.DOTALL)

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be"))
_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*(?:["']([^"']*)["']|([^\s;"']+))""", re.IGNORECASE)
_NO_URI: Final = frozenset({"WAR_NS_URI"})
_NO_PREFIX: Final = frozenset({"NS_ERR_UNDEFINED_NAMESPACE"})
_LONG_TEXT: Final = 9_000_000
#: libxml2's own limit for documents of usual size.
_DEEPEST: Final = 256


def parse_xml(content: bytes, *, charset: str = "", limit: int = MAX_XML_BYTES, forgiving: bool = False) -> etree._Element:
    """Return the root of a well-formed document without a DTD; comments and processing instructions are left out.

    The encoding is found as RFC 7303 says: a byte order mark, else ``charset`` (of the transport), else the document's own
    declaration. A document that cannot be read by ``charset`` and can by its declaration is read by that: there are
    servers that put ``utf-8`` into every header.

    A namespace name that is no URI by RFC 3986 (Cyrillic letters, a space) is taken as it is: it is a name, and they are met.
    ``forgiving``, for files of a contract: so is a prefix that nothing declares.

    Raises ``XmlRefused`` that says the line. Entities beyond the five of XML are never expanded, nothing is fetched.
    """
    if len(content) > limit:
        raise XmlRefused("too_large", f"the document has {len(content)} bytes; {limit} is the limit")
    if _DOCTYPE_IN_PROLOG.match(content):  # before libxml2 reads the internal subset at all
        raise XmlRefused("dtd", "a DTD (<!DOCTYPE>) is not accepted")
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _parse(content[len(mark) :], encoding, forgiving)
    if not charset:
        return _parse(content, None, forgiving)
    try:
        return _parse(content, charset, forgiving)
    except XmlRefused as refused:
        if refused.code != "malformed":
            raise
        try:
            return _parse(content, None, forgiving)
        except XmlRefused:
            raise refused from None


def charset_of(content_type: str) -> str:
    """Return the charset that a media type names; empty when it names none."""
    found = _CHARSET.search(content_type)
    return "" if found is None else found[1] or found[2] or ""


def _parse(content: bytes, encoding: str | None, forgiving: bool, *, recover: bool = False) -> etree._Element:
    # Beyond this size a single text may be longer than libxml2 takes by default (10 MB): a scan in base64. The limit of
    # depth that is lifted with it is checked by hand.
    huge = len(content) > _LONG_TEXT
    try:
        # A parser of its own each time: lxml's parsers keep state of the last error, and making one costs about 3 µs.
        parser = etree.XMLParser(
            encoding=encoding,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            attribute_defaults=False,
            huge_tree=huge,
            remove_comments=True,
            remove_pis=True,
            recover=recover,
        )
        root = etree.fromstring(content, parser)
    except LookupError as error:
        raise XmlRefused("malformed", f"the encoding {encoding!r} is not known") from error
    except (etree.XMLSyntaxError, ValueError) as error:
        harmless = _NO_URI | (_NO_PREFIX if forgiving else frozenset())
        # The parser's own log: the error's holds those of earlier documents, too.
        complaints = [e.type_name for e in parser.error_log] if isinstance(error, etree.XMLSyntaxError) else []
        if complaints and not recover and harmless.issuperset(complaints):
            return _parse(content, encoding, forgiving, recover=True)
        raise XmlRefused("malformed", f"not well-formed XML: {error}") from error
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:  # in an encoding where the bytes above look different
        raise XmlRefused("dtd", "a DTD (<!DOCTYPE>) is not accepted")
    if huge:
        _check_depth(root)
    return root


def _check_depth(root: etree._Element) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _DEEPEST:
            raise XmlRefused("malformed", f"not well-formed XML: elements are nested deeper than {_DEEPEST}")


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
    text = text if not children else ((element.text or "") + "".join(child.tail or "" for child in children)).strip()
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
