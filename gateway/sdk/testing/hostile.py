"""What agencies and those between them really send, and what an attacker would: for any adapter, under any status."""

from __future__ import annotations

import gzip
from typing import Final

_LAUGHS: Final = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
)

#: By what they are.
HOSTILE_BODIES: Final[dict[str, bytes]] = {
    "empty": b"",
    "blank": b"   \n",
    "not_utf8": b"\xff\xfe{\x00",
    "nul": b'{"a":"\\u0000"}',
    "half_surrogate": b'{"reference":"\\ud800"}',
    "null": b"null",
    "number": b"12",
    "text": b'"ok"',
    "list": b"[]",
    "object": b"{}",
    "truncated_json": b'{"reference":"A-1","status":',
    "two_values": b"{}{}",
    "duplicate_key": b'{"reference":"A-1","reference":"A-2"}',
    "nan": b'{"reference":NaN}',
    "infinite": b'{"reference":1e999}',
    "long_number": b'{"reference":' + b"9" * 5000 + b"}",
    "deep_lists": b"[" * 100_000,
    "deep_objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "wrong_types": b'{"reference":{"a":[1,2]},"status":[],"code":{},"title":7,"outcome":"completed"}',
    "outcome_smuggled": b'{"outcome":"completed","data":{"granted":true}}',
    "html": b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>",
    "xml_declaration_only": b'<?xml version="1.0"?>',
    "truncated_xml": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Do',
    "other_xml": b"<hello/>",
    "empty_envelope": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
    "no_body": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
    "strange_body": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><x/><y/></s:Body></s:Envelope>',
    "bare_fault": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault/></s:Body></s:Envelope>',
    "external_entity": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "external_dtd": b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
    "entity_bomb": _LAUGHS,
    "deep_xml": b"<a>" * 50_000 + b"</a>" * 50_000,
    "utf16_xml": '<?xml version="1.0" encoding="utf-16"?><x/>'.encode("utf-16"),
    "unknown_encoding": b'<?xml version="1.0" encoding="x-none"?><x/>',
    "compressed": gzip.compress(b"{}"),
    "binary": bytes(range(256)) * 16,
    "large": b'{"a":"' + b"x" * 2_000_000 + b'"}',
}

HOSTILE_STATUSES: Final = (200, 201, 202, 204, 302, 400, 401, 404, 409, 418, 429, 500, 502, 503, 504, 599, 100, 999)

HOSTILE_TYPES: Final = (
    "",
    "application/json",
    "text/xml; charset=utf-8",
    "text/html",
    "multipart/related",
    "\x7f;;=",
    "application/json; x=",
)
