"""From what a mapping produced to the bytes of one REST message. Pure, and valid to the contract or refused.

**The product.** Where the operation has parameters (beyond the headers that the gateway fills in itself), the mapping
yields ``{"params": {<name>: value, ...}, "body": {...}}``; else the product is the body. Two parameters of one name in
different places are told apart as ``path.id`` and ``query.id``.

An operation with the option ``at: reference`` is called by the address that the agency gave (``Location``), which is
the request's ``reference``; its path and the parameters in it are not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from adapters.rest.bodies import BodyBroken, write
from adapters.rest.model import Body, Parameter, RestOperation
from adapters.rest.parameters import CannotBeWritten, in_cookie, in_header, in_path, in_query
from adapters.rest.pieces import PLACEHOLDER, insert_documents, marks, sampled
from adapters.rest.schemas import Checker, SchemaBroken, token
from gateway.sdk import DocumentRef, Message, MessageInvalid, OutgoingRequest

_STATIC: Final = "/:@!$&'()*+,;=~-._%"
_SHAPE: Final = "the operation has parameters: expected {params: {...}, body: {...}}"


def render(operation: RestOperation, request: OutgoingRequest, *, by_reference: bool = False) -> Message:
    """Return the message. Raises ``MessageInvalid`` with the pointer into the product."""
    parameters = [p for p in operation.parameters if not (by_reference and p.where == "path")]
    params, body = _split(parameters, request.input)
    placed = {p: value for p in parameters if (value := _value(p, params)) is not None}
    if strange := sorted(set(params) - {name for p in parameters for name in (p.name, f"{p.where}.{p.name}")}):
        raise MessageInvalid(f"/params/{token(strange[0])}", "the operation has no such parameter")
    documents: tuple[DocumentRef, ...] = ()
    raw, content_type, options = b"", "", dict[str, Any]()
    if operation.body is not None and not (body is None and not operation.body.required):
        root = "/body" if parameters else ""
        documents = _documents(body, request.documents)
        _check_body(operation.body, root, sampled(body) if documents else body)
        try:
            written = write(operation.body, body, request.message_id, {d.digest: d for d in documents})
        except BodyBroken as error:
            raise MessageInvalid(root, error.reason) from error
        raw, content_type = written.raw, written.content_type
        if written.inserts:
            options["inserts"] = written.inserts
    elif body is not None and (parameters or body != {}):  # a mapping that has nothing to say yields an empty object
        raise MessageInvalid("/body", "the operation has no body")
    address, query = _address(operation.path, placed, request.reference if by_reference else None), _query(placed)
    if by_reference:
        options["by_reference"] = True
    return Message(
        message_id=request.message_id,
        operation=operation.id,
        body=raw,
        content_type=content_type,
        method=operation.method,
        path=address + (("&" if "?" in address else "?") + query if query else ""),
        headers=_headers(operation, request, placed),
        documents=documents,
        options=options,
    )


def _split(parameters: list[Parameter], product: Any) -> tuple[Mapping[str, Any], Any]:
    if not parameters:
        return {}, product
    if not isinstance(product, Mapping):
        raise MessageInvalid("", _SHAPE)
    if strange := sorted(set(product) - {"params", "body"}):
        raise MessageInvalid(f"/{token(strange[0])}", _SHAPE)
    params = product.get("params") or {}
    if not isinstance(params, Mapping):
        raise MessageInvalid("/params", "expected an object of the parameters by name")
    return params, product.get("body")


def _value(parameter: Parameter, params: Mapping[str, Any]) -> Any:
    """Return the parameter's value as it goes onto the wire; ``None`` where it is not sent."""
    where = f"/params/{token(parameter.name)}"
    value = params.get(f"{parameter.where}.{parameter.name}", params.get(parameter.name))
    if value is None or (value in ([], {}) and not parameter.required):
        if parameter.required:
            raise MessageInvalid(where, f"the {parameter.where} parameter is required")
        return None
    problem = None if parameter.schema is None else _problem(parameter.schema, where, value)
    if problem is not None:
        raise MessageInvalid(where + problem[0], problem[1])
    if value in ([], {}) or _empty(value):
        raise MessageInvalid(where, "an empty list or object, or null within one, has no form in a parameter")
    try:
        if parameter.where == "path":
            return in_path(parameter, value)
        if parameter.where == "query":
            return list(in_query(parameter, value))
        return in_header(parameter, value) if parameter.where == "header" else list(in_cookie(parameter, value))
    except CannotBeWritten as error:
        raise MessageInvalid(where, str(error)) from error
    except UnicodeEncodeError as error:
        raise MessageInvalid(where, "half of a surrogate pair") from error


def _empty(value: Any) -> bool:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(item is None for item in inner)


def _problem(schema: Checker, where: str, value: Any) -> tuple[str, str] | None:
    try:
        return schema.problem(value)
    except SchemaBroken as error:
        raise MessageInvalid(where, str(error)) from error


def _check_body(body: Body, root: str, value: Any) -> None:
    if body.schema is None or (body.kind in {"xml", "text", "binary"} and isinstance(value, str) and not _says_text(body)):
        return
    if (problem := _problem(body.schema, root, value)) is not None:
        raise MessageInvalid(root + problem[0], problem[1])


def _says_text(body: Body) -> bool:
    """A document made by the mapping itself, and bytes, are not what a schema of an object speaks of."""
    return body.kind == "text"


def _address(template: str, placed: Mapping[Parameter, Any], reference: str | None) -> str:
    if reference is not None:
        if not reference:
            raise MessageInvalid("", "the operation is called by the agency's reference (at: reference), and there is none yet")
        if not reference.isascii() or not reference.isprintable() or " " in reference:
            raise MessageInvalid("", "the agency's reference is not an address")
        return reference
    path, _, query = template.partition("?")
    texts = {p.wire: made for p, made in placed.items() if p.where == "path"}
    parts: list[str] = []
    while path:
        before, opened, rest = path.partition("{")
        parts.append(static(before))
        if opened:
            name, _, rest = rest.partition("}")
            parts.append(texts.get(name, quote(f"{{{name}}}", safe="")))
        path = rest
    return "".join(parts) + (f"?{static(query)}" if query else "")


def _query(placed: Mapping[Parameter, Any]) -> str:
    return "&".join(f"{key}={value}" for p, pairs in placed.items() if p.where == "query" for key, value in pairs)


def _headers(operation: RestOperation, request: OutgoingRequest, placed: Mapping[Parameter, Any]) -> dict[str, str]:
    headers = {p.wire: value for p, value in placed.items() if p.where == "header"}
    cookies = [f"{key}={value}" for p, pairs in placed.items() if p.where == "cookie" for key, value in pairs]
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    headers |= {
        "Accept": accept(operation),
        "Idempotency-Key": request.message_id,
        "X-Message-Id": request.message_id,
    }
    if request.callback_url:
        headers["X-Darcha-Callback"] = f"{request.callback_url.rstrip('/')}/callbacks"
    return headers


def static(text: str) -> str:
    """Return a fixed part of a path or a query as it goes onto the wire."""
    return quote(text, safe=_STATIC)


def accept(operation: RestOperation) -> str:
    """Return ``Accept``: JSON first, then what else the contract says that the operation answers with."""
    success = [body for status, bodies in operation.responses.items() if status.startswith("2") for body in bodies]
    others = sorted({b.media_type for b in success if b.kind != "json"}, key=str.lower)
    if any(body.kind == "json" for body in success) or not others:
        return "application/json, application/problem+json;q=0.9"
    return ", ".join([*others, "application/json;q=0.9", "application/problem+json;q=0.8"])


def _documents(body: Any, known: tuple[DocumentRef, ...]) -> tuple[DocumentRef, ...]:
    by_digest = {document.digest: document for document in known}
    wanted = sorted(set(marks(body)))
    if missing := [digest for digest in wanted if digest not in by_digest]:
        raise MessageInvalid("", f"the document {missing[0]} is not one of this request")
    return tuple(by_digest[digest] for digest in wanted)


__all__ = ["PLACEHOLDER", "accept", "insert_documents", "render", "static"]
