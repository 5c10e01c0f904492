"""How calls describe themselves in the OpenAPI document: the problems that each can answer with."""

from __future__ import annotations

from typing import Any, Final

from gateway.api.shapes import Out


class RuleOut(Out):
    """One broken rule."""

    pointer: str
    code: str
    message: str


class ProblemOut(Out):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[RuleOut]
    trace: str | None = None


_MEANING: Final[dict[int, str]] = {
    400: "Not JSON, not UTF-8, a key twice, or a header that is missing",
    401: "No key, or one that is not known",
    403: "The key or the reference does not allow this",
    404: "There is none, or it is not this caller's",
    409: "The state does not allow it",
    412: "If-Match: the case has moved",
    413: "Larger than the limit",
    415: "Another content type is wanted",
    422: "A rule is broken; errors name each by its pointer",
    503: "The database is not there; Retry-After says when to ask again",
}
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
Answers = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Answers:
    """Return the problem answers of a call: those given, and those that any call with a key can have."""
    answers: Answers = {status: {"description": _MEANING[status], "content": _PROBLEM} for status in statuses}
    return answers


def known(*statuses: int) -> Answers:
    """Return the problem answers of a call that needs a key."""
    return problems(*sorted({401, 403, 422, 503, *statuses}))


def raw_body(media_type: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """Return what describes a body that the call reads by itself."""
    content = {media_type: {"schema": schema}}
    return {"requestBody": {"required": True, "description": description, "content": content}}


__all__ = ["Answers", "ProblemOut", "RuleOut", "known", "problems", "raw_body"]
