"""Every way to send nonsense ends in a problem document that names the place and the rule, and changes nothing."""

from __future__ import annotations

import json

import pytest

from gateway.api.parts import ApiParts
from tests.unit.api.asgi import Answer, Caller
from tests.unit.api.conftest import Shelf, application

SUBMIT = "/v1/applications"


def problem(answer: Answer, status: int, code: str) -> dict[str, object]:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:darcha:problem:{code}")
    assert "Traceback" not in answer.body.decode()
    return body


def rules(answer: Answer) -> set[tuple[str, str]]:
    return {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"service": "flying"}, "/service", "unknown_service"),
        ({"service": 7}, "/service", "type"),
        ({"surprise": 1}, "/surprise", "unknown_field"),
        ({"language": "xx"}, "/language", "enum"),
        ({"form": {"wish": 1}}, "/form/wish", "type"),
        ({"form": {"wish": "x" * 30}}, "/form/wish", "too_long"),
        ({"form": {"wish": "x", "count": False}}, "/form/count", "type"),
        ({"form": {"wish": "x", "other/one": 1}}, "/form/other~1one", "unknown_field"),
        ({"form": {}}, "/form/wish", "required"),
        ({"office": "atlantis"}, "/office", "unknown_office"),
        ({"territory": ...}, "/territory", "required"),
        ({"taken_at": "yesterday"}, "/taken_at", "time"),
    ],
)
async def test_a_wrong_field_is_named(office: Caller, shelf: Shelf, changes: dict[str, object], pointer: str, code: str) -> None:
    answer = await office.post(SUBMIT, application(**changes), idempotency_key="k")
    problem(answer, 422, "bad_input")
    assert (pointer, code) in rules(answer)
    assert not shelf.taken


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "syntax"),
        (b"not json", "syntax"),
        (b'{"service": "wish",}', "syntax"),
        (b'{"service": "\xff"}', "encoding"),
        (b"\xff\xfe{\x00}\x00", "encoding"),
        (b'{"service": "wish", "service": "wish"}', "duplicate_key"),
        (b'{"form": {"a": 1, "a": 2}}', "duplicate_key"),
        (b'{"form": ' + b"[" * 100 + b"]" * 100 + b"}", "depth"),
        (b'{"form": NaN}', "number"),
        (b'{"form": 1e999}', "number"),
        (b'{"form": "\\ud800"}', "text"),
        (b'{"form": "\\u0000"}', "text"),
    ],
)
async def test_what_is_not_json_says_why(office: Caller, shelf: Shelf, body: bytes, code: str) -> None:
    for url in (SUBMIT, "/v1/cases/00000000-0000-0000-0000-000000000000/facts"):
        answer = await office.post(url, body, idempotency_key="k", content_type="application/json")
        problem(answer, 400, "not_json")
        assert rules(answer) == {("", code)}
    assert not shelf.taken


async def test_json_that_is_no_object(office: Caller) -> None:
    answer = await office.post(SUBMIT, b"[]", idempotency_key="k", content_type="application/json")
    problem(answer, 422, "bad_input")
    assert rules(answer) == {("", "type")}


async def test_too_large_whether_announced_or_not(office: Caller, shelf: Shelf) -> None:
    announced = await office.post(SUBMIT, b"x", idempotency_key="k", content_type="application/json", content_length="99999")
    problem(announced, 413, "too_large")
    chunks = [b"x" * 1000] * 50
    streamed = await office.call("POST", SUBMIT, chunks, idempotency_key="k", content_type="application/json")
    problem(streamed, 413, "too_large")
    assert not shelf.taken


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "application/json; charset=utf-16", ""])
async def test_another_content_type(office: Caller, media: str) -> None:
    answer = await office.post(SUBMIT, b"{}", idempotency_key="k", content_type=media)
    problem(answer, 415, "unsupported_media_type")
    assert answer.headers["accept"] == "application/json"


@pytest.mark.parametrize("key", [None, "", '""', "x" * 201, "tab\there", "  "])
async def test_an_application_needs_a_usable_key(office: Caller, key: str | None) -> None:
    headers = {} if key is None else {"idempotency_key": key}
    problem(await office.post(SUBMIT, application(), **headers), 400, "key_missing")


async def test_the_same_key_with_another_body(office: Caller, shelf: Shelf) -> None:
    first = await office.post(SUBMIT, application(), idempotency_key="k")
    spaced = json.dumps(application(), indent=3).encode()
    again = await office.post(SUBMIT, spaced, idempotency_key='"k"', content_type="application/json")
    assert (first.status, again.status) == (202, 202)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    problem(await office.post(SUBMIT, application(channel="portal"), idempotency_key="k"), 422, "key_reused")
    assert len(shelf.taken) == 1


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("uz", "Maʼlumotlar qoidaga mos emas"),
        ("ru-RU, en;q=0.5", "Данные не соответствуют правилам"),
        ("de, ky;q=0.3", "Маалымат эрежеге туура келбейт"),
        ("de", "The input breaks a rule"),
        ("uz;q=0, ;;, en;q=x", "The input breaks a rule"),
    ],
)
async def test_problems_speak_the_callers_language(office: Caller, language: str, title: str) -> None:
    answer = await office.post(SUBMIT, application(form={}), idempotency_key="k", accept_language=language)
    assert answer.json()["title"] == title
    if language == "uz":
        assert answer.json()["errors"][0]["message"] == "«wish» maydoni kerak"


async def test_what_is_not_there(office: Caller) -> None:
    problem(await office.get("/v1/nothing"), 404, "not_found")
    problem(await office.get("/v1/cases/not-a-case"), 404, "not_found")
    problem(await office.get("/v1/services/flying"), 404, "not_found")
    gone = await office.call("DELETE", "/v1/cases", b"")
    problem(gone, 405, "method_not_allowed")
    assert "GET" in gone.headers["allow"]


@pytest.mark.parametrize(
    ("url", "pointer", "code"),
    [
        ("/v1/cases?statsu=closed", "/statsu", "unknown_field"),
        ("/v1/cases?status=finished", "/status", "enum"),
        ("/v1/cases?limit=0", "/limit", "minimum"),
        ("/v1/cases?limit=many", "/limit", "type"),
        ("/v1/cases?due_before=2026-09-01", "/due_before", "time"),
        ("/v1/cases?needs_attention=perhaps", "/needs_attention", "type"),
        ("/v1/events?wait=1e9", "/wait", "maximum"),
        ("/v1/documents/7", "/document", "uuid"),
    ],
)
async def test_a_wrong_parameter_is_named(office: Caller, url: str, pointer: str, code: str) -> None:
    answer = await office.get(url)
    problem(answer, 422, "bad_input")
    assert (pointer, code) in rules(answer)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"kind": "weather", "at": "2026-09-01T09:00:00+05:00"}, "/kind", "enum"),
        ({"kind": "payment"}, "/at", "required"),
        ({"kind": "payment", "at": 1767225600}, "/at", "time"),
        ({"kind": "payment", "at": "2026-09-01T09:00:00"}, "/at", "time"),
        ({"kind": "payment", "at": "2026-09-01"}, "/at", "time"),
        ({"kind": "payment", "at": "2026-09-01T09:00:00+05:00", "by": "me"}, "/by", "unknown_field"),
        ({"kind": "payment", "at": "2026-09-01T09:00:00+05:00", "data": []}, "/data", "type"),
        ([], "", "type"),
    ],
)
async def test_small_bodies_are_as_strict(office: Caller, body: object, pointer: str, code: str) -> None:
    answer = await office.post("/v1/cases/00000000-0000-0000-0000-000000000000/facts", body)
    problem(answer, 422, "bad_input")
    assert (pointer, code) in rules(answer)


async def test_a_reason_is_not_blank(operator: Caller) -> None:
    answer = await operator.post("/v1/requests/00000000-0000-0000-0000-000000000000/retry", {"reason": "   "})
    assert rules(answer) == {("/reason", "empty")}


async def test_a_small_body_has_a_limit_too(operator: Caller) -> None:
    url = "/v1/requests/00000000-0000-0000-0000-000000000000/retry"
    problem(await operator.post(url, {"reason": "x" * 2000}), 413, "too_large")


async def test_no_database_is_said_and_when_to_come_again(office: Caller, shelf: Shelf) -> None:
    await office.get("/v1/services")  # the key is remembered
    shelf.away = True
    answer = await office.post(SUBMIT, application(), idempotency_key="k")
    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"


async def test_what_nobody_foresaw_shows_nothing_of_itself(office: Caller, shelf: Shelf) -> None:
    async def burst() -> None:
        raise RuntimeError("secret thing")

    shelf.gate = burst
    answer = await office.post(SUBMIT, application(), idempotency_key="k")
    body = problem(answer, 500, "internal")
    assert "secret thing" not in answer.body.decode()
    assert body["trace"]


async def test_documents_have_to_be_there(office: Caller, shelf: Shelf) -> None:
    digest = "ab" * 32
    answer = await office.post(SUBMIT, application(documents=[{"kind": "passport", "digest": digest}]), idempotency_key="k")
    problem(answer, 422, "bad_input")
    assert rules(answer) == {("/documents/0/digest", "unknown_document")}
    sent = await office.post("/v1/documents?name=pass.pdf&kind=passport&origin=scan", b"%PDF", content_type="application/pdf")
    assert sent.status == 201
    document = {"kind": "passport", "digest": sent.json()["digest"]}
    assert (await office.post(SUBMIT, application(documents=[document]), idempotency_key="k")).status == 202
    other = Caller(office.app, authorization="Bearer other-key")
    problem(await other.post(SUBMIT, application(documents=[document]), idempotency_key="k"), 422, "bad_input")
    problem(await other.get(sent.headers["location"]), 404, "not_found")
    assert (await office.get(sent.headers["location"])).json()["origin"] == "scan"
    content = await office.get(sent.headers["location"] + "/content")
    assert (content.body, content.headers["content-type"]) == (b"%PDF", "application/pdf")


async def test_documents_too_large_empty_or_of_no_type(office: Caller, parts: ApiParts) -> None:
    limit = parts.limits.document_bytes
    problem(await office.post("/v1/documents", b"x" * (limit + 1), content_type="image/png"), 413, "too_large")
    problem(await office.post("/v1/documents", b"", content_type="image/png"), 422, "bad_input")
    problem(await office.post("/v1/documents", b"x"), 415, "unsupported_media_type")
