"""What the adapter is tried with: a contract of an invented archive, and samples. The adapter's own tests use it too.

It has the features that contracts really have: two files of types, a choice, optional and repeated fields, enumerations, dates,
decimals, attributes, nil, inheritance, a base64 document, a SOAP header, faults, a lookup, a one-way operation and a callback.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from gateway.sdk import (
    Accepted,
    Agency,
    Completed,
    DocumentRef,
    Expression,
    Invalid,
    Lookup,
    Misconfigured,
    NotThere,
    Operation,
    OutgoingRequest,
    Refused,
    Reply,
    RetryLater,
    Unknown,
)
from gateway.sdk.soap import SOAP11, envelope, fault
from gateway.sdk.testing.conformance import CallbackSample, Conformance, LookupSample, ReplySample

NS = "http://archive.example/request/v1"
TYPES = "http://archive.example/types/v1"

WSDL = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="Archive" targetNamespace="http://archive.example/service/v1"
    xmlns:tns="http://archive.example/service/v1" xmlns:r="http://archive.example/request/v1"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:{soap}="http://schemas.xmlsoap.org/wsdl/{soap}/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <wsdl:types>
    <xsd:schema targetNamespace="http://archive.example/service/v1">
      <xsd:import namespace="http://archive.example/request/v1" schemaLocation="xsd/request.xsd"/>
    </xsd:schema>
  </wsdl:types>
  <wsdl:message name="OrderIn"><wsdl:part name="body" element="r:OrderCopy"/></wsdl:message>
  <wsdl:message name="OrderOut"><wsdl:part name="body" element="r:OrderCopyResponse"/></wsdl:message>
  <wsdl:message name="FindIn"><wsdl:part name="body" element="r:FindOrder"/></wsdl:message>
  <wsdl:message name="FindOut"><wsdl:part name="body" element="r:FindOrderResponse"/></wsdl:message>
  <wsdl:message name="NotHeldFault"><wsdl:part name="fault" element="r:NotHeld"/></wsdl:message>
  <wsdl:message name="Head"><wsdl:part name="client" element="r:Client"/></wsdl:message>
  <wsdl:portType name="ArchivePort">
    <wsdl:operation name="OrderCopy">
      <wsdl:input message="tns:OrderIn"/><wsdl:output message="tns:OrderOut"/>
      <wsdl:fault name="NotHeld" message="tns:NotHeldFault"/>
    </wsdl:operation>
    <wsdl:operation name="FindOrder">
      <wsdl:input message="tns:FindIn"/><wsdl:output message="tns:FindOut"/>
    </wsdl:operation>
    <wsdl:operation name="Note"><wsdl:input message="tns:FindIn"/></wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="ArchiveBinding" type="tns:ArchivePort">
    <{soap}:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="OrderCopy">
      <{soap}:operation soapAction="urn:OrderCopy"/>
      <wsdl:input><{soap}:header message="tns:Head" part="client" use="literal"/><{soap}:body use="literal"/></wsdl:input>
      <wsdl:output><{soap}:body use="literal"/></wsdl:output>
      <wsdl:fault name="NotHeld"><{soap}:fault name="NotHeld" use="literal"/></wsdl:fault>
    </wsdl:operation>
    <wsdl:operation name="FindOrder">
      <{soap}:operation soapAction="urn:FindOrder"/>
      <wsdl:input><{soap}:body use="literal"/></wsdl:input><wsdl:output><{soap}:body use="literal"/></wsdl:output>
    </wsdl:operation>
    <wsdl:operation name="Note">
      <{soap}:operation soapAction="urn:Note"/><wsdl:input><{soap}:body use="literal"/></wsdl:input>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="ArchiveService">
    <wsdl:port name="ArchivePort" binding="tns:ArchiveBinding"><{soap}:address location="http://archive.example/ws"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""

REQUEST_XSD = """<?xml version="1.0" encoding="UTF-8"?>
<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="http://archive.example/request/v1"
    xmlns="http://archive.example/request/v1" xmlns:t="http://archive.example/types/v1" elementFormDefault="qualified">
  <xsd:import namespace="http://archive.example/types/v1" schemaLocation="../xsd/types.xsd"/>
  <xsd:element name="Client" type="xsd:string"/>
  <xsd:element name="OrderCopy">
    <xsd:complexType>
      <xsd:sequence>
        <xsd:element name="MessageId" type="xsd:string"/>
        <xsd:element name="Holder" type="t:Person"/>
        <xsd:element name="Kind" type="t:Kind"/>
        <xsd:choice>
          <xsd:element name="Number" type="t:Number"/>
          <xsd:sequence><xsd:element name="Year" type="xsd:gYear"/><xsd:element name="Place" type="xsd:string"/></xsd:sequence>
        </xsd:choice>
        <xsd:element name="Witness" type="t:Witness" minOccurs="0" maxOccurs="3"/>
        <xsd:element name="Fee" type="t:Money" minOccurs="0"/>
        <xsd:element name="Copies" type="xsd:positiveInteger" minOccurs="0"/>
        <xsd:element name="Urgent" type="xsd:boolean" minOccurs="0"/>
        <xsd:element name="Until" type="xsd:date" nillable="true" minOccurs="0"/>
        <xsd:element name="Scan" type="xsd:base64Binary" minOccurs="0"/>
        <xsd:element name="Tags" type="t:Tags" minOccurs="0"/>
      </xsd:sequence>
      <xsd:attribute name="lang" type="xsd:language" use="required"/>
      <xsd:attribute name="channel" type="xsd:string"/>
    </xsd:complexType>
  </xsd:element>
  <xsd:element name="OrderCopyResponse">
    <xsd:complexType>
      <xsd:sequence>
        <xsd:element name="Order" type="xsd:string" minOccurs="0"/>
        <xsd:element name="Total" type="t:Money" minOccurs="0"/>
        <xsd:element name="Ready" type="xsd:boolean"/>
        <xsd:element name="Copy" type="xsd:base64Binary" minOccurs="0"/>
        <xsd:element name="Remark" type="xsd:string" minOccurs="0" maxOccurs="unbounded"/>
      </xsd:sequence>
    </xsd:complexType>
  </xsd:element>
  <xsd:element name="FindOrder">
    <xsd:complexType><xsd:sequence><xsd:element name="MessageId" type="xsd:string"/></xsd:sequence></xsd:complexType>
  </xsd:element>
  <xsd:element name="FindOrderResponse">
    <xsd:complexType><xsd:sequence><xsd:element name="Order" type="xsd:string" minOccurs="0"/></xsd:sequence></xsd:complexType>
  </xsd:element>
  <xsd:element name="NotHeld">
    <xsd:complexType><xsd:sequence><xsd:element name="Where" type="xsd:string"/></xsd:sequence></xsd:complexType>
  </xsd:element>
  <xsd:element name="CopyReady">
    <xsd:complexType>
      <xsd:sequence>
        <xsd:element name="Order" type="xsd:string"/>
        <xsd:element name="Page" type="xsd:positiveInteger" maxOccurs="unbounded"/>
      </xsd:sequence>
      <xsd:attribute name="event" type="xsd:string"/>
    </xsd:complexType>
  </xsd:element>
  <xsd:element name="Receipt">
    <xsd:complexType><xsd:sequence><xsd:element name="Order" type="xsd:string"/></xsd:sequence></xsd:complexType>
  </xsd:element>
</xsd:schema>
"""

TYPES_XSD = """<?xml version="1.0" encoding="UTF-8"?>
<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="http://archive.example/types/v1"
    xmlns="http://archive.example/types/v1" elementFormDefault="qualified">
  <xsd:simpleType name="Kind">
    <xsd:restriction base="xsd:string"><xsd:enumeration value="deed"/><xsd:enumeration value="school"/></xsd:restriction>
  </xsd:simpleType>
  <xsd:simpleType name="Number">
    <xsd:restriction base="xsd:string"><xsd:pattern value="[A-Z]{2}-[0-9]{4}"/></xsd:restriction>
  </xsd:simpleType>
  <xsd:simpleType name="Tags"><xsd:list itemType="xsd:NMTOKEN"/></xsd:simpleType>
  <xsd:complexType name="Money">
    <xsd:simpleContent>
      <xsd:extension base="xsd:decimal"><xsd:attribute name="currency" type="xsd:string" use="required"/></xsd:extension>
    </xsd:simpleContent>
  </xsd:complexType>
  <xsd:complexType name="Person">
    <xsd:sequence>
      <xsd:element name="Family" type="xsd:string"/>
      <xsd:element name="Given" type="xsd:string"/>
      <xsd:element name="Born" type="xsd:date" minOccurs="0"/>
    </xsd:sequence>
  </xsd:complexType>
  <xsd:complexType name="Witness">
    <xsd:complexContent>
      <xsd:extension base="Person">
        <xsd:sequence><xsd:element name="Phone" type="xsd:string" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence>
      </xsd:extension>
    </xsd:complexContent>
  </xsd:complexType>
</xsd:schema>
"""

#: A request that uses every feature.
FULL = {
    "@lang": "uz",
    "@channel": "counter",
    "MessageId": "m-1",
    "Holder": {"Family": "Намунаев <О'ғли> & ко", "Given": "Анвар", "Born": "1980-02-29"},
    "Kind": "deed",
    "Number": "AB-1234",
    "Witness": [
        {"Family": "Синова", "Given": "Лола", "Phone": ["+998 90 000 00 01", "+998 90 000 00 02"]},
        {"Family": "Синов", "Given": "Бек"},
    ],
    "Fee": {"@currency": "UZS", "#text": 12500.5},
    "Copies": 2,
    "Urgent": False,
    "Until": None,
    "Scan": "c2Nhbg==",
    "Tags": ["old", "torn"],
}
#: The least that is valid.
SMALL = {"@lang": "ru", "MessageId": "m-2", "Holder": {"Family": "Синов", "Given": "Бек"}, "Kind": "school", "Number": "AB-1234"}

ORDER = """
body.Ready ? {
  "outcome": "completed",
  "data": {"order": body.Order, "remarks": body.Remark[]},
  "documents": $exists(body.Copy) ? [{"name": "copy.pdf", "media_type": "application/pdf", "content": body.Copy}]
} : {"outcome": "accepted", "reference": body.Order}
"""
FIND = '$exists(body.Order) ? {"outcome": "accepted", "reference": body.Order} : {"outcome": "not_there"}'
READY = '{"outcome": "completed", "data": {"pages": $sum(body.Page)}, "match": {"reference": body.Order}, "key": body."@event"}'


def files(soap: str = "soap", **more: str) -> dict[str, bytes]:
    """Return the contract's folder; ``soap`` is ``soap`` (1.1) or ``soap12``."""
    plain = {
        "archive.wsdl": WSDL.format(soap=soap),
        "xsd/request.xsd": REQUEST_XSD,
        "xsd/types.xsd": TYPES_XSD,
        **more,
    }
    return {name: text.encode() for name, text in plain.items()}


def agency(soap: str = "soap", **changes: Any) -> Agency:
    """Return the agency; ``changes`` replace fields of it."""
    operations = {
        "OrderCopy": Operation(
            "OrderCopy",
            idempotent=False,
            response=Expression(ORDER, "order.jsonata"),
            lookup=Lookup(
                "FindOrder",
                Expression('{"MessageId": request.message_id}', "find.jsonata"),
                Expression(FIND, "found.jsonata"),
                absence_conclusive=True,
            ),
            answers=(
                {"fault": "Server.Busy", "outcome": {"outcome": "retry_later", "reason": "busy"}},
                {
                    "fault": "NotHeld",
                    "outcome": {"outcome": "refused", "code": "NotHeld", "reason": "=body.detail.NotHeld.Where"},
                },
                {"fault": "Twice", "outcome": "duplicate", "reference": "body.string"},
            ),
            callback={"CopyReady": Expression(READY, "ready.jsonata")},
            options={"headers": {"Client": "=request.case_number"}},
        ),
        "FindOrder": Operation("FindOrder", idempotent=True, response=Expression(FIND, "find.response.jsonata")),
        "Note": Operation("Note", idempotent=True),
    }
    made = Agency(
        id="archive",
        title={"en": "Archive"},
        adapter="soap",
        operations=operations,
        contract="archive.wsdl",
        files=files(soap),
        auth={"kind": "basic", "user": "darcha", "secret": "secret://archive/password"},
        callbacks={
            "auth": {"kind": "basic", "user": "archive", "secret": "secret://archive/callback"},
            "operations": {
                "CopyReady": {"element": f"{{{NS}}}CopyReady"},
            },
        },
        options={"receipts": {"CopyReady": {"element": "Receipt", "body": {"Order": "=reference"}}}},
    )
    return replace(made, **changes)


SECRETS: Final = {"secret://archive/password": "kalit-8041", "secret://archive/callback": "qaytar-5512"}

_SCAN: Final = b"an invented scan"
_SCAN_REF: Final = DocumentRef(sha256(_SCAN).hexdigest(), "scan.jpg", "image/jpeg", "passport", len(_SCAN))
_AT: Final = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def _request(message_id: str, operation: str, value: Any, *documents: DocumentRef) -> OutgoingRequest:
    callback_url = "http://127.0.0.1:9/agencies/archive"
    return OutgoingRequest(message_id, "N-26-1", operation, value, _AT, callback_url=callback_url, documents=documents)


def _reply(operation: str, inner: str, status: int = 200) -> Reply:
    return Reply(operation, status, {"content-type": "text/xml"}, envelope(SOAP11, inner))


def _fault(code: str, reason: str, detail: str = "") -> Reply:
    return Reply("OrderCopy", 500, {"content-type": "text/xml"}, fault(SOAP11, code, reason, detail=detail))


def _order(inner: str) -> str:
    return f'<OrderCopyResponse xmlns="{NS}">{inner}</OrderCopyResponse>'


def conformance() -> Conformance:
    """Return the contract and the samples."""
    message = "00000000-0000-7000-8000-000000000001"
    return Conformance(
        agency=agency(),
        requests=(
            _request(message, "OrderCopy", FULL),
            _request("00000000-0000-7000-8000-000000000002", "OrderCopy", SMALL),
            _request(message, "FindOrder", {"MessageId": message}),
            _request(message, "OrderCopy", {**SMALL, "Scan": {"digest": _SCAN_REF.digest}}, _SCAN_REF),
        ),
        sent=Completed,
        invalid=(
            _request(message, "OrderCopy", {**SMALL, "Kind": "letter"}),
            _request(message, "OrderCopy", {**SMALL, "Nobody": "knows"}),
            _request(message, "OrderCopy", {k: v for k, v in SMALL.items() if k != "Holder"}),
            _request(message, "OrderCopy", {**SMALL, "Copies": "many"}),
            _request(message, "FindOrder", {}),
        ),
        replies=(
            ReplySample(_reply("OrderCopy", _order("<Order>O-1</Order><Ready>true</Ready><Copy>JVBERg==</Copy>")), Completed),
            ReplySample(_reply("OrderCopy", _order("<Order>O-1</Order><Ready>false</Ready>")), Accepted),
            ReplySample(_reply("OrderCopy", _order("<Ready>perhaps</Ready>")), Unknown),  # not idempotent: it may have acted
            ReplySample(_reply("FindOrder", f'<FindOrderResponse xmlns="{NS}"><More/></FindOrderResponse>'), Invalid),
            ReplySample(_fault("Server.Busy", "later"), RetryLater),
            ReplySample(_fault("Client", "no", f'<NotHeld xmlns="{NS}"><Where>Fargʻona</Where></NotHeld>'), Refused),
            ReplySample(_fault("Client", "what is this?"), Invalid),
            ReplySample(_fault("Server", "boom"), Unknown),
            ReplySample(Reply("OrderCopy", 401, {}, b""), Misconfigured),
        ),
        duplicates=(ReplySample(_fault("Client.Twice", "O-1"), Accepted),),
        lookups=(
            LookupSample("OrderCopy", _reply("FindOrder", f'<FindOrderResponse xmlns="{NS}"/>'), NotThere),
            LookupSample(
                "OrderCopy",
                _reply("FindOrder", f'<FindOrderResponse xmlns="{NS}"><Order>O</Order></FindOrderResponse>'),
                Accepted,
            ),
        ),
        callbacks=(
            CallbackSample(
                "CopyReady",
                {"Content-Type": "text/xml"},
                envelope(SOAP11, f'<CopyReady xmlns="{NS}" event="e-1"><Order>O-1</Order><Page>2</Page></CopyReady>'),
                Completed,
                reference="O-1",
            ),
        ),
        strange=(
            _reply("OrderCopy", f'<Receipt xmlns="{NS}"><Order>O-1</Order></Receipt>'),
            _reply("OrderCopy", _order("")),
            _reply("OrderCopy", _order("<Ready>true</Ready><Ready>false</Ready>")),
            _reply("OrderCopy", "<soap:Fault><faultcode>&#x202e;</faultcode></soap:Fault>"),
        ),
        secrets=SECRETS,
        documents={_SCAN_REF.digest: _SCAN},
    )
