"""Texts for patterns: the judge takes them, their length is right, and no pattern costs more than a moment."""

from __future__ import annotations

import re
import time
from typing import Any

import jsonschema_rs
import pytest
from lxml import etree

from gateway.sdk.pattern_syntax import Unreadable, parse
from gateway.sdk.patterns import candidates, matches, readable, sample, samples

XSD: list[tuple[str, dict[str, Any]]] = [
    (r"\i\c*", {}),
    (r"\I\C+", {}),
    (r"[a-z-[aeiou]]+", {"least": 5}),
    (r"[\w-[\d_]]{4}", {}),
    (r"[^a-z-[A-C]]{3}", {}),
    (r"\p{IsCyrillic}+", {"least": 4}),
    (r"\p{IsBasicLatin}{3}", {}),
    (r"\P{IsBasicLatin}{3}", {}),
    (r"\p{Lu}{2}\d{7}", {}),
    (r"\P{L}+", {}),
    (r"\D\W\S\s", {}),
    (r"(\d{2}|[A-Z]{3})*", {"least": 7, "most": 7}),
    (r"(1[0-2]|0[1-9])/\d\d", {}),
    (r"[+\-]?\d+(\.\d{1,2})?", {"least": 6}),
    (r"[\w.\-]+@(\w+\.)+[a-z]{2,3}", {"least": 12, "most": 12}),
    (r"^a$", {}),
    (r"x|", {}),
    (r".*", {"least": 3}),
    (r"\\\|\.\-\^\?\*\+\{\}\(\)\[\]\n\t", {}),
    (r".{0,5000}", {"least": 4000}),
    (r"(([a-z]{1,30}){1,30}){1,30}", {"least": 100}),
    (r"[-+]", {}),
    (r"((a{2}){3}b)?(c|dd){2,}", {"least": 11}),
]
JSON: list[tuple[str, dict[str, Any]]] = [
    (r"^\d{3}$", {}),
    (r"abc", {"least": 8}),
    (r"^(?=.*\d)(?=.*[A-Z])(?=.*[^\w]).{8,}$", {"most": 10}),
    (r"^(?!0000|1234)\d{4}$", {}),
    (r"^(?!.*(foo|bar))[a-z]{3}$", {}),
    (r"^(?!.*[a-wA-Z0-9_/.-])[^ ]{3}$", {}),
    (r"^(?![ab])(?!.[bc])(?!.*d$)[a-e]{3}$", {"most": 3}),
    (r"^(?![0-9]+$)(?!.*-$)(?!-)[a-zA-Z0-9-]{1,63}$", {}),
    (r"^[a-z]+$|^\d+$", {"least": 3}),
    (r"\p{Script=Cyrillic}+", {"least": 3}),
    (r"^\p{Lu}\p{L}+$", {}),
    (r"^\u{41}\u0042\x43\/$", {}),
    (r"^(?<year>\d\d)-(?:\d\d)$", {}),
    (r"^([ab])\1$", {}),
    (r"\bfoo\b", {"least": 6}),
    (r"^$", {}),
    (r"^https?://", {"least": 15, "most": 15}),
    (r"^[\w\-\.]+?$", {}),
    (r"^[^\]\\\[-]{2}$", {}),
    (r"^((?!abc).)*$", {"least": 4}),
]


def _taken_by_libxml2(pattern: str, text: str) -> bool:
    schema = etree.fromstring(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"><xs:simpleType>'
        '<xs:restriction base="xs:string"><xs:pattern/></xs:restriction></xs:simpleType></xs:element></xs:schema>'
    )
    next(schema.iter("{*}pattern")).set("value", pattern)
    node = etree.Element("a")
    node.text = text
    return etree.XMLSchema(schema).validate(node)


@pytest.mark.parametrize(("pattern", "bounds"), XSD, ids=[p for p, _ in XSD])
def test_libxml2_takes_the_text_of_a_pattern_of_xml_schema(pattern: str, bounds: dict[str, int]) -> None:
    text = sample(pattern, **bounds)
    assert text is not None
    assert _taken_by_libxml2(pattern, text)
    assert bounds.get("least", 0) <= len(text) <= bounds.get("most", 1_000_000)


@pytest.mark.parametrize(("pattern", "bounds"), JSON, ids=[p for p, _ in JSON])
def test_json_schema_takes_the_text_of_a_pattern_of_ecma_262(pattern: str, bounds: dict[str, int]) -> None:
    text = sample(pattern, flavour="json", **bounds)
    assert text is not None
    assert jsonschema_rs.is_valid({"type": "string", "pattern": pattern}, text)
    assert bounds.get("least", 0) <= len(text) <= bounds.get("most", 1_000_000)


@pytest.mark.parametrize(
    ("patterns", "bounds"),
    [
        ([r"[A-Z]*", r".{3}"], {}),
        ([r"\d+", r".*7", r".{5,9}", r"3.*"], {}),
        ([r"[a-z ]+", r"\S+( \S+)+"], {"least": 30, "most": 40}),
        ([r".*a.*", r".*b.*", r".*c.*", r"[^e]*"], {}),
        ([r"[A-Z]{0,300}", r"\c{0,300}"], {"least": 200}),
    ],
)
def test_a_text_for_several_patterns_matches_each(patterns: list[str], bounds: dict[str, int]) -> None:
    text = samples(patterns, **bounds)
    assert text is not None
    assert all(_taken_by_libxml2(pattern, text) for pattern in patterns)
    assert bounds.get("least", 0) <= len(text) <= bounds.get("most", 1_000_000)


def test_the_characters_are_those_that_people_read_easily() -> None:
    assert sample(r"[A-Z]{2}\d{7}") == "AB1234567"
    assert sample(r"\w+@\w+\.uz") == sample(r"\w+@\w+\.uz")
    assert re.fullmatch("[a-z]+", sample(r".+") or "")
    assert re.fullmatch("[а-я]{5}", sample(r"\p{IsCyrillic}{5}") or "")


@pytest.mark.parametrize(
    ("patterns", "bounds", "flavour"),
    [
        ([r"[a-z]+", r"\d+"], {}, "xsd"),
        ([r"a{3}"], {"most": 2}, "xsd"),
        ([r"a{3}"], {"least": 4}, "xsd"),
        ([r"a"], {"least": 3, "most": 2}, "xsd"),
        ([r"(?:a)"], {}, "xsd"),  # not of XML Schema: libxml2 refuses it
        ([r"["], {}, "json"),
        ([r"^(?=a)b"], {}, "json"),
    ],
)
def test_where_nothing_matches_the_answer_is_none(patterns: list[str], bounds: dict[str, int], flavour: Any) -> None:
    assert samples(patterns, flavour=flavour, **bounds) is None


def test_candidates_differ_and_all_match() -> None:
    found = list(candidates([r"\d{4}-\d{2}-\d{2}"]))
    assert len(set(found)) == len(found) > 3
    assert "1111-11-11" in found  # a date, which the schema's base type may ask for
    assert all(_taken_by_libxml2(r"\d{4}-\d{2}-\d{2}", text) for text in found)


def test_matches_and_readable_ask_the_judge() -> None:
    assert matches([r"\d+", r".{3}"], "123")
    assert not matches([r"\d+", r".{3}"], "12")
    assert not matches([r".*"], "\x00")  # XML cannot hold it
    assert matches([r"\d"], "a1b", "json")
    assert not matches([r"("], "(")
    assert readable(r"\i") and not readable(r"\x41")
    assert readable(r"\x41", "json") and not readable(r"(", "json")


@pytest.mark.parametrize(
    ("pattern", "flavour"),
    [
        (r"^(?=(a|b|c|d)*a.{14}$)(?!(a|b|c|d)*b.{9}$)(?=.*[0-9].{3}$)\w{40,}$", "json"),
        (r"^(?=.*zz.{300}1)(?!.*a.{200}b).{900,}$", "json"),
        ("((((((a*)*)*)*)*)*)*b{3}", "xsd"),
        ("(a|b|(c|d)*){0,200}" * 20 + "z", "json"),
        ("(" * 200 + "a" + ")" * 200, "json"),
        ("a{1000}{1000}{1000}", "json"),
        ("(ab{1,900}c{1,900}){1,900}", "xsd"),
        ("|".join(f"word{n}" for n in range(2000)), "json"),
    ],
)
def test_no_pattern_takes_long(pattern: str, flavour: Any) -> None:
    start = time.process_time()
    text = sample(pattern, flavour=flavour)
    assert time.process_time() - start < 5  # a tenth of it on a quiet machine; without bounds it would be hours
    assert text is None or matches([pattern], text, flavour)


@pytest.mark.parametrize(
    "pattern", ["(", ")", "[a", "a{2,1}", "*", r"\p{Nothing}", "[b-a]", r"\q", "a" * 30_000, "(" * 100, "a\\"]
)
def test_what_is_no_pattern_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(Unreadable):
        parse(pattern, "xsd")
