"""The reply reader: the inverse of the builder, typed by the schema, exact with numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.soap.conformance import FULL, NS, SMALL, TYPES, files
from gateway.sdk.soap import Contract, parse_xml
from gateway.sdk.soap.values import BUILTINS

ORDER = f"{{{NS}}}OrderCopy"
CONTRACT = Contract(files(), "archive.wsdl")

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
persons = st.fixed_dictionaries({"Family": texts, "Given": texts}, optional={"Born": st.dates().map(str)})
witnesses = st.fixed_dictionaries({"Family": texts, "Given": texts}, optional={"Phone": st.lists(texts, min_size=1, max_size=3)})
orders = st.fixed_dictionaries(
    {
        "@lang": st.sampled_from(["uz", "ru", "ky"]),
        "MessageId": texts,
        "Holder": persons,
        "Kind": st.sampled_from(["deed", "school"]),
        "Number": st.from_regex(r"\A[A-Z]{2}-[0-9]{4}\Z"),
    },
    optional={
        "@channel": texts,
        "Witness": st.lists(witnesses, min_size=1, max_size=3),
        "Fee": st.fixed_dictionaries({"@currency": texts, "#text": st.integers(-(10**9), 10**9)}),
        "Copies": st.integers(1, 10**6),
        "Urgent": st.booleans(),
        "Until": st.none() | st.dates().map(str),
        "Tags": st.lists(st.from_regex(r"\A[a-z]{1,8}\Z"), min_size=1, max_size=3),
    },
)


@given(orders)
def test_whatever_is_built_is_valid_and_reads_back_the_same(value: dict[str, Any]) -> None:
    text, _ = CONTRACT.build(CONTRACT.element(ORDER), value)
    assert CONTRACT.read(parse_xml(text.encode())) == value


@pytest.mark.parametrize("value", [FULL, SMALL])
def test_round_trip(value: dict[str, Any]) -> None:
    text, _ = CONTRACT.build(CONTRACT.element(ORDER), value)
    assert CONTRACT.read(parse_xml(text.encode())) == value


def test_repeated_elements_are_lists_even_when_there_is_one() -> None:
    xml = f'<CopyReady xmlns="{NS}" event="e"><Order>A</Order><Page>3</Page></CopyReady>'
    assert CONTRACT.read(parse_xml(xml.encode())) == {"@event": "e", "Order": "A", "Page": [3]}


def test_what_the_schema_does_not_know_is_read_by_its_shape() -> None:
    xml = '<x xmlns="urn:other" y="1"><a>1</a><a>2</a><b><c/></b></x>'
    assert CONTRACT.read(parse_xml(xml.encode())) == {"@y": "1", "a": ["1", "2"], "b": {"c": ""}}


def test_cdata_and_comments_in_text() -> None:
    xml = f'<NotHeld xmlns="{NS}"><Where><![CDATA[<a>]]> and <!-- no --> b</Where></NotHeld>'
    assert CONTRACT.read(parse_xml(xml.encode())) == {"Where": "<a> and  b"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "007", 7),
        ("integer", "9007199254740993", "9007199254740993"),
        ("decimal", "12500.50", 12500.5),
        ("decimal", "12500.00", 12500),
        ("decimal", "0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("decimal", "123456789012345678.90", "123456789012345678.90"),
        ("double", "1e3", 1000),
        ("double", "INF", "INF"),
        ("boolean", " 1 ", True),
        ("boolean", "false", False),
        ("date", " 2026-01-15 ", "2026-01-15"),
        ("string", " a ", " a "),
        ("token", " a ", "a"),
    ],
)
def test_numbers_stay_exact_and_text_stays_text(kind: str, text: str, value: Any) -> None:
    assert BUILTINS[kind].decode(text) == value
    assert type(BUILTINS[kind].decode(text)) is type(value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("decimal", 0.00001, "0.00001"),
        ("decimal", 1e21, "1000000000000000000000"),
        ("decimal", "123456789012345678.90", "123456789012345678.90"),
        ("integer", 5.0, "5"),
        ("double", 1e-7, "1e-07"),
        ("boolean", True, "true"),
        ("boolean", "0", "0"),
        ("anySimpleType", True, "true"),
        ("anySimpleType", 1, "1"),
    ],
)
def test_lexical_forms(kind: str, value: Any, text: str) -> None:
    assert BUILTINS[kind].encode(value) == text


@pytest.mark.parametrize(("kind", "value"), [("decimal", float("nan")), ("integer", 1.5), ("boolean", 1), ("string", True)])
def test_values_of_another_type(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        BUILTINS[kind].encode(value)


def test_the_types_that_a_contract_names_are_found() -> None:
    assert CONTRACT.schemas.types_named("Person") == [f"{{{TYPES}}}Person"]
