"""From what a mapping produced to the bytes of one REST message. Pure, and valid to the contract or refused.

**The product.** Where the operation has parameters (beyond the headers that the gateway fills in itself), the mapping
yields ``{"params": {<name>: value, ...}, "body": {...}}``; else the product is the body. Two parameters of one name in
different places are told apart as ``path.id`` and ``query.id``.

**Documents** are named by placeholders: a text that is wholly ``darcha-document:<sha-256>`` stands for the document's
bytes as base64, which the worker puts in when it sends. The digest has to be one of the request's own documents.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import orjson

from adapters.rest.openapi import Parameter, RestOperation
from adapters.rest.schemas import SchemaBroken, token
from gateway.sdk import DocumentRef, Message, MessageInvalid, OutgoingRequest

PLACEHOLDER: Final = "darcha-document:"
_PLACED: Final = re.compile(rb'"' + PLACEHOLDER.encode() + rb'([0-9a-f]{64})"')
_MARK: Final = re.compile(rf"{PLACEHOLDER}([0-9a-f]{{64}})")
#: Stands for a document while the body is checked against the schema: short, and good base64.
_SAMPLE: Final = "AAAA"


def render(operation: RestOperation, request: OutgoingRequest) -> Message:
    """Return the message. Raises ``MessageInvalid`` with the pointer into the product."""
    params, body = _split(operation, request.input)
    placed = {p: _value(p, params) for p in operation.parameters}
    if strange := sorted(set(params) - {name for p in operation.parameters for name in (p.name, f"{p.where}.{p.name}")}):
        raise MessageInvalid(f"/params/{token(strange[0])}", "the operation has no such parameter")
    documents: tuple[DocumentRef, ...] = ()
    raw = b""
    if operation.body is not None and not (body is None and not operation.body.required):
        documents = _documents(body, request.documents)
        _check_body(operation, _sampled(body) if documents else body)
        raw = _bytes(body)
    elif body is not None:
        raise MessageInvalid("/body", "the operation has no body")
    return Message(
        message_id=request.message_id,
        operation=operation.id,
        body=raw,
        content_type=operation.body.media_type if raw and operation.body is not None else "",
        method=operation.method,
        path=_path(operation.path, placed) + _query(placed),
        headers=_headers(request, placed),
        documents=documents,
    )


def insert_documents(body: bytes, contents: Mapping[str, bytes]) -> bytes:
    """Return ``body`` with each placeholder replaced by its document (by digest) as base64."""
    if not contents:
        return body
    return _PLACED.sub(
        lambda found: b'"' + base64.b64encode(contents[found[1].decode()]) + b'"' if found[1].decode() in contents else found[0],
        body,
    )


def _split(operation: RestOperation, product: Any) -> tuple[Mapping[str, Any], Any]:
    if not operation.parameters:
        return {}, product
    if not isinstance(product, Mapping):
        raise MessageInvalid("", "the operation has parameters: expected {params: {...}, body: {...}}")
    if strange := sorted(set(product) - {"params", "body"}):
        raise MessageInvalid(f"/{token(strange[0])}", "the operation has parameters: expected {params: {...}, body: {...}}")
    params = product.get("params") or {}
    if not isinstance(params, Mapping):
        raise MessageInvalid("/params", "expected an object of the parameters by name")
    return params, product.get("body")


def _value(parameter: Parameter, params: Mapping[str, Any]) -> Any:
    where = f"/params/{token(parameter.name)}"
    value = params.get(f"{parameter.where}.{parameter.name}", params.get(parameter.name))
    if value is None:
        if parameter.required:
            raise MessageInvalid(where, f"the {parameter.where} parameter is required")
        return None
    problem = None if parameter.schema is None else _problem(parameter.schema, where, value)
    if problem is not None:
        raise MessageInvalid(where + problem[0], problem[1])
    items = value if isinstance(value, list) else [value]
    if not items or any(isinstance(item, dict | list) or item is None for item in items):
        raise MessageInvalid(where, "a parameter is a text, a number, a boolean or a list of these")
    texts = [_text(item) for item in items]
    if parameter.where == "path" and any(text in {"", ".", ".."} for text in texts):
        raise MessageInvalid(where, "a part of a path cannot be empty, '.' or '..'")
    if parameter.where in {"header", "cookie"} and any(not text.isprintable() or not text.isascii() for text in texts):
        raise MessageInvalid(where, "a header holds printable ASCII characters only")
    return texts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _problem(schema: Any, where: str, value: Any) -> tuple[str, str] | None:
    try:
        found: tuple[str, str] | None = schema.problem(value)
    except SchemaBroken as error:
        raise MessageInvalid(where, str(error)) from error
    return found


def _check_body(operation: RestOperation, body: Any) -> None:
    assert operation.body is not None  # noqa: S101  - the caller asked
    root = "/body" if operation.parameters else ""
    if operation.body.schema is not None and (problem := _problem(operation.body.schema, root, body)) is not None:
        raise MessageInvalid(root + problem[0], problem[1])


def _bytes(body: Any) -> bytes:
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONEncodeError, TypeError) as error:
        raise MessageInvalid("", f"the product is not JSON: {error}") from error


def _path(template: str, placed: Mapping[Parameter, Any]) -> str:
    for parameter, texts in placed.items():
        if parameter.where == "path" and texts is not None:
            template = template.replace(f"{{{parameter.name}}}", ",".join(quote(text, safe="") for text in texts))
    return template


def _query(placed: Mapping[Parameter, Any]) -> str:
    pairs = list(_pairs(placed))
    return "?" + "&".join(pairs) if pairs else ""


def _pairs(placed: Mapping[Parameter, Any]) -> Iterator[str]:
    for parameter, texts in placed.items():
        if parameter.where != "query" or texts is None:
            continue
        name = quote(parameter.name, safe="")
        values = [quote(text, safe="") for text in texts]
        yield from (f"{name}={value}" for value in values) if parameter.explode else (f"{name}={','.join(values)}",)


def _headers(request: OutgoingRequest, placed: Mapping[Parameter, Any]) -> dict[str, str]:
    headers = {p.name: ",".join(texts) for p, texts in placed.items() if p.where == "header" and texts is not None}
    cookies = [f"{p.name}={quote(','.join(texts), safe='')}" for p, texts in placed.items() if p.where == "cookie" and texts]
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    headers |= {
        "Accept": "application/json, application/problem+json;q=0.9",
        "Idempotency-Key": request.message_id,
        "X-Message-Id": request.message_id,
    }
    if request.callback_url:
        headers["X-Darcha-Callback"] = f"{request.callback_url.rstrip('/')}/callbacks"
    return headers


def _marks(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if (found := _MARK.fullmatch(value)) is not None:
            yield found[1]
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _marks(item)
    elif isinstance(value, list):
        for item in value:
            yield from _marks(item)


def _documents(body: Any, known: tuple[DocumentRef, ...]) -> tuple[DocumentRef, ...]:
    by_digest = {document.digest: document for document in known}
    wanted = sorted(set(_marks(body)))
    if missing := [digest for digest in wanted if digest not in by_digest]:
        raise MessageInvalid("", f"the document {missing[0]} is not one of this request")
    return tuple(by_digest[digest] for digest in wanted)


def _sampled(value: Any) -> Any:
    if isinstance(value, str):
        return _SAMPLE if _MARK.fullmatch(value) else value
    if isinstance(value, Mapping):
        return {key: _sampled(item) for key, item in value.items()}
    return [_sampled(item) for item in value] if isinstance(value, list) else value
