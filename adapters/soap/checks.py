"""Every mistake in the contract of an agency that speaks SOAP, for ``darcha catalogue check``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.soap.operations import contract_of, name_in_wsdl
from adapters.soap.policy import http_auth
from adapters.soap.policy_checks import wire_flaws
from adapters.soap.replies import LENIENT, ROW_KEYS
from gateway.sdk import Agency, Flaw
from gateway.sdk.auth import HTTP_AUTH_KINDS
from gateway.sdk.http import ENVELOPE_AUTH_KINDS
from gateway.sdk.mapping import MappingInvalid
from gateway.sdk.reading import Table, TableInvalid
from gateway.sdk.soap import PASSWORD_KINDS, Contract, ContractBroken, NoExample, SoapOperation
from gateway.sdk.template import compile_template

_FILE = "agency.yaml"


def check_agency(agency: Agency) -> list[Flaw]:
    """Return all mistakes: those of the WSDL first, as the others often follow from them."""
    flaws = [*_auth(agency), *wire_flaws(agency)]
    try:
        contract = contract_of(agency)
    except ContractBroken as error:
        key = f"line {error.line}" if error.line else "contract"
        return [*flaws, *_tables(agency), Flaw(error.file or _FILE, key, error.reason, error.fix or "correct the file")]
    lacking = list(_operations(agency, contract))
    if lacking:  # an import that leads nowhere harms nobody until something needs it
        flaws += _unresolved(contract)
    flaws += lacking
    flaws += _tables(agency)
    flaws += _callbacks(agency, contract)
    return flaws


def _auth(agency: Agency) -> Iterator[Flaw]:
    kinds = HTTP_AUTH_KINDS | ENVELOPE_AUTH_KINDS
    kind = agency.auth.get("kind", "none")
    if kind not in kinds:
        yield Flaw(_FILE, "auth.kind", f"one of {', '.join(sorted(kinds))}, not {kind!r}", "correct the kind")
    elif kind not in {"none", "mtls"} and not str(agency.auth.get("secret", "")).startswith("secret://"):
        yield Flaw(_FILE, "auth.secret", "secret://agency/name", "name the secret; never write it here")
    transport = http_auth(agency).get("kind", "none")
    if transport not in HTTP_AUTH_KINDS and transport not in ENVELOPE_AUTH_KINDS and transport != kind:
        yield Flaw(_FILE, "options.transport.kind", f"one of {', '.join(sorted(HTTP_AUTH_KINDS))}", "correct the kind")
    if kind in {"basic", "ws-username"} and not agency.auth.get("user"):
        yield Flaw(_FILE, "auth.user", f"{kind} needs a user", "add the user that the agency gave us")
    if kind == "ws-username" and agency.options.get("password", "digest") not in PASSWORD_KINDS:
        yield Flaw(_FILE, "options.password", "digest or text", "correct it; digest is the default")


def _operations(agency: Agency, contract: Contract) -> Iterator[Flaw]:
    there = ", ".join(sorted(contract.operations))
    for name, operation in agency.operations.items():
        key = f"operations.{name}"
        found = contract.operations.get(name_in_wsdl(agency, name))
        if found is None:
            yield Flaw(_FILE, key, f"an operation of the WSDL; it has {there}", "correct the name or set options.operation")
            continue
        if found.unusable:
            yield Flaw(
                agency.contract, f"line {found.line}", f"operation {name}: {found.unusable}", "ask the agency, or leave it out"
            )
            continue
        yield from _needs(contract, agency.contract, name, found)
        if operation.lookup is not None and operation.lookup.operation not in agency.operations:
            yield Flaw(_FILE, f"{key}.lookup.operation", "an operation of this contract", "add it under operations")
        if operation.options.get("reply", LENIENT) != LENIENT:
            yield Flaw(_FILE, f"{key}.options.reply", LENIENT, "write lenient, or leave it out: then replies are validated")
        headers = operation.options.get("headers")
        for header, value in headers.items() if isinstance(headers, Mapping) else ():
            yield from _element(contract, _FILE, f"{key}.options.headers.{header}", "the header", str(header))
            yield from _template(f"{key}.options.headers.{header}", value)


def _needs(contract: Contract, file: str, name: str, operation: SoapOperation) -> Iterator[Flaw]:
    """Tell what an operation's messages need and nobody declares; what it can do without harms nobody."""
    for message in (contract.request(operation), contract.reply(operation)):
        if message is None:
            continue
        try:
            contract.example(message)
        except (ContractBroken, NoExample) as error:
            key = f"line {operation.line}"
            yield Flaw(file, key, f"a message that {name} can be made of: {error}", "see what is missing, or leave it out")
            return


def _unresolved(contract: Contract) -> Iterator[Flaw]:
    for error in contract.unresolved:
        yield Flaw(error.file, f"line {error.line}" if error.line else "contract", error.reason, error.fix or "correct the file")


def _tables(agency: Agency) -> Iterator[Flaw]:
    for operation in agency.operations.values():
        try:
            Table.of(operation, ROW_KEYS)
        except TableInvalid as error:
            yield Flaw(_FILE, error.key, error.reason, "correct the row")
        except MappingInvalid as error:
            yield Flaw(_FILE, error.name, error.reason, "correct the expression")
        for index, row in enumerate(operation.answers):
            status = row.get("status") if isinstance(row, Mapping) else None
            if status is not None and (isinstance(status, bool) or not isinstance(status, int)):
                yield Flaw(_FILE, f"operations.{operation.id}.answers[{index}].status", "an HTTP status", "write it as a number")


def _callbacks(agency: Agency, contract: Contract) -> Iterator[Flaw]:
    described = agency.callbacks.get("operations") or {}
    if not isinstance(described, Mapping):
        yield Flaw(_FILE, "callbacks.operations", "an object: callback name to {element}", "correct it")
        return
    read = {name for operation in agency.operations.values() for name in operation.callback}
    for name in sorted(read - set(described)):
        yield Flaw(
            _FILE, f"callbacks.operations.{name}", "its element, as an operation reads this callback", "add {element: ...}"
        )
    for name, spec in described.items():
        key = f"callbacks.operations.{name}"
        if not isinstance(spec, Mapping):
            yield Flaw(_FILE, key, "{element: '{namespace}Name'}", "name the element of the callback's body")
            continue
        yield from _element(contract, _FILE, f"{key}.element", "the callback's body", str(spec.get("element", name)))
        if name not in read:
            yield Flaw(_FILE, key, "an operation that reads this callback (operations.*.callback)", "add its expression")
    receipts = agency.options.get("receipts") or {}
    for name, receipt in receipts.items() if isinstance(receipts, Mapping) else ():
        key = f"options.receipts.{name}"
        if name not in described or not isinstance(receipt, Mapping) or not receipt.get("element"):
            yield Flaw(_FILE, key, "{element, body} under the name of a callback", "correct the name, or name the element")
            continue
        yield from _element(contract, _FILE, f"{key}.element", "the receipt", str(receipt["element"]))
        yield from _template(f"{key}.body", receipt.get("body") or {})


def _element(contract: Contract, file: str, key: str, what: str, tag: str) -> Iterator[Flaw]:
    if not tag:
        return
    try:
        _ = contract.element(tag).type
    except ContractBroken as error:
        yield Flaw(file, key, f"{what} is an element that the schemas declare: {error.reason}", error.fix or "correct the name")


def _template(key: str, value: Any) -> Iterator[Flaw]:
    try:
        compile_template(key, value)
    except MappingInvalid as error:
        yield Flaw(_FILE, key, error.reason, "correct the expression")
