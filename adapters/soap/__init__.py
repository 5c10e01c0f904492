"""SOAP 1.1 and 1.2, document/literal, from the agency's own WSDL. No Python per agency."""

from adapters.soap.adapter import SoapAdapter
from adapters.soap.simulator import SoapSimulator
from gateway.sdk import Manifest

manifest = Manifest(name="soap", title="SOAP by WSDL", make=SoapAdapter, simulator=SoapSimulator)

__all__ = ["SoapAdapter", "SoapSimulator", "manifest"]
