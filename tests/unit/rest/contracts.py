"""Small contracts for tests, in Python: documents around what a test is about."""

from __future__ import annotations

from typing import Any

import orjson

from adapters.rest.adapter import RestAdapter
from adapters.rest.model import RestOperation
from adapters.rest.openapi import OpenApi
from gateway.sdk import Agency, Operation


def document(operation: dict[str, Any], *, path: str = "/x", method: str = "post", version: str = "3.1.0", **more: Any) -> bytes:
    """Return a document with one operation ``x``."""
    described = {"operationId": "x", "responses": {"200": {"description": "ok"}}, **operation}
    return orjson.dumps({"openapi": version, "info": {"title": "X"}, "paths": {path: {method: described}}, **more})


def read(raw: bytes, **files: bytes) -> OpenApi:
    """Return the contract of a document."""
    return OpenApi({"api.json": raw, **{name.replace("__", "."): content for name, content in files.items()}}, "api.json")


def one(raw: bytes, **files: bytes) -> RestOperation:
    """Return the only operation of a document, which has to be usable."""
    contract = read(raw, **files)
    assert contract.problems == {}
    return next(iter(contract.operations.values()))


def adapter(raw: bytes, **options: Any) -> RestAdapter:
    """Return the adapter of an agency whose only operation is ``x``."""
    return RestAdapter(agency(raw, **options))


def agency(raw: bytes, **options: Any) -> Agency:
    """Return an agency whose only operation is ``x``."""
    return Agency(
        "agency",
        {},
        "rest",
        {"x": Operation("x", idempotent=True, options=options)},
        contract="api.json",
        files={"api.json": raw},
    )
