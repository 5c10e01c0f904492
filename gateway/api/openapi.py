"""The OpenAPI document: made from the app, kept in ``schemas/openapi.json``, compared by a test (see ``published.py``)."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.api.docs import ProblemOut
from gateway.application.envelope import ENVELOPE

VERSION: Final = version("darcha")
_ABOUT: Final = (
    "Darcha hands applications of a one-stop shop over to the agencies that have to act, follows them and keeps the "
    "statutory clock. Errors are RFC 9457 problems in uz, ru, ky or en by Accept-Language. Times are RFC 3339 with offset."
)
#: The envelope, the same for all services; the rules of the form are the service's.
_EXAMPLE: Final = {
    "service": "preschool-enrolment",
    "office": "namangan-center",
    "channel": "counter",
    "reference": "NAM-2026-00101",
    "taken_at": "2026-09-01T10:20:00+05:00",
    "territory": "1714401",
    "language": "uz",
    "parties": [
        {
            "role": "applicant",
            "kind": "person",
            "identifier": "41203857100011",
            "name": {"family": "Namunayeva", "given": "Zulfiya"},
            "authority": {"kind": "parent", "document": "I-NA 1000011"},
        },
        {
            "role": "subject",
            "kind": "person",
            "identifier": "51205227100018",
            "name": {"family": "Namunayeva", "given": "Lola"},
        },
    ],
    "form": {"institutions": ["17014"], "group_language": "uz", "start_from": "2026-09-01"},
}
_APPLICATION: Final = {key: value for key, value in ENVELOPE.items() if key != "$schema"} | {"examples": [_EXAMPLE]}
_REFUSAL: Final = {
    "type": "urn:darcha:problem:bad_input",
    "title": "A rule is broken",
    "status": 422,
    "code": "bad_input",
    "detail": "/form/start_from: this field is required",
    "errors": [{"pointer": "/form/start_from", "code": "required", "message": "this field is required"}],
    "trace": "6cef96911de77ddce337ae9df0c2f2bc",
}
#: What needs no key of ours: the platform's questions, signed references, and agencies, which have credentials of their own.
OPEN: Final = ("/healthz", "/readyz", "/refs/", "/agencies/")


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document of the app, made once."""
    if not app.openapi_schema:
        app.openapi_schema = _make(app)
    return app.openapi_schema


def _make(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas["ProblemOut"] = problem | {"examples": [_REFUSAL]}
    schemas["Application"] = _APPLICATION
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    }
    for path, item in made["paths"].items():
        for call in item.values():
            if not path.startswith(OPEN):
                call["security"] = [{"bearer": []}, {"apiKey": []}]
            if "HTTPValidationError" in str(call["responses"].get("422")):
                del call["responses"]["422"]  # FastAPI's, of a call whose parameters are texts and cannot be wrong
            for answer in call["responses"].values():
                content = answer.get("content", {})
                if len(content) > 1 and content.get("application/json") == {"schema": {}}:
                    del content["application/json"]  # FastAPI's guess of a call that has said what it answers
    return made


def described() -> dict[str, Any]:
    """Return the document without a running gateway: routes need no parts to describe themselves."""
    from gateway.api.app import bare_app  # noqa: PLC0415 - the app imports this module

    return document(bare_app())
