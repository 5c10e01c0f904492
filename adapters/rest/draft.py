"""An OpenAPI document seen for the first time: every operation with its fields, and examples that validate."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from adapters.rest.fields import input_fields, output_fields
from adapters.rest.model import Body, Parameter, RestOperation
from adapters.rest.openapi import ContractBroken, OpenApi
from adapters.rest.rendering import render
from adapters.rest.samples import Sampled, sample
from adapters.rest.schemas import SchemaBroken
from adapters.rest.security import auth_of
from gateway.sdk import AdapterError, Draft, DraftOperation, MessageInvalid, OutgoingRequest
from gateway.sdk.strict_json import NotJson, loads

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_WRONG: Final = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST: Final = 64
#: RFC 9110, 9.2.2
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "QUERY"})
_MAX_NOTES: Final = 40
_PDF: Final = b"%PDF-1.4 namuna"
_AT: Final = datetime(2026, 1, 15, tzinfo=UTC)


class NothingReadable(AdapterError):
    """None of the files is a document that can be read."""


def draft(files: Mapping[str, bytes], mains: Sequence[str], wanted: Sequence[str]) -> Draft:
    """Return what the contract says: all operations, or those named in ``wanted``. Raises ``NothingReadable``."""
    contract = _main(files, mains)
    drafted = tuple(_operations(contract, frozenset(wanted)))
    unresolved = [f"{name}: it is not among the files" for name in list(contract.files.missing)[:_MAX_NOTES]]
    unresolved += list(dict.fromkeys(contract.files.notes[:_MAX_NOTES]))
    endpoint = next((url for url in contract.servers if re.match(r"https?://[^/{]+", url) and "{" not in url), "")
    if not endpoint and contract.servers:
        unresolved.append(f"the server's address is not complete: {contract.servers[0]} (the endpoint has to end with it)")
    auth, notes = auth_of(contract)
    info = contract.document.get("info")
    return Draft(
        contract=contract.main,
        files={name: files[name] for name in sorted(contract.files.used)},
        operations=drafted,
        title=str(info.get("title") or "") if isinstance(info, Mapping) else "",
        endpoint=endpoint.rstrip("/"),
        auth=auth,
        unresolved=(*unresolved, *notes),
    )


def _main(files: Mapping[str, bytes], mains: Sequence[str]) -> OpenApi:
    """The first of ``mains`` that is a document and describes operations; else the first that is one."""
    reasons: list[str] = []
    empty: OpenApi | None = None
    for main in mains:
        try:
            contract = OpenApi(files, main)
        except ContractBroken as error:
            reasons.append(f"{main}: {error.reason}")
            continue
        if contract.operations or contract.failed:
            return contract
        empty = empty or contract
    if empty is not None:
        return empty
    raise NothingReadable("; ".join(reasons) or "there is no document")


def _operations(contract: OpenApi, wanted: frozenset[str]) -> Iterator[DraftOperation]:
    names: set[str] = set()
    for described in contract.operations.values():
        options: dict[str, Any] = {}
        name = described.id
        if not _NAME.fullmatch(name) or name in names:
            name = _named(described, names)
            options = {"method": described.method, "path": described.listed}
        names.add(name)
        if not wanted or wanted & {name, described.id}:
            yield _drafted(described, name, options)
    for failed in contract.failed:
        name = _unique(_words(failed.id) or "operation", names)
        names.add(name)
        if not wanted or wanted & {name, failed.id}:
            yield DraftOperation(name, failed.id, problem=failed.reason)


def _named(described: RestOperation, names: set[str]) -> str:
    """The operationId without what agency.yaml cannot take, else method and path as words."""
    own = described.id if not described.id.startswith(f"{described.method} ") else ""
    if own and (name := _words(own)):
        return _unique(name, names)
    return _unique(_words(f"{described.method.lower()} {described.path}") or described.method.lower(), names)


def _words(text: str) -> str:
    made = _WRONG.sub("-", text).strip("-_")
    made = re.sub(r"^[0-9_-]+", "", made) or made
    return (made if made[:1].isalpha() else f"op-{made}" if made else "")[:_LONGEST].rstrip("-")


def _unique(name: str, names: set[str]) -> str:
    if name not in names:
        return name
    number = 2
    while f"{name[: _LONGEST - 5]}-{number}" in names:
        number += 1
    return f"{name[: _LONGEST - 5]}-{number}"


def _drafted(described: RestOperation, name: str, options: Mapping[str, Any]) -> DraftOperation:
    found_as = described.id
    try:
        request = _request(described)
        fields, answer = input_fields(described), output_fields(described)
        reply, notes = _reply(described)
        notes = [*described.notes, *notes, *_notes(described)]
    except SchemaBroken as error:
        return DraftOperation(name, found_as, described.about, options=options, problem=f"a schema cannot be used: {error}")
    except _NoExample as error:
        return DraftOperation(name, found_as, described.about, options=options, problem=str(error))
    return DraftOperation(
        name,
        found_as,
        described.about,
        idempotent=described.method in _IDEMPOTENT,
        options=options,
        input=fields,
        output=answer,
        request=request,
        reply=reply,
        notes=tuple(dict.fromkeys(notes))[:_MAX_NOTES],
    )


class _NoExample(AdapterError):
    """No value was found that is valid to the contract."""


def _request(described: RestOperation) -> Any:
    """Return an example product that renders. Raises ``_NoExample``."""
    body = _sent(described.body) if described.body is not None else None
    product: Any = body
    if described.parameters:
        params = dict(_params(described.parameters))
        product = {"params": params} if described.body is None else {"params": params, "body": body}
    reason = ""
    for _ in range(len(described.parameters) + 1):
        try:
            render(described, OutgoingRequest("example", "example", described.id, product, _AT))
        except MessageInvalid as error:
            reason = str(error)
            left_out = _without(product, error.path, described.parameters)
            if left_out is None:
                break
            product = left_out
        else:
            return product
    raise _NoExample(f"no example request is valid to the contract: {reason}")


def _without(product: Any, path: str, parameters: Iterable[Parameter]) -> Any:
    """The product without the optional parameter that cannot be sent; ``None`` where it is none."""
    steps = path.split("/")
    if len(steps) < 3 or steps[1] != "params" or not isinstance(product, Mapping):
        return None
    name = steps[2].replace("~1", "/").replace("~0", "~")
    if any(p.name == name and p.required for p in parameters):
        return None
    params = {key: value for key, value in product["params"].items() if key != name and not key.endswith(f".{name}")}
    return None if params == product["params"] else {**product, "params": params}


def _params(parameters: Sequence[Parameter]) -> Iterator[tuple[str, Any]]:
    names = [parameter.name for parameter in parameters]
    for parameter in parameters:
        made = Sampled("namuna") if parameter.schema is None else sample(parameter.schema, parameter.examples)
        if made.found and not _sendable(made.value):
            made = Sampled(found=False, reason="it has no form in a parameter")
        if made.found:
            twice = names.count(parameter.name) > 1
            yield (f"{parameter.where}.{parameter.name}" if twice else parameter.name), made.value
        elif parameter.required:
            raise _NoExample(f"no example of the parameter {parameter.name!r} is valid to the contract: {made.reason}")


def _sendable(value: Any) -> bool:
    return value not in (None, [], {}) and not (isinstance(value, str) and value == "")


def _sent(body: Body) -> Any:
    if body.kind == "binary":
        return "namuna"
    made = _unknown(body) if body.schema is None else sample(body.schema, _usable(body, body.examples), _fits(body))
    if not made.found:
        if not body.required:
            return None
        raise _NoExample(f"no example of the body is valid to the contract: {made.reason}")
    return made.value


def _unknown(body: Body) -> Sampled:
    """An example of a body of which the contract says nothing but its media type."""
    shown = next(_usable(body, body.examples), None)
    if shown is not None:
        return Sampled(shown, own=True)
    return Sampled("namuna" if body.kind == "text" else {} if body.kind == "json" else {"namuna": "namuna"})


def _fits(body: Body) -> Callable[[Any], bool]:
    """Forms are objects, whatever else their schema allows."""
    return lambda value: body.kind not in {"form", "multipart"} or isinstance(value, Mapping)


def _usable(body: Body, shown: Iterable[Any]) -> Iterator[Any]:
    """Examples of JSON are sometimes written as a text; those of other kinds may be the text on the wire."""
    for example in shown:
        value = example
        if isinstance(example, str) and body.kind != "text":
            try:
                value = loads(example.encode("utf-8", "replace"))
            except NotJson:
                if body.kind != "json":
                    continue
        if body.kind in {"form", "multipart", "xml"} and not isinstance(value, Mapping):
            continue
        if _storable(value):
            yield value


def _storable(value: Any) -> bool:
    """Whether our own reader of JSON would take the value: examples of contracts have numbers beyond all bounds."""
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")  # noqa: PLR0124  - NaN is not itself
    if isinstance(value, int):
        return -(2**63) <= value < 2**64
    if isinstance(value, Mapping):
        return all(_storable(item) for item in value.values())
    return all(_storable(item) for item in value) if isinstance(value, list) else True


def _reply(described: RestOperation) -> tuple[Any, list[str]]:
    body = described.response(described.success)
    if body is None:
        return None, []
    if body.kind == "binary":
        return {"media_type": body.content_type, "content": base64.b64encode(_PDF).decode()}, []
    made = _unknown(body) if body.schema is None else sample(body.schema, _usable(body, body.examples), _fits(body))
    if made.found:
        return made.value, []
    raise _NoExample(f"no example of the answer {described.success} is valid to the contract: {made.reason}")


def _notes(described: RestOperation) -> Iterator[str]:
    for parameter in described.parameters:
        if parameter.schema is not None:
            yield from parameter.schema.notes
    if described.body is not None and described.body.schema is not None:
        yield from described.body.schema.notes
    if len(described.bodies) > 1:
        others = ", ".join(body.media_type for body in described.bodies[1:])
        yield f"the body may also be {others}: options: {{content_type: …}}"
    for bodies in described.responses.values():
        for body in bodies:
            if body.schema is not None:
                yield from body.schema.notes
