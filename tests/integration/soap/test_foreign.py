"""Servers and a client that this project did not write, met as an integrator meets them: by the contract that they serve.

soapbar makes a WSDL of its service, ``darcha agency new`` onboards it, and what was written sends a real message to that
server. zeep calls back with an rpc contract in windows-1251.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
import zeep
from lxml import etree
from soapbar import AsgiSoapApp, BindingStyle, SoapApplication, SoapFault, SoapService, SoapVersion, soap_operation
from typer.testing import CliRunner

from adapters.soap import SoapAdapter
from gateway.catalogue.alone import read_agency
from gateway.cli.main import app
from gateway.sdk import Agency, Completed, Expression, Operation, OutgoingRequest, Refused, RetryLater, Unknown
from gateway.sdk.testing import lend
from tests.integration.soap.test_simulator import Door, served

TNS = "urn:observatory"


class Observatory(SoapService):
    """An invented observatory; how its messages look is up to the subclass."""

    __service_name__ = "Observatory"
    __tns__ = TNS

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    @soap_operation(name="LogStar")
    def log_star(self, name: str, magnitude: int) -> str:
        if name == "none":
            raise SoapFault("Client.Unknown", "Бундай юлдуз йўқ")
        if name == "clouds":
            raise SoapFault("Server.Clouds", "wait")
        if name == "fall":
            raise RuntimeError("the dome is stuck")
        self.seen.append((name, magnitude))
        return f"Юлдуз {name} & {magnitude}"


def service(style: BindingStyle, version: SoapVersion) -> Observatory:
    made: type[Observatory] = type("Made", (Observatory,), {"__binding_style__": style, "__soap_version__": version})
    return made()


@contextmanager
def serving(observatory: Observatory) -> Iterator[str]:
    """Serve it in a thread of its own, as the command has an event loop of its own."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # who calls before the server runs waits
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/soap"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of plain HTTP
        soap = SoapApplication(service_url=url)
        soap.register(observatory)
    server = uvicorn.Server(uvicorn.Config(AsgiSoapApp(soap), log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


async def downloaded(url: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(f"{url}?wsdl") as answer:
        assert answer.status == 200
        return await answer.read()


def onboarded(tmp_path: Path, wsdl: bytes) -> tuple[dict[str, Any], Agency]:
    contract, report = tmp_path / "observatory.wsdl", tmp_path / "report.json"
    contract.write_bytes(wsdl)
    call = ["agency", "new", "observatory", "--wsdl", str(contract), "--into", str(tmp_path), "--try", "--report", str(report)]
    ran = CliRunner().invoke(app, call)
    assert ran.exit_code == 0, ran.output
    return json.loads(report.read_text("utf-8")), read_agency(tmp_path, "observatory", {})


STYLES = [
    (BindingStyle.RPC_LITERAL, SoapVersion.SOAP_11),
    (BindingStyle.RPC_LITERAL, SoapVersion.SOAP_12),
    (BindingStyle.RPC_ENCODED, SoapVersion.SOAP_11),
    (BindingStyle.DOCUMENT_LITERAL_WRAPPED, SoapVersion.SOAP_12),
]


@pytest.mark.parametrize(("style", "version"), STYLES, ids=lambda v: v.name)
async def test_a_contract_that_its_server_made(style: BindingStyle, version: SoapVersion, tmp_path: Path) -> None:
    observatory = service(style, version)
    with serving(observatory) as url:
        wsdl = await downloaded(url)
        report, described = await asyncio.to_thread(onboarded, tmp_path, wsdl)
        assert report["totals"] == {"found": 1, "built": 1, "valid": 1, "round_trip": 1}
        assert report["unresolved"] == []
        answers = (
            {"fault": "Unknown", "outcome": {"outcome": "refused", "code": "Unknown", "reason": "=body.string"}},
            {"fault": "Server.Clouds", "outcome": {"outcome": "retry_later", "reason": "clouds"}},
        )
        # soapbar answers without the namespace that its own WSDL says: by shape, then, and not by schema.
        response = Expression('{"outcome": "completed", "data": {"said": body.return}}', "r.jsonata")
        options = {"reply": "lenient"}
        operation = Operation("LogStar", idempotent=True, response=response, answers=answers, options=options)
        adapter = SoapAdapter(replace(described, operations={"LogStar": operation}))
        assert adapter.check() == []
        async with lend(url) as link:

            async def sent(name: str) -> Any:
                request = OutgoingRequest(
                    "m-1", "N-1", "LogStar", {"name": name, "magnitude": 3}, datetime(2026, 1, 15, tzinfo=UTC)
                )
                return (await adapter.send(adapter.render(request), link)).outcome

            assert await sent("Зуҳро <&>") == Completed({"said": "Юлдуз Зуҳро <&> & 3"})
            assert observatory.seen == [("Зуҳро <&>", 3)]
            assert await sent("none") == Refused("Unknown", "Бундай юлдуз йўқ")
            assert await sent("clouds") == RetryLater("clouds")
            assert isinstance(await sent("fall"), Unknown)
            assert (await adapter.probe(link)).ok
        assert observatory.seen == [("Зуҳро <&>", 3)]


BACK = "urn:observatory:back"
#: Our own contract: a wrapper and parts as rpc has them, declared in a schema, so that they are validated.
OURS = f"""<?xml version="1.0" encoding="windows-1251"?>
<w:definitions targetNamespace="{BACK}" xmlns:t="{BACK}" xmlns:w="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <w:types><xs:schema targetNamespace="{BACK}">
    <xs:element name="Watch" type="xs:string"/>
    <xs:element name="Seen"><xs:complexType><xs:sequence>
      <xs:element name="number" type="xs:string"/><xs:element name="звезда" type="xs:string"/>
      <xs:element name="brightness"><xs:simpleType><xs:restriction base="xs:int">
        <xs:maxInclusive value="9"/></xs:restriction></xs:simpleType></xs:element>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element name="SeenResponse"><xs:complexType><xs:sequence>
      <xs:element name="noted" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
  </xs:schema></w:types>
  <w:message name="WatchIn"><w:part name="p" element="t:Watch"/></w:message>
  <w:portType name="P"><w:operation name="Watch"><w:input message="t:WatchIn"/></w:operation></w:portType>
  <w:binding name="B" type="t:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <w:operation name="Watch"><soap:operation soapAction=""/>
      <w:input><soap:body use="literal"/></w:input></w:operation></w:binding>
  <w:service name="S"><w:port name="P" binding="t:B">
    <soap:address location="http://observatory.example/"/></w:port></w:service>
</w:definitions>
"""
#: What the agency's own software knows of the same callback: rpc/literal.
THEIRS = f"""<?xml version="1.0" encoding="UTF-8"?>
<w:definitions targetNamespace="{BACK}" xmlns:t="{BACK}" xmlns:w="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <w:message name="In"><w:part name="number" type="xs:string"/><w:part name="звезда" type="xs:string"/>
    <w:part name="brightness" type="xs:int"/></w:message>
  <w:message name="Out"><w:part name="noted" type="xs:string"/></w:message>
  <w:portType name="P"><w:operation name="Seen"><w:input message="t:In"/><w:output message="t:Out"/></w:operation></w:portType>
  <w:binding name="B" type="t:P"><soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
    <w:operation name="Seen"><soap:operation soapAction="seen"/><w:input><soap:body use="literal" namespace="{BACK}"/></w:input>
      <w:output><soap:body use="literal" namespace="{BACK}"/></w:output></w:operation></w:binding>
  <w:service name="S"><w:port name="P" binding="t:B"><soap:address location="ADDRESS"/></w:port></w:service>
</w:definitions>
"""


class InWindows1251(zeep.Transport):
    """zeep writes UTF-8 only; this agency's software does not."""

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Any:
        root = etree.fromstring(message)
        body = etree.tostring(root, encoding="windows-1251", xml_declaration=True)
        assert "Зухра".encode("cp1251") in body
        return super().post(  # type: ignore[no-untyped-call]
            address, body, {**headers, "Content-Type": "text/xml; charset=windows-1251"}
        )


async def test_zeep_calls_back_by_rpc_in_windows_1251(tmp_path: Path) -> None:
    described = Agency(
        id="archive",
        title={"en": "Observatory"},
        adapter="soap",
        operations={
            "Watch": Operation(
                "Watch",
                idempotent=True,
                response=Expression('{"outcome": "accepted", "reference": "x"}', "r.jsonata"),
                callback={
                    "Seen": Expression(
                        '{"outcome": "completed", "data": {"star": body.звезда, "at": body.brightness},'
                        ' "match": {"reference": body.number}}',
                        "c.jsonata",
                    )
                },
            )
        },
        contract="ours.wsdl",
        files={"ours.wsdl": OURS.encode("cp1251")},
        callbacks={"operations": {"Seen": {"element": f"{{{BACK}}}Seen"}}},
        options={"receipts": {"Seen": {"element": f"{{{BACK}}}SeenResponse", "body": {"noted": "=reference"}}}},
    )
    adapter = SoapAdapter(described)
    assert adapter.check() == []
    door = Door(adapter)
    async with served(door.app) as url:
        wsdl = tmp_path / "theirs.wsdl"
        wsdl.write_text(THEIRS.replace("ADDRESS", f"{url}/agencies/archive/soap"), "utf-8")
        transport: Any = InWindows1251
        client: Any = zeep.Client(str(wsdl), transport=transport())  # type: ignore[no-untyped-call]

        def told(brightness: int) -> Any:
            return client.service.Seen(**{"number": "N-7", "звезда": "Зухра Ж", "brightness": brightness})

        assert await asyncio.to_thread(told, 4) == "N-7"
        callback, _ = door.taken.get_nowait()
        assert (callback.parsed.outcome, callback.reference) == (Completed({"star": "Зухра Ж", "at": 4}), "N-7")
        with pytest.raises(zeep.exceptions.Fault, match="maxInclusive") as refused:
            await asyncio.to_thread(told, 10)
        assert refused.value.code == "soap:Client"
        assert refused.value.detail[0][0].text == "/Body/Seen/brightness"
    assert door.taken.empty()
