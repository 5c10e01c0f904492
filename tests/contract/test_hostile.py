"""Contracts, values and replies that try to break the reader: each is told as a mistake, and none takes its neighbours down."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest

from gateway.sdk.errors import AdapterError
from gateway.sdk.soap import Contract, NotOfContract, parse_xml
from gateway.sdk.soap.multiref import put_in_place
from gateway.sdk.soap.sources import Sources

XS: Final = "http://www.w3.org/2001/XMLSchema"

#: What is hostile must be told at once; a search without an end is ended here.
pytestmark = pytest.mark.timeout(30)


def wsdl(schema: str, **files: str) -> dict[str, bytes]:
    """Return a contract with an operation ``Odd``, whose element ``Q`` the schema declares, and a sound one, ``Plain``."""
    text = f"""<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
        xmlns:xs="{XS}" xmlns:t="urn:t" targetNamespace="urn:t">
      <w:types><xs:schema targetNamespace="urn:t" elementFormDefault="qualified">{schema}
        <xs:element name="Ok" type="xs:string"/></xs:schema></w:types>
      <w:message name="Odd"><w:part name="p" element="t:Q"/></w:message>
      <w:message name="Plain"><w:part name="p" element="t:Ok"/></w:message>
      <w:portType name="P"><w:operation name="Odd"><w:input message="t:Odd"/></w:operation>
        <w:operation name="Plain"><w:input message="t:Plain"/></w:operation></w:portType>
      <w:binding name="B" type="t:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
        <w:operation name="Odd"><soap:operation soapAction=""/><w:input><soap:body use="literal"/></w:input></w:operation>
        <w:operation name="Plain"><soap:operation soapAction=""/><w:input><soap:body use="literal"/></w:input></w:operation>
      </w:binding>
      <w:service name="S"><w:port name="P" binding="t:B"><soap:address location="http://t.example/"/></w:port></w:service>
    </w:definitions>"""
    return {"a.wsdl": text.encode(), **{f"{name}.xsd": content.encode() for name, content in files.items()}}


def plain_works(contract: Contract) -> None:
    """Check that the sound operation is as sound as ever, by its example too."""
    message = contract.request(contract.operations["Plain"])
    text, _ = contract.build_message(message, contract.example(message, full=True))
    assert text.endswith("</n0:Ok>")


def odd_is_told(contract: Contract) -> None:
    """Check that the other operation gives an example, or a mistake of the error trees: no crash."""
    operation = contract.operations["Odd"]
    if not operation.unusable:
        try:
            message = contract.request(operation)
            contract.build_message(message, contract.example(message, full=True))
        except AdapterError:
            return


def kind(name: str, content: str, more: str = "") -> str:
    return f'<xs:complexType name="{name}" {more}><xs:sequence>{content}</xs:sequence></xs:complexType>'


def derived(name: str, base: str, more: str = "") -> str:
    step = f'<xs:extension base="t:{base}"/>'
    return f'<xs:complexType name="{name}" {more}><xs:complexContent>{step}</xs:complexContent></xs:complexType>'


Q: Final = '<xs:element name="Q" type="t:T"/>'
RING: Final = '<xs:{0} name="{1}"><xs:sequence><xs:{0} ref="t:{2}"/></xs:sequence></xs:{0}>'
A_ELEMENT: Final = '<xs:element name="x" type="xs:int"/>'
BUGS: Final = {
    "types that extend one another, abstract": Q + derived("T", "U", 'abstract="true"') + derived("U", "T"),
    "groups that hold one another": Q
    + kind("T", '<xs:group ref="t:G"/>')
    + RING.format("group", "G", "H")
    + RING.format("group", "H", "G"),
    "attribute groups that hold one another": Q
    + '<xs:complexType name="T"><xs:attributeGroup ref="t:G"/></xs:complexType>'
    + '<xs:attributeGroup name="G"><xs:attributeGroup ref="t:H"/></xs:attributeGroup>'
    + '<xs:attributeGroup name="H"><xs:attributeGroup ref="t:G"/></xs:attributeGroup>',
    "substitution groups in a ring": '<xs:element name="Q" type="xs:int" substitutionGroup="t:R"/>'
    '<xs:element name="R" type="xs:int" substitutionGroup="t:Q"/>',
    "a least that is above the most": '<xs:element name="Q"><xs:simpleType><xs:restriction base="xs:int">'
    '<xs:minInclusive value="9"/><xs:maxInclusive value="3"/></xs:restriction></xs:simpleType></xs:element>',
    "a type whose name is none": Q + kind("T", '<xs:element name="x" type="t:a&lt;b"/>'),
    "a prefix that is none": Q + kind("T", '<xs:element name="x" type="a&lt;:b"/>'),
    "an element whose name is a number": Q + kind("T", '<xs:element ref="t:1"/>'),
    "a hundred types in a ring each": Q
    + kind("T", '<xs:element name="x" type="t:V7"/>')
    + "".join(derived(f"V{n}", f"V{n}") for n in range(100)),
    "a chain of many types": Q + "".join(derived(f"T{n or ''}", f"T{n + 1}") for n in range(700)) + kind("T700", A_ELEMENT),
}
SOUND: Final = {
    "a type that extends itself": Q + derived("T", "T"),
    "a simple type of itself": Q + '<xs:simpleType name="T"><xs:union memberTypes="t:T xs:int"/></xs:simpleType>',
    "a type that must hold itself": Q + kind("T", '<xs:element name="x" type="t:T"/>'),
    "bounds that are no numbers": Q + kind("T", '<xs:element name="x" type="xs:int" minOccurs="a" maxOccurs="-"/>'),
    "no name": Q + kind("T", '<xs:element type="xs:int"/>'),
    "a name with a space": Q + kind("T", '<xs:element name="a b" type="xs:int"/>'),
    "facets that are no numbers": '<xs:element name="Q"><xs:simpleType><xs:restriction base="xs:string">'
    '<xs:minLength value="abc"/><xs:maxLength value="-1"/></xs:restriction></xs:simpleType></xs:element>',
    "a text of two thousand million": '<xs:element name="Q"><xs:simpleType><xs:restriction base="xs:string">'
    '<xs:minLength value="2000000000"/></xs:restriction></xs:simpleType></xs:element>',
    "a pattern of a million": '<xs:element name="Q"><xs:simpleType><xs:restriction base="xs:string">'
    '<xs:pattern value="(a{1000}){1000}"/></xs:restriction></xs:simpleType></xs:element>',
    "a hundred ambiguous types": Q
    + kind("T", '<xs:element name="x" type="t:V7"/>')
    + "".join(kind(f"V{n}", '<xs:element name="A" minOccurs="0"/><xs:element name="A"/>') for n in range(100)),
}


@pytest.mark.parametrize(
    "schema",
    [pytest.param(s, id=name) for name, s in SOUND.items()] + [pytest.param(s, id=name) for name, s in BUGS.items()],
)
def test_what_is_wrong_in_one_operation_takes_no_other_down(schema: str) -> None:
    contract = Contract(wsdl(schema), "a.wsdl")
    plain_works(contract)
    odd_is_told(contract)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(
            Q + kind("T", '<xs:element name="x" type="xs:int" minOccurs="500000" maxOccurs="unbounded"/>'),
            id="many",
        ),
        pytest.param(
            Q
            + kind("T", '<xs:element name="x" type="t:T15"/>')
            + "".join(
                kind(f"T{n}", f'<xs:element name="a" type="t:T{n - 1}"/><xs:element name="b" type="t:T{n - 1}"/>')
                for n in range(1, 16)
            )
            + kind("T0", ""),
            id="doubled",
        ),
        pytest.param(
            Q
            + kind("T", '<xs:group ref="t:G13"/>')
            + "".join(
                f'<xs:group name="G{n}"><xs:sequence>' + f'<xs:group ref="t:G{n - 1}"/>' * 2 + "</xs:sequence></xs:group>"
                for n in range(1, 14)
            )
            + f'<xs:group name="G0"><xs:sequence>{A_ELEMENT}</xs:sequence></xs:group>',
            id="doubled groups",
        ),
    ],
)
def test_an_example_that_would_be_immense_is_told_in_time(schema: str) -> None:
    contract = Contract(wsdl(schema), "a.wsdl")
    odd_is_told(contract)
    plain_works(contract)


OTHER: Final = '<xs:schema xmlns:xs="{0}" targetNamespace="urn:{1}"><xs:element name="Name" type="xs:string"/></xs:schema>'


def test_two_elements_of_one_local_name_are_two() -> None:
    """Of two namespaces; one value must never be written into both, nor one of two read ones be lost."""
    schema = (
        '<xs:import namespace="urn:a"/><xs:import namespace="urn:b"/>'
        + Q
        + kind("T", '<xs:element xmlns:a="urn:a" ref="a:Name"/><xs:element xmlns:b="urn:b" ref="b:Name"/>')
    )
    contract = Contract(wsdl(schema, a=OTHER.format(XS, "a"), b=OTHER.format(XS, "b")), "a.wsdl")
    message = contract.request(contract.operations["Odd"])
    body = '<Q xmlns="urn:t"><Name xmlns="urn:a">first</Name><Name xmlns="urn:b">second</Name></Q>'
    read = contract.read_message([parse_xml(body.encode())], message)
    assert "first" in str(read) and "second" in str(read)
    built, _ = contract.build_message(message, read)
    assert "first" in built and "second" in built


def test_two_attributes_of_one_local_name_are_two() -> None:
    attributes = '<xs:attribute name="id" type="xs:int" use="required"/><xs:attribute ref="t:id" use="required"/>'
    schema = f'{Q}<xs:complexType name="T">{attributes}</xs:complexType><xs:attribute name="id" type="xs:date"/>'
    contract = Contract(wsdl(schema), "a.wsdl")
    message = contract.request(contract.operations["Odd"])
    read = contract.read_message([parse_xml(b'<t:Q xmlns:t="urn:t" id="7" t:id="2026-01-02"/>')], message)
    built, _ = contract.build_message(message, read)
    assert 'id="7"' in built and 'id="2026-01-02"' in built


def test_a_rule_that_is_dropped_is_told() -> None:
    pattern = '<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="[a"/></xs:restriction></xs:simpleType>'
    contract = Contract(wsdl(f'<xs:element name="Q">{pattern}</xs:element>'), "a.wsdl")
    assert any("pattern" in error.reason and error.line for error in contract.unresolved)


def test_elements_of_other_namespaces_can_be_sent() -> None:
    """``xs:any`` for other namespaces takes elements that no schema declares."""
    any_other = '<xs:any namespace="##other" processContents="lax"/>'
    contract = Contract(wsdl(Q + kind("T", any_other)), "a.wsdl")
    message = contract.request(contract.operations["Odd"])
    built, _ = contract.build_message(message, {"{urn:rain}Mm": "4"})
    node = parse_xml(built.encode())
    assert node[0].tag == "{urn:rain}Mm"
    assert node[0].text == "4"


def references(count: int) -> str:
    chain = "".join(f'<x id="{n}"><b href="#{n + 1}"/></x>' for n in range(1, count))
    return f'<B><a><b href="#1"/></a>{chain}<x id="{count}">v</x></B>'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(references(3000), id="a long chain"),
        pytest.param('<B><a><b href="#1"/></a><x id="1"><b href="#1"/></x></B>', id="a ring"),
        pytest.param(
            '<B><a><b href="#1"/></a>'
            + "".join(f'<x id="{n}">' + f'<b href="#{n + 1}"/>' * 10 + "</x>" for n in range(1, 12))
            + '<x id="12">v</x></B>',
            id="a bomb",
        ),
        pytest.param(
            "<B><a>" + '<b href="#1"/>' * 3000 + f"</a><x id='1'>{'v' * 30_000}</x></B>",
            id="a long text many times",
        ),
    ],
)
def test_references_in_a_reply_that_are_no_honest_ones(body: str) -> None:
    node = parse_xml(body.encode())
    with pytest.raises(NotOfContract, match="reference"):
        put_in_place(node)


def test_files_are_told_apart_by_cyrillic_names() -> None:
    sources = Sources({"a.wsdl": b"<a/>", "адрес.xsd": b"<a/>", "шахс.xsd": b"<a/>"})
    assert sources.find("a.wsdl", "http://agency.example/s?xsd=шахс") == "шахс.xsd"
    assert sources.find("a.wsdl", "http://agency.example/s?xsd=йўқ") is None


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-16", '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [ <!ATTLIST a b CDATA #IMPLIED> ]><a/>'),
        ("utf-8", "<!-- instead of <!DOCTYPE a> --><!DOCTYPE a><a/>"),
    ],
)
def test_a_harmless_dtd_in_any_form(encoding: str, text: str) -> None:
    assert Sources({"a.xsd": text.encode(encoding)}).parse("a.xsd").tag == "a"


def test_a_document_type_within_text_is_text() -> None:
    text = "<a><![CDATA[<!DOCTYPE html>]]></a>"
    assert Sources({"a.xsd": text.encode()}).parse("a.xsd").text == "<!DOCTYPE html>"


def test_many_document_types_cost_no_time() -> None:
    with pytest.raises(Exception, match=r"well-formed|DTD"):
        Sources({"a.xsd": b"<a>" + b"<!DOCTYPE a[ " * 4000 + b"</a>"}).parse("a.xsd")


def test_text_beside_elements_of_any_type_is_kept() -> None:
    contract = Contract(wsdl(Q + kind("T", '<xs:element name="e" type="xs:anyType"/>')), "a.wsdl")
    message = contract.request(contract.operations["Odd"])
    value = {"e": {"#text": "beside", "k": "1"}}
    built, _ = contract.build_message(message, value)
    assert "beside" in built
    assert contract.read_message([parse_xml(built.encode())], message) == value


def test_an_attribute_that_the_schema_leaves_open_can_be_sent_as_it_was_read() -> None:
    contract = Contract(wsdl(f'{Q}<xs:complexType name="T"><xs:anyAttribute processContents="lax"/></xs:complexType>'), "a.wsdl")
    message = contract.request(contract.operations["Odd"])
    read = contract.read_message([parse_xml(b'<Q xmlns="urn:t" note="1"/>')], message)
    assert read == {"@note": "1"}
    assert 'note="1"' in contract.build_message(message, read)[0]


def test_a_value_cannot_declare_namespaces() -> None:
    """It would move every element below it into a namespace of its choice."""
    contract = Contract(wsdl(Q + kind("T", '<xs:element name="e" type="xs:anyType"/>')), "a.wsdl")
    message = contract.request(contract.operations["Odd"])
    with pytest.raises(NotOfContract):
        contract.build_message(message, {"e": {"@xmlns": "urn:forged", "k": "1"}})


def test_the_mistake_that_is_told_does_not_hang_on_the_hash_seed() -> None:
    """Of several; a person who tries again must not be told something else."""
    fields = "".join(f'<xs:element name="{n}" type="xs:int" minOccurs="0" maxOccurs="2"/>' for n in "bcdefgh")
    script = (
        "from tests.contract.test_hostile import *\n"
        f"contract = Contract(wsdl({Q + kind('T', fields)!r}), 'a.wsdl')\n"
        "try: contract.build_message(contract.request(contract.operations['Odd']), dict.fromkeys('hgfedcb', [1, 2, 3]))\n"
        "except NotOfContract as error: print(error.path)\n"
    )
    told = set()
    for seed in ("1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, env=environment)
        told.add(ran.stdout.strip())
    assert len(told) == 1 and "" not in told
