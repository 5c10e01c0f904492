"""Which problem document an error becomes: the one table, used by single calls and by each line of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import problem
from gateway.api.bodies import pointers
from gateway.api.errors import HttpRefusal
from gateway.api.parts import Limits
from gateway.application.clock_fields import pointer_of
from gateway.application.store import StoreUnavailable
from gateway.domain.course import ClockRefused
from gateway.domain.errors import BadInput, Conflict, DarchaError, NotFound, Problem, Refusal
from gateway.security.signing import ReferenceRefused

_log: Final = structlog.get_logger(__name__)
#: Conflicts with a status of their own.
_CONFLICTS: Final[dict[str, int]] = {"key_reused": 422, "moved": 412, "calendar_moved": 412, "webhook_moved": 412}
_NOT_JSON: Final = frozenset({"encoding", "syntax", "duplicate_key", "depth", "number", "text"})
_HTTP: Final[dict[int, str]] = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller is told of an error."""

    status: int
    code: str
    detail: str
    errors: Sequence[Problem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def tell(error: Exception, limits: Limits) -> Told:
    """Return what the caller is told. Of an error that nobody foresaw: nothing but that it was one; the log has the rest."""
    match error:
        case BadInput():
            return _shape(error.problems)
        case RequestValidationError():
            return _shape(pointers(error))
        case HttpRefusal():
            rule = Problem("", error.code, error.message, error.params)
            return Told(error.status, error.code, error.message, (rule,), error.headers)
        case NotFound():
            return Told(404, "not_found", error.message)
        case ClockRefused():
            return Told(409, error.code, error.message, (Problem(pointer_of(error), error.code, error.message),))
        case Conflict():
            return Told(_CONFLICTS.get(error.code, 409), error.code, error.message, (Problem("", error.code, error.message),))
        case Refusal():
            return Told(422, error.code, error.message)
        case ReferenceRefused():
            return Told(403, error.code, str(error))
        case StoreUnavailable():
            message = "the database cannot be reached now; nothing was changed, send the same again"
            return Told(503, "unavailable", message, headers={"retry-after": str(limits.retry_after_secs)})
        case HTTPException():
            return _http(error)
        case _:
            _log.error("unforeseen", exc_info=error)
            return Told(500, "internal", "this was not foreseen; the log has it under the trace of this call")


def _shape(errors: Sequence[Problem]) -> Told:
    """400 for what is not JSON at all, 413 for too much of it, 422 for JSON that breaks a rule."""
    codes = {e.code for e in errors}
    if "too_large" in codes:
        return Told(413, "too_large", _count(errors), errors)
    if any(e.code in _NOT_JSON and not e.pointer for e in errors):
        return Told(400, "not_json", _count(errors), errors)
    return Told(422, "bad_input", _count(errors), errors)


def _count(errors: Sequence[Problem]) -> str:
    return "; ".join(f"{e.pointer or '/'}: {e.message}" for e in errors[:20])


def _http(error: HTTPException) -> Told:
    code = _HTTP.get(error.status_code, "bad_input" if error.status_code < 500 else "internal")
    detail = str(error.detail) or HTTPStatus(error.status_code).phrase
    return Told(error.status_code, code, detail, headers=error.headers or {})


def install(app: FastAPI) -> None:
    """Let every error of the app end as a problem document."""

    async def answer(request: Request, error: Exception) -> Response:
        return told_answer(request, tell(error, request.app.state.door.parts.limits))

    for kind in (DarchaError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)


def told_answer(request: Request, told: Told) -> Response:
    """Return the problem document, in the caller's language."""
    return problem(request, told.status, told.code, told.detail, errors=told.errors, headers=told.headers)
