"""What a SOAP answer means. First match wins, from the top:

| answer | outcome |
|---|---|
| a row of the operation's ``answers`` that fits (``fault``, ``status``, ``when``) | what the row says |
| a fault about security (WS-Security's codes); 401, 403, 407 | ``Misconfigured`` |
| 3xx, 404, 405, 410 without a fault: nobody answers at this address any more | ``Misconfigured`` |
| a fault ``Client``, ``Sender``, ``MustUnderstand``, ``VersionMismatch``, ``DataEncodingUnknown`` | ``Invalid``: not readable |
| any other fault: it says nothing about the effect | ``Unknown`` |
| another 4xx without a fault, except 408 and 429 | ``Invalid`` |
| 408, 429, any 5xx, 1xx | ``Unknown``: only the contract knows whether nothing was done |
| 2xx, unreadable (no XML, hostile XML, cut short, no SOAP envelope, an empty body where one is due) | ``Unknown`` |
| 2xx, a body that the contract does not describe, or an expression that gives no outcome | *unread* |
| 2xx to a one-way operation | as the response expression says, else ``Completed`` |
| 2xx with the operation's output element | as the response expression says |

*Unread* is ``Unknown``, for the agency may have acted; ``Invalid`` only where the operation is idempotent: a second sending would
bring the same, a person has to look (``gateway.sdk.reading.unread``). A row that fits and gives no outcome is unread under any
status.

A row's ``fault`` fits the fault's code with or without its prefix part (``Server.Busy``, ``Busy``), SOAP 1.2 codes also under
their 1.1 names (``Receiver`` is ``Server``), and the local name of the first element in the detail. Expressions see
``{body, status, operation, attachments}``; of a fault the body is ``{code, string, detail: {Name: ...}}``. ``attachments`` are
the parts of a multipart answer that no element includes, ``{name, media_type, content (base64), id}`` each; what
``xop:Include`` names stands in its place in the body, and a ``swaRef`` text is left as it is (``cid:`` and the id).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from adapters.soap.incoming import attachments_json, received
from adapters.soap.operations import name_in_wsdl
from gateway.sdk import (
    Agency,
    Expression,
    Invalid,
    LookupOutcome,
    Misconfigured,
    Operation,
    Parsed,
    Reply,
    Unknown,
)
from gateway.sdk.http import shown
from gateway.sdk.reading import ProductInvalid, Table, no_absence, read_response, unread, with_after
from gateway.sdk.soap import Contract, Fault, Message, NotOfContract, XmlRefused, local_name, open_envelope
from gateway.sdk.soap.errors import NotMime

#: What rows of ``answers`` match by.
ROW_KEYS: Final = frozenset({"fault", "status"})
#: ``options.reply`` of an operation whose agency does not keep its own schema: local names are enough, nothing is validated.
LENIENT: Final = "lenient"

_CANONICAL: Final = {"Sender": "Client", "Receiver": "Server"}
_UNREADABLE_TO_THEM: Final = frozenset({"Client", "Sender", "MustUnderstand", "VersionMismatch", "DataEncodingUnknown"})
_SECURITY: Final = frozenset(
    {"FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken", "SecurityTokenUnavailable", "UnsupportedSecurityToken"}
)
_REFUSES_US: Final = frozenset({401, 403, 407})
_NOBODY_THERE: Final = frozenset({404, 405, 410})
_SAYS_NOTHING: Final = frozenset({408, 429})
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class _Seen:
    """An answer as far as it can be read. ``unreadable`` says why there is neither body nor fault."""

    nodes: tuple[etree._Element, ...] = ()
    fault: Fault | None = None
    unreadable: str = ""
    attachments: list[dict[str, str]] = field(default_factory=list)


class Replies:
    """Reads the answers of one agency. Raises nothing but ``ContractBroken``."""

    def __init__(self, agency: Agency, contract: Contract) -> None:
        """Compile the tables. Raises ``TableInvalid`` or ``MappingInvalid``, which ``check`` reports beforehand."""
        self._agency = agency
        self._contract = contract
        self._tables = {name: Table.of(operation, ROW_KEYS) for name, operation in agency.operations.items()}

    def direct(self, reply: Reply) -> Parsed:
        """Return what the answer to a message means."""
        operation = self._agency.operations.get(reply.operation)
        if operation is None:
            return Parsed(Invalid("", f"the contract has no operation {reply.operation!r}"))
        try:
            return no_absence(self._read(operation, operation.response, reply))
        except ProductInvalid as error:
            return _unmapped(operation, error)

    def of_lookup(self, looked_up: str, reply: Reply) -> Parsed:
        """Return what the answer to a lookup says about a message of ``looked_up``."""
        about = self._agency.operations.get(looked_up)
        if about is None or about.lookup is None or about.lookup.operation not in self._agency.operations:
            return Parsed(Unknown(f"the contract has no lookup for {looked_up!r}"))
        try:
            return self._read(self._agency.operations[about.lookup.operation], about.lookup.response, reply)
        except ProductInvalid as error:
            return _unmapped(self._agency.operations[about.lookup.operation], error)

    def _read(self, operation: Operation, expression: Expression | None, reply: Reply) -> Parsed:
        expected = self._expected(operation)
        seen = _see(reply, several=expected is not None and (expected.encoded or len(expected.elements) != 1))
        data: dict[str, Any] = {
            "body": self._json(seen, expected),
            "status": reply.status,
            "operation": operation.id,
            "attachments": seen.attachments,
        }
        names = _names(seen.fault)
        found = self._tables[operation.id].read(data, lambda row: _fits(row, names, reply.status))
        if found is not None:
            return with_after(found, _retry_after(reply.headers))
        plain = _of_fault(seen.fault) if seen.fault is not None else _of_status(reply, seen)
        if plain is not None:
            return Parsed(plain)
        problem = self._not_of_contract(operation, seen, expected, lenient=operation.options.get("reply") == LENIENT)
        if problem is not None:
            return Parsed(problem)
        return read_response(expression, data).parsed

    def _json(self, seen: _Seen, expected: Message | None) -> Any:
        if seen.fault is not None:
            detail = seen.fault.detail
            inner = {} if detail is None else {local_name(str(detail.tag)): self._contract.read(detail)}
            return {"code": seen.fault.code, "string": seen.fault.reason, "detail": inner}
        return self._contract.read_message(seen.nodes, expected) if seen.nodes else None

    def _expected(self, operation: Operation) -> Message | None:
        """Return what the contract says; ``None`` for a one-way operation."""
        wsdl = self._contract.operations.get(name_in_wsdl(self._agency, operation.id))
        return None if wsdl is None or wsdl.unusable else self._contract.reply(wsdl)

    def _not_of_contract(
        self, operation: Operation, seen: _Seen, expected: Message | None, *, lenient: bool
    ) -> LookupOutcome | None:
        if expected is None or not expected.elements:
            return None
        name = ", ".join(local_name(tag) for tag in expected.tags)
        if not seen.nodes:
            return Unknown(f"the answer is empty where {name} is due")
        tags = tuple(str(node.tag) for node in seen.nodes)
        # The name of an rpc wrapper says nothing (WSDL 1.1, section 3.5): some servers send their own.
        if not expected.rpc and [local_name(tag) for tag in tags] != [local_name(tag) for tag in expected.tags]:
            return unread(operation, "", f"the answer holds {', '.join(map(local_name, tags))} where the contract says {name}")
        if lenient or expected.encoded:  # encoded values may differ from their schema in names and order
            return None
        if not expected.rpc and tags != expected.tags:
            return unread(operation, "", f"the answer holds {', '.join(tags)} where the contract says {', '.join(expected.tags)}")
        try:
            for node in seen.nodes:
                self._contract.validate(node, expected)
        except NotOfContract as error:
            return unread(operation, error.path, f"the answer is not what the contract says: {error.reason}")
        return None


def _see(reply: Reply, *, several: bool) -> _Seen:
    if not reply.body.strip():
        return _Seen()
    try:
        got = received(reply.headers, reply.body)
        opened = open_envelope(got.root, several=several)
    except (XmlRefused, NotMime, NotOfContract) as error:
        return _Seen(unreadable=error.reason)
    beside = attachments_json(got)
    return _Seen(fault=opened.fault, attachments=beside) if opened.fault is not None else _Seen(opened.nodes, attachments=beside)


def _names(fault: Fault | None) -> frozenset[str]:
    """Return every name that a row may know the fault by."""
    if fault is None:
        return frozenset()
    names = set(fault.codes)
    root = fault.codes[-1] if fault.codes else ""
    for code in fault.codes:
        if root in _CANONICAL and code != root:
            names.add(f"{_CANONICAL[root]}.{code}")
        names.add(_CANONICAL.get(code, code))
    if fault.detail is not None:
        names.add(local_name(str(fault.detail.tag)))
    return frozenset(names)


def _fits(row: Mapping[str, Any], names: frozenset[str], status: int) -> bool:
    return ("fault" not in row or row["fault"] in names) and ("status" not in row or row["status"] == status)


def _of_fault(fault: Fault) -> LookupOutcome:
    said = f"{fault.code or 'a fault'}: {fault.reason[:_SHOWN]}"
    if _SECURITY & set(fault.codes):
        return Misconfigured(f"the agency refuses our security header: {said}")
    if _UNREADABLE_TO_THEM & set(fault.codes):
        return Invalid("", f"the agency cannot read our message: {said}")
    return Unknown(f"the agency failed: {said}")


def _of_status(reply: Reply, seen: _Seen) -> LookupOutcome | None:
    status = reply.status
    if status in _REFUSES_US:
        return Misconfigured(f"HTTP {status}: the agency refuses our credentials")
    if 300 <= status < 400:
        # Without the query: a server that sends us elsewhere repeats ours, with the key in it.
        moved = shown(reply.headers.get("location", "an address it does not say"))[:_SHOWN]
        return Misconfigured(f"HTTP {status}: the service has moved to {moved}")
    if status in _NOBODY_THERE:
        return Misconfigured(f"HTTP {status}: there is no such service at the address")
    if 400 <= status < 500 and status not in _SAYS_NOTHING:
        return Invalid("", f"HTTP {status}: the agency cannot read our message")
    if not 200 <= status < 300:
        return Unknown(f"HTTP {status} without a fault that says more")
    if seen.unreadable:
        return Unknown(f"HTTP {status}, but the answer cannot be read: {seen.unreadable[:_SHOWN]}")
    return None


def _unmapped(operation: Operation, error: ProductInvalid) -> Parsed:
    path = f"response/{error.path}".rstrip("/")
    return Parsed(unread(operation, path, f"the answer does not lead to an outcome: {error.reason}"))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None
