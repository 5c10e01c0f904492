"""SOAP 1.1 and 1.2, document/literal, from the agency's own WSDL. No Python per agency."""

from __future__ import annotations

from typing import Any

from adapters.soap.adapter import SoapAdapter
from gateway.sdk import Agency, Manifest

__all__ = ["manifest"]


def _simulator(agency: Agency, *options: Any) -> Any:
    from adapters.soap.simulator import SoapSimulator  # noqa: PLC0415  - a gateway in production never needs a server here

    return SoapSimulator(agency, *options)


manifest = Manifest(name="soap", title="SOAP by WSDL", make=SoapAdapter, simulator=_simulator)
