"""Mapping skeletons compile, yield the example exactly, and name every field, whatever stands in names and documentation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.onboarding.skeletons import input_skeleton, outcome_of, response_skeleton
from gateway.catalogue.onboarding.words import one_line, within_comment, yaml_document
from gateway.domain.service import Expression
from gateway.sdk import yaml12
from gateway.sdk.mapping import compile_expression
from gateway.sdk.onboarding import DraftOperation, Field
from tests.unit.catalogue.onboarding.tiny import GIVE, LIST

# What contracts are made of: any text but halves of surrogate pairs, numbers that a double holds.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False, width=32) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
FIELDS = st.recursive(
    st.builds(Field, key=TEXTS, kind=TEXTS, required=st.booleans(), many=st.booleans(), about=TEXTS, rule=TEXTS, choice=TEXTS),
    lambda inner: st.builds(Field, key=TEXTS, kind=TEXTS, about=TEXTS, fields=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)


def evaluated(source: str, data: Any) -> Any:
    return compile_expression(Expression(source, "skeleton.jsonata")).evaluate(data)


def operation(**more: Any) -> DraftOperation:
    return DraftOperation(name="op", found_as="Op", **more)


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.lists(FIELDS, max_size=4), TEXTS)
def test_the_input_skeleton_yields_the_example(request: dict[str, Any], fields: list[Field], about: str) -> None:
    # The keys of the example and of the fields meet, so that both ways of writing a field are walked.
    known = [Field(key, "text", about=about, fields=tuple(fields)) for key in list(request)[:2]]
    source = input_skeleton(operation(about=about, input=(*fields, *known), request=request))
    assert evaluated(source, {}) == request


@given(VALUES)
def test_the_response_skeleton_hands_on_the_whole_body(reply: Any) -> None:
    made = operation(output=(Field("x", "text"),), reply=reply)
    found = evaluated(response_skeleton(made), {"body": reply, "status": 200, "operation": "op"})
    wanted = outcome_of(made)
    assert {**found, "data": found.get("data") or {}} == {**wanted, "data": wanted.get("data", {})}


@given(VALUES)
def test_values_survive_as_yaml(value: Any) -> None:
    text = "\n".join(yaml_document({"value": value}))
    assert yaml12.load(text.encode()) == {"value": value}


def test_every_field_is_named_typed_and_commented() -> None:
    source = input_skeleton(GIVE)
    for words in (
        '/* text, required; at least 2 characters. Река */\n  "river": "Namuna \\"daryo\\""',
        "/* object, a list, required */",
        '/* "note": text, optional; one of a, b */',
        '/* "holder": object, one of the choice A, optional */',
        '/* "pin": text, required */',
    ):
        assert words in source
    assert "body.fees: number, a list, optional" in response_skeleton(GIVE)


def test_documentation_cannot_end_its_comment() -> None:
    assert within_comment("a */ b /* c **/ d") == "a * / b / * c ** / d"
    assert evaluated(input_skeleton(GIVE), {}) == GIVE.request
    assert one_line("a\u2028b\x00c\td " + "x" * 500, 10) == "a b c d x…"


def test_an_answer_that_is_no_object_stands_under_value() -> None:
    found = evaluated(response_skeleton(LIST), {"body": ["a"]})
    assert found == {"outcome": "completed", "data": {"value": ["a"]}}


def test_a_one_way_operation_is_completed_with_nothing() -> None:
    assert evaluated(response_skeleton(operation(one_way=True, reply={"x": 1})), {"body": None}) == {"outcome": "completed"}


def test_a_type_that_contains_itself_and_a_huge_one_end() -> None:
    again = Field("again", "object", required=False, repeats=True)
    wide = tuple(Field(f"f{i}", "text", required=False, fields=(again,)) for i in range(5_000))
    source = input_skeleton(operation(input=wide, request={}))
    assert evaluated(source, {}) == {}
    assert "further fields" in source and len(re.findall(r"\n", source)) < 3_100


@pytest.mark.parametrize("request_", [None, [], [1], "text", {"a": {}}, {"a": []}, {"a": [[1]]}, {"": {"$": "$x", "`": 1}}])
def test_odd_examples_are_yielded(request_: Any) -> None:
    source = input_skeleton(operation(input=(Field("a", "object", fields=(Field("b", "text"),)),), request=request_))
    assert evaluated(source, {}) == request_
