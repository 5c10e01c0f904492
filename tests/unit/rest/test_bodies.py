"""Bodies of every kind: what is written reads back, documents are digests until they are sent."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rest.bodies import BodyBroken, read, write
from adapters.rest.conformance import MESSAGE_ID, request
from adapters.rest.model import Body
from adapters.rest.pieces import insert_documents
from gateway.sdk import DocumentRef, MessageInvalid
from tests.unit.rest.contracts import adapter, document, one

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
_XML_TEXT = st.text("абвabc <>&\"'12", min_size=1, max_size=12).filter(lambda text: text.strip() == text)
_FIELDS = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "count": {"type": "integer"},
        "yes": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "place": {"type": "object", "properties": {"street": {"type": "string"}, "number": {"type": "integer"}}},
    },
}
_VALUES = st.fixed_dictionaries(
    {"name": _TEXT},
    optional={
        "count": st.integers(-(2**63), 2**63 - 1),
        "yes": st.booleans(),
        "tags": st.lists(_TEXT, min_size=1, max_size=3),
        "place": st.fixed_dictionaries({"street": _TEXT}, optional={"number": st.integers(0, 99)}),
    },
)
SCAN = b"%PDF-1.7\r\n--\x00\xff\r\n"
SCAN_REF = DocumentRef(sha256(SCAN).hexdigest(), 'a "scan".pdf', "application/pdf", "scan", len(SCAN))
MARK = f"darcha-document:{SCAN_REF.digest}"


def _body(media_type: str, schema: Any, **media: Any) -> Body:
    found = one(document({"requestBody": {"required": True, "content": {media_type: {"schema": schema, **media}}}})).body
    assert found is not None
    return found


@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
@given(value=_VALUES)
def test_what_is_written_reads_back(media_type: str, value: dict[str, Any]) -> None:
    body = _body(media_type, _FIELDS)
    written = write(body, value, MESSAGE_ID, {})
    assert write(body, dict(reversed(value.items())), MESSAGE_ID, {}) == written, "the same product gives the same bytes"
    assert read(body, {"Content-Type": written.content_type}, written.raw) == value


_PERSON = {
    "type": "object",
    "xml": {"name": "person", "namespace": "urn:p", "prefix": "p"},
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "name": {"type": "string", "xml": {"name": "fullName"}},
        "alive": {"type": "boolean"},
        "phones": {"type": "array", "items": {"type": "string", "xml": {"name": "phone"}}},
        "children": {
            "type": "array",
            "xml": {"wrapped": True, "name": "kids"},
            "items": {"type": "object", "xml": {"name": "kid"}, "properties": {"name": {"type": "string"}}},
        },
    },
}


@given(
    value=st.fixed_dictionaries(
        {"id": st.integers(), "name": _XML_TEXT},
        optional={
            "alive": st.booleans(),
            "phones": st.lists(_XML_TEXT, min_size=1, max_size=3),
            "children": st.lists(st.fixed_dictionaries({"name": _XML_TEXT}), min_size=1, max_size=3),
        },
    )
)
def test_xml_reads_back(value: dict[str, Any]) -> None:
    body = _body("application/xml", _PERSON)
    written = write(body, value, MESSAGE_ID, {})
    assert read(body, {"Content-Type": written.content_type}, written.raw) == value


def test_the_text_of_an_element_is_read_beside_its_attributes() -> None:
    fee = {"type": "object", "xml": {"name": "fee"}, "properties": {"currency": {"type": "string", "xml": {"attribute": True}}}}
    raw = b'<fee currency="UZS">5</fee>'
    assert read(_body("application/xml", fee), {"Content-Type": "application/xml"}, raw) == {"currency": "UZS", "$text": "5"}


def test_xml_is_as_the_schema_says() -> None:
    written = write(
        _body("text/xml", _PERSON), {"id": 7, "name": "A", "phones": ["1", "2"], "children": [{"name": "B"}]}, "m", {}
    )
    assert written.raw.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<p:person xmlns:p="urn:p" id="7"><fullName>A</fullName><phone>1</phone><phone>2</phone>'
        "<kids><kid><name>B</name></kid></kids></p:person>"
    )


@pytest.mark.parametrize("raw", [b"<a>", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", b"\xff"])
def test_hostile_xml_is_refused(raw: bytes) -> None:
    with pytest.raises(BodyBroken):
        read(_body("application/xml", _PERSON), {"Content-Type": "application/xml"}, raw)


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("multipart/form-data", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\ncut"),
        ("multipart/form-data; boundary=x", b"--x\r\nno headers\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: text/plain\r\n\r\nv\r\n--x--\r\n"),
        ("application/x-www-form-urlencoded", "a=ў".encode()),
        ("application/json", b"{"),
        ("text/plain; charset=nothing", b"a"),
        ("", b"{}"),
    ],
)
def test_malformed_bodies_are_told(content_type: str, raw: bytes) -> None:
    with pytest.raises(BodyBroken):
        read(None, {"content-type": content_type} if content_type else {}, raw)


def test_a_boundary_cannot_stand_in_a_text() -> None:
    body = _body("multipart/form-data", _FIELDS)
    first = write(body, {"name": "x"}, MESSAGE_ID, {}).content_type.partition("boundary=")[2]
    written = write(body, {"name": f"a\r\n--{first}\r\nContent-Disposition: form-data; name=admin\r\n\r\nyes"}, MESSAGE_ID, {})
    assert list(read(body, {"Content-Type": written.content_type}, written.raw)) == ["name"]


def test_encodings_of_a_form() -> None:
    encoding = {"tags": {"style": "pipeDelimited", "explode": False}, "place": {"style": "deepObject", "explode": True}}
    body = _body("application/x-www-form-urlencoded", _FIELDS, encoding=encoding)
    value = {"name": "a b", "tags": ["x", "y"], "place": {"street": "s", "number": 1}}
    written = write(body, value, "m", {})
    assert written.raw == b"name=a%20b&place[street]=s&place[number]=1&tags=x%7Cy"
    assert read(body, {"Content-Type": body.media_type}, written.raw) == value


@pytest.mark.parametrize(
    ("media_type", "schema", "product", "sent"),
    [
        ("application/octet-stream", {"type": "string", "format": "binary"}, MARK, SCAN),
        ("application/pdf", {}, MARK, SCAN),
        ("application/x-www-form-urlencoded", {"type": "object"}, {"scan": MARK}, b"scan=JVBERi0xLjcNCi0tAP8NCg%3D%3D"),
        (
            "application/xml",
            {"type": "object", "xml": {"name": "r"}},
            {"scan": MARK},
            b"<?xml version='1.0' encoding='UTF-8'?>\n<r><scan>JVBERi0xLjcNCi0tAP8NCg==</scan></r>",
        ),
        ("application/json", {"type": "object"}, {"scan": MARK}, b'{"scan":"JVBERi0xLjcNCi0tAP8NCg=="}'),
    ],
)
def test_documents_are_put_in_when_sent(media_type: str, schema: Any, product: Any, sent: bytes) -> None:
    raw = document({"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}})
    message = adapter(raw).render(request("x", product, (SCAN_REF,)))
    assert message.documents == (SCAN_REF,)
    assert SCAN not in message.body
    orjson.dumps(dict(message.options))  # options are stored as JSON
    assert insert_documents(message.body, {SCAN_REF.digest: SCAN}, message.options.get("inserts", ())) == sent
    with pytest.raises(MessageInvalid):
        adapter(raw).render(request("x", product))


def test_a_document_is_a_part_of_its_own() -> None:
    schema = {"type": "object", "properties": {"scan": {"type": "string", "format": "binary"}, "note": {"type": "string"}}}
    raw = document({"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}})
    agency = adapter(raw)
    message = agency.render(request("x", {"scan": MARK, "note": MARK.replace("darcha-", "no-")}, (SCAN_REF,)))
    assert message == agency.render(request("x", {"note": MARK.replace("darcha-", "no-"), "scan": MARK}, (SCAN_REF,)))
    sent = insert_documents(message.body, {SCAN_REF.digest: SCAN}, message.options["inserts"])
    assert b'name="scan"; filename="a %22scan%22.pdf"\r\nContent-Type: application/pdf\r\n\r\n' + SCAN + b"\r\n--" in sent
    other = agency.render(replace(request("x", {"scan": MARK}, (SCAN_REF,)), message_id="other"))
    assert other.content_type != message.content_type, "the boundary comes from the message id"


def test_a_form_is_an_object() -> None:
    raw = document({"requestBody": {"content": {"multipart/form-data": {"schema": {}}}}})
    with pytest.raises(MessageInvalid):
        adapter(raw).render(request("x", ["a"]))


def test_another_kind_of_body_by_option() -> None:
    content = {"application/json": {"schema": _FIELDS}, "application/x-www-form-urlencoded": {"schema": _FIELDS}}
    raw = document({"requestBody": {"content": content}})
    assert adapter(raw).render(request("x", {"name": "a"})).body == b'{"name":"a"}'
    form = adapter(raw, content_type="application/x-www-form-urlencoded")
    assert form.render(request("x", {"name": "a"})).body == b"name=a"
    assert [flaw.key for flaw in adapter(raw, content_type="text/csv").check()] == ["operations.x.options.content_type"]
