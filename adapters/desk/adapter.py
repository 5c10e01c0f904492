"""The adapter for people: a request is a task in an inbox, and a clerk's answer is the outcome.

Nothing is transmitted: the task is the gateway's own row, so ``send`` only says that it stands there. The answer comes
through the gateway (API or CLI) as an outcome object; ``parse`` checks one, and where ``options.answer`` of the operation
is a JSON Schema, ``data`` of a ``completed`` has to be valid to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import orjson

from gateway.sdk import (
    Accepted,
    Agency,
    Answer,
    Callback,
    CallbackRefused,
    Completed,
    Flaw,
    Health,
    Invalid,
    Link,
    Message,
    MessageInvalid,
    OutgoingRequest,
    Parsed,
    Reply,
    Unknown,
)
from gateway.sdk.reading import ProductInvalid, no_absence, read_product
from gateway.sdk.strict_json import NotJson, loads

_OPTIONS = frozenset({"title", "answer"})


class DeskAdapter:
    """An agency, branch or office whose clerks answer."""

    #: People have no address: the worker lets a request without an endpoint through.
    without_endpoint = True

    def __init__(self, agency: Agency) -> None:
        self._agency = agency
        self._schemas: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._flaws: list[Flaw] = []
        for operation in agency.operations.values():
            where = f"operations.{operation.id}"
            if not operation.idempotent:
                self._flaw(f"{where}.idempotent", "a task that is put up twice is one task", "write idempotent: true")
            if strange := sorted(set(operation.options) - _OPTIONS):
                self._flaw(f"{where}.options.{strange[0]}", "a desk knows title and answer", "remove it")
            if operation.callback or operation.lookup is not None or operation.answers:
                self._flaw(where, "a clerk answers by an outcome", "remove callback, lookup and answers")
            if "answer" in operation.options:
                self._add_schema(operation.id, operation.options["answer"])

    def check(self) -> list[Flaw]:
        """Return every mistake in the contract."""
        return list(self._flaws)

    def render(self, request: OutgoingRequest) -> Message:
        """Return the task as canonical JSON: ``{what, title, data, documents}``.

        ``what`` is the product's own text ``what``, else the operation; ``title`` is in the languages of the contract.
        Raises ``MessageInvalid``.
        """
        operation = self._agency.operations.get(request.operation)
        if operation is None:
            raise MessageInvalid("", f"the desk of {self._agency.id} has no operation {request.operation!r}")
        if request.input is not None and not isinstance(request.input, Mapping):
            raise MessageInvalid("", "a task is an object")
        data = dict(request.input or {})
        what = data.pop("what", None)
        task = {
            "what": what if isinstance(what, str) and what else request.operation,
            "title": dict(operation.options.get("title") or {}),
            "data": data,
            "documents": [
                {"digest": d.digest, "name": d.name, "media_type": d.media_type, "kind": d.kind, "size": d.size}
                for d in request.documents
            ],
        }
        try:
            body = orjson.dumps(task, option=orjson.OPT_SORT_KEYS)
        except (orjson.JSONEncodeError, TypeError) as error:
            raise MessageInvalid("", f"the product is not JSON: {error}") from error
        return Message(request.message_id, request.operation, body, "application/json", documents=request.documents)

    def parse(self, reply: Reply) -> Parsed:
        """Return the outcome object in ``reply.body``. Total: one that breaks a rule is ``Invalid``."""
        try:
            parsed = no_absence(read_product(loads(reply.body)).parsed)
        except NotJson as error:
            return Parsed(Invalid("", str(error)))
        except ProductInvalid as error:
            return Parsed(Invalid(error.path, error.reason))
        schema = self._schemas.get(reply.operation)
        if schema is not None and isinstance(parsed.outcome, Completed):
            problem = next(iter(schema.iter_errors(dict(parsed.outcome.data))), None)
            if problem is not None:
                return Parsed(Invalid("".join(f"/{p}" for p in ("data", *problem.instance_path)), problem.message))
        return parsed

    def parse_lookup(self, looked_up: str, reply: Reply) -> Parsed:  # noqa: ARG002  - nobody is asked
        """Say nothing: the inbox itself is the truth."""
        return Parsed(Unknown("a desk is not looked up: its inbox is the gateway's own"))

    async def send(self, message: Message, link: Link) -> Parsed:  # noqa: ARG002  - no I/O
        """Say that the task stands in the inbox, under the message id."""
        return Parsed(Accepted(message.message_id))

    async def lookup(self, looked_up: str, message: Message, link: Link) -> Parsed:  # noqa: ARG002  - no I/O
        """Say the same: a task that was put up is there."""
        return Parsed(Accepted(message.message_id))

    def callback_name(self, content_type: str, body: bytes) -> str:  # noqa: ARG002  - none is taken
        """Refuse: clerks answer through the desk."""
        raise _refused()

    def read_callback(self, name: str, headers: Mapping[str, str], body: bytes) -> Callback:  # noqa: ARG002  - as above
        """Refuse: clerks answer through the desk."""
        raise _refused()

    def answer_callback(self, callback: Callback) -> Answer:  # noqa: ARG002  - there is none
        """Return a refusal: there is no callback to answer."""
        return self.refuse_callback(_refused(), 404)

    def refuse_callback(self, error: Exception, status: int) -> Answer:
        """Return an RFC 9457 problem."""
        problem: dict[str, Any] = {"type": "about:blank", "title": "A desk takes no callbacks", "status": status}
        if isinstance(error, CallbackRefused):
            problem["detail"] = error.message
        return Answer(status, "application/problem+json", orjson.dumps(problem))

    async def probe(self, link: Link) -> Health:  # noqa: ARG002  - people are always there
        """Return that all is well: there is nothing to reach."""
        return Health(ok=True, detail="answered by clerks")

    def _add_schema(self, operation: str, schema: Any) -> None:
        try:
            self._schemas[operation] = jsonschema_rs.Draft202012Validator(
                schema, validate_formats=True, offline=True, mask="the value"
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError) as error:
            reason = str(error).partition("\n")[0]
            self._flaw(f"operations.{operation}.options.answer", f"a JSON Schema: {reason}", "mend the schema")

    def _flaw(self, key: str, expected: str, fix: str) -> None:
        self._flaws.append(Flaw("agency.yaml", key, expected, fix))


def _refused() -> CallbackRefused:
    return CallbackRefused("", "unknown_callback", "clerks answer through the desk, not by callback")
