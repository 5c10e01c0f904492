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
_APPLICATION: Final = {key: value for key, value in ENVELOPE.items() if key != "$schema"}
_OPEN: Final = ("/healthz", "/readyz", "/refs/", "/agencies/")


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
    schemas["ProblemOut"] = problem
    schemas["Application"] = _APPLICATION
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    }
    for path, item in made["paths"].items():
        if not path.startswith(_OPEN):
            for call in item.values():
                call["security"] = [{"bearer": []}, {"apiKey": []}]
    return made


def described() -> dict[str, Any]:
    """Return the document without a running gateway: routes need no parts to describe themselves."""
    from gateway.api.app import bare_app  # noqa: PLC0415 - the app imports this module

    return document(bare_app())
