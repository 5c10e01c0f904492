"""The files of a contract, and which of them an import means. Nothing is ever fetched.

Agencies publish contracts whose imports lead to their own test servers, to ``?xsd=1`` of a service, or nowhere. So a
location is tried in the order of trust: the path it says, the name it says, the namespace it says, and last the standard
schemas that Darcha ships (``catalogue``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from gateway.sdk.soap.catalogue import find as find_standard
from gateway.sdk.soap.errors import ContractBroken, XmlRefused
from gateway.sdk.soap.safe_xml import local_name, parse_xml

#: Standard schemas stand among the files under this prefix.
STANDARD: Final = "standard:"
_XS: Final = "http://www.w3.org/2001/XMLSchema"
#: Drafts of XML Schema that old contracts still name for their plain types.
_OLD_XS: Final = re.compile(rb"""(?<=["'])http://www\.w3\.org/(?:1999|2000/10)/XMLSchema(?=(?:-instance)?["'])""")
_DECLARATION: Final = re.compile(rb"\A\s*<\?xml[^>]*\?>")
_ENCODING: Final = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Nothing is tried twice (atomic groups): a long comment must not take for ever.
_PROLOG: Final = re.compile(rb"(?:\s++|(?><\?.*?\?>)|(?><!--.*?-->))*+", re.DOTALL)
_WORD: Final = re.compile(r"[\W_]+")


class Sources:
    """A contract's folder: relative path (``/`` separated) to bytes. Parsed roots are kept: each file has one tree."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._standard: dict[str, bytes] = {}
        self._roots: dict[str, etree._Element] = {}
        self._namespaces: dict[str, list[str]] | None = None
        self._lower = {name.lower(): name for name in sorted(files, reverse=True)}
        #: The folder's files that were asked for.
        self.used: set[str] = set()

    def parse(self, name: str) -> etree._Element:
        """Return the root of a file, parsed afresh. Raises ``ContractBroken`` when it is missing, malformed or hostile."""
        content = self._files.get(name, self._standard.get(name))
        if content is None:
            raise ContractBroken(name, "the file is not in the contract's folder", fix="put it there or correct the name")
        if name in self._files:
            self.used.add(name)
        try:
            return _parsed(content)
        except XmlRefused as error:
            raise ContractBroken(name, error.reason, fix="ask the agency for a well-formed file without a DTD") from error

    def find(self, importer: str, location: str) -> str | None:
        """Return the file that ``location`` within the file ``importer`` means, or ``None``.

        A relative path is taken from the importing file. Else, also for a URL, a file of that name anywhere in the folder
        counts (letter case aside), and for ``…?xsd=types`` one whose name ends in ``types``; of several the nearest.
        """
        parts = urlsplit(location.strip())
        path = unquote(parts.path)
        if not parts.scheme and path and not parts.query:
            near = posixpath.normpath(posixpath.join(posixpath.dirname(importer), path)).lstrip("/")
            if found := self._lower.get(near.lower()):
                return found if near not in self._files else near
        base = posixpath.basename(path).lower()
        if parts.query:
            return self._by_query(importer, base, unquote(parts.query))
        same = [name for name in self._files if base and posixpath.basename(name).lower() == base]
        return _nearest(importer, same)

    def _by_query(self, importer: str, base: str, query: str) -> str | None:
        said = query.partition("=")[2] or query
        whole = _words(f"{base}?{query}")
        wanted, named = _words(said), _words(f"{posixpath.splitext(base)[0]} {said}")
        last = _words(posixpath.basename(said))
        found: dict[int, list[str]] = {}
        for name in self._files:
            words = _words(posixpath.basename(name))
            bare = _words(posixpath.splitext(posixpath.basename(name))[0])
            for rank, (mine, theirs) in enumerate(
                [(words, whole), (words, wanted), (bare, wanted), (words, named), (bare, named), (words, last), (bare, last)]
            ):
                if mine == theirs:
                    found.setdefault(rank, []).append(name)
                    break
            else:
                if wanted and (words[-len(wanted) :] == wanted or bare[-len(wanted) :] == wanted):
                    found.setdefault(99, []).append(name)
        return _nearest(importer, found[min(found)]) if found else None

    def find_namespace(self, namespace: str) -> list[str]:
        """Return the schema files whose target namespace that is."""
        if self._namespaces is None:
            self._namespaces = {}
            for name, content in sorted(self._files.items()):
                if b"schema" in content or b"s\x00c\x00h\x00e\x00m\x00a" in content:
                    for found in _target_namespace(content):
                        self._namespaces.setdefault(found, []).append(name)
        return self._namespaces.get(namespace, [])

    def find_standard(self, location: str, namespace: str) -> str | None:
        """Return the name under which a shipped schema can be parsed: by URL, namespace or file name; or ``None``."""
        found = find_standard(location, namespace)
        if found is None:
            return None
        name = f"{STANDARD}{found.name}"
        self._standard[name] = found.content
        return name


def _parsed(content: bytes) -> etree._Element:
    """Parse, forgiving what breaks no meaning: space before the declaration, a wrong or missing encoding, a harmless DTD."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        try:
            content = _DECLARATION.sub(b"", content.decode("utf-16").encode(), count=1)
        except UnicodeError as error:
            raise XmlRefused("malformed", "not the UTF-16 that its byte order mark promises") from error
    body = _OLD_XS.sub(_XS.encode(), content.lstrip(b" \t\r\n"))
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:].lstrip(b" \t\r\n")
    body = _without_doctype(body)
    try:
        return parse_xml(body, forgiving=True)
    except XmlRefused as error:
        if error.code != "malformed":
            raise
        for text in _decoded(body):
            try:
                return parse_xml(_DECLARATION.sub(b"", text.encode(), count=1), forgiving=True)
            except XmlRefused:
                continue
        raise


def _without_doctype(body: bytes) -> bytes:
    """Return a file without its DTD, and nothing else left out.

    What a DTD would add to a schema is documentation; an entity that is used makes the file malformed, and told so.
    """
    prolog = _PROLOG.match(body)
    start = prolog.end() if prolog is not None else 0
    if not body.startswith(b"<!DOCTYPE", start):
        return body
    at, inner = start, 0
    while at < len(body):
        here = body[at : at + 1]
        if here in {b'"', b"'"} or body.startswith(b"<!--", at):
            close = b"-->" if here == b"<" else here
            found = body.find(close, at + (4 if here == b"<" else 1))
            if found < 0:
                return body
            at = found + len(close)
            continue
        if here == b">" and not inner:
            return body[:start] + body[at + 1 :]
        inner += (here == b"[") - (here == b"]")
        at += 1
    return body


def _decoded(content: bytes) -> Iterator[str]:
    """Yield readings of a file that does not say its encoding, or says a wrong one."""
    declared = _DECLARATION.match(content)
    named = _ENCODING.search(declared[0]) if declared else None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        if named is None or named[1].lower() in {b"utf-8", b"us-ascii", b"ascii"}:
            yield content.decode("cp1251", "replace")
    else:
        yield text  # "utf-16" is often declared of what is UTF-8


def _target_namespace(content: bytes) -> Iterator[str]:
    """Yield the target namespace of a schema file, or of each schema within a WSDL."""
    try:
        root = _parsed(content)
    except XmlRefused:
        return
    if root.tag == f"{{{_XS}}}schema":
        yield root.get("targetNamespace", "")
    elif local_name(str(root.tag)) == "definitions":
        yield from (schema.get("targetNamespace", "") for schema in root.iter(f"{{{_XS}}}schema"))


def _nearest(importer: str, names: list[str]) -> str | None:
    """Return the file that shares most of its path with the importing one; the first by name of several."""
    here = posixpath.dirname(importer).split("/")

    def away(name: str) -> tuple[int, int, str]:
        there = posixpath.dirname(name).split("/")
        shared = len(posixpath.commonprefix([here, there]))
        return (-shared, len(there), name)

    return min((name for name in names if name != importer), key=away, default=None)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.split(text.lower()) if word]
