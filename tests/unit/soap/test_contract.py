"""Contracts as agencies publish them: many files, lost imports, mistakes told with file and line."""

from __future__ import annotations

import pytest

from adapters.soap.conformance import FULL, NS, REQUEST_XSD, TYPES_XSD, WSDL, files
from gateway.sdk.soap import Contract, ContractBroken, NoExample, NotOfContract, load_contract, parse_xml

ORDER = f"{{{NS}}}OrderCopy"


@pytest.mark.parametrize(("soap", "version"), [("soap", "1.1"), ("soap12", "1.2")])
def test_operations_of_both_versions(soap: str, version: str) -> None:
    contract = Contract(files(soap), "archive.wsdl")
    order = contract.operations["OrderCopy"]
    assert (order.version.name, order.action, order.input) == (version, "urn:OrderCopy", ORDER)
    assert order.output == f"{{{NS}}}OrderCopyResponse"
    assert order.headers == (f"{{{NS}}}Client",)
    assert order.faults == {"NotHeld": f"{{{NS}}}NotHeld"}
    assert contract.operations["Note"].output is None


def test_it_is_loaded_once_per_digest() -> None:
    first = load_contract(files(), "archive.wsdl", digest="a")
    assert load_contract(files(), "archive.wsdl", digest="a") is first
    assert load_contract(files(), "archive.wsdl", digest="b") is not first


@pytest.mark.parametrize(
    "location", ["http://10.0.0.1:8080/dead/request.xsd", "request.xsd", "../elsewhere/request.xsd", "file:///c:/old/request.xsd"]
)
def test_an_import_that_leads_elsewhere_finds_the_file_of_that_name(location: str) -> None:
    wsdl = WSDL.format(soap="soap").replace("xsd/request.xsd", location)
    assert Contract(files(**{"archive.wsdl": wsdl}), "archive.wsdl").element(ORDER).tag == ORDER


def test_an_import_by_namespace_alone() -> None:
    xsd = REQUEST_XSD.replace(' schemaLocation="../xsd/types.xsd"', "")
    contract = Contract(files(**{"xsd/request.xsd": xsd}), "archive.wsdl")
    contract.build(contract.element(ORDER), FULL)


def test_an_import_that_was_forgotten_is_added() -> None:
    xsd = REQUEST_XSD.replace('<xsd:import namespace="http://archive.example/types/v1" schemaLocation="../xsd/types.xsd"/>', "")
    wsdl = WSDL.format(soap="soap").replace(
        "</xsd:schema>",
        '<xsd:import namespace="http://archive.example/types/v1" schemaLocation="xsd/types.xsd"/></xsd:schema>',
    )
    contract = Contract(files(**{"xsd/request.xsd": xsd, "archive.wsdl": wsdl}), "archive.wsdl")
    contract.build(contract.element(ORDER), FULL)


def test_a_namespace_over_two_files_and_an_include_without_one() -> None:
    head = '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    split = TYPES_XSD.replace(
        '<xsd:simpleType name="Tags">', '<xsd:include schemaLocation="more/tags.xsd"/><xsd:simpleType name="Unused">'
    )
    split = split.replace('<xsd:include schemaLocation="more/tags.xsd"/>', "").replace(
        '  <xsd:simpleType name="Kind">', '  <xsd:include schemaLocation="more/tags.xsd"/>\n  <xsd:simpleType name="Kind">', 1
    )
    tags = f'{head}><xsd:simpleType name="Tags"><xsd:list itemType="Tag"/></xsd:simpleType><xsd:simpleType name="Tag">'
    tags += '<xsd:restriction base="xsd:NMTOKEN"><xsd:maxLength value="4"/></xsd:restriction></xsd:simpleType></xsd:schema>'
    contract = Contract(files(**{"xsd/types.xsd": split, "xsd/more/tags.xsd": tags}), "archive.wsdl")
    contract.build(contract.element(ORDER), FULL)
    with pytest.raises(Exception, match="maxLength"):
        contract.build(contract.element(ORDER), {**FULL, "Tags": ["longer"]})


def test_schemas_that_import_each_other() -> None:
    types = TYPES_XSD.replace(
        '  <xsd:simpleType name="Kind">',
        '  <xsd:import namespace="http://archive.example/request/v1" schemaLocation="request.xsd"/>\n'
        '  <xsd:simpleType name="Kind">',
    )
    contract = Contract(files(**{"xsd/types.xsd": types}), "archive.wsdl")
    contract.build(contract.element(ORDER), FULL)


def test_types_that_contain_themselves() -> None:
    xsd = REQUEST_XSD.replace(
        "</xsd:schema>",
        '<xsd:element name="Tree" type="Node"/><xsd:complexType name="Node"><xsd:sequence>'
        '<xsd:element name="Name" type="xsd:string"/><xsd:element name="Node" type="Node" minOccurs="0" maxOccurs="unbounded"/>'
        "</xsd:sequence></xsd:complexType></xsd:schema>",
    )
    contract = Contract(files(**{"xsd/request.xsd": xsd}), "archive.wsdl")
    value = {"Name": "a", "Node": [{"Name": "b", "Node": [{"Name": "c"}]}, {"Name": "d"}]}
    text, _ = contract.build(contract.element("Tree"), value)
    assert contract.read(parse_xml(text.encode())) == value


def test_substitution_abstract_types_and_repeated_groups() -> None:
    xsd = REQUEST_XSD.replace(
        "</xsd:schema>",
        """<xsd:element name="Fact" type="t:Person" abstract="true"/>
  <xsd:element name="Birth" type="t:Person" substitutionGroup="Fact"/>
  <xsd:element name="Death" type="t:Witness" substitutionGroup="Fact"/>
  <xsd:complexType name="Base" abstract="true">
    <xsd:sequence><xsd:element name="A" type="xsd:int"/></xsd:sequence></xsd:complexType>
  <xsd:complexType name="Special"><xsd:complexContent><xsd:extension base="Base"><xsd:sequence>
    <xsd:element name="B" type="xsd:int"/></xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
  <xsd:element name="Mix"><xsd:complexType><xsd:sequence>
    <xsd:element ref="Fact" maxOccurs="unbounded"/>
    <xsd:element name="Any" type="Base"/>
    <xsd:sequence minOccurs="0" maxOccurs="unbounded">
      <xsd:element name="Key" type="xsd:string"/><xsd:element name="Value" type="xsd:int"/>
    </xsd:sequence>
    <xsd:choice minOccurs="0" maxOccurs="unbounded">
      <xsd:element name="X" type="xsd:int"/><xsd:element name="Y" type="xsd:int"/>
    </xsd:choice>
  </xsd:sequence></xsd:complexType></xsd:element></xsd:schema>""",
    )
    contract = Contract(files(**{"xsd/request.xsd": xsd}), "archive.wsdl")
    person = {"Family": "Синов", "Given": "Бек"}
    value = {
        "Birth": [person],
        "Death": [{**person, "Phone": ["1"]}],
        "Any": {"@xsi:type": "Special", "A": 1, "B": 2},
        "Key": ["a", "b"],
        "Value": [1, 2],
        "X": [1, 2],
        "Y": [3],
    }
    text, _ = contract.build(contract.element("Mix"), value)
    read = contract.read(parse_xml(text.encode()))
    assert {**read, "Any": {**read["Any"], "@xsi:type": "Special"}} == value
    with pytest.raises(Exception, match="abstract"):
        contract.build(contract.element("Mix"), {**value, "Any": {"A": 1}})


def test_open_content_and_names_that_would_forge_elements() -> None:
    xsd = REQUEST_XSD.replace(
        "</xsd:schema>",
        """<xsd:element name="Open"><xsd:complexType><xsd:sequence><xsd:element name="A" type="xsd:string"/>
    <xsd:any processContents="lax" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="Free" type="xsd:anyType"/></xsd:schema>""",
    )
    contract = Contract(files(**{"xsd/request.xsd": xsd}), "archive.wsdl")
    free = {"@kind": "x", "one": {"two": ["1", "<2>"]}, "three": "true"}
    text, _ = contract.build(contract.element("Free"), free)
    assert contract.read(parse_xml(text.encode())) == free
    text, _ = contract.build(contract.element("Open"), {"A": "a", f"{{{NS}}}NotHeld": {"Where": "b"}, "more": free})
    assert contract.read(parse_xml(text.encode())) == {"A": "a", "NotHeld": {"Where": "b"}, "more": free}
    for name, value in (
        ("Free", {"a><b": "1"}),
        ("Free", {"@a='1' b": "1"}),
        ("Open", {"A": "a", "x y": "1"}),
        ("Free", {"": 1}),
    ):
        with pytest.raises(NotOfContract, match="no name"):
            contract.build(contract.element(name), value)
    with pytest.raises(NotOfContract, match="no such field"):
        contract.build(contract.element("Open"), {"A": "a", "@b": "1"})


def test_one_operation_that_cannot_be_used_leaves_the_others() -> None:
    wsdl = WSDL.format(soap="soap").replace(
        '<wsdl:message name="FindOut"><wsdl:part name="body" element="r:FindOrderResponse"/>',
        '<wsdl:message name="FindOut"><wsdl:part name="body" element="r:Nowhere"/>',
    )
    contract = Contract(files(**{"archive.wsdl": wsdl}), "archive.wsdl")
    assert "no schema declares" in contract.operations["FindOrder"].unusable
    assert contract.operations["OrderCopy"].unusable == ""


@pytest.mark.parametrize(
    ("changes", "file", "line", "says"),
    [
        ({"archive.wsdl": "<a>"}, "archive.wsdl", 0, "well-formed"),
        ({"archive.wsdl": "<a/>"}, "archive.wsdl", 0, "no WSDL"),
        ({"archive.wsdl": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "archive.wsdl", 0, "Entity 'b' not defined"),
        ({"xsd/types.xsd": "<a/>"}, "xsd/types.xsd", 1, "is imported as a schema"),
        (
            {"xsd/types.xsd": TYPES_XSD.replace('type="xsd:date"', 'type="xsd:day"')},
            "xsd/types.xsd",
            20,
            "XML Schema has no type 'day'",
        ),
        (
            {"xsd/request.xsd": REQUEST_XSD.replace('type="t:Kind"', 'type="t:Sort"')},
            "xsd/request.xsd",
            11,
            "Sort",
        ),
        (
            {"xsd/request.xsd": REQUEST_XSD.replace('type="t:Kind"', 'type="q:Kind"')},
            "xsd/request.xsd",
            11,
            "the prefix of q:Kind is not declared",
        ),
        (
            {"archive.wsdl": WSDL.format(soap="soap").replace("tns:ArchiveBinding", "tns:Other")},
            "archive.wsdl",
            44,
            "names the binding",
        ),
        (
            {"archive.wsdl": WSDL.format(soap="soap").replace("wsdl/soap/", "wsdl/http/")},
            "archive.wsdl",
            0,
            "no SOAP operation",
        ),
    ],
)
def test_mistakes_are_told_with_file_and_line(changes: dict[str, str], file: str, line: int, says: str) -> None:
    try:
        told = Contract(files(**changes), "archive.wsdl").unresolved
    except ContractBroken as error:
        told = [error]
    assert [(e.file, e.line) for e in told if says in e.reason] == [(file, line)]


def test_a_missing_file_is_named() -> None:
    without = {name: content for name, content in files().items() if name != "xsd/types.xsd"}
    contract = Contract(without, "archive.wsdl")
    missing = contract.unresolved[0]
    assert "../xsd/types.xsd" in missing.reason
    assert missing.fix == "put that file into the folder"
    with pytest.raises(NoExample, match="/Holder: no schema declares the type 'Person'"):
        contract.example(contract.request(contract.operations["OrderCopy"]))
    with pytest.raises(ContractBroken, match="not in the contract's folder"):
        Contract({}, "archive.wsdl")


def test_nothing_is_read_from_disk_or_network() -> None:
    for location in ("/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/passwd"):
        wsdl = WSDL.format(soap="soap").replace("xsd/request.xsd", location)
        contract = Contract({"archive.wsdl": wsdl.encode()}, "archive.wsdl")
        assert [location in error.reason for error in contract.unresolved] == [True]
        with pytest.raises(ContractBroken, match="no schema declares"):
            contract.element(ORDER)


def test_two_children_of_one_name_in_two_namespaces_keep_their_own_values() -> None:
    xsd = REQUEST_XSD.replace(
        "</xsd:schema>",
        """<xsd:element name="Pair"><xsd:complexType><xsd:sequence><xsd:element ref="Name"/><xsd:element ref="t:Name"/>
    </xsd:sequence></xsd:complexType></xsd:element><xsd:element name="Name" type="xsd:string"/></xsd:schema>""",
    )
    types = TYPES_XSD.replace("</xsd:schema>", '<xsd:element name="Name" type="xsd:int"/></xsd:schema>')
    contract = Contract(files(**{"xsd/request.xsd": xsd, "xsd/types.xsd": types}), "archive.wsdl")
    value = {"Name": "Aziza", "{http://archive.example/types/v1}Name": 7}
    text, _ = contract.build(contract.element("Pair"), value)
    assert contract.read(parse_xml(text.encode())) == value
