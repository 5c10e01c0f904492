"""What a contract costs: loading thirty of them, and building and reading one message, beside zeep in the same run.

    python -m bench.contracts

The contract is invented and made here: some 200 KB of types as public registries have them (persons, addresses, documents,
choices, facets, documentation in two languages), of which a typical request uses a few. Loading is measured in a process of
its own, as a worker would load: wall time, and resident memory beyond that of the imported libraries. The marks of the issue:
30 agencies under 10 s and under 250 MiB; a request built and its reply read in under 150 µs together.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

from gateway.sdk.soap import Contract, envelope, open_envelope, parse_xml
from tests.unit.soap.zeep_oracle import zeep_document

AGENCIES = 30
KILOBYTES = 200
ROUNDS = 2_000

REQUEST: dict[str, Any] = {
    "Header": {"MessageId": "0192f0c4-7a3e-7cc1-9b0a-000000000001", "Sent": "2026-11-24T10:00:00+05:00", "Case": "NAM-26-000123"},
    "Applicant": {
        "Family": "Namunaviy",
        "Given": "Aziza",
        "Born": "1990-05-17",
        "Document": {"Series": "AA", "Number": 1234567, "IssuedBy": "IIB", "Issued": "2015-03-02"},
        "Address": {"Territory": "1714401", "Street": "Navoiy koʻchasi", "House": "12a", "Flat": 7},
    },
    "Objects": [{"Cadastre": "14:01:40:01:01:0001", "Share": 0.5}, {"Cadastre": "14:01:40:01:01:0002", "Share": 1}],
    "Purpose": "sale",
    "Copies": 2,
}


def wsdl(number: int, kilobytes: int = KILOBYTES) -> bytes:
    """Return an invented contract of about so many kilobytes."""
    filler = "".join(_filler(n) for n in range(kilobytes * 1024 // len(_filler(0))))
    return _WSDL.replace("{FILLER}", filler).replace("{NUMBER}", str(number)).encode()


def _filler(number: int) -> str:
    return f"""
      <xs:complexType name="Record{number:04d}"><xs:annotation><xs:documentation xml:lang="ru">Запись реестра № {number}, как её
      ведёт ведомство</xs:documentation></xs:annotation><xs:sequence><xs:element name="Person" type="t:Person"/>
      <xs:element name="Kind" type="t:Purpose"/><xs:choice><xs:element name="Number" type="t:Series"/><xs:element name="Place"
      type="t:Address"/></xs:choice><xs:element name="Note" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
      <xs:maxLength value="{100 + number}"/></xs:restriction></xs:simpleType></xs:element></xs:sequence></xs:complexType>
      <xs:element name="Record{number:04d}" type="t:Record{number:04d}"/>"""


_WSDL = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="Registry{NUMBER}" targetNamespace="urn:example:registry:{NUMBER}" xmlns:t="urn:example:registry:{NUMBER}"
  xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <wsdl:types><xs:schema targetNamespace="urn:example:registry:{NUMBER}" elementFormDefault="qualified">
      <xs:simpleType name="Purpose"><xs:restriction base="xs:token"><xs:enumeration value="sale"/><xs:enumeration value="gift"/>
      </xs:restriction></xs:simpleType>
      <xs:simpleType name="Series"><xs:restriction base="xs:string"><xs:pattern value="[A-Z]{2}"/></xs:restriction>
      </xs:simpleType>
      <xs:complexType name="Address"><xs:sequence><xs:element name="Territory" type="xs:string"/><xs:element name="Street"
        type="xs:string"/><xs:element name="House" type="xs:string"/><xs:element name="Flat" type="xs:int" minOccurs="0"/>
        </xs:sequence></xs:complexType>
      <xs:complexType name="Person"><xs:sequence><xs:element name="Family" type="xs:string"/><xs:element name="Given"
        type="xs:string"/><xs:element name="Father" type="xs:string" minOccurs="0"/><xs:element name="Born" type="xs:date"/>
        <xs:element name="Document"><xs:complexType><xs:sequence><xs:element name="Series" type="t:Series"/><xs:element
        name="Number" type="xs:positiveInteger"/><xs:element name="IssuedBy" type="xs:string"/><xs:element name="Issued"
        type="xs:date"/></xs:sequence></xs:complexType></xs:element><xs:element name="Address" type="t:Address"/></xs:sequence>
        </xs:complexType>
      <xs:element name="Order"><xs:complexType><xs:sequence><xs:element name="Header"><xs:complexType><xs:sequence><xs:element
        name="MessageId" type="xs:string"/><xs:element name="Sent" type="xs:dateTime"/><xs:element name="Case" type="xs:string"/>
        </xs:sequence></xs:complexType></xs:element><xs:element name="Applicant" type="t:Person"/><xs:element name="Objects"
        maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="Cadastre" type="xs:string"/><xs:element name="Share"
        type="xs:decimal"/></xs:sequence></xs:complexType></xs:element><xs:element name="Purpose" type="t:Purpose"/><xs:element
        name="Copies" type="xs:int" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>{FILLER}
  </xs:schema></wsdl:types>
  <wsdl:message name="OrderIn"><wsdl:part name="body" element="t:Order"/></wsdl:message>
  <wsdl:message name="OrderOut"><wsdl:part name="body" element="t:Order"/></wsdl:message>
  <wsdl:portType name="Port"><wsdl:operation name="order"><wsdl:input message="t:OrderIn"/><wsdl:output message="t:OrderOut"/>
    </wsdl:operation></wsdl:portType>
  <wsdl:binding name="Binding" type="t:Port"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="order"><soap:operation soapAction="urn:order"/><wsdl:input><soap:body use="literal"/></wsdl:input>
    <wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation></wsdl:binding>
  <wsdl:service name="Service"><wsdl:port name="Port" binding="t:Binding"><soap:address location="http://registry.example/"/>
    </wsdl:port></wsdl:service>
</wsdl:definitions>
"""


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _load() -> dict[str, float]:
    """Load all contracts and use each once, as a worker does that gets a message for every agency."""
    files = [{"registry.wsdl": wsdl(number)} for number in range(AGENCIES)]
    before, begun = _resident(), time.perf_counter()
    kept = []
    for one in files:
        contract = Contract(one, "registry.wsdl")
        text, _ = contract.build_message(contract.request(contract.operations["order"]), REQUEST)
        kept.append((contract, text))
    return {
        "secs": time.perf_counter() - begun,
        "mib": _resident() - before,
        "all_mib": _resident(),
        "kb": len(files[0]["registry.wsdl"]) / 1024,
    }


def _messages() -> dict[str, float]:
    contract = Contract({"registry.wsdl": wsdl(1)}, "registry.wsdl")
    operation = contract.operations["order"]
    asked, answered = contract.request(operation), contract.reply(operation)
    if answered is None:
        raise SystemExit("the operation has an output")
    text, _ = contract.build_message(asked, REQUEST)
    content = envelope(operation.version, text)

    def build() -> None:
        envelope(operation.version, contract.build_message(asked, REQUEST)[0])

    def read() -> None:
        opened = open_envelope(parse_xml(content))
        for node in opened.nodes:
            contract.validate(node, answered)
        contract.read_message(opened.nodes, answered)

    document = zeep_document({"registry.wsdl": wsdl(1)}, "registry.wsdl")
    theirs = next(iter(next(iter(document.services.values())).ports.values())).binding._operations["order"]
    root = parse_xml(content)

    def zeep_build() -> None:
        theirs.create(**REQUEST)

    def zeep_read() -> None:
        theirs.process_reply(root)

    runs = {"build": build, "read": read, "zeep build": zeep_build, "zeep read": zeep_read}
    return {name: _each(run) for name, run in runs.items()}


def _each(run: Any) -> float:
    """Return microseconds a call: the best of five series."""
    run()
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        for _ in range(ROUNDS // 5):
            run()
        best = min(best, (time.perf_counter() - begun) / (ROUNDS // 5))
    return best * 1e6


def main() -> None:
    """Print the figures."""
    if sys.argv[1:] == ["--load"]:
        print(json.dumps(_load()))
        return
    command = [sys.executable, "-m", "bench.contracts", "--load"]
    loaded = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)  # noqa: S603  - itself
    print(f"{AGENCIES} contracts of {loaded['kb']:.0f} KB: {loaded['secs']:.2f} s, {loaded['mib']:.0f} MiB")
    print(f"the process with its libraries: {loaded['all_mib']:.0f} MiB")
    took = _messages()
    both = took["build"] + took["read"]
    print(f"one message: build {took['build']:.0f} µs, read {took['read']:.0f} µs, together {both:.0f} µs")
    print(f"zeep:        build {took['zeep build']:.0f} µs, read {took['zeep read']:.0f} µs (it validates neither)")


if __name__ == "__main__":
    main()
