"""The shape of a message: names, kinds and lengths, and never a value, whatever the message is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.application.redaction import MOST_BYTES, MOST_LINES, Line, shape_of, shape_of_value

ENVELOPE = b"""<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:r="urn:r">
<s:Body><r:Find id="31412956789012"><r:Pin>31412956789012</r:Pin><!-- Amina --><r:Empty/></r:Find></s:Body></s:Envelope>"""


def lines(content: bytes, media: str) -> list[tuple[str, str, int]]:
    return [(line.path, line.kind, line.length) for line in shape_of(content, media).lines]


def test_xml_shows_its_elements_and_attributes() -> None:
    assert lines(ENVELOPE, "text/xml; charset=utf-8") == [
        ("/Envelope", "element", 1),
        ("/Envelope/Body", "element", 1),
        ("/Envelope/Body/Find/@id", "text", 14),
        ("/Envelope/Body/Find", "element", 2),
        ("/Envelope/Body/Find/Pin", "text", 14),
        ("/Envelope/Body/Find/Empty", "text", 0),
    ]


def test_json_shows_its_members() -> None:
    body = {"pin": "31412956789012", "age": 7, "found": True, "none": None, "names": ["Amina", {"family": "Namunayeva"}]}
    assert lines(json.dumps(body).encode(), "application/json") == [
        ("", "object", 5),
        ("/pin", "text", 14),
        ("/age", "number", 0),
        ("/found", "boolean", 0),
        ("/none", "null", 0),
        ("/names", "list", 2),
        ("/names/0", "text", 5),
        ("/names/1", "object", 1),
        ("/names/1/family", "text", 10),
    ]


def test_a_name_that_is_data_is_masked_too() -> None:
    body = {"31412956789012": {"Amina Invented": 1}, "p31412956789012": 2, "step-1": 3}
    assert [line.path for line in shape_of_value(body).lines] == [
        "",
        "/(14 characters)",
        "/(14 characters)/(14 characters)",
        "/(15 characters)",
        "/step-1",
    ]


def test_forms_texts_and_bytes() -> None:
    assert lines(b"pin=31412956789012&name=A%20B", "application/x-www-form-urlencoded") == [
        ("pin", "text", 14),
        ("name", "text", 3),
    ]
    assert lines("салом".encode(), "text/plain") == [("", "text", 5)]
    assert lines(b"\xff\xfe\x00", "application/pdf") == [("", "bytes", 3)]
    assert lines(b"--b\r\n...", "multipart/related; boundary=b") == [("", "multipart", 8)]
    assert shape_of(b"", "text/xml").form == "empty"


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY b "Amina">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a><b></a>",
        b"<" + b"a" * 50,
    ],
    ids=["entity", "external", "broken", "no end"],
)
def test_hostile_xml_is_told_as_text_alone(hostile: bytes) -> None:
    assert lines(hostile, "text/xml") == [("", "text", len(hostile))]


def test_what_is_large_deep_or_endless_is_cut() -> None:
    assert shape_of(b"[" + b"1," * MOST_BYTES + b"1]", "application/json").cut
    wide = shape_of_value(list(range(10_000)))
    assert wide.cut and len(wide.lines) == MOST_LINES
    deep: Any = "Amina"
    for _ in range(300):
        deep = {"a": deep}
    assert 0 < len(shape_of_value(deep).lines) < 100
    nested = b"<a>" * 200 + b"Amina" + b"</a>" * 200
    shape = shape_of(nested, "text/xml")
    assert 0 < len(shape.lines) < 100 and max(len(line.path) for line in shape.lines) < 400


SECRET = "Namunayeva31412956789012"
values = st.recursive(
    st.just(SECRET) | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(values)
def test_no_value_of_any_json_is_shown(value: Any) -> None:
    assert SECRET not in str(shape_of(json.dumps(value).encode(), "application/json"))


@given(st.binary(max_size=300), st.sampled_from(["text/xml", "application/json", "application/x-www-form-urlencoded", ""]))
def test_anything_at_all_has_a_shape(content: bytes, media: str) -> None:
    assert all(isinstance(line, Line) for line in shape_of(content, media).lines)
