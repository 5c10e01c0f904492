"""Swagger 2.0, OpenAPI 3.x, references across files, and the mistakes that documents in practice have."""

from typing import Any

import orjson
import pytest

from adapters.rest.conformance import request
from adapters.rest.openapi import OpenApi
from adapters.rest.schemas import SchemaBroken
from gateway.sdk import Invalid, MessageInvalid, Reply
from tests.unit.rest.contracts import adapter, document, one, read

SWAGGER = b"""
swagger: "2.0"
host: api.example.uz
basePath: /v1/
schemes: [http, https]
consumes: [application/json]
produces: [application/json, application/xml]
parameters:
  page: {name: page, in: query, type: integer, minimum: 1}
paths:
  /people/{id}:
    parameters:
      - {name: id, in: path, required: true, type: integer, format: int64}
    put:
      operationId: putPerson
      parameters:
        - {$ref: "#/parameters/page"}
        - {name: tags, in: query, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: ids, in: query, type: array, items: {type: integer}, collectionFormat: multi}
        - {name: person, in: body, required: true, schema: {$ref: "#/definitions/Person"}}
      responses:
        200: {description: ok, schema: {$ref: "#/definitions/Person"}}
  /scans:
    post:
      operationId: postScan
      consumes: [multipart/form-data]
      parameters:
        - {name: scan, in: formData, type: file, required: true}
        - {name: codes, in: formData, type: array, items: {type: string}, collectionFormat: csv}
      responses:
        200: {description: a file, schema: {type: file}}
definitions:
  Person:
    type: object
    required: [name]
    properties: {name: {type: string, x-nullable: true}, age: {type: integer, minimum: 0, exclusiveMinimum: true}}
"""


def test_swagger_2() -> None:
    contract = OpenApi({"api.yaml": SWAGGER}, "api.yaml")
    assert contract.problems == {}
    assert contract.servers == ("https://api.example.uz/v1", "http://api.example.uz/v1")
    person = contract.operations["putPerson"]
    styles = {p.name: (p.where, p.style, p.explode, p.required) for p in person.parameters}
    assert styles == {
        "id": ("path", "simple", False, True),
        "page": ("query", "form", False, False),
        "tags": ("query", "pipeDelimited", False, False),
        "ids": ("query", "form", True, False),
    }
    assert person.body is not None
    assert person.body.schema is not None
    assert person.body.schema.problem({"name": None, "age": 1}) is None
    assert person.body.schema.problem({"name": "a", "age": 0}) is not None
    scan = contract.operations["postScan"]
    assert scan.body is not None
    assert scan.body.kind == "multipart"
    assert scan.body.schema is not None
    assert scan.body.schema.problem({"codes": ["a"]}) == ("", '"scan" is a required property (rule: required)')
    answer = scan.response(200)
    assert answer is not None
    assert answer.kind == "binary"
    assert [body.media_type for body in person.answers(200)] == ["application/json", "application/xml"]


def test_references_lead_across_files_and_nowhere_else() -> None:
    files = {
        "spec/api.json": orjson.dumps(
            {
                "openapi": "3.1.0",
                "paths": {
                    "/a": {"$ref": "paths/a.yaml"},
                    "/b": {"$ref": "#/components/pathItems/B"},
                    "/c": {"$ref": "https://example.uz/far/paths/c.json#/item"},
                    "/broken": {"get": {"operationId": "broken", "parameters": [{"$ref": "no.yaml#/p"}], "responses": {}}},
                    "/gone": {"$ref": "gone.yaml"},
                },
                "components": {"pathItems": {"B": {"get": {"operationId": "b", "responses": {}}}}},
            }
        ),
        "spec/paths/a.yaml": b"post:\n  operationId: a\n  requestBody: {content: {application/json: "
        b'{schema: {$ref: "../schemas.yaml#/A", maxProperties: 1}}}}\n  responses: {}\n',
        "spec/schemas.yaml": b"A: {type: object, properties: {b: {$ref: '#/$defs/B'}}, required: [b]}\n"
        b"$defs: {B: {type: integer}}\n",
        "spec/c.json": b'{"item": {"get": {"operationId": "c", "responses": {}}}}',
        "spec/unused.yaml": b"x: 1",
    }
    contract = OpenApi(files, "spec/api.json")
    assert set(contract.operations) == {"a", "b", "c"}
    assert set(contract.problems) == {"broken", "GET /gone"} or set(contract.problems) == {"broken", "/gone"}
    body = contract.operations["a"].body
    assert body is not None
    assert body.schema is not None
    assert body.schema.problem({"b": 1}) is None
    assert body.schema.problem({"b": "1"}) is not None
    assert body.schema.problem({"b": 1, "c": 1}) is not None, "in 3.1 what stands beside a reference counts"
    assert contract.files.used == {"spec/api.json", "spec/paths/a.yaml", "spec/schemas.yaml", "spec/c.json"}


def test_a_broken_reference_breaks_requests_and_is_a_note_of_answers() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}, "b": {"type": "integer"}}}
    asked = one(document({"requestBody": {"content": {"application/json": {"schema": schema}}}}))
    assert asked.body is not None
    assert asked.body.schema is not None
    with pytest.raises(SchemaBroken, match="nowhere"):
        asked.body.schema.compile()
    answered = one(document({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}})).response(200)
    assert answered is not None
    assert answered.schema is not None
    assert answered.schema.problem({"a": [], "b": 1}) is None
    assert answered.schema.problem({"b": "x"}) is not None
    assert "anything is taken there" in answered.schema.notes[0]


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "pattern": r"^\p{L}+$"}, "Ўзбек", "1"),
        ({"type": "string", "pattern": r"^(?P<a>[0-9]+)\Z"}, "12", "x"),
        ({"type": "string", "pattern": r"/^[a-z]+$/i"}, "AB", "1"),
        ({"type": "string", "pattern": r"^[\w-.]+$"}, "a-b.c", "!"),
        ({"type": "string", "pattern": r"^(?<!x)a.{0,65535}$"}, "ab", "b"),
        ({"type": "string", "pattern": "(", "maxLength": 2}, "((", "abc"),
        ({"type": "int", "maximum": "10"}, 10, 11),
        ({"type": "any"}, {"x": 1}, None),
        ({"type": "datetime"}, "2026-01-01T00:00:00Z", "yesterday"),
        ({"type": "object", "properties": {"a": {"type": "string", "required": True}}, "required": True}, {"a": "x"}, {"a": 1}),
        ({"type": "string", "enum": [1, 2, True]}, "1", "3"),
        ({"type": "array", "items": [{"type": "integer"}]}, [1], ["a"]),
        ({"type": ["string", None], "minLength": -1}, None, 1),
        ({"properties": ["a"], "enum": [], "multipleOf": 0, "type": "integer"}, 3, "x"),
        ({"allOf": {"type": "integer"}}, 1, "x"),
    ],
)
def test_schemas_with_mistakes_check_what_they_can(schema: dict[str, Any], good: Any, bad: Any) -> None:
    body = one(document({"requestBody": {"content": {"application/json": {"schema": schema}}}}, version="3.0.1")).body
    assert body is not None
    assert body.schema is not None
    assert body.schema.problem(good) is None
    assert bad is None or body.schema.problem(bad) is not None


def test_operations_with_mistakes_are_read_as_they_are_meant() -> None:
    raw = orjson.dumps(
        {
            "openapi": "3.2.0",
            "x-note": 1,
            "paths": {
                "/a": {"get": {"responses": None}, "post": {"operationId": "twice"}, "x-more": {}},
                "/b/{id}": {"get": {"operationId": "twice", "parameters": [{"name": "other", "in": "path", "schema": {}}]}},
                " c?kind=full ": {"get": {"operationId": "c ", "parameters": [{"name": "n", "in": "query", "type": "integer"}]}},
                "/d": {"get": {"operationId": "d", "parameters": [{"in": "query"}]}},
                "/e": None,
                "x-paths": {},
            },
            "webhooks": {"Told": {"post": {"requestBody": {"content": {"application/json": {}}}}}},
        }
    )
    contract = read(raw)
    assert set(contract.operations) == {"GET /a", "twice", "GET /b/{id}", "c"}
    assert set(contract.problems) == {"d"}
    by_path = contract.operations["GET /b/{id}"]
    assert [(p.name, p.where) for p in by_path.parameters] == [("id", "path")]
    assert len(by_path.notes) == 3
    assert set(contract.callbacks) == {"Told"}
    agency = adapter(raw, method="GET", path=" c?kind=full ")
    assert agency.render(request("x", {"params": {"n": 3}})).path == "/c?kind=full&n=3"


def test_read_only_is_not_asked_of_a_request() -> None:
    schema = {
        "type": "object",
        "required": ["id", "name", "secret"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {}, "secret": {"writeOnly": True}},
    }
    content = {"application/json": {"schema": schema}}
    found = one(document({"requestBody": {"content": content}, "responses": {"200": {"content": content}}}))
    answer = found.response(200)
    assert found.body is not None
    assert found.body.schema is not None
    assert answer is not None
    assert answer.schema is not None
    assert found.body.schema.problem({"name": 1, "secret": 2}) is None
    assert answer.schema.problem({"name": 1, "id": 2}) is None
    assert found.body.schema.problem({"name": 1, "id": 2}) is not None
    assert answer.schema.problem({"name": 1, "secret": 2}) is not None


def test_what_each_part_shuts_is_shut_for_the_whole() -> None:
    base = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
    more = {"type": "object", "properties": {"b": {}}, "required": ["b"], "additionalProperties": False}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, more]}
    content = {"application/json": {"schema": schema}}
    body = one(document({"requestBody": {"content": content}}, components={"schemas": {"Base": base}})).body
    assert body is not None
    assert body.schema is not None
    assert body.schema.problem({"a": 1, "b": 2}) is None
    assert body.schema.problem({"a": 1}) is not None
    assert body.schema.problem({"b": 1, "c": 2}) is not None
    assert "meant for the whole" in body.schema.notes[0]


PETS = {
    "Cat": {"type": "object", "required": ["kind", "lives"], "properties": {"kind": {}, "lives": {"type": "integer"}}},
    "Dog": {"type": "object", "required": ["kind"], "properties": {"kind": {}, "tricks": {"type": "array"}}},
}


@pytest.mark.parametrize(
    ("value", "pointer", "told"),
    [
        ({"kind": "cat", "lives": 9}, None, ""),
        ({"kind": "Dog", "tricks": []}, None, ""),
        ({"kind": "cat", "tricks": []}, "", "by kind 'cat'"),
        ({"kind": "cat", "lives": "nine"}, "/lives", "by kind 'cat'"),
        ({"kind": "Dog", "tricks": 1}, "/tricks", "by kind 'Dog'"),
        ({"lives": 9}, "", "'kind' names none of cat, Dog"),
    ],
)
def test_a_discriminator_names_the_branch(value: Any, pointer: str | None, told: str) -> None:
    schema = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
    }
    raw = document(
        {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}, components={"schemas": PETS}
    )
    if pointer is None:
        adapter(raw).render(request("x", value))
        return
    with pytest.raises(MessageInvalid) as refused:
        adapter(raw).render(request("x", value))
    assert refused.value.path == pointer
    assert refused.value.reason.startswith(told)


def test_circles_end() -> None:
    schemas = {
        "Tree": {"type": "object", "properties": {"below": {"$ref": "#/components/schemas/Tree"}}, "additionalProperties": False},
        "Self": {"$ref": "#/components/schemas/Self"},
        "Base": {"oneOf": [{"$ref": "#/components/schemas/Child"}]},
        "Child": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object"}]},
    }
    for name, good in (("Tree", {"below": {"below": {}}}), ("Self", 1), ("Base", {})):
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        body = one(document({"requestBody": {"content": content}}, components={"schemas": schemas})).body
        assert body is not None
        assert body.schema is not None
        assert body.schema.problem(good) is None


def test_a_success_that_the_contract_does_not_name() -> None:
    lenient = adapter(document({"responses": {"400": {"description": "no"}}}))
    strict = adapter(document({"responses": {"201": {"description": "yes"}}}))
    reply = Reply("x", 200, {"content-type": "application/json"}, b"{}")
    assert not isinstance(lenient.parse(reply).outcome, Invalid)
    assert isinstance(strict.parse(reply).outcome, Invalid)
