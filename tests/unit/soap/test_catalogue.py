"""The shipped standard schemas: they compile alone and together, accept and refuse what their standards do, and are found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import resources
from typing import Any, Final

import pytest
from lxml import etree

from gateway.sdk.soap.catalogue import Standard, find, namespaces
from gateway.sdk.soap.standard import SHIPPED

XS: Final = "http://www.w3.org/2001/XMLSchema"
_IMPORT: Final = f"{{{XS}}}import"
_AT: Final = "catalogue:/"

XML = "http://www.w3.org/XML/1998/namespace"
ENC = "http://schemas.xmlsoap.org/soap/encoding/"
ENV = "http://schemas.xmlsoap.org/soap/envelope/"
ENC12 = "http://www.w3.org/2003/05/soap-encoding"
ENV12 = "http://www.w3.org/2003/05/soap-envelope"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
WSA = "http://www.w3.org/2005/08/addressing"
WSA04 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSAW = "http://www.w3.org/2006/05/addressing/wsdl"
WSAM = "http://www.w3.org/2007/05/addressing/metadata"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSSE11 = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XMIME = "http://www.w3.org/2005/05/xmlmime"
XMIME_11 = "http://www.w3.org/2004/11/xmlmime"
XMIME_06 = "http://www.w3.org/2004/06/xmlmime"
XOP = "http://www.w3.org/2004/08/xop/include"
SWA = "http://ws-i.org/profiles/basic/1.1/xsd"
XLINK = "http://www.w3.org/1999/xlink"
SAML2 = "urn:oasis:names:tc:SAML:2.0:assertion"
SAML1 = "urn:oasis:names:tc:SAML:1.0:assertion"
XID = "http://x-road.eu/xsd/identifiers"
XROAD = "http://x-road.eu/xsd/xroad.xsd"
REPR = "http://x-road.eu/xsd/representation.xsd"
XRD_EU = "http://x-road.eu/xsd/x-road.xsd"
XRD_EE = "http://x-road.ee/xsd/x-road.xsd"
XRD_NET = "http://x-rd.net/xsd/xroad.xsd"
XTEE = "http://x-tee.riik.ee/xsd/xtee.xsd"
SER = "http://schemas.microsoft.com/2003/10/Serialization/"
ARR = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
MAP = "http://xml.apache.org/xml-soap"
MST = "http://microsoft.com/wsdl/types/"
GML3 = "http://www.opengis.net/gml"
GML32 = "http://www.opengis.net/gml/3.2"


class _FromCatalogue(etree.Resolver):
    """Answers every import by its namespace, from the catalogue alone."""

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        found = find("", (system_url or "").removeprefix(_AT))
        assert found is not None, f"{system_url} is not in the catalogue"
        return self.resolve_string(_addressed(found.content), context, base_url=system_url)


def _addressed(content: bytes) -> bytes:
    root = etree.fromstring(content)
    for node in root.iterchildren(_IMPORT):
        node.set("schemaLocation", f"{_AT}{node.get('namespace')}")
    return etree.tostring(root)


def compiled(*imported: str, own: str = "") -> etree.XMLSchema:
    """Compile a schema that imports these namespaces (prefixes n0, n1, …) and has the given declarations of its own."""
    prefixes = "".join(f' xmlns:n{number}="{name}"' for number, name in enumerate(imported) if name != XML)
    imports = "".join(f'<xs:import namespace="{name}"/>' for name in imported)
    text = f'<xs:schema xmlns:xs="{XS}" xmlns:t="urn:test" targetNamespace="urn:test"{prefixes}>{imports}{own}</xs:schema>'
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_FromCatalogue())
    return etree.XMLSchema(etree.fromstring(_addressed(text.encode()), parser, base_url="test:/root.xsd"))


def element(namespace: str, text: str) -> etree._Element:
    """Parse an instance whose prefix ``n`` is the namespace under test."""
    return etree.fromstring(re.sub(r"^<[\w:]+", rf'\g<0> xmlns:n="{namespace}"{_COMMON}', text))


_COMMON: Final = (
    f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="{XS}" xmlns:ds="{DS}" xmlns:xenc="{XENC}"'
    f' xmlns:wsu="{WSU}" xmlns:wsse="{WSSE}" xmlns:id="{XID}" xmlns:xlink="{XLINK}"'
)

_CIPHER = "<xenc:CipherData><xenc:CipherValue>AAAA</xenc:CipherValue></xenc:CipherData>"
_SIGNATURE = (
    '<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="urn:c"/><ds:SignatureMethod Algorithm="urn:s"/>'
    '<ds:Reference URI="#body"><ds:Transforms><ds:Transform Algorithm="urn:t"/></ds:Transforms>'
    '<ds:DigestMethod Algorithm="urn:d"/>'
    "<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    "<ds:SignatureValue>AAAA</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference/></ds:KeyInfo>"
)
_MEMBER = "<id:xRoadInstance>UZ</id:xRoadInstance><id:memberClass>GOV</id:memberClass><id:memberCode>101</id:memberCode>"
_RING = "<n:LinearRing><n:posList>0 0 0 1 1 1 0 0</n:posList></n:LinearRing>"
_GUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"

#: Namespace, a document that its standard accepts, and one that it refuses.
INSTANCES: Final[list[tuple[str, str, str]]] = [
    (ENC, '<n:int id="a">5</n:int>', "<n:int>five</n:int>"),
    (ENC, '<n:Array n:arrayType="xs:int[2]"><item>1</item><item>2</item></n:Array>', '<n:Array n:size="2"/>'),
    (ENC, "<n:Struct><a/><b>2</b></n:Struct>", "<n:Struct>text</n:Struct>"),
    (ENC, '<n:dateTime href="#a">2026-11-24T10:00:00Z</n:dateTime>', "<n:dateTime>today</n:dateTime>"),
    (ENC12, '<n:Array n:itemType="xs:int" n:arraySize="* 2"><i>1</i></n:Array>', '<n:Array n:arraySize="2 *"/>'),
    (ENC12, '<n:boolean n:id="a">true</n:boolean>', "<n:boolean>maybe</n:boolean>"),
    (ENV, '<n:Envelope><n:Header><any:h xmlns:any="urn:x" n:mustUnderstand="1"/></n:Header><n:Body><a/></n:Body></n:Envelope>',
     "<n:Envelope><n:Header/></n:Envelope>"),
    (ENV, "<n:Fault><faultcode>n:Client</faultcode><faultstring>no</faultstring><detail><a/></detail></n:Fault>",
     "<n:Fault><faultstring>no</faultstring></n:Fault>"),
    (ENV12, '<n:Fault><n:Code><n:Value>n:Sender</n:Value></n:Code><n:Reason><n:Text xml:lang="uz">yo\'q</n:Text>'
     '</n:Reason></n:Fault>',
     "<n:Fault><n:Code><n:Value>n:Client</n:Value></n:Code><n:Reason><n:Text xml:lang='uz'>no</n:Text></n:Reason></n:Fault>"),
    (ENV12, "<n:Envelope><n:Body/></n:Envelope>", "<n:Envelope/>"),
    (WSA, '<n:RelatesTo RelationshipType="urn:other">urn:uuid:1</n:RelatesTo>',
     '<n:RelatesTo Type="urn:other">urn:uuid:1</n:RelatesTo>'),
    (WSA, "<n:ReplyTo><n:Address>urn:a</n:Address><n:Metadata/></n:ReplyTo>", "<n:ReplyTo><n:Metadata/></n:ReplyTo>"),
    (WSA04, "<n:From><n:Address>urn:a</n:Address><n:ServiceName PortName='P'>n:S</n:ServiceName></n:From>", "<n:From/>"),
    (WSAW, "<n:Anonymous>optional</n:Anonymous>", "<n:Anonymous>never</n:Anonymous>"),
    (WSAW, "<n:UsingAddressing/>", "<n:UsingAddressing>yes</n:UsingAddressing>"),
    (WSAM, "<n:ServiceName EndpointName='P'>n:S</n:ServiceName>", "<n:ServiceName EndpointName='a b'>n:S</n:ServiceName>"),
    (WSU, '<n:Timestamp n:Id="t"><n:Created>2026-11-24T10:00:00Z</n:Created><n:Expires>x</n:Expires></n:Timestamp>',
     "<n:Timestamp><n:Expires>x</n:Expires><n:Created>x</n:Created></n:Timestamp>"),
    (WSSE, '<n:Security><n:UsernameToken wsu:Id="u"><n:Username>a</n:Username><n:Password Type="urn:d">b</n:Password>'
     '<n:Nonce>c</n:Nonce>'
     "<wsu:Created>d</wsu:Created></n:UsernameToken></n:Security>",
     "<n:Security><n:UsernameToken><n:Password>b</n:Password></n:UsernameToken></n:Security>"),
    (WSSE, '<n:BinarySecurityToken ValueType="urn:v" EncodingType="urn:e">AA==</n:BinarySecurityToken>',
     '<n:BinarySecurityToken Encoding="urn:e">AA==</n:BinarySecurityToken>'),
    (WSSE11, '<n:SignatureConfirmation wsu:Id="s" Value="AA=="/>', '<n:SignatureConfirmation Hash="AA=="/>'),
    (WSSE11, f"<n:EncryptedHeader><xenc:EncryptedData>{_CIPHER}</xenc:EncryptedData></n:EncryptedHeader>",
     "<n:EncryptedHeader/>"),
    (DS, f"<ds:Signature>{_SIGNATURE}</ds:Signature>",
     "<ds:Signature><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>"),
    (XENC, f'<n:EncryptedData Id="e"><n:EncryptionMethod Algorithm="urn:a"/>{_CIPHER}</n:EncryptedData>', "<n:EncryptedData/>"),
    (XOP, '<n:Include href="cid:1@example.org"/>', "<n:Include/>"),
    (SAML2, '<n:Assertion Version="2.0" ID="a" IssueInstant="2026-11-24T10:00:00Z"><n:Issuer>urn:i</n:Issuer>'
     '<n:Subject><n:NameID>p</n:NameID>'
     '</n:Subject><n:AttributeStatement><n:Attribute Name="pin">'
     '<n:AttributeValue xsi:type="xs:string">1</n:AttributeValue></n:Attribute>'
     "</n:AttributeStatement></n:Assertion>",
     '<n:Assertion Version="2.0" ID="a" IssueInstant="today"><n:Issuer>urn:i</n:Issuer></n:Assertion>'),
    (SAML1, '<n:Conditions NotBefore="2026-11-24T10:00:00Z"><n:DoNotCacheCondition/></n:Conditions>',
     "<n:Conditions><n:OneTimeUse/></n:Conditions>"),
    (XID, "<n:memberCode>101</n:memberCode>", "<n:memberCode><n:a/></n:memberCode>"),
    (XROAD, f'<n:client id:objectType="MEMBER">{_MEMBER}</n:client>', f"<n:client>{_MEMBER}</n:client>"),
    (XROAD, f'<n:service id:objectType="SERVICE">{_MEMBER}<id:serviceCode>find</id:serviceCode></n:service>',
     f'<n:service id:objectType="SERVICE">{_MEMBER}</n:service>'),
    (XROAD, '<n:title xml:lang="uz">a</n:title>', '<n:title lang="uz">a</n:title>'),
    (REPR, "<n:representedParty><n:partyCode>1</n:partyCode></n:representedParty>",
     "<n:representedParty><n:partyClass>1</n:partyClass></n:representedParty>"),
    (XRD_EU, "<n:async>false</n:async>", "<n:async>no</n:async>"),
    (XRD_EE, '<n:title xml:lang="et">a</n:title>', "<n:title><n:a/></n:title>"),
    (XRD_NET, "<n:encryptCert>AA==</n:encryptCert>", "<n:encryptCert><n:a/></n:encryptCert>"),
    (XTEE, "<n:asynkroonne>true</n:asynkroonne>", "<n:asynkroonne>jah</n:asynkroonne>"),
    (SER, f"<n:guid>{_GUID}</n:guid>", f"<n:guid>{{{_GUID}}}</n:guid>"),
    (SER, "<n:duration>P1DT2H</n:duration>", "<n:duration>P1M</n:duration>"),
    (ARR, '<n:ArrayOfstring><n:string>a</n:string><n:string xsi:nil="true"/></n:ArrayOfstring>',
     "<n:ArrayOfstring><n:int>1</n:int></n:ArrayOfstring>"),
    (ARR, "<n:ArrayOfKeyValueOfstringint><n:KeyValueOfstringint><n:Key>a</n:Key><n:Value>1</n:Value>"
     "</n:KeyValueOfstringint></n:ArrayOfKeyValueOfstringint>",
     "<n:ArrayOfKeyValueOfstringint><n:KeyValueOfstringint><n:Key>a</n:Key></n:KeyValueOfstringint>"
     "</n:ArrayOfKeyValueOfstringint>"),
    (GML3, '<n:Polygon srsName="EPSG:4326"><n:outerBoundaryIs><n:LinearRing>'
     '<n:coordinates>0,0 0,1 1,1 0,0</n:coordinates></n:LinearRing>'
     "</n:outerBoundaryIs></n:Polygon>",
     "<n:Polygon><n:exterior><n:Point><n:pos>0 0</n:pos></n:Point></n:exterior></n:Polygon>"),
    (GML3, "<n:Envelope><n:lowerCorner>0 0</n:lowerCorner><n:upperCorner>1 1</n:upperCorner></n:Envelope>",
     "<n:Envelope><n:pos>0 0</n:pos></n:Envelope>"),
    (GML3, "<n:MultiPoint><n:pointMember><n:Point><n:pos>1 2</n:pos></n:Point></n:pointMember></n:MultiPoint>",
     "<n:Point><n:pos>one two</n:pos></n:Point>"),
    (GML32, f'<n:MultiSurface n:id="m"><n:surfaceMember><n:Polygon n:id="p"><n:exterior>{_RING}</n:exterior>'
     '</n:Polygon></n:surfaceMember></n:MultiSurface>',
     f"<n:Polygon><n:exterior>{_RING}</n:exterior></n:Polygon>"),
    (GML32, '<n:Surface n:id="s"><n:patches><n:PolygonPatch><n:exterior><n:Ring><n:curveMember><n:Curve n:id="c">'
     '<n:segments><n:Arc><n:posList>0 0 1 1 2 0'
     "</n:posList></n:Arc></n:segments></n:Curve></n:curveMember></n:Ring></n:exterior></n:PolygonPatch></n:patches></n:Surface>",
     '<n:Surface n:id="s"><n:patches><n:Polygon n:id="p"/></n:patches></n:Surface>'),
    (GML32, '<n:TimePeriod n:id="t"><n:beginPosition>2026-01-01</n:beginPosition>'
     '<n:endPosition indeterminatePosition="now"/></n:TimePeriod>',
     '<n:TimePeriod n:id="t"><n:beginPosition>2026-01-01</n:beginPosition></n:TimePeriod>'),
    (GML32, '<n:boundedBy xsi:nil="true" nilReason="unknown"/>', '<n:boundedBy nilReason="unknown"/>'),
]  # fmt: skip

#: Namespaces without elements: a declaration that uses them, a document that is right, one that is wrong.
USES: Final[list[tuple[str, str, str, str]]] = [
    (XML, '<xs:element name="e"><xs:complexType><xs:attributeGroup ref="xml:specialAttrs"/></xs:complexType></xs:element>',
     '<n:e xml:lang="uz-Cyrl" xml:space="preserve" xml:id="a"/>', '<n:e xml:space="keep"/>'),
    (XS, '<xs:element name="e"><xs:complexType><xs:all><xs:element ref="n0:schema"/></xs:all></xs:complexType></xs:element>',
     '<n:e><xs:schema id="a"><xs:element name="any"/></xs:schema></n:e>', "<n:e><xs:element/></n:e>"),
    (XLINK, '<xs:element name="e"><xs:complexType><xs:attributeGroup ref="n0:simpleLink"/></xs:complexType></xs:element>',
     '<n:e xlink:type="simple" xlink:href="#a" xlink:show="new"/>', '<n:e xlink:type="arc"/>'),
    (XLINK, '<xs:element name="e"><xs:complexType><xs:attributeGroup ref="n0:simpleAttrs"/></xs:complexType></xs:element>',
     '<n:e xlink:href="#a" xlink:actuate="onLoad"/>', '<n:e xlink:actuate="never"/>'),
    (XMIME, '<xs:element name="e" type="n0:base64Binary"/>', f'<n:e m:contentType="image/png" xmlns:m="{XMIME}">AA==</n:e>',
     '<n:e contentType="image/png"/>'),
    (XMIME_11, '<xs:element name="e" type="n0:hexBinary"/>', f'<n:e m:contentType="image/png" xmlns:m="{XMIME_11}">AA</n:e>',
     "<n:e>A</n:e>"),
    (XMIME_06, '<xs:element name="e" type="n0:base64Binary"/>', "<n:e>AA==</n:e>",
     f'<n:e m:contentType="x" xmlns:m="{XMIME_06}">AA==</n:e>'),
    (MAP, '<xs:element name="e" type="n0:Map"/>', "<n:e><item><key>a</key><value>1</value></item></n:e>",
     "<n:e><item><key>a</key></item></n:e>"),
    (SWA, '<xs:element name="e" type="n0:swaRef"/>', "<n:e>cid:1@example.org</n:e>", "<n:e><n:a/></n:e>"),
    (MST, '<xs:element name="e" type="n0:guid"/>', f"<n:e>{_GUID}</n:e>", "<n:e>1</n:e>"),
    (WSDL, '<xs:element name="e"><xs:complexType><xs:attribute ref="n0:arrayType"/></xs:complexType></xs:element>',
     f'<n:e w:arrayType="xs:int[]" xmlns:w="{WSDL}"/>', f'<n:e w:required="true" xmlns:w="{WSDL}"/>'),
]  # fmt: skip


def _standard(namespace: str) -> Standard:
    found = find("", namespace)
    assert found is not None
    return found


@pytest.mark.parametrize("namespace", namespaces())
def test_each_schema_compiles_alone(namespace: str) -> None:
    compiled(namespace)


@pytest.mark.parametrize("order", [namespaces(), tuple(reversed(namespaces()))], ids=["forwards", "backwards"])
def test_all_schemas_compile_together(order: Iterable[str]) -> None:
    compiled(*order)


@pytest.mark.parametrize(("namespace", "right", "wrong"), INSTANCES)
def test_accepts_and_refuses_what_the_standard_does(namespace: str, right: str, wrong: str) -> None:
    schema = compiled(namespace)
    schema.assertValid(element(namespace, right))
    assert not schema.validate(element(namespace, wrong))


@pytest.mark.parametrize(("namespace", "own", "right", "wrong"), USES)
def test_its_types_and_attributes_can_be_used(namespace: str, own: str, right: str, wrong: str) -> None:
    schema = compiled(namespace, own=own)
    schema.assertValid(element("urn:test", right))
    assert not schema.validate(element("urn:test", wrong))


def test_every_namespace_has_an_instance() -> None:
    assert {row[0] for row in INSTANCES} | {row[0] for row in USES} == set(namespaces())


def test_a_contract_can_restrict_the_encoded_array_and_extend_a_feature() -> None:
    own = (
        '<xs:complexType name="Ids"><xs:complexContent><xs:restriction base="n0:Array">'
        '<xs:attribute ref="n0:arrayType" n2:arrayType="xs:int[]"/></xs:restriction></xs:complexContent></xs:complexType>'
        '<xs:element name="ids" type="t:Ids"/>'
        '<xs:element name="Parcel" substitutionGroup="n1:_Feature"><xs:complexType><xs:complexContent>'
        '<xs:extension base="n1:AbstractFeatureType"><xs:sequence><xs:element name="shape" type="n1:SurfacePropertyType"/>'
        "</xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:element>"
    )
    schema = compiled(ENC, GML3, WSDL, own=own)
    schema.assertValid(etree.fromstring(f'<t:ids xmlns:t="urn:test" xmlns:e="{ENC}" e:arrayType="xs:int[1]"/>'))
    shape = f"<shape><g:Polygon><g:exterior>{_RING.replace('n:', 'g:')}</g:exterior></g:Polygon></shape>"
    collection = (
        f'<g:FeatureCollection xmlns:g="{GML3}" xmlns:t="urn:test"><g:featureMember><t:Parcel>{{}}</t:Parcel>'
        "</g:featureMember></g:FeatureCollection>"
    )
    schema.assertValid(etree.fromstring(collection.format(shape)))
    assert not schema.validate(etree.fromstring(collection.format("")))


@pytest.mark.parametrize("namespace", namespaces())
def test_no_schema_leads_out_of_the_package(namespace: str) -> None:
    standard = _standard(namespace)
    root = etree.fromstring(standard.content)
    assert root.get("targetNamespace") == namespace == standard.namespace
    assert root.getroottree().docinfo.internalDTD is None
    assert not root.findall(f"{{{XS}}}include") and not root.findall(f"{{{XS}}}redefine")
    for node in root.iterchildren(_IMPORT):
        assert node.get("schemaLocation") is None
        assert find("", node.get("namespace", "")) is not None
    assert standard.content.startswith(b"<!-- "), "the first comment names the standard"
    assert standard.source


def test_every_file_is_listed_once_and_the_whole_is_small() -> None:
    files = {item.name: item for item in resources.files("gateway.sdk.soap.standard").iterdir() if item.name.endswith(".xsd")}
    listed = [shipped.file for shipped in SHIPPED]
    assert sorted(listed) == sorted(files)
    assert sum(len(item.read_bytes()) for item in files.values()) < 250_000


def test_no_address_and_no_file_name_means_two_schemas() -> None:
    for shipped in SHIPPED:
        for said in (shipped.namespace, *shipped.urls, shipped.file, *shipped.files):
            found = find(said, "")
            assert found is not None and found.namespace == shipped.namespace, said


@pytest.mark.parametrize(
    ("location", "namespace", "expected"),
    [
        ("", GML32, "gml-3.2.xsd"),
        ("http://10.0.0.7/private/anything.xsd", WSSE, "wss-secext-1.0.xsd"),
        ("https://www.w3.org/2001/xml.xsd", "", "xml.xsd"),
        ("HTTP://schemas.xmlsoap.org/soap/encoding", "", "soap-encoding.xsd"),
        ("http://www.w3.org/2000/09/xmldsig", "", "xmldsig.xsd"),
        ("http://www.w3.org/2005/05/xmlmime/?download=1", "", "xmlmime.xsd"),
        ("http://schemas.opengis.net/gml/3.1.1/base/geometryBasic0d1d.xsd", "", "gml-3.1.1.xsd"),
        ("http://schemas.opengis.net/gml/3.2.1/geometryBasic0d1d.xsd", "", "gml-3.2.xsd"),
        ("../../schemas/XMLDSIG-core-schema.xsd", "", "xmldsig.xsd"),
        ("oasis-200401-wss-wssecurity-utility-1.0.xsd", "", "wss-utility-1.0.xsd"),
        ("..\\xsd\\ws-addr.xsd", "", "ws-addr.xsd"),
        ("http://agency.example/service?xsd=../common/identifiers.xsd", "", "xroad-identifiers.xsd"),
        ("gml.xsd", "", "gml-3.1.1.xsd"),
        ("gml.xsd", GML32, "gml-3.2.xsd"),
    ],
)
def test_is_found_by_namespace_address_or_file_name(location: str, namespace: str, expected: str) -> None:
    found = find(location, namespace)
    assert found is not None
    assert found.name == expected


@pytest.mark.parametrize(
    ("location", "namespace"),
    [
        ("http://www.w3.org/2001/xml.xsd", "urn:agency:types"),  # the namespace asked for does not agree
        ("identifiers.xsd", "http://agency.example/identifiers"),
        ("", DS.replace("http", "https")),  # another namespace, whatever was meant
        ("types.xsd", ""),
        ("", ""),
        ("http://agency.example/service?wsdl", ""),
    ],
)
def test_what_is_not_standard_is_not_guessed(location: str, namespace: str) -> None:
    assert find(location, namespace) is None


def test_a_schema_is_read_once() -> None:
    assert find("", GML3) is find("gml.xsd", "")
