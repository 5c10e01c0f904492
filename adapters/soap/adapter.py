"""The adapter of agencies that speak SOAP: the agency's WSDL and a few lines of ``agency.yaml`` make it complete.

What it takes from ``agency.yaml`` beyond what every adapter does:

- ``auth``: ``none, basic, bearer, api_key`` (HTTP), ``ws-username, ws-signature, ws-saml`` and ``options.security``
  (WS-Security; see ``adapters.soap.policy``);
- ``options.attachments``, ``options.encoding``, ``options.addressing``, of the agency or of an operation (see
  ``adapters.soap.outgoing``);
- ``options.port``: which of several SOAP ports; ``options.contracts``: further WSDLs of the same agency;
  ``options.probe: {operation, input}``: a harmless call that tells whether the agency is there;
- of an operation ``options.operation``: its name in the WSDL where that is another; ``options.headers``: SOAP header
  elements of the contract with their values, a template over ``{request: {message_id, case_number, operation, reference,
  branch, created_at}, input}``; ``options.reply: lenient`` for an agency whose replies do not keep its own schema;
- of a callback ``element``, its body's; ``options.receipts: {Callback: {element, body}}`` where a receipt is expected.

The message id travels in the HTTP header ``X-Message-Id`` (and wherever the mapping puts ``request.message_id``), the
address for later replies in ``X-Darcha-Callback``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from adapters.soap.callbacks import Callbacks
from adapters.soap.checks import check_agency
from adapters.soap.incoming import check_reply
from adapters.soap.operations import contract_of, soap_operation, split_attachments
from adapters.soap.outgoing import dressed, made
from adapters.soap.policy import Policy, http_auth
from adapters.soap.replies import Replies
from gateway.sdk import (
    Agency,
    Answer,
    Callback,
    CallbackRefused,
    Flaw,
    Health,
    Invalid,
    Link,
    LookupOutcome,
    Message,
    MessageInvalid,
    Misconfigured,
    NotSent,
    OutgoingRequest,
    Parsed,
    Reply,
    RetryLater,
    SentButLost,
    Unknown,
)
from gateway.sdk.auth import call
from gateway.sdk.http import EndpointWrong, HttpReply, endpoint_of, shown
from gateway.sdk.mapping import MappingFailed
from gateway.sdk.soap import (
    Contract,
    ContractBroken,
    NotOfContract,
    envelope,
)
from gateway.sdk.soap.errors import KeyUnusable, NotTrusted
from gateway.sdk.template import compile_template, fill

MESSAGE_ID: Final = "X-Message-Id"
CALLBACK: Final = "X-Darcha-Callback"


class SoapAdapter:
    """``gateway.sdk.Adapter`` for one agency. The contract is read on first use; ``check`` says what is wrong with it."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency

    @cached_property
    def contract(self) -> Contract:
        """The agency's WSDL, compiled. Raises ``ContractBroken``."""
        return contract_of(self.agency)

    @cached_property
    def _policy(self) -> Policy:
        return Policy.of(self.agency.auth, self.agency.options)

    @cached_property
    def _replies(self) -> Replies:
        return Replies(self.agency, self.contract)

    @cached_property
    def _callbacks(self) -> Callbacks:
        return Callbacks(self.agency, self.contract)

    def check(self) -> list[Flaw]:
        return check_agency(self.agency)

    # -- pure --------------------------------------------------------------------------------------------------------

    def render(self, request: OutgoingRequest) -> Message:
        try:
            operation = soap_operation(self.agency, self.contract, request.operation)
        except ContractBroken as error:
            raise MessageInvalid("", f"the contract cannot be used: {error}") from error
        known = {document.digest: document for document in request.documents}
        try:
            product, beside = split_attachments(operation, request.input, known)
            body, used = self.contract.build_message(self.contract.request(operation), product, frozenset(known))
        except NotOfContract as error:
            raise MessageInvalid(error.path, error.reason) from error
        except ContractBroken as error:
            raise MessageInvalid("", f"the contract cannot be used: {error}") from error
        action = operation.action
        headers = {**operation.version.headers(action), MESSAGE_ID: request.message_id}
        if request.callback_url and self.agency.callbacks:
            headers[CALLBACK] = f"{request.callback_url.rstrip('/')}/soap"
        message = Message(
            message_id=request.message_id,
            operation=request.operation,
            body=envelope(operation.version, body, self._headers(request)),
            content_type=operation.version.content_type(action),
            headers=headers,
            documents=tuple(known[digest] for digest in dict.fromkeys([*used, *(one["digest"] for one in beside)])),
            options={"attachments": beside} if beside else {},
        )
        return dressed(message, self.agency, operation.addressing)

    def _headers(self, request: OutgoingRequest) -> str:
        wanted = self.agency.operations[request.operation].options.get("headers")
        if not isinstance(wanted, Mapping):
            return ""
        own = {key: getattr(request, key) for key in ("message_id", "case_number", "operation", "reference", "branch")}
        data = {"request": {**own, "created_at": request.created_at.isoformat()}, "input": request.input}
        parts: list[str] = []
        for name, value in wanted.items():
            try:
                filled = fill(compile_template(f"{request.operation}.options.headers.{name}", value), data)
                parts.append(self.contract.build(self.contract.element(str(name)), filled)[0])
            except (NotOfContract, ContractBroken, MappingFailed) as error:
                raise MessageInvalid(f"/#headers/{name}", str(error)) from error
        return "".join(parts)

    def parse(self, reply: Reply) -> Parsed:
        try:
            if reply.callback:
                return self._callbacks.read(reply.callback, reply.headers, reply.body).parsed
            return self._replies.direct(reply)
        except CallbackRefused as error:
            return Parsed(Invalid(error.pointer, error.message))
        except ContractBroken as error:
            return Parsed(Invalid("", f"the contract cannot be used: {error}"))

    def parse_lookup(self, looked_up: str, reply: Reply) -> Parsed:
        try:
            return self._replies.of_lookup(looked_up, reply)
        except ContractBroken as error:
            return Parsed(Invalid("", f"the contract cannot be used: {error}"))

    # -- with I/O ----------------------------------------------------------------------------------------------------

    async def send(self, message: Message, link: Link) -> Parsed:
        answer = await self._exchange(message, link)
        return self.parse(answer) if isinstance(answer, Reply) else Parsed(answer)

    async def lookup(self, looked_up: str, message: Message, link: Link) -> Parsed:
        answer = await self._exchange(message, link)
        return self.parse_lookup(looked_up, answer) if isinstance(answer, Reply) else Parsed(answer)

    async def _exchange(self, message: Message, link: Link) -> Reply | LookupOutcome:
        try:
            _ = self._replies  # a contract that cannot read the answer must not send the question
            if not link.endpoint:
                raise EndpointWrong(f"{self.agency.id} has no endpoint")
            got = await self._post(message, link)
        except (EndpointWrong, KeyUnusable) as error:
            return Misconfigured(str(error))
        except ContractBroken as error:
            return Misconfigured(f"the contract cannot be used: {error}")
        except NotSent as error:
            return RetryLater(str(error))
        except SentButLost as error:
            return Unknown(str(error))
        try:
            check_reply(message, got.headers, got.body, self._policy, link.secrets)
        except (NotTrusted, KeyUnusable, EndpointWrong) as error:
            return Unknown(f"the answer cannot be trusted: {error}")
        return Reply(message.operation, got.status, got.headers, got.body)

    async def _post(self, message: Message, link: Link) -> HttpReply:
        content_type, body = await made(message, self._policy, link)
        headers = {**message.headers, "Content-Type": content_type}
        return await call(link, http_auth(self.agency), message.method, endpoint_of(link), headers=headers, body=body)

    async def probe(self, link: Link) -> Health:
        """Make the contract's harmless call (``options.probe``); without one, ask for the WSDL as any SOAP stack does."""
        wanted = self.agency.options.get("probe")
        try:
            if isinstance(wanted, Mapping):
                got = await self._call(wanted, link)
            else:
                address = endpoint_of(link)
                got = await call(link, http_auth(self.agency), "GET", address.update_query("wsdl="), headers={})
        except (EndpointWrong, KeyUnusable, ContractBroken, NotOfContract, MessageInvalid) as error:
            return Health(ok=False, detail=str(error), misconfigured=True)
        except (NotSent, SentButLost) as error:
            return Health(ok=False, detail=str(error))
        if got.status in {401, 403, 404} or 300 <= got.status < 400:
            return Health(ok=False, detail=f"HTTP {got.status} at {shown(link.endpoint)}", misconfigured=True)
        if got.status in {502, 503, 504}:
            return Health(ok=False, detail=f"HTTP {got.status}: the agency is not available")
        return Health(ok=True, detail=f"HTTP {got.status}")

    async def _call(self, wanted: Mapping[str, Any], link: Link) -> HttpReply:
        operation = soap_operation(self.agency, self.contract, str(wanted.get("operation", "")))
        text, _ = self.contract.build_message(self.contract.request(operation), wanted.get("input"))
        version, action = operation.version, operation.action
        message = Message(
            message_id=str(uuid.uuid4()),
            operation=str(wanted.get("operation", "")),
            body=envelope(version, text),
            content_type=version.content_type(action),
            headers=version.headers(action),
        )
        return await self._post(dressed(message, self.agency, operation.addressing), link)

    # -- callbacks ---------------------------------------------------------------------------------------------------

    def callback_name(self, content_type: str, body: bytes) -> str:
        return self._callbacks.name(content_type, body)

    def read_callback(self, name: str, headers: Mapping[str, str], body: bytes) -> Callback:
        return self._callbacks.read(name, headers, body)

    def answer_callback(self, callback: Callback) -> Answer:
        return self._callbacks.answer(callback)

    def refuse_callback(self, error: Exception, status: int) -> Answer:
        return self._callbacks.refuse(error, status)
