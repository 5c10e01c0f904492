"""What a file is, told from its first bytes: enough to say what somebody gave us by mistake, and to find the contracts among
many files. Nothing is parsed here beyond that, so a hostile file does nothing.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

import orjson

from gateway.catalogue.onboarding.errors import ContractRefused

WSDL: Final = "wsdl"
OPENAPI: Final = "openapi"
#: The endings of the files that belong to a kind of contract.
ENDINGS: Final = {WSDL: frozenset({".wsdl", ".xsd", ".xml"}), OPENAPI: frozenset({".yaml", ".yml", ".json"})}

_HEAD: Final = 256 * 1024
_WSDL_1: Final = "schemas.xmlsoap.org/wsdl"
_WSDL_2: Final = "http://www.w3.org/ns/wsdl"
_NOISE: Final = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)([^>]*)")
_TOP_KEY: Final = re.compile(r"""^(?:["'])?(openapi|swagger)(?:["'])?[ \t]*:""", re.MULTILINE)
_IMPORTS: Final = re.compile(r"""(?:schemaLocation|location)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFS: Final = re.compile(r"""["']?\$ref["']?\s*:\s*(?:"([^"]*)"|'([^']*)'|([^\s#"',}\]][^\s,}\]]*))""")
_WORD: Final = re.compile(r"\b(?:openapi|swagger)\b")


class Kind(StrEnum):
    """What a file is."""

    EMPTY = "an empty file"
    BINARY = "no text"
    HTML = "a web page"
    WSDL_1 = "a WSDL"
    WSDL_2 = "a WSDL 2.0"
    SCHEMA = "an XML schema"
    OTHER_XML = "XML, but no contract"
    OPENAPI = "an OpenAPI document"
    OTHER_TEXT = "text, but no contract"


def text_of(content: bytes, limit: int = _HEAD) -> str:
    """Return the beginning of a file as text, whatever its encoding: what matters here is ASCII in all of them."""
    head = content[:limit]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    if head[:4].count(b"\x00") == 2:
        return head.decode("utf-16-le" if head[1] == 0 else "utf-16-be", "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def kind_of(content: bytes) -> Kind:
    """Return what a file is."""
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return Kind.EMPTY
    text = text_of(content)
    if "\x00" in text or content.startswith((b"%PDF", b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"\x1f\x8b")):
        return Kind.BINARY
    start = text.lstrip()
    if start.startswith("<"):
        return _kind_of_xml(start)
    if start.startswith("{"):
        try:
            value = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            return Kind.OPENAPI if re.search(r"""["']?(openapi|swagger)["']?\s*:\s*["']?\d""", text) else Kind.OTHER_TEXT
        return Kind.OPENAPI if isinstance(value, dict) and {"openapi", "swagger"} & value.keys() else Kind.OTHER_TEXT
    return Kind.OPENAPI if _TOP_KEY.search(text_of(content, len(content))) else Kind.OTHER_TEXT


def _kind_of_xml(text: str) -> Kind:
    if re.match(r"<!doctype\s+html|<html[\s>]", text, re.IGNORECASE):
        return Kind.HTML
    found = _ROOT.search(_NOISE.sub("", text))
    name, attributes = (found[1], found[2]) if found else ("", "")
    if name.lower() == "html":
        return Kind.HTML
    if name == "definitions" and _WSDL_1 in text:
        return Kind.WSDL_1
    if name == "description" and _WSDL_2 in attributes:
        return Kind.WSDL_2
    return Kind.SCHEMA if name == "schema" else Kind.OTHER_XML


def is_main(content: bytes, contract: str) -> bool:
    """Return whether a file is a contract of that kind by itself."""
    return kind_of(content) is (Kind.WSDL_1 if contract == WSDL else Kind.OPENAPI)


def references(content: bytes, contract: str) -> list[str]:
    """Return what a file refers to, as it is written, each once: imports and includes, or ``$ref`` without its fragment."""
    pattern = _IMPORTS if contract == WSDL else _REFS
    found: dict[str, None] = {}
    for match in pattern.finditer(text_of(content, len(content))):
        place = next((group for group in match.groups() if group), "").replace("&amp;", "&").replace("\\", "/")
        # schemaLocation as an attribute of an instance is pairs of namespace and place
        for part in place.split():
            if plain := part.partition("#")[0]:
                found[plain] = None
    return list(found)


def refuse_others(file: str, content: bytes, contract: str) -> None:
    """Raise ``ContractRefused`` when a file is certainly something else than a contract of that kind."""
    kind = kind_of(content)
    wanted = "a WSDL (1.1)" if contract == WSDL else "an OpenAPI document"
    if kind is (Kind.WSDL_1 if contract == WSDL else Kind.OPENAPI):
        return
    text = text_of(content)
    if contract == WSDL and kind is Kind.OTHER_XML and _WSDL_1 in text:
        return  # odd, but perhaps one all the same: the adapter says
    if contract == OPENAPI and kind is Kind.OTHER_TEXT and _WORD.search(text):
        return
    fix = {
        Kind.EMPTY: "get the file again: nothing arrived",
        Kind.BINARY: "give the contract itself, or a .zip or .tar.gz that holds it",
        Kind.HTML: "what was saved is a web page (a login or a list of services): save the contract itself, often at …?wsdl",
        Kind.WSDL_1: "give it with --wsdl",
        Kind.WSDL_2: "ask the agency for WSDL 1.1; there is hardly a server that has 2.0 alone",
        Kind.SCHEMA: "give the WSDL that imports it; its folder is read along with it",
        Kind.OPENAPI: "give it with --openapi",
        Kind.OTHER_XML: "look for the file whose root is <wsdl:definitions>" if contract == WSDL else "OpenAPI is YAML or JSON",
        Kind.OTHER_TEXT: "its root has to be <wsdl:definitions>"
        if contract == WSDL
        else "an OpenAPI document has the key openapi (or swagger) at its top",
    }[kind]
    raise ContractRefused(file, f"{wanted} is expected, and this is {kind}", fix)
