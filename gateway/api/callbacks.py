"""Agencies call back: authenticated, understood, kept, and only then answered, in the agency's own terms."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.agencies import agency_of
from gateway.api.bodies import read_body
from gateway.api.docs import problems, raw_body
from gateway.api.door import Door, DoorDep
from gateway.api.errors import TooLarge
from gateway.application.store import StoreUnavailable
from gateway.domain.agency import Agency
from gateway.domain.errors import NotFound
from gateway.sdk.adapter import Adapter, Answer
from gateway.sdk.errors import CallbackRefused
from gateway.sdk.link import Secrets

router = APIRouter(tags=["callbacks"])
_log: Final = structlog.get_logger(__name__)
_FAULTS: Final = frozenset({400, 413})
#: An adapter answers in what the agency speaks; only who calls no agency of ours gets a problem document.
_OWN: Final[dict[str, Any]] = {"content": {"*/*": {}}}
_ANSWERS: Final = {
    200: {"description": "Kept; the agency's own receipt", **_OWN},
    400: {"description": "A refusal in the agency's own terms: what came cannot be read", **_OWN},
    401: {"description": "A refusal in the agency's own terms: the credentials are missing or wrong", **_OWN},
    413: {"description": "A refusal in the agency's own terms: larger than the limit", **_OWN},
    503: {"description": "A refusal in the agency's own terms: nothing was kept; Retry-After says when to send it again", **_OWN},
    **problems(404),
}


@router.post(
    "/agencies/{agency}/callbacks/{operation}",
    operation_id="callBack",
    responses=_ANSWERS,
    openapi_extra=raw_body("*/*", {"type": "string", "format": "binary"}, "As the agency's contract says."),
)
async def call_back(request: Request, agency: str, operation: str, door: DoorDep) -> Response:
    """Take a callback of one operation. A repeat gets its first answer."""
    found = agency_of(door, agency)
    if operation not in found.callbacks.get("operations", {}):
        raise NotFound("not_found", f"the contract of {agency} has no callback {operation[:60]!r}")
    return await _receive(request, door, found, operation)


@router.post(
    "/agencies/{agency}/soap",
    operation_id="callBackSoap",
    responses={**_ANSWERS, 500: {"description": "A SOAP 1.1 fault: a refusal", "content": {"text/xml": {}}}},
    openapi_extra=raw_body("text/xml", {"type": "string"}, "A SOAP envelope of one of the contract's callback operations."),
)
async def call_back_soap(request: Request, agency: str, door: DoorDep) -> Response:
    """Take a callback on the agency's common address; the body says which operation it is."""
    answer = await _receive(request, door, agency_of(door, agency), "")
    if answer.status_code in _FAULTS and answer.headers["content-type"].startswith("text/xml"):
        answer.status_code = 500  # SOAP 1.1 (WS-I R1126): clients look for a fault there and nowhere else; 1.2 has 400 for it
    return answer


async def _receive(request: Request, door: Door, agency: Agency, operation: str) -> Response:
    """``operation`` is empty when the body has to tell it."""
    parts = door.parts
    adapter = parts.deployment.adapter(agency.digest)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not authenticated(agency.callbacks.get("auth") or {}, headers, parts.secrets):
        _log.warning("callback not authenticated", agency=agency.id, operation=operation)
        kind = str((agency.callbacks.get("auth") or {}).get("kind", ""))
        error = CallbackRefused("", "unauthenticated", "the credentials of this callback are missing or wrong")
        challenge = {"www-authenticate": f'{"Basic" if kind == "basic" else "Bearer"} realm="darcha"'}
        return _refused(adapter, error, 401, challenge)
    try:
        body = await read_body(request, parts.limits.callback_bytes)
        name = operation or adapter.callback_name(headers.get("content-type", ""), body)
        about = {"id_": parts.mint.uuid(), "now": parts.now(), "traceparent": request.scope.get("darcha.traceparent", "")}
        answer = await parts.callbacks.receive(agency.id, name, adapter, headers, body, **about)
    except CallbackRefused as error:
        _log.warning("callback refused", agency=agency.id, operation=operation, code=error.code, pointer=error.pointer)
        return _refused(adapter, error, 400)
    except TooLarge as error:
        return _refused(adapter, CallbackRefused("", error.code, error.message), 413)
    except StoreUnavailable:
        refused = CallbackRefused("", "unavailable", "nothing was kept; send it again")
        return _refused(adapter, refused, 503, {"retry-after": str(parts.limits.retry_after_secs)})
    return _response(answer)


def _refused(adapter: Adapter, error: CallbackRefused, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return _response(adapter.refuse_callback(error, status), headers)


def _response(answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    return Response(answer.body, answer.status, {"content-type": answer.content_type, **(headers or {})})


def authenticated(auth: Mapping[str, Any], headers: Mapping[str, str], secrets: Secrets) -> bool:
    """Return whether the headers (names in lower case) carry what the contract asks for. Takes constant time.

    A contract that asks for nothing lets nobody in.
    """
    kind = auth.get("kind", "")
    try:
        secret = secrets.get(str(auth["secret"]))
    except KeyError:
        _log.error("callback secret is missing", secret=str(auth.get("secret", "")))
        return False
    match kind:
        case "bearer":
            return _same(headers.get("authorization", ""), "Bearer ", secret)
        case "api_key":
            return _same(headers.get(str(auth.get("header") or "X-Api-Key").lower(), ""), "", secret)
        case "basic":
            return _basic(headers.get("authorization", ""), str(auth.get("user", "")), secret)
        case _:
            return False


def _same(given: str, prefix: str, secret: str) -> bool:
    matches = given[: len(prefix)].lower() == prefix.lower()
    return hmac.compare_digest(given[len(prefix) :].strip().encode(), secret.encode()) and matches and bool(secret)


def _basic(given: str, user: str, secret: str) -> bool:
    try:
        decoded = base64.b64decode(given[6:].strip(), validate=True) if given[:6].lower() == "basic " else b""
    except (binascii.Error, ValueError):
        decoded = b""
    return hmac.compare_digest(decoded, f"{user}:{secret}".encode()) and bool(secret)
