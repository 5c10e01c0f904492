"""SOAP software that this project did not write: soapbar as an agency, zeep as the one that calls back."""

from __future__ import annotations

import asyncio
import decimal
import socket
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
import zeep
from soapbar import AsgiSoapApp, BindingStyle, SoapApplication, SoapFault, SoapService, SoapVersion, soap_operation

from adapters.soap import SoapAdapter
from adapters.soap.conformance import NS, REQUEST_XSD, TYPES_XSD, agency
from gateway.sdk import (
    Agency,
    Completed,
    Expression,
    Invalid,
    MessageInvalid,
    Operation,
    OutgoingRequest,
    Refused,
    RetryLater,
    Unknown,
)
from gateway.sdk.testing import lend
from tests.integration.soap.test_simulator import Door, served

TNS = "http://land.example/"


class Land(SoapService):
    """An invented register of plots."""

    __service_name__ = "Land"
    __tns__ = TNS
    __binding_style__ = BindingStyle.DOCUMENT_LITERAL_WRAPPED

    def __init__(self) -> None:
        self.plots: list[tuple[str, int, decimal.Decimal, bool]] = []

    @soap_operation(name="FindPlot")
    def find_plot(self, number: str, year: int, area: decimal.Decimal, urgent: bool) -> str:
        if number == "none":
            raise SoapFault("Client.NotFound", "Участка нет")
        if number == "busy":
            raise SoapFault("Server.Busy", "позже")
        if number == "boom":
            raise RuntimeError("the database is gone")
        self.plots.append((number, year, area, urgent))
        return f"Ер участкаси {number} <{area}>"


class Land12(Land):
    __soap_version__ = SoapVersion.SOAP_12


@pytest.fixture
def keeps_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left alone, soapbar answers without the namespace that its own WSDL says; with it, its fields are qualified too."""
    monkeypatch.setattr(Land.find_plot.__soap_operation__, "output_namespace", TNS)


@asynccontextmanager
async def running(service: Land, form: str = "unqualified") -> AsyncIterator[tuple[str, Agency]]:
    """Serve it by uvicorn; the contract is the WSDL that soapbar makes, with its ``elementFormDefault`` as given."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of plain HTTP
        app = SoapApplication(service_url="http://127.0.0.1/")
        app.register(service)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(AsgiSoapApp(app), log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve([listening]))
    answers = (
        {"fault": "NotFound", "outcome": {"outcome": "refused", "code": "NotFound", "reason": "=body.string"}},
        {"fault": "Server.Busy", "outcome": {"outcome": "retry_later", "reason": "busy"}},
    )
    response = Expression('{"outcome": "completed", "data": {"plot": body.return}}', "r.jsonata")
    described = Agency(
        id="land",
        title={"en": "Land"},
        adapter="soap",
        operations={"FindPlot": Operation("FindPlot", idempotent=True, response=response, answers=answers)},
        contract="land.wsdl",
        files={"land.wsdl": app.get_wsdl().replace(b'"unqualified"', f'"{form}"'.encode())},
    )
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/soap", described
    finally:
        server.should_exit = True
        await task
        listening.close()


def plot(number: str = "14:01", **changes: Any) -> OutgoingRequest:
    value = {"number": number, "year": 1998, "area": 600.5, "urgent": False, **changes}
    return OutgoingRequest("m-1", "N-1", "FindPlot", value, datetime(2026, 1, 15, tzinfo=UTC))


@pytest.mark.usefixtures("keeps_its_schema")
@pytest.mark.parametrize("service", [Land, Land12])
async def test_an_agency_on_soapbar(service: type[Land]) -> None:
    land = service()
    async with running(land, "qualified") as (url, described), lend(url) as link:
        adapter = SoapAdapter(described)
        assert adapter.check() == []

        async def sent(request: OutgoingRequest) -> Any:
            return (await adapter.send(adapter.render(request), link)).outcome

        assert await sent(plot()) == Completed({"plot": "Ер участкаси 14:01 <600.5>"})
        assert land.plots == [("14:01", 1998, decimal.Decimal("600.5"), False)]
        assert await sent(plot("none")) == Refused("NotFound", "Участка нет")
        assert await sent(plot("busy")) == RetryLater("busy")
        assert isinstance(await sent(plot("boom")), Unknown)
        assert (await adapter.probe(link)).ok
        with pytest.raises(MessageInvalid) as caught:
            adapter.render(plot(area="large"))
        assert caught.value.path == "/area"


async def test_an_agency_whose_replies_do_not_keep_its_own_schema() -> None:
    async with running(Land()) as (url, described), lend(url) as link:
        adapter = SoapAdapter(described)
        outcome = (await adapter.send(adapter.render(plot()), link)).outcome
        assert isinstance(outcome, Invalid)
        assert "the answer holds FindPlotResponse where the contract says {http://land.example/}" in outcome.reason
        operation = replace(described.operations["FindPlot"], options={"reply": "lenient"})
        lenient = SoapAdapter(replace(described, operations={"FindPlot": operation}))
        assert lenient.check() == []
        outcome = (await lenient.send(lenient.render(plot()), link)).outcome
        assert outcome == Completed({"plot": "Ер участкаси 14:01 <600.5>"})


@pytest.mark.usefixtures("keeps_its_schema")
async def test_what_soapbar_says_to_a_message_that_it_does_not_know_is_no_success() -> None:
    land = Land()
    async with running(land) as (url, described), lend(url) as link:
        adapter = SoapAdapter(described)
        message = adapter.render(plot())
        for body in (message.body.replace(b"FindPlot", b"LosePlot"), message.body[:-20], b""):
            outcome = (await adapter.send(replace(message, body=body, headers={}), link)).outcome
            assert isinstance(outcome, Invalid | Unknown), outcome
        assert land.plots == []


CALLBACK_WSDL = f"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="Back" targetNamespace="urn:back" xmlns:tns="urn:back" xmlns:r="{NS}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <wsdl:types>
    <xsd:schema targetNamespace="urn:back"><xsd:import namespace="{NS}" schemaLocation="xsd/request.xsd"/></xsd:schema>
  </wsdl:types>
  <wsdl:message name="In"><wsdl:part name="body" element="r:CopyReady"/></wsdl:message>
  <wsdl:message name="Out"><wsdl:part name="body" element="r:Receipt"/></wsdl:message>
  <wsdl:portType name="Back"><wsdl:operation name="CopyReady">
    <wsdl:input message="tns:In"/><wsdl:output message="tns:Out"/></wsdl:operation></wsdl:portType>
  <wsdl:binding name="Back" type="tns:Back">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="CopyReady"><soap:operation soapAction="urn:CopyReady"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation></wsdl:binding>
  <wsdl:service name="Back"><wsdl:port name="Back" binding="tns:Back">
    <soap:address location="ADDRESS"/></wsdl:port></wsdl:service>
</wsdl:definitions>
"""


async def test_zeep_calls_back_and_understands_receipt_and_refusal(tmp_path: Any) -> None:
    door = Door(SoapAdapter(agency()))
    (tmp_path / "xsd").mkdir()
    (tmp_path / "xsd" / "request.xsd").write_text(REQUEST_XSD, "utf-8")
    (tmp_path / "xsd" / "types.xsd").write_text(TYPES_XSD, "utf-8")
    async with served(door.app) as url:
        wsdl = tmp_path / "back.wsdl"
        wsdl.write_text(CALLBACK_WSDL.replace("ADDRESS", f"{url}/agencies/archive/soap"), "utf-8")
        client = zeep.Client(str(wsdl))
        assert await asyncio.to_thread(client.service.CopyReady, Order="O-5", Page=[2, 3], event="e-9") == "O-5"
        callback, _ = door.taken.get_nowait()
        assert (callback.parsed.outcome, callback.reference, callback.key) == (Completed({"pages": 5}), "O-5", "e-9")
        with pytest.raises(zeep.exceptions.Fault) as refused:
            await asyncio.to_thread(client.service.CopyReady, Order="O-5", Page=[0])
        assert refused.value.code == "soap:Client"
        assert "positiveInteger" in str(refused.value.message)
        detail = refused.value.detail[0]
        assert detail[0].text == "/Body/CopyReady/Page"
