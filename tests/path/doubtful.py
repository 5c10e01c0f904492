"""A catalogue of two agencies, ``paper`` (REST) and ``stone`` (SOAP), whose answers get lost; one contract in two protocols.

    register   not idempotent; its lookup is conclusive
    deliver    not idempotent; there is no lookup
    amend      idempotent
    find       the lookup

What came before is answered "already registered under …". The form's ``text`` says what goes wrong with the first call:
the name of a fault of the simulator, ``lagging`` (the answer is lost, and the first lookup does not find what is there),
``twice-lost`` (the answer is lost, and that of the first lookup), or ``trouble:…`` for the proxy between (``tests.path.proxy``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.path.catalogue import OFFICES, WORDS

PROTOCOLS = {"rest": "paper", "soap": "stone"}
OPERATIONS = ("register", "deliver", "amend")
FAULTS = ("reset-after", "fault-after", "malformed")
#: Long enough that a good answer never takes so long, even on a busy machine.
TIMEOUT_SECS = 2

_TEXT = {"type": "string"}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def _content(schema: str) -> dict[str, Any]:
    return {"description": schema, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _post(operation: str, body: str, status: str, answer: str) -> dict[str, Any]:
    responses = {status: _content(answer), "409": _content("Known"), "default": _content("Problem")}
    return {"operationId": operation, "requestBody": {"required": True, **_content(body)}, "responses": responses}


OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "An invented register", "version": "1"},
    "paths": {f"/{o}": {"post": _post(o, "Body", "201", "Done")} for o in OPERATIONS}
    | {"/find": {"post": _post("find", "Question", "200", "Found")}},
    "components": {
        "schemas": {
            "Body": _object("MessageId", "Text", MessageId=_TEXT, Text=_TEXT),
            "Question": _object("MessageId", MessageId=_TEXT),
            "Done": _object("Number", Number=_TEXT),
            "Found": _object(Number=_TEXT),
            "Known": _object("code", "Number", code=_TEXT, Number=_TEXT),
            "Problem": {"type": "object", "required": ["title"], "properties": {"title": _TEXT}},
        }
    },
}


def _element(name: str, *fields: str) -> str:
    inner = "".join(f'<x:element name="{f.rstrip("?")}" type="x:string" minOccurs="{int("?" not in f)}"/>' for f in fields)
    return f'<x:element name="{name}"><x:complexType><x:sequence>{inner}</x:sequence></x:complexType></x:element>'


def _wsdl() -> str:
    names = (*OPERATIONS, "find")
    elements = [_element(o, "MessageId", "Text") + _element(f"{o}Response", "Number") for o in OPERATIONS]
    elements += [_element("find", "MessageId"), _element("findResponse", "Number?"), _element("AlreadyRegistered", "Number")]
    messages = [f'<w:message name="{o}"><w:part name="p" element="t:{o}"/></w:message>' for o in names]
    messages += [f'<w:message name="{o}Out"><w:part name="p" element="t:{o}Response"/></w:message>' for o in names]
    messages.append('<w:message name="Known"><w:part name="p" element="t:AlreadyRegistered"/></w:message>')
    ports = [
        f'<w:operation name="{o}"><w:input message="t:{o}"/><w:output message="t:{o}Out"/>'
        '<w:fault name="Known" message="t:Known"/></w:operation>'
        for o in names
    ]
    bound = [
        f'<w:operation name="{o}"><s:operation soapAction="urn:stone:{o}"/><w:input><s:body use="literal"/></w:input>'
        '<w:output><s:body use="literal"/></w:output><w:fault name="Known"><s:fault name="Known" use="literal"/></w:fault>'
        "</w:operation>"
        for o in names
    ]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:stone" targetNamespace="urn:stone">
  <w:types><x:schema targetNamespace="urn:stone" elementFormDefault="qualified">{"".join(elements)}</x:schema></w:types>
  {"".join(messages)}
  <w:portType name="Stone">{"".join(ports)}</w:portType>
  <w:binding name="Stone" type="t:Stone">
    <s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>{"".join(bound)}
  </w:binding>
  <w:service name="Stone"><w:port name="Stone" binding="t:Stone"><s:address location="http://stone.example/ws"/></w:port></w:service>
</w:definitions>
"""


def _agency(id_: str, adapter: str, contract: str, row: str) -> str:
    common = f"timeout_secs: {TIMEOUT_SECS}, response: done.jsonata, answers: [{row}]"
    lookup = "{operation: find, input: find.jsonata, response: found.jsonata, absence_conclusive: true, settled_after_secs: 0.2}"
    return f"""\
id: {id_}
title: {WORDS}
adapter: {adapter}
contract: {contract}
endpoint: ${{{id_.upper()}_URL}}
auth: {{kind: none}}
operations:
  register: {{idempotent: false, lookup: {lookup}, {common}}}
  deliver: {{idempotent: false, {common}}}
  amend: {{idempotent: true, {common}}}
  find: {{idempotent: true, timeout_secs: 10, response: found.jsonata}}
lane:
  concurrency: 8
  breaker: {{failures: 50, pause_secs: 1}}
  retry: {{base_secs: 0.05, cap_secs: 0.2, attempts: 50}}
"""


_DONE = '{"outcome": "completed", "data": {"number": body.Number}}'
EXPRESSIONS = {
    "done.jsonata": _DONE,
    "find.jsonata": '{"MessageId": request.message_id}',
    "found.jsonata": f'$exists(body.Number) ? {_DONE} : {{"outcome": "not_there"}}',
}
#: How "already registered under …" is read.
ROWS = {
    "rest": "{status: 409, outcome: duplicate}",
    "soap": "{fault: AlreadyRegistered, outcome: duplicate, body: body.detail.AlreadyRegistered}",
}
_KNOWN: dict[str, dict[str, Any]] = {
    "rest": {"status": 409, "reply": {"code": "AlreadyRegistered", "Number": "=_.earlier.reply.Number"}},
    "soap": {
        "fault": {"code": "Client", "string": "already registered under N-1", "detail": {"AlreadyRegistered": {"Number": "N-1"}}}
    },
}


def _rules(protocol: str) -> dict[str, Any]:
    done: dict[str, Any] = {"reply": {"Number": "N-1"}}
    usual = done | ({"status": 201} if protocol == "rest" else {})
    found: dict[str, list[dict[str, Any]]] = {}
    for operation in OPERATIONS:
        faults = [{"when": f'Text = "{fault}"', "times": 1, "fault": fault, **usual} for fault in FAULTS]
        faults += [
            {"when": f'Text = "{text}"', "times": 1, "fault": "reset-after", **usual, "reply": {"Number": text}}
            for text in ("lagging", "twice-lost")
        ]
        known = {"when": f'_.earlier.operation = "{operation}"', **_KNOWN[protocol]}
        found[operation] = [*faults, known, usual]
    lag = {"when": '_.earlier.reply.Number = "lagging"', "times": 1, "reply": {}}
    lost = {"when": '_.earlier.reply.Number = "twice-lost"', "times": 1, "fault": "error-after", "reply": "=_.earlier.reply"}
    found["find"] = [lag, lost, {"when": "$exists(_.earlier)", "reply": "=_.earlier.reply"}, {"reply": {}}]
    return {"operations": found}


def _service(protocol: str, operation: str) -> dict[str, str]:
    step = f"{{id: entry, agency: {PROTOCOLS[protocol]}, operation: {operation}, input: input.jsonata}}"
    text = f"""\
id: {protocol}-{operation}
version: "1"
title: {WORDS}
standard: {{authority: paper, legal_basis: an invented law, fee: {{amount: 0, currency: UZS}}}}
form: form.schema.json
steps:
  - {step}
decision: decision.jsonata
"""
    made = {
        "service.yaml": text,
        "form.schema.json": json.dumps(_object("text", text=_TEXT)),
        "input.jsonata": '{"MessageId": request.message_id, "Text": form.text}',
        "decision.jsonata": 'steps.entry.status = "completed" ? {"outcome": "granted", "authority": "paper"}',
    }
    return {f"schemas/services/{protocol}-{operation}/{name}": content for name, content in made.items()}


def write_catalogue(root: Path) -> Path:
    """Write the catalogue beneath ``root`` and return it."""
    made = {"schemas/offices.yaml": OFFICES}
    contracts = {"rest": ("openapi.json", json.dumps(OPENAPI)), "soap": ("stone.wsdl", _wsdl())}
    for protocol, id_ in PROTOCOLS.items():
        name, contract = contracts[protocol]
        files = {"agency.yaml": _agency(id_, protocol, name, ROWS[protocol]), name: contract, **EXPRESSIONS}
        files["simulator.yaml"] = json.dumps(_rules(protocol))
        made |= {f"contracts/{id_}/{file}": content for file, content in files.items()}
        for operation in OPERATIONS:
            made |= _service(protocol, operation)
    for path, content in made.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, "utf-8")
    return root
