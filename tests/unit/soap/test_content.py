"""Fields laid out by a content model that can be repeated: every round gets its share, and nothing is left over."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from gateway.sdk.soap.build import Builder
from gateway.sdk.soap.documents import SchemaDocument
from gateway.sdk.soap.errors import NotOfContract
from gateway.sdk.soap.read import Reader
from gateway.sdk.soap.validate import Validator
from gateway.sdk.soap.xsd import Schemas


def e(name: str, least: int = 1, most: int = 1, more: str = "") -> str:
    return f'<xs:element name="{name}" type="xs:int" minOccurs="{least}" maxOccurs="{most}" {more}/>'


def group(kind: str, *items: str, least: int = 1, most: int = 1) -> str:
    return f'<xs:{kind} minOccurs="{least}" maxOccurs="{most}">{"".join(items)}</xs:{kind}>'


def built(content: str, value: Any) -> str:
    """Return the names of the children in order, after the document was found valid and read back to the value."""
    text = (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="R"><xs:complexType>{content}</xs:complexType>'
    )
    documents = [SchemaDocument("r.xsd", etree.fromstring(f"{text}</xs:element></xs:schema>"), "")]
    schemas = Schemas(documents)
    root = schemas.element("R")
    node = etree.fromstring(Builder(schemas).build(root, value)[0])
    assert Validator(documents).mistakes(node) == []
    read = Reader(schemas).read(node, root)
    assert {k: v for k, v in read.items() if v is not None} == {k: v for k, v in value.items() if v is not None}
    return "".join(str(child.tag) for child in node)


@pytest.mark.parametrize(
    ("content", "value", "order"),
    [
        (group("sequence", e("a"), e("b", 1, 2), most=3), {"a": [1, 2], "b": [1, 2]}, "abab"),
        (group("sequence", e("a"), e("b", 1, 2), most=3), {"a": [1, 2], "b": [1, 2, 3]}, "abbab"),
        (group("sequence", e("a"), e("b", 0, 2), most=3), {"a": [1, 2], "b": [1]}, "aba"),
        (group("choice", e("a", 2, 3), e("b"), most=5), {"a": [1, 2, 3, 4], "b": [1]}, "aaaab"),
        (group("choice", e("a", 1, 3), e("b"), most=2), {"a": [1, 2, 3], "b": [1]}, "aaab"),
        (group("sequence", group("choice", e("a", 1, 2), e("b")), e("c"), most=3), {"a": [1, 2], "c": [1, 2]}, "acac"),
        (
            group("sequence", e("a"), group("sequence", e("b"), e("c"), least=1, most=2), most=3),
            {"a": [1, 2], "b": [1, 2, 3], "c": [1, 2, 3]},
            "abcbcabc",
        ),
        (group("sequence", e("a", 0), e("b"), e("a")), {"a": [1], "b": 1}, "ba"),
        (group("sequence", e("a", 0), e("b"), e("a")), {"a": [1, 2], "b": 1}, "aba"),
        (group("sequence", e("a", 1, 3), e("b"), e("a", 2, 2)), {"a": [1, 2, 3], "b": 1}, "abaa"),
        (group("sequence", e("a", 2, 2), least=2, most=2), {"a": [1, 2, 3, 4]}, "aaaa"),
    ],
)
def test_each_round_takes_its_share(content: str, value: Any, order: str) -> None:
    assert built(content, value) == order


def test_a_null_is_nil_in_an_optional_group_and_chooses_only_where_nothing_else_does() -> None:
    nil = 'nillable="true"'
    assert built(group("sequence", e("a", more=nil), least=0), {"a": None}) == "a"
    both = group("choice", e("a", more=nil), e("b"))
    assert built(both, {"a": None, "b": 1}) == "b"
    assert built(both, {"a": None}) == "a"
    assert built(group("choice", e("a", more=nil), e("b", more=nil), most=3), {"a": [None, 1], "b": [None]}) == "aab"


def test_a_choice_of_anything_takes_what_the_type_does_not_know() -> None:
    anything = '<xs:any namespace="##any" processContents="skip"/>'
    assert built(group("choice", anything, least=0, most=9), {"x": "1", "y": ["1", "2"]}) == "xyy"
    assert built(group("choice", e("a"), anything.replace("##any", "##local").replace("skip", "lax"), most=1), {"a": 1}) == "a"


@pytest.mark.parametrize(
    ("content", "value", "said"),
    [
        (group("sequence", e("a"), e("b"), most=3), {"a": [1, 2], "b": [1]}, "/b: needs at least 1"),
        (group("sequence", e("a"), most=2), {"a": [1, 2, 3]}, "/a: has more values than the 2 that fit"),
        (group("choice", e("a", 2, 3), e("b"), most=5), {"a": [1]}, "/a: needs at least 2"),
        (group("choice", e("a"), e("b")), {"a": 1, "b": 1}, "/b: cannot stand beside a"),
        (group("choice", e("a"), e("b")), {}, "one of a, b is required"),
        (group("sequence", e("a"), least=2, most=2), {"a": [1]}, "/a: needs at least 1"),
    ],
)
def test_what_does_not_fit_is_told_by_its_field(content: str, value: Any, said: str) -> None:
    with pytest.raises(NotOfContract, match=said):
        built(content, value)
