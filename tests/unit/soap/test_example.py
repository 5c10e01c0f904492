"""Examples: whatever a schema asks for, the example builds, is valid, and reads back as it is."""

from __future__ import annotations

import time
from typing import Any

import pytest
from lxml import etree

from gateway.sdk.soap.build import Builder
from gateway.sdk.soap.documents import SchemaDocument
from gateway.sdk.soap.errors import NoExample
from gateway.sdk.soap.example import example_of
from gateway.sdk.soap.read import Reader
from gateway.sdk.soap.validate import Validator
from gateway.sdk.soap.xsd import Schemas

NS = "http://examples.example/forms"


def compiled(inner: str) -> Schemas:
    text = (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="{NS}" targetNamespace="{NS}" '
        f'elementFormDefault="qualified">{inner}</xs:schema>'
    )
    return Schemas([SchemaDocument("forms.xsd", etree.fromstring(text), NS)])


def checked(schemas: Schemas, *, full: bool = False, name: str = "Form") -> Any:
    """Return the example of an element after it was built, found valid, and read back."""
    element = schemas.element(f"{{{NS}}}{name}")
    value = example_of(element, schemas, full=full)
    node = etree.fromstring(Builder(schemas).build(element, value)[0])
    assert Validator(schemas.documents).mistakes(node) == []
    assert Reader(schemas).read(node, element) == value
    return value


def example(inner: str, *, full: bool = False) -> Any:
    return checked(compiled(inner), full=full)


def form(content: str) -> str:
    return f'<xs:element name="Form"><xs:complexType>{content}</xs:complexType></xs:element>'


def simple(facets: str, base: str = "xs:string") -> Any:
    return example(
        f'<xs:element name="Form"><xs:simpleType><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>'
        "</xs:element>"
    )


def facet(**values: Any) -> str:
    return "".join(f'<xs:{name} value="{value}"/>' for name, value in values.items())


BUILTIN = (
    "string normalizedString token language NMTOKEN NMTOKENS Name NCName ID IDREF IDREFS anyURI QName boolean decimal integer "
    "nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt unsignedShort "
    "unsignedByte positiveInteger float double duration dateTime time date gYearMonth gYear gMonthDay gDay gMonth hexBinary "
    "base64Binary anySimpleType anyType"
)


@pytest.mark.parametrize("name", BUILTIN.split())
def test_every_type_of_xml_schema_has_an_example(name: str) -> None:
    assert example(f'<xs:element name="Form" type="xs:{name}"/>') not in ("", None)


@pytest.mark.parametrize(
    ("base", "facets", "due"),
    [
        ("xs:string", facet(length=3), "exa"),
        ("xs:string", facet(minLength=10), "exampleexa"),
        ("xs:string", facet(maxLength=0), ""),
        ("xs:string", facet(enumeration="new"), "new"),
        ("xs:string", facet(pattern=r"[A-Z]{2}\d{3}"), "AB123"),
        ("xs:string", facet(pattern=r"\d+", minLength=4, maxLength=5), "1234"),
        ("xs:date", facet(pattern=r"\d{4}-\d{2}-\d{2}"), "2026-01-15"),
        ("xs:date", facet(minInclusive="2030-01-01"), "2030-01-01"),
        ("xs:date", facet(minExclusive="2030-12-31"), "2031-01-01"),
        ("xs:date", facet(maxExclusive="2001-01-01"), "2000-12-31"),
        ("xs:date", facet(pattern=r"1\d{3}-\d\d-\d\d"), "1111-11-11"),
        ("xs:dateTime", facet(minExclusive="2030-01-01T00:00:00Z"), "2030-01-01T00:00:01+00:00"),
        ("xs:time", facet(maxExclusive="08:00:00"), "07:59:59"),
        ("xs:gYear", facet(maxExclusive="2000"), "1999"),
        ("xs:duration", facet(pattern="P[0-9]+M"), "P1M"),
        ("xs:int", facet(minInclusive=18, maxInclusive=99), 19),
        ("xs:int", facet(minExclusive=5, maxExclusive=7), 6),
        ("xs:decimal", facet(minExclusive=0, maxExclusive=1, fractionDigits=1), 0.1),
        ("xs:decimal", facet(maxExclusive=0), -1),
        ("xs:decimal", facet(minInclusive="0.001", maxInclusive="0.002"), 0.001),
        ("xs:decimal", facet(totalDigits=3, minInclusive=100), 101),
        ("xs:decimal", facet(pattern=r"\d+\.\d{2}"), 1.25),
        ("xs:double", facet(maxInclusive="-1.5E2"), -151),
        ("xs:integer", facet(pattern=r"\d{14}"), 12345678901234),
        ("xs:integer", facet(pattern=r"00\d"), "003"),
        ("xs:boolean", facet(pattern="0|1"), True),
        ("xs:hexBinary", facet(length=3), "0a0a0a"),
        ("xs:base64Binary", facet(maxLength=2), "ZXg="),
        ("xs:anyURI", facet(minLength=20), "urn:example:11111111"),
        ("xs:NMTOKENS", facet(minLength=3), ["example", "example", "example"]),
        ("xs:language", facet(pattern="[a-z]{2}-[A-Z]{2}"), "uz-UZ"),
        ("xs:string", facet(pattern=r"\p{IsCyrillic}{3}"), "абв"),
    ],
)
def test_every_facet_is_respected(base: str, facets: str, due: Any) -> None:
    assert simple(facets, base) == due


def test_patterns_of_several_steps_all_hold() -> None:
    types = (
        '<xs:simpleType name="A"><xs:restriction base="xs:string"><xs:pattern value="[a-z0-9]{4,}"/></xs:restriction>'
        "</xs:simpleType>"
        '<xs:simpleType name="B"><xs:restriction base="t:A"><xs:pattern value=".*[0-9]"/><xs:pattern value="x"/></xs:restriction>'
        "</xs:simpleType>"
    )
    value = example(f'{types}<xs:element name="Form" type="t:B"/>')
    assert len(value) >= 4 and value[-1].isdigit()


def test_a_list_has_its_length_and_a_union_takes_a_member_that_works() -> None:
    union = (
        '<xs:simpleType><xs:union memberTypes="xs:ENTITY"><xs:simpleType><xs:restriction base="xs:int">'
        '<xs:minInclusive value="40"/></xs:restriction></xs:simpleType></xs:union></xs:simpleType>'
    )
    listed = f"<xs:simpleType><xs:restriction><xs:simpleType><xs:list>{union}</xs:list></xs:simpleType>{facet(length=2)}"
    assert example(f'<xs:element name="Form">{union}</xs:element>') == 41
    assert example(f'<xs:element name="Form">{listed}</xs:restriction></xs:simpleType></xs:element>') == [41, 40]


def test_what_is_required_is_there_and_nothing_else_unless_it_is_asked_for() -> None:
    inner = form(
        '<xs:sequence><xs:element name="a" type="xs:int" minOccurs="2" maxOccurs="3"/>'
        '<xs:element name="b" type="xs:date" minOccurs="0"/><xs:element name="c" type="xs:string" fixed="C"/>'
        '<xs:element name="d" type="xs:int" default="4"/><xs:element name="e" type="xs:string" nillable="true"/></xs:sequence>'
        '<xs:attribute name="p" type="xs:int" use="required"/><xs:attribute name="q" fixed="Q" use="required"/>'
        '<xs:attribute name="r" type="xs:boolean"/>'
    )
    least = {"@p": 1, "@q": "Q", "a": [1, 1], "c": "C", "d": 4, "e": "example"}
    assert example(inner) == least
    assert example(inner, full=True) == {**least, "@r": True, "b": "2026-01-15"}


def test_a_choice_takes_its_first_branch_that_can_be_completed() -> None:
    inner = form(
        '<xs:choice><xs:element ref="t:Nowhere"/><xs:element name="a" type="t:Endless"/>'
        '<xs:sequence><xs:element name="b" type="xs:int"/><xs:element name="c" type="xs:int"/></xs:sequence>'
        '<xs:element name="d" type="xs:int"/></xs:choice>'
    )
    endless = (
        '<xs:complexType name="Endless"><xs:sequence><xs:element name="x" type="t:Endless"/></xs:sequence></xs:complexType>'
        '<xs:element name="Nowhere" abstract="true"/>'
    )
    assert example(inner + endless) == {"b": 1, "c": 1}


def test_a_choice_that_may_be_empty_is_left_empty_and_a_repeated_one_shows_all_its_branches() -> None:
    branches = '<xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int"/>'
    assert example(form(f'<xs:choice><xs:element name="o" minOccurs="0"/>{branches}</xs:choice>')) == {}
    repeated = form(f'<xs:choice minOccurs="1" maxOccurs="unbounded">{branches}</xs:choice>')
    assert example(repeated) == {"a": [1]}
    assert example(repeated, full=True) == {"a": [1], "b": [1]}
    assert example(form(f'<xs:choice minOccurs="3" maxOccurs="3">{branches}</xs:choice>'), full=True) == {"a": [1, 1], "b": [1]}


EXPRESSION = """
<xs:complexType name="Expression"><xs:choice><xs:element name="and" type="t:And"/><xs:element name="not" type="t:Expression"/>
  <xs:element name="field" type="xs:string"/></xs:choice></xs:complexType>
<xs:complexType name="And"><xs:sequence><xs:element name="left" type="t:Expression"/>
  <xs:element name="right" type="t:Expression"/></xs:sequence></xs:complexType>
<xs:element name="Form" type="t:Expression"/>
"""


@pytest.mark.parametrize("full", [False, True])
def test_a_recursion_through_a_choice_takes_the_branch_that_ends(full: bool) -> None:
    assert example(EXPRESSION, full=full) == {"and": {"left": {"field": "example"}, "right": {"field": "example"}}}


def test_an_optional_recursion_is_left_out() -> None:
    inner = form('<xs:sequence><xs:element name="p" type="t:P"/></xs:sequence>') + (
        '<xs:complexType name="P"><xs:sequence><xs:element name="n" type="xs:int"/>'
        '<xs:element name="p" type="t:P" minOccurs="0"/></xs:sequence></xs:complexType>'
    )
    assert example(inner) == example(inner, full=True) == {"p": {"n": 1}}


def test_types_that_refer_to_one_another_in_all_ways_still_end_soon() -> None:
    count = 30
    types = "".join(
        f'<xs:complexType name="T{n}"><xs:sequence><xs:choice>'
        + "".join(f'<xs:element name="e{m}" type="t:T{m}"/>' for m in range(count) if m != n)
        + '<xs:element name="leaf" type="xs:int"/></xs:choice><xs:choice>'
        + "".join(f'<xs:element name="f{m}" type="t:T{m}"/>' for m in range(count) if m != n)
        + '<xs:element name="end" type="xs:int"/></xs:choice></xs:sequence></xs:complexType>'
        for n in range(count)
    )
    start = time.process_time()
    assert example(types + '<xs:element name="Form" type="t:T0"/>') == {"leaf": 1, "end": 1}
    assert time.process_time() - start < 10


def test_an_abstract_type_is_replaced_by_one_that_has_a_value_and_named() -> None:
    inner = form('<xs:sequence><xs:element name="who" type="t:Party" maxOccurs="2"/></xs:sequence>') + (
        '<xs:complexType name="Party" abstract="true"><xs:sequence><xs:element name="name" type="xs:string"/></xs:sequence>'
        "</xs:complexType>"
        '<xs:complexType name="Group" abstract="true"><xs:complexContent><xs:extension base="t:Party"/></xs:complexContent>'
        '</xs:complexType><xs:complexType name="Never"><xs:complexContent><xs:extension base="t:Party"><xs:sequence>'
        '<xs:element name="x" type="xs:ENTITY"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
        '<xs:complexType name="Firm"><xs:complexContent><xs:extension base="t:Group"><xs:sequence>'
        '<xs:element name="tin" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
    )
    assert example(inner) == {"who": [{"@xsi:type": "Firm", "name": "example", "tin": 1}]}


def test_an_abstract_element_is_replaced_by_a_substitute() -> None:
    inner = form('<xs:sequence><xs:element ref="t:Head"/></xs:sequence>') + (
        '<xs:element name="Head" type="xs:anyType" abstract="true"/>'
        '<xs:element name="Paper" type="xs:int" substitutionGroup="t:Head"/>'
    )
    assert example(inner) == {"Paper": 1}


def test_ids_differ_and_references_point_to_one() -> None:
    inner = form(
        '<xs:sequence><xs:element name="a" maxOccurs="3" minOccurs="3"><xs:complexType><xs:attribute name="id" type="xs:ID" '
        'use="required"/></xs:complexType></xs:element><xs:element name="ref" type="xs:IDREF"/></xs:sequence>'
    )
    value = example(inner)
    ids = [a["@id"] for a in value["a"]]
    assert len(set(ids)) == 3 and value["ref"] in ids


@pytest.mark.parametrize(
    ("attributes", "due"),
    [
        ('processContents="lax"', {"Example": "example"}),
        ('namespace="##local" processContents="skip" minOccurs="2" maxOccurs="2"', {"Example": ["example", "example"]}),
        (f'namespace="{NS}"', {f"{{{NS}}}Known": 1}),
    ],
)
def test_a_required_any_holds_a_plain_element_or_one_of_the_contract(attributes: str, due: Any) -> None:
    schemas = compiled(form(f"<xs:sequence><xs:any {attributes}/></xs:sequence>") + '<xs:element name="Known" type="xs:int"/>')
    element = schemas.element(f"{{{NS}}}Form")
    assert example_of(element, schemas) == due
    node = etree.fromstring(Builder(schemas).build(element, due)[0])
    assert Validator(schemas.documents).mistakes(node) == []


def test_mixed_content_and_attributes_of_xml_itself() -> None:
    inner = form(
        '<xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence>'
        '<xs:attribute ref="xml:lang" use="required"/><xs:attribute ref="xml:space" use="required"/>'
    )
    schemas = compiled(inner.replace("<xs:complexType>", '<xs:complexType mixed="true">'))
    element = schemas.element(f"{{{NS}}}Form")
    assert example_of(element, schemas) == {"@lang": "uz", "@space": "preserve", "a": 1}
    assert example_of(element, schemas, full=True) == {"@lang": "uz", "@space": "preserve", "#text": "example", "a": 1}


@pytest.mark.parametrize(
    ("inner", "path", "reason"),
    [
        ('<xs:element name="x" type="xs:ENTITY"/>', "/x", "an entity of a DTD"),
        ('<xs:element name="x" type="t:Loop"/>', "/x/y", "contains itself without an end"),
        ('<xs:element name="x" type="t:Gone"/>', "/x", "no schema declares the type 'Gone'"),
        ('<xs:element name="x" type="t:Bare"/>', "/x", "is abstract and the contract has no other"),
        ('<xs:element ref="t:Head"/>', "/Head", "is abstract and nothing stands in its place"),
        ('<xs:element name="x" type="t:Odd"/>', "/x", "no text was found for the pattern"),
        ('<xs:any namespace="urn:far"/>', "", "needs an element of the namespaces 'urn:far'"),
        ("<xs:choice/>", "", "one of no elements"),
    ],
)
def test_where_there_is_no_example_the_field_and_the_reason_are_named(inner: str, path: str, reason: str) -> None:
    schemas = compiled(
        form(f"<xs:sequence>{inner}</xs:sequence>")
        + '<xs:complexType name="Loop"><xs:sequence><xs:element name="y" type="t:Loop"/></xs:sequence></xs:complexType>'
        '<xs:complexType name="Bare" abstract="true"/><xs:element name="Head" abstract="true"/>'
        '<xs:simpleType name="Odd"><xs:restriction base="xs:int"><xs:pattern value="[a-z]+"/></xs:restriction></xs:simpleType>'
    )
    with pytest.raises(NoExample, match=reason) as caught:
        example_of(schemas.element(f"{{{NS}}}Form"), schemas)
    assert caught.value.path == path


def test_what_cannot_be_made_is_nil_where_that_is_allowed_and_left_out_where_it_is_optional() -> None:
    inner = form(
        '<xs:sequence><xs:element name="a" type="xs:ENTITY" nillable="true"/>'
        '<xs:element name="b" type="xs:ENTITY" minOccurs="0"/></xs:sequence><xs:attribute name="c" type="xs:ENTITY"/>'
    )
    assert example(inner) == example(inner, full=True) == {"a": None}


def test_a_fuller_example_stays_small() -> None:
    wide = "".join(f'<xs:element name="e{n}" type="t:L1" minOccurs="0"/>' for n in range(40))
    levels = "".join(
        f'<xs:complexType name="L{n}"><xs:sequence>{wide.replace("t:L1", f"t:L{n + 1}")}</xs:sequence></xs:complexType>'
        for n in range(1, 9)
    )
    inner = f'{form(f"<xs:sequence>{wide}</xs:sequence>")}{levels}<xs:complexType name="L9"/>'
    assert len(str(example(inner, full=True))) < 20_000
