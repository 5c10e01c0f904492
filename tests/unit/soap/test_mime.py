"""Multipart messages as servers send them, as attackers send them, and as we make them."""

from __future__ import annotations

import base64
import email.parser
import email.policy
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sdk.soap.errors import NotMime
from gateway.sdk.soap.mime import (
    MAX_HEAD_BYTES,
    MAX_PARTS,
    Part,
    is_multipart,
    make_package,
    parameters,
    plain_name,
    read_package,
)

KIND = 'multipart/related; type="text/xml"; boundary="b1"; start="<root>"'


def message(*parts: str, end: str = "--b1--", line: str = "\r\n", before: str = "", after: str = "") -> bytes:
    whole = "".join(f"--b1\n{part}\n" for part in parts)
    return (before + whole + end + after).replace("\n", line).encode()


ROOT = "Content-Type: text/xml; charset=UTF-8\nContent-ID: <root>\n\n<a/>"
PHOTO = "Content-Type: image/png\nContent-ID: <photo@x>\n\npixels"


@pytest.mark.parametrize("line", ["\r\n", "\n"])
def test_root_and_parts(line: str) -> None:
    package = read_package(KIND, message(PHOTO, ROOT, line=line))
    assert (package.root.content, package.root.content_type, package.root.id) == (b"<a/>", "text/xml; charset=UTF-8", "root")
    assert [(p.content, p.media_type, p.id) for p in package.parts] == [(b"pixels", "image/png", "photo@x")]
    assert package.find("cid:photo@x").content == b"pixels"


@pytest.mark.parametrize(
    ("kind", "body"),
    {
        "no start": ('multipart/related; boundary="b1"', message(ROOT, PHOTO)),
        "start without brackets": ("Multipart/Related; boundary=b1; start=root", message(PHOTO, ROOT)),
        "start that parts without ids cannot answer": (KIND, message("\n<a/>", PHOTO)),
        "preamble and epilogue": (KIND, message(ROOT, PHOTO, before="for old readers\n\n", after="\nmore\n--b1\nnothing")),
        "blanks after the boundary": (KIND, message(ROOT, PHOTO).replace(b"--b1\r\n", b"--b1 \t\r\n")),
        "folded headers": (KIND, message(ROOT.replace("Content-ID: <root>", "Content-ID:\n   <root>"), PHOTO)),
        "lower-case headers": (KIND, message(ROOT.lower(), PHOTO.replace("Content-ID", "content-id"))),
        "line end after the last boundary": (KIND, message(ROOT, PHOTO) + b"\r\n"),
        "a part without headers": ('multipart/mixed; boundary="b1"', message("\n<a/>", PHOTO)),
    }.items(),
    ids=lambda case: case[0] if isinstance(case, tuple) and len(case) == 2 and isinstance(case[0], str) else "",
)
def test_what_servers_really_send(kind: str, body: tuple[str, bytes]) -> None:
    package = read_package(*body)
    assert package.root.content == b"<a/>", kind
    assert [p.content for p in package.parts] == [b"pixels"]


def test_boundaries_that_are_the_beginning_of_one_another() -> None:
    body = b"--b\r\n\r\n<a/>\r\n--bb\r\nstill the root\r\n--b\r\n\r\n2\r\n--b--"
    package = read_package("multipart/related; boundary=b", body)
    assert (package.root.content, [p.content for p in package.parts]) == (b"<a/>\r\n--bb\r\nstill the root", [b"2"])


def test_bytes_are_kept_to_the_last_one() -> None:
    content = b"\x00\r\n--b1x\r\n\n\r"
    head = b"--b1\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    package = read_package(KIND, message(ROOT, end="") + head + content + b"\r\n--b1--")
    assert package.parts[0].content == content
    # With bare line feeds a carriage return before the boundary is content.
    package = read_package("multipart/related; boundary=b1", b"--b1\n\n<a/>\r\n--b1\n\n\r\n--b1--\n")
    assert (package.root.content, package.parts[0].content) == (b"<a/>\r", b"\r")
    assert read_package("multipart/related; boundary=b1", b"--b1\r\n\r\n\r\n--b1--").root.content == b""


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("base64", base64.encodebytes(b"\xcf\xf0\xe8\xe2\xe5\xf2" * 20).decode()),
        ("BASE64", base64.b64encode(b"\xcf\xf0\xe8\xe2\xe5\xf2" * 20).decode()),
        ("quoted-printable", "=CF=F0=E8=E2=E5=F2" * 20),
    ],
)
def test_transfer_encodings(encoding: str, raw: str) -> None:
    part = f"Content-Type: text/plain; charset=windows-1251\nContent-Transfer-Encoding: {encoding}\n\n{raw}"
    package = read_package(KIND, message(ROOT, part))
    assert package.parts[0].content.decode("windows-1251") == "Привет" * 20


@pytest.mark.parametrize("reference", ["cid:a%3Db%40x", "cid:a=b@x", "CID:a=b@x"])
def test_references_are_unquoted(reference: str) -> None:
    package = read_package(KIND, message(ROOT, "Content-ID: <a=b@x>\n\nhere"))
    assert package.find(reference).content == b"here"
    package = read_package(KIND, message(ROOT, "Content-ID: a%3Db%40x\n\nhere"))
    assert package.find(reference).content == b"here"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('Content-Disposition: attachment; filename="scan.pdf"', "scan.pdf"),
        ("Content-Disposition: attachment; filename=scan.pdf; size=3", "scan.pdf"),
        (r'Content-Disposition: attachment; filename="a\"b;c.pdf"', 'a"b;c.pdf'),
        ("Content-Disposition: attachment; filename*=UTF-8''%D1%81%D0%BA%D0%B0%D0%BD.pdf; filename=x", "скан.pdf"),
        ("Content-Disposition: attachment; filename*=windows-1251''%F1%EA%E0%ED.pdf", "скан.pdf"),
        ("Content-Type: text/plain; name==?utf-8?B?0YHQutCw0L0=?=", "скан"),
        ("Content-Type: text/plain; name=скан.txt", "скан.txt"),
        ('Content-Disposition: attachment; filename="C:\\\\Users\\\\clerk\\\\scan.pdf"', "scan.pdf"),
        ('Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
        ('Content-Disposition: attachment; filename=".."', ""),
        ("Content-Disposition: attachment; filename*=x-nobody''a%FFb", "a\ufffdb"),
        ("Content-Disposition: attachment; filename*=idna''a%FFb", "a\ufffdb"),
        ("Content-Disposition: attachment; filename*=hex''a%FFb", "a\ufffdb"),
        ("Content-Disposition: attachment; filename==?x-nobody?B?AA==?=", "=?x-nobody?B?AA==?="),
    ],
)
def test_a_name_is_never_a_path(head: str, name: str) -> None:
    assert read_package(KIND, message(ROOT, f"{head}\n\nx")).parts[0].name == name


def test_a_name_has_no_control_characters_and_an_end() -> None:
    assert plain_name("a\r\nSet-Cookie: x\x00\u202e.pdf") == "aSet-Cookie: x.pdf"
    assert len(plain_name("я" * 10_000)) == 200


HOSTILE = {
    "no boundary": ("multipart/related", message(ROOT), "names no boundary"),
    "a boundary that is none": (f"multipart/related; boundary={'b' * 71}", message(ROOT), "RFC 2046"),
    "another boundary": ("multipart/related; boundary=b2", message(ROOT), "no such boundary"),
    "empty": (KIND, b"", "no such boundary"),
    "only the end": (KIND, b"--b1--", "has no part"),
    "cut short": (KIND, message(ROOT, PHOTO, end=""), "cut short"),
    "cut within the last boundary": (KIND, message(ROOT, PHOTO)[:-1], "cut short"),
    "thousands of parts": (KIND, message(ROOT, *["\nx"] * 5000), f"more than {MAX_PARTS} parts"),
    "huge headers": (KIND, message(ROOT, f"X: {'x' * MAX_HEAD_BYTES}\n\n"), "longer than"),
    "headers without end": (KIND, message(ROOT, "X: 1\n" * 100_000), "longer than"),
    "no headers": (KIND, message(ROOT, "<html>gateway</html>"), "is no header"),
    "start that is nowhere": (KIND.replace("<root>", "<other>"), message(ROOT, PHOTO), "start names is not there"),
    "two of one id": (KIND, message(ROOT, PHOTO, PHOTO), "the same id"),
    "unknown transfer encoding": (KIND, message(ROOT, "Content-Transfer-Encoding: x-uuencode\n\nx"), "'x-uuencode' is not known"),
    "not base64": (KIND, message(ROOT, "Content-Transfer-Encoding: base64\n\n<<<>"), "not the base64"),
    "base64 cut short": (KIND, message(ROOT, "Content-Transfer-Encoding: base64\n\nQUJDR"), "not the base64"),
}


@pytest.mark.parametrize(("kind", "body", "says"), HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_taken_apart_is_said(kind: str, body: bytes, says: str) -> None:
    with pytest.raises(NotMime, match=says):
        read_package(kind, body)


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("cid:nobody@x", "no part of the message has the id 'nobody@x'"),
        ("cid:root", "names the message itself"),
        ("http://127.0.0.1/x", "is no reference"),
        ("file:///etc/passwd", "is no reference"),
        ("", "is no reference"),
        ("cid:", "no part of the message has the id ''"),
    ],
)
def test_references_that_lead_nowhere(reference: str, says: str) -> None:
    package = read_package(KIND, message(ROOT, PHOTO, "\nwithout id"))
    with pytest.raises(NotMime, match=says):
        package.find(reference)


@given(st.binary(max_size=400))
def test_any_bytes_are_parts_or_no_mime(noise: bytes) -> None:
    for body in (noise, b"--b1\r\n" + noise + b"\r\n--b1--", message(ROOT)[:-8] + noise):
        try:
            read_package(KIND, body)
        except NotMime as error:
            assert error.reason


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n--b1" * 300_000,
        b"--b1\r\n" + b"\r\n-" * 700_000,
        b"--b1\r\nContent-Type: text/xml" + b'; a="' * 3_000 + b"\r\n\r\n--b1--",
        b"--b1\r\nContent-Disposition: a" + b"; x" * 5_000 + b"\r\n\r\n--b1--",
    ],
)
def test_nothing_takes_long(body: bytes) -> None:
    started = time.perf_counter()
    with suppress(NotMime):
        read_package(KIND + "; x" * 5_000, body)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("multipart/related; boundary=x", True),
        (" Multipart/Mixed;boundary=x", True),
        ("multipart/related", True),
        ("multipart/form-data; boundary=x", False),
        ("text/xml; a=multipart/related", False),
        ("", False),
    ],
)
def test_which_types_are_taken_apart(kind: str, expected: bool) -> None:
    assert is_multipart(kind) is expected


def test_parameters() -> None:
    header = 'multipart/related;type="application/xop+xml" ; Start-Info="application/soap+xml; action=\\"urn:a\\"";x=;y = z ;x=2'
    assert parameters(header) == {
        "type": "application/xop+xml",
        "start-info": 'application/soap+xml; action="urn:a"',
        "x": "",
        "y": "z",
    }


# -- made --------------------------------------------------------------------------------------------------------------

PARTS = (Part(b"\x00\r\n\xff", "application/pdf", "darcha-1@darcha", "скан 1.pdf"), Part(b"", "text/plain", "2@x"))


def made(seed: str = "m-1", content: bytes = b"<a/>") -> tuple[str, bytes]:
    return make_package(Part(content, "text/xml; charset=utf-8"), PARTS, seed=seed, root_type="text/xml")


def test_what_we_make_can_be_read_back() -> None:
    package = read_package(*made())
    assert (package.root.content, package.root.content_type) == (b"<a/>", "text/xml; charset=utf-8")
    assert package.parts == PARTS


def test_others_read_what_we_make() -> None:
    kind, body = made()
    read = email.parser.BytesParser(policy=email.policy.default).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts = list(read.iter_parts())
    assert [p.get_content_type() for p in parts] == ["text/xml", "application/pdf", "text/plain"]
    assert [p.get_payload(decode=True) for p in parts[1:]] == [p.content for p in PARTS]
    assert parts[1].get_filename() == "скан 1.pdf"
    assert parts[0]["Content-ID"] == read.get_param("start")


def test_the_same_message_has_the_same_bytes_and_another_another_boundary() -> None:
    assert made() == made()
    assert made()[0] != made("m-2")[0]


def test_a_boundary_is_in_no_part() -> None:
    first = parameters(made()[0])["boundary"]
    kind, body = made(content=f"<a>--{first}--</a>".encode())
    assert parameters(kind)["boundary"] != first
    assert read_package(kind, body).root.content == f"<a>--{first}--</a>".encode()


def test_no_name_forges_a_header() -> None:
    forged = Part(b"x", "text/plain", "1@x", 'a"\r\nContent-Type: text/html\r\n\r\n<b>.pdf')
    _, body = make_package(Part(b"<a/>", "text/xml"), [forged], seed="m", root_type="text/xml")
    assert b"\r\nContent-Type: text/html" not in body


def test_a_name_in_an_encoding_that_is_none_is_taken_as_it_came() -> None:
    assert plain_name("=?é=?q?=?utf-7?b?K0EtYQ==?=").startswith("=?é=?q?")
