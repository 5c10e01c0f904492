"""rpc in both encodings, several versions and names in one file, files beside the envelope; and zeep's view of the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.soap import SoapAdapter
from gateway.catalogue.alone import read_agency
from gateway.sdk import OutgoingRequest
from gateway.sdk.soap import Contract, NotOfContract, parse_xml
from gateway.sdk.soap.multiref import put_in_place
from tests.contract.onboard import SOAP, built, canonical, contract_of, files_of, onboard, read
from tests.unit.soap.zeep_oracle import zeep_document

ENC = "http://schemas.xmlsoap.org/soap/encoding/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def test_three_operations_of_one_name() -> None:
    contract = contract_of("lighthouses")
    assert {n: (o.own_name, o.action) for n, o in contract.operations.items() if n.startswith("Find")} == {
        "Find": ("Find", "name"),
        "FindByNumber": ("Find", "number"),
        "FindByBoth": ("Find", "both"),
    }
    value = {"name": "Cape", "number": 3}
    body = '<l:Find xmlns:l="urn:lights"><name>Cape</name><number>3</number></l:Find>'
    assert canonical(built(contract, "FindByBoth", value)) == canonical(body)
    assert read(contract, "FindByBoth", body) == value
    with pytest.raises(NotOfContract) as caught:
        built(contract, "FindByBoth", {"name": "Cape"})
    assert caught.value.path == "/number"


def test_a_port_chooses_the_version() -> None:
    files = files_of(SOAP / "lighthouses")
    one = Contract(files, "lighthouses.wsdl", port="Lights12")
    assert [(o.name, o.version.name, o.action) for o in one.operations.values()] == [("Find", "1.2", "name12")]
    assert contract_of("lighthouses").operations["Find"].version.name == "1.1"


def test_an_encoded_body_says_its_types_and_the_sizes_of_its_arrays() -> None:
    value = {"lamps": [{"colour": "red", "reach": 3}], "years": [1999, 2001]}
    body = f"""<l:SetLamps xmlns:l="urn:lights" xmlns:xsi="{XSI}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:e="{ENC}"
        xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="{ENC}"
        ><lamps xsi:type="l:Lamps" e:arrayType="l:Lamp[1]"><item xsi:type="l:Lamp"
        ><colour xsi:type="xsd:string">red</colour><reach xsi:type="xsd:int">3</reach></item></lamps
        ><years xsi:type="l:Years" e:arrayType="xsd:int[2]"><item xsi:type="xsd:int">1999</item
        ><item xsi:type="xsd:int">2001</item></years></l:SetLamps>"""
    contract = contract_of("lighthouses")
    assert canonical(built(contract, "SetLamps", value)) == canonical(body)
    assert read(contract, "SetLamps", body) == value
    with pytest.raises(NotOfContract, match="xs:int"):
        built(contract, "SetLamps", {"lamps": [{"colour": "red", "reach": "far"}], "years": []})


def test_a_reply_whose_values_stand_elsewhere() -> None:
    body = parse_xml(
        f"""<Body xmlns:xsi="{XSI}"><r:SetLampsResponse xmlns:r="urn:lights"
        ><lamps href="#a"/><count href="#n"/></r:SetLampsResponse
        ><multiRef id="a" xmlns:e="{ENC}" e:arrayType="x[2]"><any href="#l"/><any href="#l"/></multiRef
        ><multiRef id="l"><colour>green</colour><reach href="#n"/></multiRef><multiRef id="n">2</multiRef></Body>""".encode()
    )
    put_in_place(body)
    contract = contract_of("lighthouses")
    reply = contract.reply(contract.operations["SetLamps"])
    lamp = {"colour": "green", "reach": 2}
    assert contract.read_message(list(body), reply) == {"lamps": [lamp, lamp], "count": 2}


def test_files_beside_the_envelope_and_actions_that_are_a_switch() -> None:
    contract = contract_of("maps")
    fetch, deposit = contract.operations["Fetch"], contract.operations["Deposit"]
    assert fetch.reply is not None and fetch.reply.multipart and not fetch.request.multipart
    assert [(a.part, a.media_types) for a in fetch.reply.attachments] == [("scan", ("image/tiff", "application/pdf"))]
    assert deposit.request.multipart and [a.part for a in deposit.request.attachments] == ["scan"]
    for name in ("Fetch", "Deposit"):
        body = '<Sheet xmlns="urn:maps"><Grid>K-42</Grid></Sheet>'
        assert canonical(built(contract, name, {"Grid": "K-42"})) == canonical(body)
    assert "urn:maps:Fetch" in str(fetch.addressing)
    assert read(contract, "Fetch", '<SheetFound xmlns="urn:maps"><Scale>50000</Scale></SheetFound>', reply=True) == {
        "Scale": 50000
    }


def test_several_wsdls_of_one_agency() -> None:
    contract = Contract(files_of(SOAP / "canals"), "barges.wsdl", more=("locks.wsdl", "tolls.wsdl"))
    assert {n: o.input for n, o in contract.operations.items()} == {
        "Enter": "{urn:canals:barges}Enter",
        "OpenLock": "{urn:canals:locks}OpenLock",
        "Enter-TollsPort": "{urn:canals:tolls}Enter",
    }
    body = '<Enter xmlns="urn:canals:tolls"><OfTolls>4</OfTolls></Enter>'
    assert canonical(built(contract, "Enter-TollsPort", {"OfTolls": 4})) == canonical(body)


@pytest.mark.parametrize(
    ("agency", "file", "port", "operation", "value"),
    [
        ("canals", "tolls.wsdl", "Soap", "Enter", {"OfTolls": 4}),
        ("tables", "tables.wsdl", "TablesSoap", "GetTable", {"year": 1998}),
        ("vineyards", "vineyards.wsdl", "Soap", "Déclarer", {"Cépage": "Gewürz"}),
        ("reindeer", "reindeer.wsdl", "Soap", "Count", {"Голов": 12}),
        ("maps", "maps.wsdl", "Maps", "Fetch", {"Grid": "K-42"}),
    ],
)
def test_zeep_builds_the_same_body(agency: str, file: str, port: str, operation: str, value: Any) -> None:
    files = files_of(SOAP / agency)
    document = zeep_document(files, file)
    bindings = [p.binding for s in document.services.values() for n, p in s.ports.items() if n == port]
    envelope = bindings[0].get(operation).create(**value).content
    theirs: etree._Element = envelope[-1][0]
    assert canonical(built(Contract(files, file), operation, value)) == canonical(theirs)


def test_addressing_is_sent_on_demand_alone(tmp_path: Path) -> None:
    onboard(tmp_path, "wsdl", SOAP / "maps")
    agency = read_agency(tmp_path, "invented", {})
    request = OutgoingRequest("m-1", "N-1", "Fetch", {"Grid": "K-42"}, datetime(2026, 1, 15, tzinfo=UTC))
    plain = SoapAdapter(agency).render(request)
    assert b"addressing" not in plain.body
    assert "fetch" in str(plain.headers) + plain.content_type
    asked = SoapAdapter(replace(agency, options={**agency.options, "addressing": True})).render(request)
    assert b"http://www.w3.org/2005/08/addressing" in asked.body
    assert b"urn:maps:Fetch<" in asked.body


def test_a_zeep_that_refuses_is_no_reason_for_us_to() -> None:
    """zeep takes no namespace that is no URI, and no file with a DTD."""
    for agency in ("granary", "orchards"):
        with pytest.raises(Exception, match=r"URI|DTD|not found|forbidden"):
            zeep_document(files_of(SOAP / agency), f"{agency}.wsdl")
        assert all(not o.unusable for o in contract_of(agency).operations.values())
