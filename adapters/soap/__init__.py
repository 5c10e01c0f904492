"""SOAP 1.1 and 1.2 from the agency's own WSDL, document and rpc, literal and encoded. No Python per agency."""

from adapters.soap.adapter import SoapAdapter
from adapters.soap.draft import draft
from adapters.soap.simulator import SoapSimulator
from gateway.sdk import Manifest

manifest = Manifest(name="soap", title="SOAP by WSDL", make=SoapAdapter, simulator=SoapSimulator, contract="wsdl", draft=draft)

__all__ = ["SoapAdapter", "SoapSimulator", "manifest"]
