"""Encodings on the wire: what we read (RFC 7303), and what we write."""

from __future__ import annotations

import pytest

from adapters.soap import SoapAdapter
from adapters.soap.conformance import NS, SMALL, agency
from gateway.sdk import Completed, Expression, MessageInvalid, Operation, Reply, Unknown
from gateway.sdk.soap import SOAP11, XmlRefused, envelope, open_envelope, parse_xml
from gateway.sdk.soap.charsets import ENCODINGS, ascii_only, encoding_of, in_encoding
from gateway.sdk.soap.safe_xml import charset_of
from tests.unit.soap.test_adapter import request

NAME = "Намунаев Ҳ"
PLAIN = "Намунаев"


def document(declared: str = "", text: str = PLAIN) -> str:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{head}<a>{text}</a>"


@pytest.mark.parametrize(
    ("content", "charset"),
    {
        "declared": (document("windows-1251").encode("windows-1251"), ""),
        "by the transport alone": (document().encode("windows-1251"), "windows-1251"),
        "by the transport against the declaration": (document("utf-8").encode("windows-1251"), "Windows-1251"),
        "utf-8 by the transport against the declaration": (document("windows-1251").encode(), "utf-8"),
        "a mark against both": (b"\xef\xbb\xbf" + document("windows-1251").encode(), "windows-1251"),
        "UTF-16, little end": (document("UTF-16").encode("utf-16"), ""),
        "UTF-16, big end, by the mark": (b"\xfe\xff" + document("UTF-8").encode("utf-16-be"), "utf-8"),
        "koi8-r": (document().encode("koi8-r"), "koi8-r"),
        "iso-8859-5": (document("ISO-8859-5").encode("iso-8859-5"), ""),
        "a transport that says utf-8 of everything": (document("windows-1251").encode("windows-1251"), "utf-8"),
        "a charset that nobody knows": (document().encode(), "x-nobody"),
        "nothing": (document().encode(), ""),
    }.values(),
)
def test_it_is_read(content: bytes, charset: str) -> None:
    assert parse_xml(content, charset=charset).text == PLAIN


def test_the_transport_is_believed_where_both_can_be_read() -> None:
    assert parse_xml(document("iso-8859-1").encode("windows-1251"), charset="windows-1251").text == PLAIN
    assert parse_xml(document("windows-1251").encode("windows-1251"), charset="iso-8859-1").text != PLAIN


@pytest.mark.parametrize(
    ("content", "charset", "code"),
    [
        (document().encode("windows-1251"), "", "malformed"),
        (document().encode("windows-1251"), "utf-8", "malformed"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16-le"), "utf-16le", "dtd"),
        (b"\xff\xfe" + "<!DOCTYPE a><a/>".encode("utf-16-le"), "", "dtd"),
        (b"+ADwAIQ-DOCTYPE a+AD4-+ADw-a/+AD4-", "utf-7", "dtd"),
        (b"\x1f\x8b\x08", "gzip", "malformed"),
    ],
)
def test_what_stays_refused(content: bytes, charset: str, code: str) -> None:
    with pytest.raises(XmlRefused) as caught:
        parse_xml(content, charset=charset)
    assert caught.value.code == code


def test_a_long_text_is_read_and_depth_stays_bounded() -> None:
    scan = b"A" * 11_000_000
    assert len(parse_xml(b"<a>" + scan + b"</a>").text or "") == len(scan)
    deep = b"<a>" * 400 + b"</a>" * 400
    for content in (b"<r>" + deep + b"<!--" + scan + b"--></r>", b"<r><b>" + scan + b"</b>" + deep + b"</r>"):
        with pytest.raises(XmlRefused, match="deeper than 256"):
            parse_xml(content)


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ("text/xml; charset=windows-1251", "windows-1251"),
        ('text/xml;Charset="windows-1251";action=x', "windows-1251"),
        ("application/soap+xml; action='charset=x'", ""),
        ("text/xml; xcharset=utf-8", ""),
        ("text/xml", ""),
        ("", ""),
    ],
)
def test_the_charset_of_a_media_type(header: str, charset: str) -> None:
    assert charset_of(header) == charset


# -- written -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_an_encoding_lacks_becomes_a_reference(encoding: str) -> None:
    content = in_encoding(envelope(SOAP11, f'<a b="{NAME}">{NAME}</a>'), encoding)
    body = open_envelope(parse_xml(content)).body
    assert body is not None
    assert (body.text, body.get("b")) == (NAME, NAME)
    if encoding != "utf-8":
        assert f'encoding="{encoding}"'.encode() in content
        assert b"&#1202;" in content


def test_a_name_has_no_references() -> None:
    content = envelope(SOAP11, "<Заявка/>")
    assert "Заявка".encode("windows-1251") in in_encoding(content, "windows-1251")
    for text in ("<Заявка/>", "<a имя='1'/>"):
        with pytest.raises(ValueError, match="cannot be written in iso-8859-1"):
            in_encoding(envelope(SOAP11, text), "iso-8859-1")


def test_which_encodings_can_be_asked_for() -> None:
    assert (encoding_of(None), encoding_of("Windows-1251")) == ("utf-8", "windows-1251")
    with pytest.raises(ValueError, match="not 'utf-16'"):
        encoding_of("UTF-16")
    assert ascii_only("<a>я&amp;</a>") == "<a>&#1103;&amp;</a>"


def test_a_message_in_windows_1251_of_the_operation_or_of_the_agency() -> None:
    value = {**SMALL, "Holder": {"Family": NAME, "Given": "Бек"}}
    of_agency = agency(options={"encoding": "windows-1251"})
    own = Operation("OrderCopy", idempotent=True, options={"encoding": "windows-1251"})
    for described in (of_agency, agency(operations={"OrderCopy": own}, callbacks={})):
        adapter = SoapAdapter(described)
        assert [f for f in adapter.check() if "encoding" in f.key] == []
        message = adapter.render(request(value))
        assert message.content_type == "text/xml; charset=windows-1251"
        assert "Намунаев &#1202;".encode("windows-1251") in message.body
        body = open_envelope(parse_xml(message.body)).body
        assert body is not None
        assert adapter.contract.read(body) == value
        assert message == adapter.render(request(value))


def test_an_encoding_that_is_none_is_a_flaw_and_no_message() -> None:
    adapter = SoapAdapter(agency(options={"encoding": "utf-16"}))
    assert [f.key for f in adapter.check() if "encoding" in f.key] == ["options.encoding"]
    with pytest.raises(MessageInvalid, match="utf-16"):
        adapter.render(request())


def test_a_reply_in_another_encoding() -> None:
    response = Expression('{"outcome": "completed", "data": {"order": body.Order}}', "r")
    adapter = SoapAdapter(agency(operations={"OrderCopy": Operation("OrderCopy", idempotent=True, response=response)}))
    text = f'<OrderCopyResponse xmlns="{NS}"><Order>{PLAIN}</Order><Ready>true</Ready></OrderCopyResponse>'
    plain = envelope(SOAP11, text).decode().partition("?>")[2]
    for headers, content in (
        ({"content-type": "text/xml; charset=windows-1251"}, plain.encode("windows-1251")),
        ({"content-type": "text/xml"}, f'<?xml version="1.0" encoding="windows-1251"?>{plain}'.encode("windows-1251")),
        ({}, plain.encode("utf-16")),
    ):
        assert adapter.parse(Reply("OrderCopy", 200, headers, content)).outcome == Completed({"order": PLAIN})
    lost = adapter.parse(Reply("OrderCopy", 200, {"content-type": "text/xml"}, plain.encode("windows-1251"))).outcome
    assert isinstance(lost, Unknown)
