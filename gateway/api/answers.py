"""Answers as bytes: JSON by orjson, and problem documents (RFC 9457) in the caller's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.words import rule, title, title_of
from gateway.application.languages import negotiate
from gateway.application.messages import localise
from gateway.domain.errors import Problem

PROBLEM_JSON: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:darcha:problem:"


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return the value as JSON. Times, UUIDs, enums and tuples are known to orjson."""
    return Response(orjson.dumps(value, default=_plain), status, headers, "application/json")


def page_answer(request: Request, items: Sequence[Any], after: str) -> Response:
    """Return one page of a list, with the link to the next one (RFC 8288)."""
    headers = {}
    if after:
        query = [(k, v) for k, v in request.query_params.multi_items() if k != "after"] + [("after", after)]
        headers["link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
    return json_answer({"items": items, "after": after}, headers=headers)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document. ``detail`` is in English and for engineers, ``title`` and ``errors`` for who reads."""
    language = negotiate(request.headers.get("accept-language", ""))
    body = problem_body(language, status, code, detail, errors, trace=request.scope.get("darcha.trace", ""))
    plain = {"content-language": language, "vary": "Accept-Language"} | dict(headers or {})
    return Response(orjson.dumps(body), status, plain, PROBLEM_JSON)


def problem_body(
    language: str, status: int, code: str, detail: str, errors: Sequence[Problem] = (), *, trace: str = ""
) -> dict[str, Any]:
    """Return the members of a problem document."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": title(code, language, _general(status)),
        "status": status,
        "code": code,
        "detail": detail,
        "errors": [{"pointer": e.pointer, "code": e.code, "message": _message(e, language)} for e in errors],
    }
    if trace:
        body["trace"] = trace
    return body


def _message(error: Problem, language: str) -> str:
    """What the rule says; in another language than English at least the title, where there is no text of the rule."""
    said = rule(error.code, language, error.params) or localise(error, language)
    return (title_of(error.code, language) or said) if said == error.message and language != "en" else said


def _general(status: int) -> str:
    """The code whose title fits any problem of this status."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "internal"
    return {400: "bad_input", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}.get(
        status, "bad_input" if status == HTTPStatus.UNPROCESSABLE_ENTITY else "conflict"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):  # a driver's own subclass, which orjson does not take for one
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
