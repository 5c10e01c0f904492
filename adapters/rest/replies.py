"""What an answer over HTTP means. Total: any bytes under any status give an outcome, none raises.

First the rows of the operation's ``answers`` (``{status, code?, type?, when?, outcome}``; ``code`` is the body's ``code``,
or its problem ``type``; ``type`` is the problem's, RFC 9457). A row speaks for the agency, so it counts only for an answer
of the contract: where the contract describes the body of that status, a body that is not so is somebody else's (a proxy's)
and the row is passed over, unless the row says ``any_body: true`` (for agencies whose contract is wrong about its errors).

Without a row that applies:

| status | outcome |
|---|---|
| 2xx | the body, valid to the contract, read by ``response``; without ``response`` ``Completed`` with the body as data |
| 202 without ``response`` | ``Accepted`` by the body's ``reference`` or ``id``, or ``Location``; *unread* without any |
| 2xx with a document (PDF) without ``response`` | ``Completed`` with that document |
| 2xx, no readable body | ``Unknown``: it was sent, and no readable answer came |
| 2xx, JSON but not of the contract, or a mapping that fails on it | *unread* |
| 301, 307, 308, 401, 403, 404, 407, 421 | ``Misconfigured``: address or credentials; the operation was not reached |
| 412 | ``Invalid``: changed since; ``Unknown`` where a lookup can tell whether we did it ourselves |
| 400, 422 and other 4xx | ``Invalid``: it cannot read our message |
| 408, 409, 423, 425, 429 | ``Unknown``: only the table knows whether it acted |
| 1xx, other 3xx, 5xx | ``Unknown`` |

*Unread* is ``Unknown``, for the agency may have acted; ``Invalid`` only where the operation is idempotent
(``gateway.sdk.reading.unread``). A row that applies and gives no outcome is unread under any status.

An expression sees ``{body, status, operation, headers}``, the headers in lower case. A document in an answer is
``{name, media_type, content}``, which may stand in an outcome's ``documents`` as it is. ``Retry-After`` is the time to ask
again of an ``Accepted`` that names none.

``RetryLater`` comes from the table alone; it takes its ``after`` from ``Retry-After`` where the row names none.
For a lookup the same holds with the lookup's own expression, and everything that says nothing about the message that
is asked about is ``Unknown``, but for ``Misconfigured`` by 401, 403 and 407. ``NotThere`` is said by the expression or by
a row (``{status: 404, outcome: {outcome: not_there}}``), never by a bare 404: a wrong address would say so of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

from adapters.rest.bodies import BodyBroken, read
from adapters.rest.model import Body, RestOperation, is_json, kind_of
from adapters.rest.schemas import SchemaBroken
from gateway.sdk import (
    Accepted,
    Expression,
    Invalid,
    Misconfigured,
    Operation,
    Parsed,
    Reply,
    RetryLater,
    Unknown,
    outcome_from_json,
)
from gateway.sdk.mapping import MappingError
from gateway.sdk.reading import ProductInvalid, Table, no_absence, read_product, read_response, unread, with_after
from gateway.sdk.strict_json import NotJson, loads

ROW_KEYS: Final = frozenset({"status", "code", "type", "any_body"})
_NOT_REACHED: Final = frozenset({301, 307, 308, 401, 403, 404, 407, 421})
#: Headers that an expression has no business with.
_OURS: Final = frozenset({"set-cookie", "authorization", "proxy-authenticate", "www-authenticate"})
_CREDENTIALS: Final = frozenset({401, 403, 407})
_ONLY_THE_TABLE_KNOWS: Final = frozenset({408, 409, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a body is not what the contract describes. ``readable``: it is JSON, but another."""

    readable: bool
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.reason}" if self.readable else self.reason


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the answers of one operation."""

    described: RestOperation
    operation: Operation
    table: Table

    def direct(self, reply: Reply) -> Parsed:
        """Return what a direct answer means."""
        return self._read(reply, self.operation.response, lookup=False)

    def lookup(self, reply: Reply, expression: Expression) -> Parsed:
        """Return what an answer to a lookup says about the message it asked about."""
        parsed = self._read(reply, expression, lookup=True)
        outcome = parsed.outcome
        if isinstance(outcome, Invalid):
            return Parsed(Unknown(f"the lookup's answer is not clear: {outcome.path or '/'}: {outcome.reason}"))
        if isinstance(outcome, RetryLater):  # it is the lookup that was not acted on, not what it asks about
            return Parsed(Unknown(f"the lookup was put off: {outcome.reason}"))
        if isinstance(outcome, Misconfigured) and reply.status not in _CREDENTIALS:
            return Parsed(Unknown(f"the lookup's answer is not clear: {outcome.reason}; a row of 'answers' may say not_there"))
        return parsed

    def _read(self, reply: Reply, expression: Expression | None, *, lookup: bool) -> Parsed:
        keep: Callable[[Parsed], Parsed] = (lambda parsed: parsed) if lookup else no_absence
        body, trouble = _body(self.described, reply)
        headers = {key.lower(): value for key, value in reply.headers.items() if key.lower() not in _OURS}
        data = {"body": body, "status": reply.status, "operation": reply.operation, "headers": headers}
        try:
            row = self.table.read(data, lambda match: _matches(match, reply.status, body, trouble))
            if row is not None:
                return polled(with_after(keep(row), retry_after(reply.headers)), reply.headers)
            if trouble is not None or not 200 <= reply.status < 300:
                return Parsed(self._without_row(reply.status, body, trouble))
            if reply.status == 202 and expression is None:
                return polled(Parsed(_accepted(reply, body, self.operation)), reply.headers)
            if expression is None and self._is_document(reply):
                return read_product({"outcome": "completed", "documents": [body]}).parsed
            return polled(keep(read_response(expression, data).parsed), reply.headers)
        except ProductInvalid as error:
            return Parsed(unread(self.operation, error.path, f"the reply gives no outcome: {error.reason}"))
        except MappingError as error:
            return Parsed(unread(self.operation, "", f"the reply gives no outcome: {error}"))

    def _is_document(self, reply: Reply) -> bool:
        content_type = next((value for key, value in reply.headers.items() if key.lower() == "content-type"), "")
        expected = self.described.response(reply.status, content_type)
        return bool(reply.body) and expected is not None and is_document(expected, content_type)

    def _without_row(self, status: int, body: Any, trouble: _Trouble | None) -> Unknown | Invalid | Misconfigured:
        if status == 412:
            # The version that we named is not the current one; it may be an earlier try of ours that changed it.
            reason = "status 412: what the message is about has been changed since it was read"
            return Unknown(reason) if self.operation.lookup is not None and not self.operation.idempotent else Invalid("", reason)
        if status == 428:
            return Invalid("", "status 428: the agency asks for If-Match; give the operation options: {if_match: <parameter>}")
        if 200 <= status < 300 and trouble is not None and trouble.readable:
            return unread(self.operation, trouble.path, f"the reply is not of the contract: {trouble.reason}")
        return _without_row(status, body, trouble)


def is_document(body: Body, content_type: str) -> bool:
    """Whether a body of that media type is read as a document."""
    return body.binary or kind_of(content_type) == "binary"


def polled(parsed: Parsed, headers: Mapping[str, str]) -> Parsed:
    """Return ``parsed`` with ``Retry-After`` as the time to ask again, where it is an ``Accepted`` that names none."""
    outcome = parsed.outcome
    if isinstance(outcome, Accepted) and outcome.poll_after is None and (after := retry_after(headers)) is not None:
        return Parsed(Accepted(outcome.reference, after), parsed.blobs)
    return parsed


def json_body(headers: Mapping[str, str], body: bytes) -> Any:
    """Return the JSON of a body that says it is JSON. Raises ``NotJson``."""
    kind = next((value for key, value in headers.items() if key.lower() == "content-type"), "")
    if not is_json(kind):
        raise NotJson("media_type", f"expected JSON, not {kind[:80] or 'a body without a Content-Type'}")
    return loads(body)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return ``Retry-After`` in seconds; a date counts from the answer's own ``Date``. ``None`` where it says nothing."""
    given = {key.lower(): value.strip() for key, value in headers.items()}
    value = given.get("retry-after", "")
    if value.isascii() and value.isdecimal():
        return float(value) if len(value) < 10 else None
    try:
        return max(0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(given.get("date", ""))).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def _body(described: RestOperation, reply: Reply) -> tuple[Any, _Trouble | None]:
    """Return the body as JSON (``None`` where there is none), and what is wrong with it by the contract."""
    success = 200 <= reply.status < 300
    if success and not described.describes(reply.status):
        return None, _Trouble(readable=True, path="", reason=f"it knows no status {reply.status} of {described.id}")
    content_type = next((value for key, value in reply.headers.items() if key.lower() == "content-type"), "")
    bodies = described.answers(reply.status)
    expected = described.response(reply.status, content_type) if content_type else None
    if bodies and expected is None:
        wanted = ", ".join(sorted({body.media_type for body in bodies}))
        got = content_type[:80] or "a body without a Content-Type"
        try:
            body = json_body(reply.headers, reply.body)  # for a row that says any_body
        except NotJson:
            body = None
        return body, _Trouble(readable=False, path="", reason=f"expected {wanted}, not {got}")
    try:
        body = read(expected, reply.headers, reply.body) if bodies else json_body(reply.headers, reply.body)
    except NotJson:
        return None, None  # the contract describes no body: whatever stands there says nothing
    except BodyBroken as error:
        return None, _Trouble(readable=False, path="", reason=error.reason)
    if expected is None or expected.schema is None or is_document(expected, content_type):
        return body, None
    try:
        problem = expected.schema.problem(body)
    except SchemaBroken as error:
        problem = ("", str(error))
    return body, None if problem is None else _Trouble(True, *problem)


def _matches(match: Mapping[str, Any], status: int, body: Any, trouble: _Trouble | None) -> bool:
    if trouble is not None and match.get("any_body") is not True:
        return False
    wanted = match.get("status")
    if wanted is not None and str(wanted).lower() not in {str(status), f"{status // 100}xx"}:
        return False
    if "code" in match:
        return isinstance(body, Mapping) and match["code"] in (body.get("code"), body.get("type"))
    if "type" in match:  # RFC 9457: a problem without type is about:blank
        return isinstance(body, Mapping) and match["type"] == body.get("type", "about:blank")
    return True


def _without_row(status: int, body: Any, trouble: _Trouble | None) -> Unknown | Invalid | Misconfigured:
    if 200 <= status < 300 and trouble is not None:
        return Unknown(f"status {status}, but no readable answer: {trouble.reason}")
    reason = f"status {status}"
    if trouble is not None:
        reason += f": its body is not of the contract ({trouble}), so no row without any_body applies"
    elif title := _title(body):
        reason += f": {title}"
    if status in _NOT_REACHED:
        return Misconfigured(reason)
    if 400 <= status < 500 and status not in _ONLY_THE_TABLE_KNOWS:
        return Invalid("", reason)
    return Unknown(reason)


def _accepted(reply: Reply, body: Any, operation: Operation) -> Accepted | Invalid | Unknown:
    given = body if isinstance(body, Mapping) else {}
    location = next((value for key, value in reply.headers.items() if key.lower() == "location"), "")
    for candidate in (given.get("reference"), given.get("id"), location):
        if isinstance(candidate, str | int) and not isinstance(candidate, bool) and str(candidate):
            try:
                made = outcome_from_json({"outcome": "accepted", "reference": str(candidate)})
            except ValueError as error:
                return unread(operation, "/reference", str(error))
            if isinstance(made, Accepted):
                return made
    why = "status 202 without a reference (body's reference or id, or Location): its later reply could not be found"
    return unread(operation, "/reference", why)


def _title(body: Any) -> str:
    # Not the detail: that is free text about the person asked about.
    title = body.get("title") if isinstance(body, Mapping) else None
    return title[:200] if isinstance(title, str) else ""
