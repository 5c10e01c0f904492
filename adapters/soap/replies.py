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
| 2xx, a body that the contract does not describe | ``Invalid``: a second sending would bring the same, a person has to look |
| 2xx to a one-way operation | as the response expression says, else ``Completed`` |
| 2xx with the operation's output element | as the response expression says |

A row's ``fault`` fits the fault's code with or without its prefix part (``Server.Busy``, ``Busy``), SOAP 1.2 codes also under
their 1.1 names (``Receiver`` is ``Server``), and the local name of the first element in the detail. Expressions see
``{body, status, operation}``; of a fault the body is ``{code, string, detail: {Name: ...}}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

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
from gateway.sdk.reading import ProductInvalid, Table, no_absence, read_response, with_after
from gateway.sdk.soap import Contract, Fault, NotOfContract, XmlRefused, local_name, open_envelope, parse_xml

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

    body: etree._Element | None = None
    fault: Fault | None = None
    unreadable: str = ""


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
            return _unmapped(error)

    def of_lookup(self, looked_up: str, reply: Reply) -> Parsed:
        """Return what the answer to a lookup says about a message of ``looked_up``."""
        about = self._agency.operations.get(looked_up)
        if about is None or about.lookup is None or about.lookup.operation not in self._agency.operations:
            return Parsed(Unknown(f"the contract has no lookup for {looked_up!r}"))
        try:
            return self._read(self._agency.operations[about.lookup.operation], about.lookup.response, reply)
        except ProductInvalid as error:
            return _unmapped(error)

    def _read(self, operation: Operation, expression: Expression | None, reply: Reply) -> Parsed:
        seen = _see(reply.body)
        expected = self._expected(operation)
        data: dict[str, Any] = {"body": self._json(seen, expected), "status": reply.status, "operation": operation.id}
        names = _names(seen.fault)
        found = self._tables[operation.id].read(data, lambda row: _fits(row, names, reply.status))
        if found is not None:
            return with_after(found, _retry_after(reply.headers))
        plain = _of_fault(seen.fault) if seen.fault is not None else _of_status(reply, seen)
        if plain is not None:
            return Parsed(plain)
        problem = self._not_of_contract(seen, expected, lenient=operation.options.get("reply") == LENIENT)
        if problem is not None:
            return Parsed(problem)
        return read_response(expression, data).parsed

    def _json(self, seen: _Seen, expected: str) -> Any:
        if seen.fault is not None:
            detail = seen.fault.detail
            inner = {} if detail is None else {local_name(str(detail.tag)): self._contract.read(detail)}
            return {"code": seen.fault.code, "string": seen.fault.reason, "detail": inner}
        return None if seen.body is None else self._contract.read(seen.body, expected)

    def _expected(self, operation: Operation) -> str:
        """Return the element that the contract says; empty for a one-way operation and for an empty body by contract."""
        wsdl = self._contract.operations.get(str(operation.options.get("operation", operation.id)))
        return "" if wsdl is None else wsdl.output or ""

    def _not_of_contract(self, seen: _Seen, expected: str, *, lenient: bool) -> LookupOutcome | None:
        if not expected:
            return None
        name = local_name(expected)
        if seen.body is None:
            return Unknown(f"the answer is empty where {name} is due")
        tag = str(seen.body.tag)
        if local_name(tag) != name:
            return Invalid("", f"the answer holds {local_name(tag)} where the contract says {name}")
        if lenient:
            return None
        if tag != expected:
            return Invalid("", f"the answer holds {tag} where the contract says {expected}")
        try:
            self._contract.validate(seen.body)
        except NotOfContract as error:
            return Invalid(error.path, f"the answer is not what the contract says: {error.reason}")
        return None


def _see(body: bytes) -> _Seen:
    if not body.strip():
        return _Seen()
    try:
        opened = open_envelope(parse_xml(body))
    except (XmlRefused, NotOfContract) as error:
        return _Seen(unreadable=error.reason)
    return _Seen(fault=opened.fault) if opened.fault is not None else _Seen(body=opened.body)


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
        return Misconfigured(
            f"HTTP {status}: the service has moved to {reply.headers.get('location', 'an address it does not say')}"
        )
    if status in _NOBODY_THERE:
        return Misconfigured(f"HTTP {status}: there is no such service at the address")
    if 400 <= status < 500 and status not in _SAYS_NOTHING:
        return Invalid("", f"HTTP {status}: the agency cannot read our message")
    if not 200 <= status < 300:
        return Unknown(f"HTTP {status} without a fault that says more")
    if seen.unreadable:
        return Unknown(f"HTTP {status}, but the answer cannot be read: {seen.unreadable[:_SHOWN]}")
    return None


def _unmapped(error: ProductInvalid) -> Parsed:
    return Parsed(Invalid(f"response/{error.path}".rstrip("/"), f"the answer does not lead to an outcome: {error.reason}"))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None
