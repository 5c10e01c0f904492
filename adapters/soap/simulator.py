"""A simulated agency that speaks SOAP: a real server made from the WSDL, strict about what comes in and what goes out.

A rule's ``reply`` is the body's JSON as the adapter reads it; without one the least valid example is sent. A rule's ``fault``
is ``{code, string, detail: {ElementName: {...}}, status?}``: ``Client.X`` and ``Server.X`` become a code and a subcode in
SOAP 1.2. ``GET …?wsdl`` (or the path of another file of the folder) serves the contract.

Calls come in any encoding and in parts, those beside the envelope as ``_.parameters.attachments``; MTOM is answered with MTOM,
an addressed call with ``RelatesTo``. A user name, a password or a signature that the contract's ``auth`` asks for is checked
where the simulator was given the secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from adapters.soap.operations import contract_of, name_in_wsdl
from adapters.soap.simulated import NotAllowed, answer, answer_headers, as_call, check_credentials, taken
from gateway.sdk import Agency
from gateway.sdk.simulator import Call, CallUnreadable, Post, Said, Simulator, SimulatorError, SimulatorOptions
from gateway.sdk.soap import (
    ContractBroken,
    Message,
    NotOfContract,
    Opened,
    SoapOperation,
    envelope,
    fault,
    local_name,
    open_envelope,
)

__all__ = ["SoapSimulator"]


@dataclass(frozen=True, slots=True)
class _Known:
    """An operation that can be called here: our name for it, the WSDL's, and what its bodies are made of."""

    id: str
    operation: SoapOperation
    request: Message
    reply: Message | None


class SoapSimulator(Simulator):
    """Serves every operation of the contract at any path. Raises ``SimulatorError`` when the contract cannot be read."""

    def __init__(self, agency: Agency, options: SimulatorOptions | None = None) -> None:
        super().__init__(agency, options)
        try:
            self._contract = contract_of(agency)
        except ContractBroken as error:
            raise SimulatorError(f"the contract of {agency.id} cannot be read: {error}") from error
        #: What can be called: our name, the WSDL's operation, and what its body is made of.
        self._known: dict[str, _Known] = {}
        for id_ in agency.operations:
            found = self._contract.operations.get(name_in_wsdl(agency, id_))
            if found is not None and not found.unusable:
                self._known[id_] = _Known(id_, found, self._contract.request(found), self._contract.reply(found))

    def other(self, request: web.BaseRequest) -> web.Response | None:
        if request.method not in {"GET", "HEAD"}:
            return None
        name = request.path.lstrip("/")
        content = self.agency.files.get(name if name in self.agency.files else self.agency.contract)
        return web.Response(body=content, content_type="text/xml", charset="utf-8")

    def read(self, request: web.BaseRequest, raw: bytes) -> Call:
        try:
            got = taken(request, raw)
            check_credentials(got.root, self.agency, self.options.secrets)
            opened = open_envelope(got.root, several=self._several)
        except NotOfContract as error:
            raise CallUnreadable(400, str(error)) from error
        known = self._called(_action(request), opened)
        if opened.version is not known.operation.version:
            raise CallUnreadable(400, f"SOAP {opened.version.name} where the contract says {known.operation.version.name}")
        try:
            for node in opened.nodes:
                self._contract.validate(node, known.request)
        except NotOfContract as error:
            raise CallUnreadable(400, str(error)) from error
        body = self._contract.read_message(opened.nodes, known.request)
        call = Call(
            operation=known.id,
            body={} if body is None else body,
            message_id=request.headers.get("X-Message-Id", ""),
            raw=raw,
            callback_url=request.headers.get("X-Darcha-Callback", ""),
            parameters=dict(request.query) if hasattr(request, "query") else {},
        )
        return as_call(call, request, got)

    def write(self, call: Call, said: Said) -> web.Response:
        known = self._known[call.operation]
        operation = known.operation
        if said.fault is not None:
            return self._fault(operation, said)
        if known.reply is None:
            return web.Response(status=said.status or 202, headers=dict(said.headers))
        try:
            value = self._contract.example(known.reply) if said.body is None else said.body
            text, _ = self._contract.build_message(known.reply, value)
        except (NotOfContract, ContractBroken) as error:
            raise self._wrong_rule(f"the answer to {call.operation}", error) from error
        made = envelope(operation.version, text, answer_headers(call))
        return answer(call, operation.version, said.status or 200, made, said.headers)

    def refuse(self, error: CallUnreadable) -> web.Response:
        version = self._contract.version
        body = fault(version, "Client", str(error), subcode="FailedAuthentication" if isinstance(error, NotAllowed) else "Schema")
        status = 500 if version.name == "1.1" else 400
        return web.Response(status=status, body=body, headers={"Content-Type": version.content_type()})

    def unavailable(self, status: int) -> web.Response:
        if status == 504:  # what a proxy says in the agency's place
            return web.Response(status=504, text="<html><body>Gateway Time-out</body></html>", content_type="text/html")
        return web.Response(status=status, text="out of order", content_type="text/plain")

    def failed(self, call: Call) -> web.Response:
        return self.write(call, Said(fault={"code": "Server", "string": "The processing failed"}))

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

    def _called(self, action: str, opened: Opened) -> _Known:
        """Return the operation that a body calls. Several with the same body are told apart by their action, then by validity."""
        tags = tuple(str(node.tag) for node in opened.nodes)
        same = [known for known in self._known.values() if known.request.tags == tags]
        if not same:
            what = ", ".join(local_name(tag) for tag in tags) or "an empty body"
            raise CallUnreadable(400, f"{what} is no operation of the contract")
        same = [known for known in same if known.operation.version is opened.version] or same
        same = [known for known in same if action and known.operation.action == action] or same
        return next((known for known in same[:-1] if self._fits(known, opened)), same[-1])

    def _fits(self, known: _Known, opened: Opened) -> bool:
        try:
            for node in opened.nodes:
                self._contract.validate(node, known.request)
        except NotOfContract:
            return False
        return True

    @property
    def _several(self) -> bool:
        return any(known.request.encoded or len(known.request.elements) != 1 for known in self._known.values())

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
            raise self._wrong_rule(what, error) from error

    def _wrong_rule(self, what: str, error: Exception) -> SimulatorError:
        return SimulatorError(f"{self.agency.id}: {what} would not be of the contract: {error}; mend the rule in simulator.yaml")


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
