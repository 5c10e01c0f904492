"""XML that is made to do harm: refused before it is read, wherever it comes in."""

from __future__ import annotations

import pytest

from adapters.soap import SoapAdapter
from adapters.soap.conformance import agency
from gateway.sdk import CallbackRefused, Reply, Unknown
from gateway.sdk.soap import XmlRefused, parse_xml

BOMB = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 10}">' for i in range(9))

HOSTILE = {
    "entity bomb": (f"<!DOCTYPE a [{BOMB}]><a>&e8;</a>".encode(), "dtd"),
    "entity bomb in an attribute": (f"<!DOCTYPE a [{BOMB}]><a b='&e8;'/>".encode(), "dtd"),
    "external entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "dtd"),
    "external subset": (b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "dtd"),
    "dtd after comments": (b"<!-- a --><?pi b?>\n<!DOCTYPE a><a/>", "dtd"),
    "dtd after a byte order mark": (b"\xef\xbb\xbf<!DOCTYPE a><a/>", "dtd"),
    "dtd in UTF-16": ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "dtd"),
    "undeclared entity": (b"<a>&nobody;</a>", "malformed"),
    "cut short": (b"<a><b>", "malformed"),
    "no xml": (b"%PDF-1.4", "malformed"),
    "empty": (b"", "malformed"),
    "zero byte": (b"<a>\x00</a>", "malformed"),
    "bad UTF-8": (b"<a>\xff\xfe</a>", "malformed"),
    "unknown encoding": (b'<?xml version="1.0" encoding="x-nobody"?><a/>', "malformed"),
    "too deep": (b"<a>" * 5000 + b"</a>" * 5000, "malformed"),
    "two roots": (b"<a/><b/>", "malformed"),
    "undeclared prefix": (b"<a:b/>", "malformed"),
}


@pytest.mark.parametrize(("content", "code"), HOSTILE.values(), ids=HOSTILE)
def test_it_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(XmlRefused) as caught:
        parse_xml(content)
    assert caught.value.code == code


@pytest.mark.parametrize(("content", "code"), HOSTILE.values(), ids=HOSTILE)
def test_a_callback_of_it_is_refused_and_a_reply_of_it_says_nothing(content: bytes, code: str) -> None:
    adapter = SoapAdapter(agency())
    with pytest.raises(CallbackRefused) as caught:
        adapter.callback_name("text/xml", content)
    assert caught.value.code == f"xml_{code}"
    with pytest.raises(CallbackRefused):
        adapter.read_callback("CopyReady", {}, content)
    assert isinstance(adapter.parse(Reply("OrderCopy", 200, {}, content)).outcome, Unknown)


def test_the_limit_of_size() -> None:
    with pytest.raises(XmlRefused) as caught:
        parse_xml(b"<a>" + b"x" * 100 + b"</a>", limit=100)
    assert caught.value.code == "too_large"


def test_the_word_doctype_within_the_document_is_data() -> None:
    assert parse_xml(b"<a><![CDATA[<!DOCTYPE html>]]></a>").text == "<!DOCTYPE html>"
    assert parse_xml(b"<!-- <!DOCTYPE a> --><a>&lt;!DOCTYPE b></a>").text == "<!DOCTYPE b>"
