"""SOAP for adapters: contracts loaded from their files, messages built and read by them, envelopes, faults, security.

contract = load_contract(agency.files, agency.contract, digest=agency.digest)
text, documents = contract.build(contract.element(tag), value)       # JSON to valid XML, or NotOfContract
content = envelope(operation.version, text)
opened = open_envelope(parse_xml(reply))                             # hostile XML is XmlRefused
value = contract.read(opened.body)                                   # XML to JSON, typed by the schema
"""

from gateway.sdk.soap.build import marker
from gateway.sdk.soap.contract import Contract, load_contract
from gateway.sdk.soap.envelope import SOAP11, SOAP12, Fault, Opened, Version, envelope, fault, open_envelope, with_header
from gateway.sdk.soap.errors import ContractBroken, NoExample, NotOfContract, XmlRefused
from gateway.sdk.soap.example import example_of
from gateway.sdk.soap.messages import Message
from gateway.sdk.soap.model import TEXT_KEY
from gateway.sdk.soap.safe_xml import generic, local_name, parse_xml
from gateway.sdk.soap.security import PASSWORD_KINDS, security_header, username_token
from gateway.sdk.soap.wsdl import SoapOperation

__all__ = [
    "PASSWORD_KINDS",
    "SOAP11",
    "SOAP12",
    "TEXT_KEY",
    "Contract",
    "ContractBroken",
    "Fault",
    "Message",
    "NoExample",
    "NotOfContract",
    "Opened",
    "SoapOperation",
    "Version",
    "XmlRefused",
    "envelope",
    "example_of",
    "fault",
    "generic",
    "load_contract",
    "local_name",
    "marker",
    "open_envelope",
    "parse_xml",
    "security_header",
    "username_token",
    "with_header",
]
