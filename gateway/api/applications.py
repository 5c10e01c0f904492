"""POST /v1/applications: the hot path. The body is read once, checked, stored, and only then answered."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Caller, Scope
from gateway.api.bodies import read_body, require_json
from gateway.api.docs import known, raw_body
from gateway.api.documents import require_documents
from gateway.api.door import Door
from gateway.api.errors import KeyMissing
from gateway.api.models import SubmitQuery
from gateway.api.shapes import CaseOut, SubmittedOut
from gateway.api.views import case_view
from gateway.application.envelope import CheckedApplication
from gateway.application.submit import Submitted, already_open

router = APIRouter(tags=["applications"])
#: Printable ASCII, so that it travels in a header; quoted (as in the IETF draft) or not.
_KEY: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?")
_PARAMETERS: Final[list[dict[str, Any]]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Your own key of this application; needed unless dry_run. Key and body again: the first answer again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    {
        "name": "dry_run",
        "in": "query",
        "description": "Check everything and keep nothing.",
        "schema": {"type": "boolean", "default": False},
    },
]
_DOCS: Final = raw_body(
    "application/json",
    {"$ref": "#/components/schemas/Application"},
    "One envelope around the service's form. GET /v1/services/{id} has the form's schema.",
)


@router.post(
    "/v1/applications",
    status_code=202,
    operation_id="submitApplication",
    responses={
        202: {"model": SubmittedOut, "description": "Stored. Location is the case."},
        200: {"model": CaseOut, "description": "With dry_run: the case as it would be. Nothing was kept."},
        **known(400, 409, 413, 415),
    },
    openapi_extra={"parameters": _PARAMETERS, **_DOCS},
)
async def submit_application(request: Request) -> Response:
    """Hand in one application. 202 means that it is stored and will not be lost."""
    door: Door = request.app.state.door
    caller = await door.authenticator.caller(request, Scope.SUBMIT)
    dry_run = _dry_run(request)
    key = "" if dry_run else idempotency_key(request.headers.get("idempotency-key"))
    require_json(request)
    raw = await read_body(request, door.parts.limits.application_bytes)
    if dry_run:
        return await _rehearse(door, caller, raw)
    done = await submit(door, caller, key, raw, request.scope.get("darcha.traceparent", ""))
    request.scope["darcha.case"] = done.answer["id"]
    headers = {"location": f"/v1/cases/{done.answer['id']}"}
    if done.repeated:
        headers["idempotency-replayed"] = "true"
    return json_answer(done.answer, 202, headers)


async def submit(door: Door, caller: Caller, key: str, raw: bytes, traceparent: str) -> Submitted:
    """Submit under a key that no other call of this process has now. Raises as ``Submit.submit``, and ``StillRunning``."""
    begun, service, result = time.perf_counter(), "", "refused"
    await door.begin(caller.name, key)
    try:
        checked = door.parts.submit.check(raw)
        service = checked.service
        await _require_documents(door, caller, checked)
        done = await door.parts.submit.submit_checked(checked, client=caller.name, key=key, traceparent=traceparent)
        result = "repeated" if done.repeated else "accepted"
    finally:
        door.end(caller.name, key)
        door.parts.taken_in(service, result, time.perf_counter() - begun)
    return done


async def _require_documents(door: Door, caller: Caller, checked: CheckedApplication) -> None:
    documents = checked.envelope.get("documents")
    if documents:
        await require_documents(door, caller, [d.get("digest", "") for d in documents])


async def _rehearse(door: Door, caller: Caller, raw: bytes) -> Response:
    use_case = door.parts.submit
    checked = use_case.check(raw)
    await _require_documents(door, caller, checked)
    file = use_case.new_case(checked, caller.name)
    unique, then = use_case.claim_of(file)
    if then == "refuse" and await door.parts.reads.is_claimed(unique):
        raise already_open()
    service = door.parts.deployment.catalogue.services[checked.service]
    return json_answer(case_view(file, service) | {"dry_run": True})


def _dry_run(request: Request) -> bool:
    if not request.scope["query_string"]:
        return False
    try:
        return SubmitQuery.model_validate(dict(request.query_params)).dry_run
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("query", *e["loc"])} for e in error.errors()]) from None


def idempotency_key(given: str | None) -> str:
    """Return the key without its quotes. Raises ``KeyMissing``."""
    plain = (given or "").strip()
    if len(plain) >= 2 and plain[0] == plain[-1] == '"':
        plain = plain[1:-1]
    if not _KEY.fullmatch(plain):
        raise KeyMissing(
            "key_missing", "send the header Idempotency-Key: your own key of this application, 1 to 200 printable characters"
        )
    return plain
