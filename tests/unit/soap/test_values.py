"""Simple types: facets along the chain, unions, lists, names, and the exact form of every number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from gateway.sdk.soap.build import Builder
from gateway.sdk.soap.documents import SchemaDocument
from gateway.sdk.soap.errors import ContractBroken, NotOfContract
from gateway.sdk.soap.read import Reader
from gateway.sdk.soap.validate import Validator
from gateway.sdk.soap.values import BUILTINS, Kind, SimpleType
from gateway.sdk.soap.xsd import Schemas

NS = "http://values.example/types"


def schemas(inner: str) -> Schemas:
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="{NS}" targetNamespace="{NS}">{inner}</xs:schema>'
    return Schemas([SchemaDocument("types.xsd", etree.fromstring(text), NS)])


def named(inner: str, name: str = "T") -> SimpleType:
    made = schemas(inner).type(f"{{{NS}}}{name}")
    assert isinstance(made, SimpleType)
    return made


def restricted(base: str, facets: str, name: str = "T") -> str:
    return f'<xs:simpleType name="{name}"><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>'


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("integer", "007", 7),
        ("integer", "+5", 5),
        ("integer", "9007199254740991", 9007199254740991),
        ("integer", "9007199254740993", "9007199254740993"),
        ("integer", "1_0", "1_0"),  # Python would take it for ten
        ("integer", "٣", "٣"),
        ("long", "-9223372036854775808", "-9223372036854775808"),
        ("decimal", "1.10", 1.1),
        ("decimal", "100.00", 100),
        ("decimal", "-0.000001", -0.000001),
        ("decimal", "0.1234567890123456789", "0.1234567890123456789"),
        ("decimal", "12345678901234567890.5", "12345678901234567890.5"),
        ("double", "INF", "INF"),
        ("double", "-INF", "-INF"),
        ("double", "NaN", "NaN"),
        ("double", "1.5E3", 1500),
        ("float", "1E400", "1E400"),
        ("boolean", " 1 ", True),
        ("boolean", "false", False),
        ("string", " a\tb ", " a\tb "),
        ("normalizedString", " a\tb ", " a b "),
        ("token", "\n a \t b ", "a b"),
        ("token", " \u00a0a", "\u00a0a"),  # a space for people, no white space of XML
        ("anyURI", " urn:a ", "urn:a"),
        ("date", " 2026-01-15+05:00 ", "2026-01-15+05:00"),
        ("base64Binary", "AA\n AA", "AAAA"),
        ("hexBinary", " 0aFF ", "0aFF"),
        ("NMTOKENS", " a  b ", ["a", "b"]),
        ("IDREFS", "", []),
        ("dateTimeStamp", "2026-01-15T09:30:00Z", "2026-01-15T09:30:00Z"),
        ("anySimpleType", " 5 ", " 5 "),
    ],
)
def test_a_text_reads_as_json_that_keeps_its_value(name: str, text: str, value: Any) -> None:
    read = BUILTINS[name].decode(text)
    assert read == value and type(read) is type(value)
    assert json.loads(json.dumps(read)) == value


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("integer", 2**80, str(2**80)),
        ("integer", 5.0, "5"),
        ("integer", "007", "007"),
        ("decimal", 0.1, "0.1"),
        ("decimal", 1e22, "10000000000000000000000"),
        ("decimal", "1.10", "1.10"),
        ("double", 1e300, "1e+300"),
        ("double", "NaN", "NaN"),
        ("boolean", True, "true"),
        ("boolean", "0", "0"),
        ("NMTOKENS", ["a", "b"], "a b"),
        ("NMTOKENS", "a b", "a b"),
        ("anySimpleType", False, "false"),
        ("anySimpleType", 1.5, "1.5"),
    ],
)
def test_json_is_written_in_xsds_own_form(name: str, value: Any, text: str) -> None:
    assert BUILTINS[name].encode(value) == text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("string", 5, "must be text, not the number 5"),
        ("integer", True, "must be a whole number, not true"),
        ("integer", 1.5, "must be a whole number"),
        ("decimal", float("inf"), "must be a number"),
        ("boolean", 1, "must be true or false, not the number 1"),
        ("boolean", {"a": 1}, "must be true or false, not an object"),
        ("date", None, "must be text, not null"),
        ("hexBinary", ["0a"], "must be text, not a list"),
        ("NMTOKENS", ["a b"], "without spaces"),
        ("NMTOKENS", [""], "without spaces"),
        ("NMTOKENS", 5, "must be a list"),
        ("QName", 5, "must be a name"),
        ("QName", "{urn:a}b", "where a prefix can be declared"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_expected(name: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        BUILTINS[name].encode(value)


def test_facets_get_tighter_along_the_chain_and_patterns_add_up() -> None:
    made = named(
        restricted("xs:string", '<xs:minLength value="2"/><xs:maxLength value="9"/><xs:pattern value="a.*"/>', "A")
        + restricted("t:A", '<xs:maxLength value="5"/><xs:pattern value=".*b"/><xs:pattern value=".*c"/>', "B")
        + restricted("t:B", '<xs:minLength value="3"/><xs:whiteSpace value="collapse"/>')
    )
    assert made.facets == {"minLength": "3", "maxLength": "5"}
    assert made.patterns == (("a.*",), (".*b", ".*c"))
    assert made.white_space == "collapse" and made.decode(" axb ") == "axb"
    assert [text for text in ("ab", "axb", "axc", "axd", "bxb", "axxxxb") if made.accepts(text)] == ["axb", "axc"]


def test_of_two_bounds_on_one_side_the_tighter_one_stays() -> None:
    made = named(
        restricted("xs:decimal", '<xs:minInclusive value="0"/><xs:maxExclusive value="100"/><xs:fractionDigits value="2"/>', "A")
        + restricted("t:A", '<xs:minExclusive value="0"/><xs:maxInclusive value="50"/><xs:fractionDigits value="1"/>')
    )
    assert made.facets == {"minExclusive": "0", "maxInclusive": "50", "fractionDigits": "1"}
    exact = named(restricted("xs:string", '<xs:minLength value="2"/>', "A") + restricted("t:A", '<xs:length value="4"/>'))
    assert exact.facets == {"length": "4"}


def test_the_last_enumeration_counts_and_its_white_space_is_the_types() -> None:
    made = named(
        restricted("xs:token", '<xs:enumeration value="a"/><xs:enumeration value="b  c"/>', "A")
        + restricted("t:A", '<xs:enumeration value=" b  c "/>')
    )
    assert made.enumeration == ("b c",)
    assert made.accepts("b c") and not made.accepts("a")


def test_a_number_whose_form_counts_stays_text_where_the_form_would_change() -> None:
    code = named(restricted("xs:integer", r'<xs:pattern value="\d{3}"/>'))
    assert code.decode("007") == "007" and code.decode("107") == 107
    assert code.encode(107) == "107" and code.encode("007") == "007"
    money = named(restricted("xs:decimal", r'<xs:pattern value="\d+\.\d{2}"/>'))
    assert money.decode("5.00") == "5.00" and money.decode("5.25") == 5.25
    flag = named(restricted("xs:boolean", '<xs:pattern value="0|1"/>'))
    assert (flag.encode(True), flag.encode(False), flag.decode("1")) == ("1", "0", True)


UNION = (
    restricted("xs:token", '<xs:enumeration value="none"/><xs:enumeration value="7"/>', "Word")
    + '<xs:simpleType name="T"><xs:union memberTypes="xs:int t:Word"><xs:simpleType><xs:list itemType="xs:date"/></xs:simpleType>'
    "</xs:union></xs:simpleType>"
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), ("5", "5"), ("none", "none"), (["2026-01-15", "2026-01-16"], "2026-01-15 2026-01-16")],
)
def test_a_union_takes_the_first_member_that_takes_the_value(value: Any, text: str) -> None:
    made = named(UNION)
    assert made.encode(value) == text


def test_a_union_reads_as_the_first_member_that_takes_the_text() -> None:
    made = named(UNION)
    assert [made.decode(text) for text in (" 5 ", "7", "none", "2026-01-15")] == [5, 7, "none", ["2026-01-15"]]
    assert made.decode("strange") == "strange"
    assert made.listed and [m.kind for m in made.members] == [Kind.INTEGER, Kind.TEXT, Kind.LIST]
    for value in ("other", True, 5.5, None):
        with pytest.raises(ValueError, match="a whole number or text or a list of the type"):
            made.encode(value)


def test_a_list_of_unions_reads_each_item_by_its_member() -> None:
    union = '<xs:simpleType name="T"><xs:union memberTypes="xs:int xs:boolean xs:date"/></xs:simpleType>'
    made = named(f'{union}<xs:simpleType name="Many"><xs:list itemType="t:T"/></xs:simpleType>', "Many")
    assert made.decode("5 true 2026-01-15") == [5, True, "2026-01-15"]
    assert made.encode([5, True, "2026-01-15"]) == "5 true 2026-01-15"


def test_a_union_of_texts_is_text_and_enumerated_where_all_members_are() -> None:
    inner = restricted("xs:token", '<xs:enumeration value="a"/>', "A") + restricted(
        "xs:token", '<xs:enumeration value="b"/>', "B"
    )
    made = named(inner + '<xs:simpleType name="T"><xs:union memberTypes="t:A t:B"/></xs:simpleType>')
    assert made.kind is Kind.TEXT and made.enumeration == ("a", "b")
    loose = named(inner + '<xs:simpleType name="T"><xs:union memberTypes="t:A xs:token"/></xs:simpleType>')
    assert loose.kind is Kind.TEXT and loose.enumeration == ()  # any text will do
    empty = named('<xs:simpleType name="T"><xs:union/></xs:simpleType>')
    assert empty.members == ()


def test_lists_have_lengths_and_patterns_as_a_whole() -> None:
    made = named(
        '<xs:simpleType name="L"><xs:list itemType="xs:int"/></xs:simpleType>'
        + restricted("t:L", r'<xs:maxLength value="2"/><xs:pattern value="\d( \d)*"/>')
    )
    assert made.kind is Kind.LIST and made.encode([1, 2]) == "1 2"
    assert [text for text in ("1", "1 2", "1 2 3", "11") if made.accepts(text)] == ["1", "1 2"]


def test_a_type_made_of_itself_is_refused() -> None:
    with pytest.raises(ContractBroken, match="made of itself"):
        named(restricted("t:B", "", "A") + restricted("t:A", "", "B") + restricted("t:A", ""))


NAMES = (
    '<xs:notation name="gif" public="image/gif"/>'
    + restricted("xs:NOTATION", '<xs:enumeration value="t:gif"/>', "N")
    + '<xs:element name="Fault"><xs:complexType><xs:sequence><xs:element name="code" type="xs:QName" maxOccurs="2"/>'
    '<xs:element name="image" type="t:N"/><xs:element name="either" type="t:U"/></xs:sequence>'
    '<xs:attribute name="of" type="xs:QName"/></xs:complexType></xs:element>'
    '<xs:simpleType name="U"><xs:union memberTypes="xs:int xs:QName"/></xs:simpleType>'
)


def test_names_of_namespaces_are_written_with_a_declared_prefix_and_read_whatever_the_prefix() -> None:
    found = schemas(NAMES)
    fault = found.element(f"{{{NS}}}Fault")
    value = {"@of": f"{{{NS}}}x", "code": [f"{{{NS}}}a", "b"], "image": f"{{{NS}}}gif", "either": f"{{{NS}}}c"}
    text, _ = Builder(found).build(fault, value)
    node = etree.fromstring(text)
    assert Validator(found.documents).mistakes(node) == []
    assert Reader(found).read(node, fault) == value
    other = etree.fromstring(
        f'<q:Fault xmlns:q="{NS}" of="q:x"><code xmlns:z="{NS}">z:a</code><code>b</code><image>q:gif</image>'
        "<either>7</either></q:Fault>"
    )
    assert Reader(found).read(other, fault) == {**value, "either": 7}


def test_a_name_of_an_unknown_namespace_is_refused_by_its_field() -> None:
    found = schemas(NAMES)
    with pytest.raises(NotOfContract, match="urn:strange") as caught:
        Builder(found).build(found.element(f"{{{NS}}}Fault"), {"code": ["{urn:strange}a"], "image": "x", "either": 1})
    assert caught.value.path == "/code/0"
