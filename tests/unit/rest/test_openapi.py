"""Reading an OpenAPI document."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from ruamel.yaml import YAML

from adapters.rest.adapter import RestAdapter
from adapters.rest.conformance import OPENAPI, agency
from adapters.rest.openapi import ContractBroken, OpenApi, is_json

DOCUMENT = """
openapi: {version}
paths:
  "/люди/{{id}}/x~y":
    post:
      operationId: put
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                name: {{type: string, nullable: true}}
                age: {{type: integer, minimum: 0, exclusiveMinimum: {exclusive}}}
                kind: {{$ref: "types/common.yaml#/Kind"}}
                tree: {{$ref: "#/components/schemas/Tree"}}
      responses: {{200: {{description: ok}}}}
  /broken:
    post:
      operationId: broken
      requestBody: {{$ref: "#/components/requestBodies/Nowhere"}}
      responses: {{}}
  /form:
    post:
      operationId: form
      requestBody: {{content: {{multipart/form-data: {{}}}}}}
      responses: {{}}
  /circle:
    post: {{operationId: circle, requestBody: {{$ref: "#/components/requestBodies/A"}}, responses: {{}}}}
  /far:
    post: {{operationId: far, requestBody: {{$ref: "https://example.uz/x.yaml#/A"}}, responses: {{}}}}
components:
  requestBodies:
    A: {{$ref: "#/components/requestBodies/B"}}
    B: {{$ref: "#/components/requestBodies/A"}}
  schemas:
    Tree:
      type: object
      properties: {{below: {{type: array, items: {{$ref: "#/components/schemas/Tree"}}}}}}
      additionalProperties: false
"""


def _read(version: str = "3.0.3", exclusive: str = "true") -> OpenApi:
    text = DOCUMENT.format(version=version, exclusive=exclusive).encode()
    return OpenApi({"api.yaml": text, "types/common.yaml": b"Kind: {enum: [a, b]}\n"}, "api.yaml")


def test_one_bad_operation_leaves_the_others_alone() -> None:
    read = _read()
    assert set(read.operations) == {"put", "form"}
    assert set(read.problems) == {"broken", "circle", "far"}
    assert "Nowhere" in read.problems["broken"]
    assert "circle" in read.problems["circle"]
    assert "nothing is fetched" in read.problems["far"]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"name": None, "age": 1, "kind": "a", "tree": {"below": [{"below": []}]}}, None),
        ({"age": 0}, "/age"),
        ({"kind": "c"}, "/kind"),
        ({"tree": {"below": [{"x": 1}]}}, "/tree/below/0"),
    ],
)
def test_schemas_of_3_0_across_files(value: Any, path: str | None) -> None:
    body = _read().operations["put"].body
    assert body is not None
    assert body.schema is not None
    problem = body.schema.problem(value)
    assert (None if problem is None else problem[0]) == path


def test_in_3_1_schemas_are_as_they_stand() -> None:
    body = _read("3.1.0", "0").operations["put"].body
    assert body is not None
    assert body.schema is not None
    assert body.schema.problem({"name": None}) is not None


def test_problems_mask_the_values() -> None:
    body = OpenApi({"openapi.yaml": OPENAPI}, "openapi.yaml").operations["registerTenancy"].body
    assert body is not None
    assert body.schema is not None
    problem = body.schema.problem({"tenant": "Namunayeva", "from": "2026-01-01"})
    assert problem is not None
    assert problem[0] == "/tenant"
    assert "Namunayeva" not in problem[1]


@pytest.mark.parametrize("raw", [b"", b"[]", b"swagger: '2.0'", b"openapi: 3.1.0\nopenapi: 3.1.0", b"{", b"\xff"])
def test_what_is_no_document(raw: bytes) -> None:
    with pytest.raises(ContractBroken):
        OpenApi({"api.yaml": raw}, "api.yaml")


def test_callbacks_are_not_operations() -> None:
    read = OpenApi({"openapi.yaml": OPENAPI}, "openapi.yaml")
    assert set(read.callbacks) == {"Inspected"}
    assert "Inspected" not in read.operations


def test_json_by_its_media_type() -> None:
    assert is_json("application/json; charset=utf-8")
    assert is_json("application/problem+json")
    assert not is_json("text/html")
    assert not is_json("application/xml")


def test_operation_by_method_and_path() -> None:
    known = agency()
    renamed = replace(
        known.operations["registerTenancy"], id="rent", options={"method": "post", "path": "/tenancies"}, lookup=None
    )
    adapter = RestAdapter(replace(known, operations={"rent": renamed}, callbacks={}, files={"openapi.yaml": OPENAPI}))
    assert adapter.check() == []
    assert adapter.described("rent") is not None


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"contract": "other.yaml"}, "contract"),
        (
            {"callbacks": {"operations": {"Inspected": {"schema": "#/components/schemas/Nope"}}}},
            "callbacks.operations.Inspected.schema",
        ),
        ({"callbacks": {"operations": {"Inspected": {}}}}, "callbacks.operations.Inspected.schema"),
        ({"callbacks": {"operations": {"Nobody": {"schema": "#/components/schemas/Found"}}}}, "callbacks.operations.Nobody"),
        ({"callbacks": {}}, "operations.orderInspection.callback.Inspected"),
        (
            {"files": {"openapi.yaml": OPENAPI, "simulator.yaml": b"operations: {registerTenancy: {}}"}},
            "operations.registerTenancy",
        ),
    ],
)
def test_flaws_of_a_contract(change: dict[str, Any], key: str) -> None:
    flaws = RestAdapter(replace(agency(), **change)).check()
    assert key in {flaw.key for flaw in flaws}


def test_unknown_options_are_told() -> None:
    known = agency()
    asked = replace(known.operations["getPermit"], options={"methode": "GET"})
    flaws = RestAdapter(replace(known, operations={**known.operations, "getPermit": asked})).check()
    assert [flaw.key for flaw in flaws] == ["operations.getPermit.options.methode"]


def test_a_broken_schema_is_told() -> None:
    document = YAML(typ="safe", pure=True).load(OPENAPI)
    document["components"]["schemas"]["Tenancy"]["properties"]["rooms"] = {"$ref": "#/components/schemas/Rooms"}
    flaws = RestAdapter(replace(agency(), files={"openapi.yaml": orjson.dumps(document)})).check()
    assert [flaw.key for flaw in flaws] == ["operations.registerTenancy"]
    assert "Rooms" in flaws[0].expected


def test_a_type_that_there_is_not_is_not_checked() -> None:
    document = YAML(typ="safe", pure=True).load(OPENAPI)
    document["components"]["schemas"]["Tenancy"]["properties"]["rooms"] = {"type": "many", "maximum": 3}
    body = OpenApi({"openapi.json": orjson.dumps(document)}, "openapi.json").operations["registerTenancy"].body
    assert body is not None
    assert body.schema is not None
    assert body.schema.problem({"tenant": "31506201234567", "from": "2026-01-01", "rooms": "two"}) is None
    assert any("'many'" in note for note in body.schema.notes)
