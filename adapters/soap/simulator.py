"""A simulated agency that speaks SOAP: a real server made from the WSDL, strict about what comes in and what goes out.

A rule's ``reply`` is the body's JSON as the adapter reads it; without one the least valid example is sent. A rule's ``fault``
is ``{code, string, detail: {ElementName: {...}}, status?}``: ``Client.X`` and ``Server.X`` become a code and a subcode in
SOAP 1.2. ``GET …?wsdl`` (or the path of another file of the folder) serves the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from lxml import etree

from gateway.sdk import Agency
from gateway.sdk.simulator import Call, CallUnreadable, Post, Said, Simulator, SimulatorError, SimulatorOptions
from gateway.sdk.soap import (
    ContractBroken,
    NotOfContract,
    SoapOperation,
    XmlRefused,
    envelope,
    example_of,
    fault,
    load_contract,
    local_name,
    open_envelope,
    parse_xml,
)

__all__ = ["SoapSimulator"]


class SoapSimulator(Simulator):
    """Serves every operation of the contract at any path. Raises ``SimulatorError`` when the contract cannot be read."""

    def __init__(self, agency: Agency, options: SimulatorOptions | None = None) -> None:
        super().__init__(agency, options)
        try:
            self._contract = load_contract(
                agency.files, agency.contract, digest=agency.digest, port=str(agency.options.get("port", ""))
            )
        except ContractBroken as error:
            raise SimulatorError(f"the contract of {agency.id} cannot be read: {error}") from error
        self._by_input: dict[str, tuple[str, SoapOperation]] = {}
        for id_, operation in agency.operations.items():
            found = self._contract.operations.get(str(operation.options.get("operation", id_)))
            if found is not None and not found.unusable:
                self._by_input.setdefault(found.input, (id_, found))
        self._wsdl = dict(self._by_input.values())
        # Two operations with the same input element are told apart by their action.
        self._by_action = {
            found.action: (id_, found)
            for id_, operation in agency.operations.items()
            if (found := self._contract.operations.get(str(operation.options.get("operation", id_)))) is not None and found.action
        }
        self._wsdl |= dict(self._by_action.values())

    def other(self, request: web.BaseRequest) -> web.Response | None:
        if request.method not in {"GET", "HEAD"}:
            return None
        name = request.path.lstrip("/")
        content = self.agency.files.get(name if name in self.agency.files else self.agency.contract)
        return web.Response(body=content, content_type="text/xml", charset="utf-8")

    def read(self, request: web.BaseRequest, raw: bytes) -> Call:
        try:
            opened = open_envelope(parse_xml(raw))
        except (XmlRefused, NotOfContract) as error:
            raise CallUnreadable(400, str(error)) from error
        if opened.body is None:
            raise CallUnreadable(400, "the SOAP Body is empty")
        id_, operation = self._operation(request, opened.body)
        if opened.version is not operation.version:
            raise CallUnreadable(400, f"SOAP {opened.version.name} where the contract says {operation.version.name}")
        try:
            self._contract.validate(opened.body)
        except NotOfContract as error:
            raise CallUnreadable(400, str(error)) from error
        return Call(
            operation=id_,
            body=self._contract.read(opened.body),
            message_id=request.headers.get("X-Message-Id", ""),
            raw=raw,
            callback_url=request.headers.get("X-Darcha-Callback", ""),
            parameters=dict(request.query) if hasattr(request, "query") else {},
        )

    def write(self, call: Call, said: Said) -> web.Response:
        operation = self._wsdl[call.operation]
        if said.fault is not None:
            return self._fault(operation, said)
        if operation.output is None:
            return web.Response(status=said.status or 202, headers=dict(said.headers))
        text = ""
        if operation.output:
            element = self._contract.element(operation.output)
            value = example_of(element) if said.body is None else said.body
            text = self._built(f"the answer to {call.operation}", operation.output, value)
        return _answer(operation, said.status or 200, envelope(operation.version, text), said.headers)

    def refuse(self, error: CallUnreadable) -> web.Response:
        version = self._contract.version
        body = fault(version, "Client", str(error), subcode="Schema")
        status = 500 if version.name == "1.1" else 400
        return web.Response(status=status, body=body, headers={"Content-Type": version.content_type()})

    def unavailable(self, status: int) -> web.Response:
        if status == 504:  # what a proxy says in the agency's place
            return web.Response(status=504, text="<html><body>Gateway Time-out</body></html>", content_type="text/html")
        return web.Response(status=status, text="out of order", content_type="text/plain")

    def post(self, call: Call, name: str, body: Any) -> Post:
        specs = self.agency.callbacks.get("operations") or {}
        spec = specs.get(name)
        if not isinstance(spec, Mapping):
            raise SimulatorError(f"the contract of {self.agency.id} has no callback {name!r}; it has {', '.join(specs)}")
        tag = str(spec.get("element", name))
        version = self._contract.version
        text = self._built(f"the callback {name}", tag, body)
        headers = {"Content-Type": version.content_type(), **version.headers(""), **self.callback_headers()}
        return Post(self.callback_url(call, "soap"), envelope(version, text), headers)

    def _operation(self, request: web.BaseRequest, body: etree._Element) -> tuple[str, SoapOperation]:
        action = _action(request)
        found = self._by_action.get(action)
        if found is not None and found[1].input == body.tag:
            return found
        known = self._by_input.get(str(body.tag))
        if known is None:
            raise CallUnreadable(400, f"{local_name(str(body.tag))} is no operation of the contract")
        return known

    def _fault(self, operation: SoapOperation, said: Said) -> web.Response:
        given = said.fault or {}
        code, _, subcode = str(given.get("code", "Server")).partition(".")
        detail = given.get("detail")
        parts = [
            self._built(f"the detail {name} of a fault", self._detail_tag(operation, name), value)
            for name, value in (detail.items() if isinstance(detail, Mapping) else ())
        ]
        body = fault(operation.version, code, str(given.get("string", "")), subcode=subcode, detail="".join(parts))
        usual = 400 if operation.version.name == "1.2" and code in {"Client", "Sender"} else 500
        return _answer(operation, said.status or int(given.get("status", usual)), body, said.headers)

    def _detail_tag(self, operation: SoapOperation, name: str) -> str:
        return next((tag for tag in operation.faults.values() if local_name(tag) == name), name)

    def _built(self, what: str, tag: str, value: Any) -> str:
        try:
            return self._contract.build(self._contract.element(tag), value)[0]
        except (NotOfContract, ContractBroken) as error:
            raise SimulatorError(
                f"{self.agency.id}: {what} would not be of the contract: {error}; mend the rule in simulator.yaml"
            ) from error


def _answer(operation: SoapOperation, status: int, body: bytes, headers: Mapping[str, str]) -> web.Response:
    return web.Response(status=status, body=body, headers={"Content-Type": operation.version.content_type(), **headers})


def _action(request: web.BaseRequest) -> str:
    plain = request.headers.get("SOAPAction", "").strip('"')
    if plain:
        return plain
    for part in request.headers.get("Content-Type", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "action":
            return value.strip('"')
    return ""
