"""From an agency's answer to an outcome: response expressions, the table ``answers``, documents in replies.

    ProductInvalid   what an expression or a row yields is no outcome (``path`` within it, ``reason``)
    TableInvalid     a row of ``answers`` is wrong as it stands in the contract (``key``, ``reason``)

The same for every protocol. An expression sees ``{body, status, operation}`` and yields an outcome object (see
``outcome_from_json``), in which ``documents`` may carry their content: ``{name, media_type, kind, content: base64}``.
A callback's expression yields besides ``match: {reference | message_id}`` and perhaps ``key``.

A row of ``answers`` is ``{<what the protocol matches>, when?, outcome, reference?, body?}``. ``when`` is JSONata over
the same input. ``outcome`` is an outcome object in which texts that start with ``=`` are JSONata, or the word
``duplicate`` (also as ``{outcome: duplicate}``): the agency knows our message already, which counts as sent. Then
``reference`` (JSONata) makes it ``Accepted``; without it the operation's own response expression reads the answer,
whose body ``body`` (JSONata) may first bring into the usual shape.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.agency import Operation
from gateway.domain.outcomes import (
    LONGEST_NAME,
    Accepted,
    Completed,
    Invalid,
    LookupOutcome,
    NotThere,
    Redirected,
    RetryLater,
    Unknown,
    outcome_from_json,
)
from gateway.domain.service import Expression
from gateway.sdk.adapter import Parsed
from gateway.sdk.errors import AdapterError
from gateway.sdk.mapping import CompiledExpression, MappingFailed, compile_expression
from gateway.sdk.template import Template, compile_template, fill

_DOCUMENT_KEYS = frozenset({"name", "media_type", "kind", "content"})
_ROW_KEYS = frozenset({"when", "outcome", "reference", "body"})


class ProductInvalid(AdapterError):
    """What an expression or a row yields is no outcome."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def unread(operation: Operation, path: str, reason: str) -> Invalid | Unknown:
    """Return what an answer means that came as agreed and cannot be read: the agency may have acted.

    ``Invalid`` where the operation is idempotent: a person is called at once, for the next answer would be no better. Where
    it is not, ``Unknown``: it is looked up, and neither sent again nor sent anew before somebody knows (promise 3).
    """
    return Invalid(path, reason) if operation.idempotent else Unknown(f"{path}: {reason}" if path else reason)


class TableInvalid(AdapterError):
    """A row of ``answers`` is wrong as it stands in the contract."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Product:
    """What an expression yielded. ``reference``, ``message_id`` and ``key`` are a callback's only."""

    parsed: Parsed
    reference: str = ""
    message_id: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of ``answers``, compiled. ``match`` holds the keys that are the protocol's own."""

    match: Mapping[str, Any]
    when: CompiledExpression | None = None
    outcome: Template | None = None
    duplicate: bool = False
    reference: CompiledExpression | None = None
    body: CompiledExpression | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one operation, first match wins."""

    operation: Operation
    rows: tuple[Row, ...] = field(default=())

    @classmethod
    def of(cls, operation: Operation, keys: frozenset[str]) -> Table:
        """Compile the rows; ``keys`` are what the protocol matches by. Raises ``TableInvalid`` or ``MappingInvalid``."""
        return cls(operation, tuple(_row(operation.id, i, row, keys) for i, row in enumerate(operation.answers)))

    def read(self, data: Mapping[str, Any], matches: Callable[[Mapping[str, Any]], bool]) -> Parsed | None:
        """Return what the first row that applies says about ``data`` (``{body, status, operation}``), or ``None``.

        Raises ``ProductInvalid``.
        """
        for row in self.rows:
            if matches(row.match) and (row.when is None or _evaluate(row.when, data) is True):
                return self._apply(row, data)
        return None

    def _apply(self, row: Row, data: Mapping[str, Any]) -> Parsed:
        if not row.duplicate:
            assert row.outcome is not None  # noqa: S101  - Table.of sets one or the other
            try:
                return read_product(fill(row.outcome, data)).parsed
            except MappingFailed as error:
                raise ProductInvalid("", str(error)) from error
        if row.reference is not None:
            body = data.get("body")
            reference = _evaluate(row.reference, {**body, **data} if isinstance(body, Mapping) else data)
            return read_product({"outcome": "accepted", "reference": reference}).parsed
        if row.body is not None:
            data = {**data, "body": _evaluate(row.body, data)}
        return read_response(self.operation.response, data).parsed


def read_response(expression: Expression | None, data: Mapping[str, Any]) -> Product:
    """Return what ``expression`` yields for ``{body, status, operation}``; without one, ``Completed`` with the body.

    Raises ``ProductInvalid``.
    """
    if expression is None:
        body = data.get("body")
        plain = {} if body is None else dict(body) if isinstance(body, Mapping) else {"value": body}
        return Product(Parsed(Completed(plain)))
    return read_product(_evaluate(compile_expression(expression), data))


def read_product(value: Any) -> Product:
    """Return the outcome object that an expression yielded. Raises ``ProductInvalid`` that names the key."""
    if not isinstance(value, Mapping):
        raise ProductInvalid("", f"expected an outcome object, not {type(value).__name__ if value is not None else 'nothing'}")
    given = dict(value)
    match = given.pop("match", None) or {}
    key = given.pop("key", None)
    if not isinstance(match, Mapping) or not all(isinstance(v, str) for v in match.values()):
        raise ProductInvalid("match", "expected {reference: text} or {message_id: text}")
    if any(len(text) > LONGEST_NAME for text in (*match.values(), str(key))):
        raise ProductInvalid("match", f"a name in match, or the key, is longer than {LONGEST_NAME} characters")
    blobs: dict[str, bytes] = {}
    if given.get("documents") is not None:
        documents = given["documents"]  # one element collapses in JSONata
        given["documents"] = [
            _document(i, d, blobs) for i, d in enumerate(documents if isinstance(documents, list) else [documents])
        ]
    try:
        outcome = outcome_from_json(given)
    except ValueError as error:
        raise ProductInvalid("outcome", str(error)) from error
    _complete(outcome)
    return Product(
        Parsed(outcome, blobs),
        str(match.get("reference", "")),
        str(match.get("message_id", "")),
        "" if key is None else str(key),
    )


def with_after(parsed: Parsed, after: float | None) -> Parsed:
    """Return ``parsed`` with the agency's own ``after`` (seconds) where it is a ``RetryLater`` that names none."""
    outcome = parsed.outcome
    if isinstance(outcome, RetryLater) and outcome.after is None and after is not None:
        return Parsed(RetryLater(outcome.reason, after), parsed.blobs)
    return parsed


def no_absence(parsed: Parsed) -> Parsed:
    """Return ``parsed``; raises ``ProductInvalid`` when it is ``NotThere``, which only a lookup may say."""
    if isinstance(parsed.outcome, NotThere):
        raise ProductInvalid("outcome", "not_there is for lookups only")
    return parsed


def _complete(outcome: LookupOutcome) -> None:
    if isinstance(outcome, Accepted) and not outcome.reference:
        raise ProductInvalid("reference", "accepted needs the agency's reference, by which its later reply is found")
    if isinstance(outcome, Redirected) and not outcome.branch:
        raise ProductInvalid("branch", "redirected needs the branch")


def _document(index: int, value: Any, blobs: dict[str, bytes]) -> dict[str, Any]:
    where = f"documents/{index}"
    if not isinstance(value, Mapping) or set(value) - _DOCUMENT_KEYS:
        raise ProductInvalid(where, f"expected an object of {', '.join(sorted(_DOCUMENT_KEYS))}")
    try:
        # Agencies break their base64 into lines; what is no base64 after that is a mistake.
        content = base64.b64decode("".join(str(value.get("content", "")).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProductInvalid(f"{where}/content", f"not base64: {error}") from error
    if not content:
        raise ProductInvalid(f"{where}/content", "an empty document")
    digest = hashlib.sha256(content).hexdigest()
    blobs[digest] = content
    return {
        "digest": digest,
        "name": str(value.get("name") or f"document-{index + 1}"),
        "media_type": str(value.get("media_type") or "application/octet-stream"),
        "kind": str(value.get("kind") or ""),
        "size": len(content),
    }


def _evaluate(expression: CompiledExpression, data: Any) -> Any:
    try:
        return expression.evaluate(data)
    except MappingFailed as error:
        raise ProductInvalid("", str(error)) from error


def _row(operation: str, index: int, row: Any, keys: frozenset[str]) -> Row:
    where = f"operations.{operation}.answers[{index}]"
    if not isinstance(row, Mapping):
        raise TableInvalid(where, "expected an object")
    if strange := sorted(str(key) for key in row if key not in keys | _ROW_KEYS):
        raise TableInvalid(f"{where}.{strange[0]}", f"unknown key; there are {', '.join(sorted(keys | _ROW_KEYS))}")
    outcome = row.get("outcome")
    if outcome is None:
        raise TableInvalid(f"{where}.outcome", "every row says an outcome")
    said = outcome.get("outcome") if isinstance(outcome, Mapping) else outcome
    inner: Mapping[str, Any] = outcome if isinstance(outcome, Mapping) else {}
    if not isinstance(outcome, Mapping) and said != "duplicate":
        raise TableInvalid(f"{where}.outcome", "expected an outcome object or the word duplicate")
    duplicate = said == "duplicate"
    if not duplicate:
        _plausible(where, outcome)
    return Row(
        match={key: row[key] for key in keys if key in row},
        when=_expression(f"{where}.when", row.get("when")),
        outcome=None if duplicate else compile_template(f"{where}.outcome", outcome),
        duplicate=duplicate,
        reference=_expression(f"{where}.reference", row.get("reference", inner.get("reference"))) if duplicate else None,
        body=_expression(f"{where}.body", row.get("body", inner.get("body"))) if duplicate else None,
    )


def _plausible(where: str, outcome: Mapping[str, Any]) -> None:
    """Refuse at load what no reply could make right: unknown outcomes and keys, wrong plain values."""
    plain = {k: v for k, v in outcome.items() if not _computed(v)}
    computed = {
        k: "" if k not in {"after", "poll_after", "data", "documents", "decided_at", "until"} else None
        for k in outcome
        if k not in plain
    }
    try:
        outcome_from_json({**plain, **computed})
    except ValueError as error:
        raise TableInvalid(f"{where}.outcome", str(error)) from error


def _computed(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith("=") and not value.startswith("==")
    if isinstance(value, Mapping):
        return any(_computed(v) for v in value.values())
    return isinstance(value, list) and any(_computed(v) for v in value)


def _expression(name: str, source: Any) -> CompiledExpression | None:
    return None if source is None else compile_expression(Expression(str(source), name))
