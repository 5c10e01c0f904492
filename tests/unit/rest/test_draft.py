"""The draft of a contract: names, fields, credentials, and examples that validate."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.rest.conformance import OPENAPI, request
from adapters.rest.draft import NothingReadable, draft
from adapters.rest.samples import sample
from gateway.sdk import DraftOperation
from tests.unit.rest.contracts import adapter, document, one
from tests.unit.rest.test_dialects import SWAGGER


def _only(raw: bytes) -> DraftOperation:
    (found,) = draft({"api.json": raw}, ["api.json"], []).operations
    return found


def test_a_contract_as_it_is_drafted() -> None:
    made = draft({"a/openapi.yaml": OPENAPI, "other.yaml": b"x: 1"}, ["a/openapi.yaml"], [])
    assert (made.contract, set(made.files), made.title) == ("a/openapi.yaml", {"a/openapi.yaml"}, "Housing fund")
    by_name = {operation.name: operation for operation in made.operations}
    assert set(by_name) == {"registerTenancy", "findTenancy", "getPermit", "orderInspection"}
    assert {name for name, o in by_name.items() if o.idempotent} == {"findTenancy", "getPermit"}
    assert all(not o.problem for o in by_name.values())
    params, *_ = by_name["getPermit"].input
    assert [(f.key, f.required, f.many, f.enumeration) for f in params.fields] == [
        ("number", True, False, ()),
        ("lang", False, True, ("uz", "ru", "ky")),
        ("X-Purpose", False, False, ()),
    ]
    tenancy = {field.key: field for field in by_name["registerTenancy"].input}
    assert tenancy["tenant"].rule == "pattern ^[0-9]{14}$"
    assert (tenancy["from"].kind, tenancy["rooms"].kind, tenancy["rooms"].required) == ("date", "whole number", False)
    assert draft({"a/openapi.yaml": OPENAPI}, ["a/openapi.yaml"], ["getPermit"]).operations == (by_name["getPermit"],)
    assert draft({"a/openapi.yaml": OPENAPI, "other.yaml": b"x: 1"}, ["a/openapi.yaml"], []) == made, "it is deterministic"


def test_what_is_no_contract() -> None:
    with pytest.raises(NothingReadable, match=r"x\.yaml"):
        draft({"x.yaml": b"a: 1"}, ["x.yaml"], [])


def test_names_are_fit_for_agency_yaml() -> None:
    raw = orjson.dumps(
        {
            "openapi": "3.0.0",
            "paths": {
                "/a/{id}": {"get": {}, "post": {"operationId": "Людей.найти!"}, "put": {"operationId": "get-a-id"}},
                "/b": {
                    "get": {"operationId": "1 - find/it" * 12},
                    "post": {"operationId": "same"},
                    "put": {"operationId": "same"},
                },
            },
        }
    )
    made = draft({"api.json": raw}, ["api.json"], []).operations
    names = [operation.name for operation in made]
    assert len(set(names)) == 6
    for operation in made:
        agency = adapter(raw, **operation.options) if operation.options else None
        assert operation.options or operation.name in {"get-a-id", "same"}
        assert agency is None or agency.check() == [], "the options lead to the operation"


@pytest.mark.parametrize(
    ("schemes", "auth"),
    [
        ({"a": {"type": "http", "scheme": "Basic"}}, {"kind": "basic", "user": "darcha", "secret": "secret://agency/password"}),
        ({"a": {"type": "http", "scheme": "bearer"}}, {"kind": "bearer", "secret": "secret://agency/token"}),
        (
            {"a": {"type": "apiKey", "in": "query", "name": "k"}},
            {"kind": "api_key", "query": "k", "secret": "secret://agency/key"},
        ),
        (
            {
                "a": {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": "https://t.uz/", "scopes": {"r": "", "w": ""}}},
                }
            },
            {
                "kind": "oauth2",
                "token_url": "https://t.uz/",
                "client": "darcha",
                "secret": "secret://agency/client",
                "scope": "r w",
            },
        ),
        (
            {"a": {"type": "mutualTLS"}},
            {"kind": "mtls", "certificate": "secret://agency/certificate", "key": "secret://agency/key"},
        ),
        ({}, {"kind": "none"}),
    ],
)
def test_credentials(schemes: Any, auth: Any) -> None:
    raw = document({"security": [{"a": []}]}, components={"securitySchemes": schemes}, servers=[{"url": "https://api.uz/v2/"}])
    made = draft({"api.json": raw}, ["api.json"], [])
    assert made.auth == auth
    assert made.endpoint == "https://api.uz/v2"


def test_the_address_of_swagger_2_has_its_base_path() -> None:
    made = draft({"api.yaml": SWAGGER}, ["api.yaml"], [])
    assert made.endpoint == "https://api.example.uz/v1"
    assert [o.problem for o in made.operations] == ["", ""]


def test_a_bad_operation_is_told_and_the_others_are_drafted() -> None:
    raw = orjson.dumps(
        {
            "openapi": "3.1.0",
            "paths": {
                "/a": {"post": {"operationId": "a", "requestBody": {"$ref": "#/no"}}},
                "/b": {
                    "post": {"operationId": "b", "requestBody": {"content": {"application/json": {"schema": {"$ref": "x.yaml"}}}}}
                },
                "/c": {"post": {"operationId": "c"}},
            },
        }
    )
    drafted = draft({"api.json": raw}, ["api.json"], [])
    assert drafted.unresolved == ("x.yaml: it is not among the files",)
    made = {o.name: o for o in drafted.operations}
    assert "#/no" in made["a"].problem or "no" in made["a"].problem
    assert "x.yaml is not among the contract's files" in made["b"].problem
    assert made["c"].problem == ""


def test_an_example_of_the_contract_counts_only_where_it_is_valid() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "example": "seven"}}}
    good = {"application/json": {"schema": schema, "examples": {"one": {"value": {"a": 7}}}}}
    bad = {"application/json": {"schema": schema, "example": {"a": "seven"}}}
    assert _only(document({"requestBody": {"required": True, "content": good}})).request == {"a": 7}
    assert _only(document({"requestBody": {"required": True, "content": bad}})).request == {"a": 1}


def test_a_document_in_an_answer_is_drafted_as_one() -> None:
    made = _only(document({"responses": {"200": {"content": {"application/pdf": {}}}}}))
    assert set(made.reply) == {"media_type", "content"}
    assert [field.key for field in made.output] == ["media_type", "name", "content"]


_SCALARS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("integer")}, optional={"minimum": st.integers(-50, 50), "multipleOf": st.integers(1, 9)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("number"), "exclusiveMinimum": st.integers(-9, 9)}, optional={"maximum": st.integers(10, 99)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("string")}, optional={"minLength": st.integers(0, 9), "maxLength": st.integers(9, 20)}
    ),
    st.sampled_from(["date", "date-time", "time", "email", "uuid", "ipv4", "ipv6", "uri", "duration", "hostname"]).map(
        lambda form: {"type": "string", "format": form}
    ),
    st.sampled_from([r"^[A-Z]{2}\d{7}$", r"^\p{Lu}\p{Ll}+$", "^(a|b)c?$", r"^[^\s]{3,5}$"]).map(
        lambda pattern: {"type": "string", "pattern": pattern}
    ),
    st.lists(st.integers(0, 9) | st.text("abc", max_size=2), min_size=1, max_size=4, unique=True).map(lambda v: {"enum": v}),
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "null"], "const": None}),
)


def _composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4)
    objects = st.tuples(named, st.booleans(), st.booleans()).map(
        lambda t: {
            "type": "object",
            "properties": t[0],
            "required": sorted(t[0]) if t[1] else [],
            **({"additionalProperties": False} if t[2] else {"minProperties": 2}),
        }
    )
    lists = st.tuples(inner, st.integers(0, 3)).map(lambda t: {"type": "array", "items": t[0], "minItems": t[1], "maxItems": 4})
    choices = st.tuples(st.sampled_from(["oneOf", "anyOf"]), st.lists(inner, min_size=1, max_size=3)).map(lambda t: {t[0]: t[1]})
    both = st.tuples(named, named).map(
        lambda t: {
            "allOf": [
                {"type": "object", "properties": {f"x{k}": v for k, v in t[0].items()}, "required": [f"x{k}" for k in t[0]]},
                {"type": "object", "properties": {f"y{k}": v for k, v in t[1].items()}},
            ]
        }
    )
    return objects | lists | choices | both


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schema=st.recursive(_SCALARS, _composed, max_leaves=12))
def test_a_sample_is_valid_or_there_is_none(schema: Any) -> None:
    raw = document({"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}})
    body = one(raw).body
    assert body is not None
    assert body.schema is not None
    made = sample(body.schema)
    assert made == sample(body.schema), "it is deterministic"
    if made.found:
        assert body.schema.problem(made.value) is None
        adapter(raw).render(request("x", made.value))
    else:
        assert made.reason


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True},
        {
            "type": "array",
            "items": {"type": "object", "properties": {"a": {"type": "integer"}}},
            "minItems": 3,
            "uniqueItems": True,
        },
        {"type": "array", "contains": {"const": 7}, "minItems": 2},
        {
            "type": "object",
            "minProperties": 3,
            "additionalProperties": {"type": "integer"},
            "propertyNames": {"pattern": "^[A-Z]{2}"},
        },
        {"type": "object", "patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False, "minProperties": 1},
        {"type": "object", "properties": {"a": {}, "b": {}}, "maxProperties": 1},
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "dependentRequired": {"a": ["b", "c"]},
        },
        {
            "type": "object",
            "properties": {"kind": {"enum": ["a", "b"]}, "n": {"type": "integer"}},
            "required": ["kind"],
            "if": {"properties": {"kind": {"const": "a"}}},
            "then": {"required": ["n"]},
        },
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "not": {"required": ["b"]}},
        {"type": "string", "enum": ["a", "b"], "not": {"const": "a"}},
        {"allOf": [{"type": "integer", "minimum": 5}, {"maximum": 7, "multipleOf": 3}]},
        {
            "oneOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}],
            "properties": {"a": {}, "b": {}},
        },
        {"type": "string", "pattern": "^[A-Z]+$", "minLength": 5, "maxLength": 7},
    ],
)
def test_rules_that_examples_have_to_keep(schema: Any) -> None:
    body = one(document({"requestBody": {"content": {"application/json": {"schema": schema}}}})).body
    assert body is not None
    made = sample(body.schema)
    assert made.found, made.reason


def test_what_contains_itself_has_an_example() -> None:
    schemas = {
        "Node": {
            "type": "object",
            "required": ["name", "children"],
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            },
        }
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}
    made = _only(document({"requestBody": {"required": True, "content": content}}, components={"schemas": schemas}))
    assert made.request["children"]
    children = next(field for field in made.input if field.key == "children")
    assert children.repeats
