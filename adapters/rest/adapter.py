"""REST agencies, by their OpenAPI document: the ``Adapter`` of the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from adapters.rest.calling import below, send
from adapters.rest.model import RestOperation
from adapters.rest.openapi import ContractBroken, OpenApi
from adapters.rest.options import OptionWrong, Wanted, wanted
from adapters.rest.rendering import render
from adapters.rest.replies import ROW_KEYS, Reader, json_body
from adapters.rest.schemas import Checker, SchemaBroken
from gateway.sdk import (
    Agency,
    Answer,
    Callback,
    CallbackRefused,
    Expression,
    Flaw,
    Health,
    Link,
    Message,
    MessageInvalid,
    Misconfigured,
    NotSent,
    Operation,
    OutgoingRequest,
    Parsed,
    Reply,
    RetryLater,
    SentButLost,
    Unknown,
)
from gateway.sdk.auth import HTTP_AUTH_KINDS, call
from gateway.sdk.http import EndpointWrong, endpoint_of
from gateway.sdk.mapping import MappingError, compile_expression
from gateway.sdk.reading import Product, ProductInvalid, Table, TableInvalid, no_absence, read_response
from gateway.sdk.simulator import Rules, RulesInvalid
from gateway.sdk.strict_json import NotJson

FIX = {
    "contract": "give an OpenAPI 3 or Swagger 2.0 document of this folder as 'contract'",
    "operation": "name the operation as its operationId, or give options: {method, path} as they stand in the contract",
    "answers": "see the rows of 'answers' in the manual of contracts",
    "expression": "mend the JSONata expression",
    "callback": "give callbacks.operations.<Name>.schema as '#/components/schemas/<Schema>'",
    "simulator": "mend simulator.yaml",
}


@dataclass(frozen=True, slots=True)
class _Callback:
    """A callback of the contract: what its body is, and the expression that reads it."""

    schema: Checker
    expression: Expression
    status: int


class RestAdapter:
    """One REST agency. Keeps no state; a contract with mistakes is told by ``check`` and refuses what it cannot do."""

    def __init__(self, agency: Agency) -> None:
        self._agency = agency
        self._flaws: list[Flaw] = []
        self._readers: dict[str, Reader] = {}
        self._wanted: dict[str, Wanted] = {}
        self._callbacks: dict[str, _Callback] = {}
        self._contract: OpenApi | None = None
        try:
            self._contract = OpenApi(agency.files, agency.contract)
        except ContractBroken as error:
            self._flaw(agency.contract, error.key, error.reason, "contract")
            return
        for operation in agency.operations.values():
            self._add(self._contract, operation)
        for name, declared in (agency.callbacks.get("operations") or {}).items():
            self._add_callback(self._contract, name, declared)

    # -- the contract ----------------------------------------------------------------------------------------------

    def check(self) -> list[Flaw]:
        """Return every mistake of the contract; compiles each schema that is used."""
        flaws = list(self._flaws)
        try:
            Rules.of(self._agency)
        except RulesInvalid as error:
            flaws.append(Flaw("simulator.yaml", error.key, error.reason, FIX["simulator"]))
        kind = self._agency.auth.get("kind", "none")
        if kind not in HTTP_AUTH_KINDS:
            known = ", ".join(sorted(HTTP_AUTH_KINDS))
            flaws.append(Flaw("agency.yaml", "auth.kind", f"one of {known}, not {kind!r}", "correct the kind"))
        for reader in self._readers.values():
            described = reader.described
            checkers = [p.schema for p in described.parameters]
            checkers += [body.schema for body in described.bodies[:1]]
            checkers += [body.schema for bodies in described.responses.values() for body in bodies]
            flaws += self._uncompilable(f"operations.{reader.operation.id}", checkers)
        for name, callback in self._callbacks.items():
            flaws += self._uncompilable(f"callbacks.operations.{name}.schema", [callback.schema])
        return flaws

    def described(self, operation: str) -> RestOperation | None:
        """Return what the contract says of an operation (the simulator asks)."""
        reader = self._readers.get(operation)
        return None if reader is None else reader.described

    @property
    def contract(self) -> OpenApi | None:
        """The parsed document, ``None`` when it cannot be read."""
        return self._contract

    # -- messages --------------------------------------------------------------------------------------------------

    def render(self, request: OutgoingRequest) -> Message:
        """Return the message, valid to the contract. Raises ``MessageInvalid``."""
        reader = self._readers.get(request.operation)
        if reader is None:
            raise MessageInvalid("", f"the contract of {self._agency.id} has no usable operation {request.operation!r}")
        message = render(reader.described, request, by_reference=self._wanted[request.operation].by_reference)
        # The gateway's name of the operation, which may differ from the contract's operationId.
        return message if message.operation == request.operation else replace(message, operation=request.operation)

    def parse(self, reply: Reply) -> Parsed:
        """Return what a direct answer means (the table stands in ``replies``)."""
        reader = self._readers.get(reply.operation)
        if reader is None:
            return Parsed(Unknown(f"the contract has no usable operation {reply.operation!r} to read the answer by"))
        return reader.direct(reply)

    def parse_lookup(self, looked_up: str, reply: Reply) -> Parsed:
        """Return what the answer of a lookup says about a message of ``looked_up``."""
        reader = self._readers.get(reply.operation)
        asked = self._agency.operations.get(looked_up)
        if reader is None or asked is None or asked.lookup is None:
            return Parsed(Unknown(f"the contract has no usable lookup of {looked_up!r} by {reply.operation!r}"))
        return reader.lookup(reply, asked.lookup.response)

    # -- I/O -------------------------------------------------------------------------------------------------------

    async def send(self, message: Message, link: Link) -> Parsed:
        """Deliver once and return the outcome."""
        reply = await self._exchange(message, link)
        return reply if isinstance(reply, Parsed) else self.parse(reply)

    async def lookup(self, looked_up: str, message: Message, link: Link) -> Parsed:
        """Ask what became of an earlier message. ``RetryLater``: the lookup could not be asked."""
        reply = await self._exchange(message, link)
        return reply if isinstance(reply, Parsed) else self.parse_lookup(looked_up, reply)

    async def probe(self, link: Link) -> Health:
        """``GET`` the contract's ``options.probe`` path, or ``HEAD`` the endpoint: both change nothing."""
        path = str(self._agency.options.get("probe", ""))
        try:
            url = below(endpoint_of(link), path)
            reply = await call(link, self._agency.auth, "GET" if path else "HEAD", url, headers={})
        except EndpointWrong as error:
            return Health(ok=False, detail=str(error), misconfigured=True)
        except (NotSent, SentButLost) as error:
            return Health(ok=False, detail=str(error))
        wrong = reply.status in {401, 403, 407} or (bool(path) and reply.status == 404)
        return Health(ok=not wrong and reply.status < 500, detail=f"status {reply.status}", misconfigured=wrong)

    async def _exchange(self, message: Message, link: Link) -> Reply | Parsed:
        called = self._wanted.get(message.operation)
        try:
            return await send(message, link, self._agency.auth, None if called is None else called.pages)
        except EndpointWrong as error:
            return Parsed(Misconfigured(str(error)))
        except NotSent as error:
            return Parsed(RetryLater(str(error)))
        except SentButLost as error:
            return Parsed(Unknown(str(error)))

    # -- callbacks -------------------------------------------------------------------------------------------------

    def callback_name(self, content_type: str, body: bytes) -> str:  # noqa: ARG002  - REST bodies do not name themselves
        """Return the contract's only callback. Raises ``CallbackRefused`` when it has none or several."""
        if len(self._callbacks) == 1:
            return next(iter(self._callbacks))
        names = ", ".join(sorted(self._callbacks)) or "none"
        raise CallbackRefused("", "unknown_callback", f"post to .../callbacks/<name>; the callbacks are: {names}")

    def read_callback(self, name: str, headers: Mapping[str, str], body: bytes) -> Callback:
        """Return the callback, validated against its schema. Raises ``CallbackRefused``."""
        callback = self._callbacks.get(name)
        if callback is None:
            names = ", ".join(sorted(self._callbacks)) or "none"
            raise CallbackRefused("", "unknown_callback", f"there is no callback {name!r}; the callbacks are: {names}")
        try:
            value = json_body(headers, body)
            problem = callback.schema.problem(value)
        except NotJson as error:
            raise CallbackRefused("", error.code, str(error)) from error
        except SchemaBroken as error:
            raise CallbackRefused("", "contract", str(error)) from error
        if problem is not None:
            raise CallbackRefused(problem[0], "schema", problem[1])
        product = _callback_product(callback.expression, {"body": value, "status": 200, "operation": name})
        if not product.reference and not product.message_id:
            raise CallbackRefused("", "match", "it names no request (neither our message id nor the agency's reference)")
        return Callback(name, product.parsed, product.reference, product.message_id, product.key)

    def answer_callback(self, callback: Callback) -> Answer:
        """Return the receipt: the status that the contract declares for it, else 202."""
        known = self._callbacks.get(callback.name)
        status = 202 if known is None else known.status
        return Answer(status, "application/json", b"" if status == 204 else b'{"status":"received"}')

    def refuse_callback(self, error: Exception, status: int) -> Answer:
        """Return an RFC 9457 problem; what a ``CallbackRefused`` says stands in ``errors``."""
        problem: dict[str, Any] = {"type": "about:blank", "title": "The callback was not taken", "status": status}
        if isinstance(error, CallbackRefused):
            problem["type"] = f"urn:darcha:problem:{error.code}"
            problem["detail"] = error.message
            problem["errors"] = [{"pointer": error.pointer, "code": error.code, "message": error.message}]
        return Answer(status, "application/problem+json", orjson.dumps(problem))

    # -- loading ---------------------------------------------------------------------------------------------------

    def _add(self, contract: OpenApi, operation: Operation) -> None:
        where = f"operations.{operation.id}"
        try:
            called = wanted(contract, operation)
        except OptionWrong as error:
            file = "agency.yaml" if error.key else self._agency.contract
            self._flaw(file, f"{where}.options.{error.key}" if error.key else where, error.reason, "operation")
            return
        lookup = operation.lookup
        if lookup is not None and lookup.operation not in self._agency.operations:
            self._flaw("agency.yaml", f"{where}.lookup.operation", f"there is no operation {lookup.operation!r}", "operation")
        expressions = {"response": operation.response, **{f"callback.{n}": e for n, e in operation.callback.items()}}
        if lookup is not None:
            expressions |= {"lookup.input": lookup.input, "lookup.response": lookup.response}
        for key, expression in expressions.items():
            self._compilable(f"{where}.{key}", expression)
        declared = self._agency.callbacks.get("operations") or {}
        for name in operation.callback:
            if name not in declared:
                self._flaw("agency.yaml", f"{where}.callback.{name}", f"callbacks.operations declares {name}", "callback")
        try:
            table = Table.of(operation, ROW_KEYS)
        except TableInvalid as error:
            self._flaw("agency.yaml", error.key, error.reason, "answers")
            table = Table(operation)
        except MappingError as error:
            self._flaw("agency.yaml", error.name, error.reason, "answers")
            table = Table(operation)
        self._readers[operation.id] = Reader(called.described, operation, table)
        self._wanted[operation.id] = called

    def _add_callback(self, contract: OpenApi, name: str, declared: Any) -> None:
        where = f"callbacks.operations.{name}"
        readers = {o.callback[name] for o in self._agency.operations.values() if name in o.callback}
        if not readers:
            self._flaw("agency.yaml", where, f"no operation reads it: none has callback.{name}", "callback")
            return
        if len({expression.source for expression in readers}) > 1:
            self._flaw("agency.yaml", where, f"several operations read {name} by different expressions", "callback")
        reference = declared.get("schema") if isinstance(declared, Mapping) else None
        try:
            if not isinstance(reference, str):
                raise ContractBroken(where, "expected {schema: reference}")
            schema = contract.schema(reference)
        except ContractBroken as error:
            self._flaw("agency.yaml", f"{where}.schema", error.reason, "callback")
            return
        described = contract.callbacks.get(name)
        wanted = [] if described is None else [int(s) for s in described.responses if s.isdecimal() and s.startswith("2")]
        expression = min(readers, key=lambda e: e.name)
        self._callbacks[name] = _Callback(schema, expression, wanted[0] if wanted else 202)

    def _compilable(self, where: str, expression: Expression | None) -> None:
        if expression is None:
            return
        try:
            compile_expression(expression)
        except MappingError as error:
            self._flaw(expression.name or "agency.yaml", where, error.reason, "expression")

    def _uncompilable(self, where: str, checkers: list[Checker | None]) -> list[Flaw]:
        flaws = []
        for checker in checkers:
            try:
                if checker is not None:
                    checker.compile()
            except SchemaBroken as error:
                flaws.append(Flaw(self._agency.contract, where, str(error), FIX["contract"]))
        return flaws

    def _flaw(self, file: str, key: str, expected: str, fix: str) -> None:
        self._flaws.append(Flaw(file, key, expected, FIX[fix]))


def _callback_product(expression: Expression, data: Mapping[str, Any]) -> Product:
    try:
        product = read_response(expression, data)
        no_absence(product.parsed)
    except ProductInvalid as error:
        raise CallbackRefused(error.path, "mapping", f"the callback gives no outcome: {error.reason}") from error
    except MappingError as error:
        raise CallbackRefused("", "mapping", f"the callback gives no outcome: {error}") from error
    return product
