"""What travels in a lane and back: a release to a worker, and the worker's reply. Bytes, and no database behind them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from gateway.domain.outcomes import DocumentRef, LookupOutcome, outcome_from_json, outcome_to_json
from gateway.domain.request import Work
from gateway.sdk.adapter import Message

#: What reading something else as one of ours may end with.
_NOT_IT = (KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Release:
    """A request handed to its lane. A worker starts nothing after ``send_by`` (UTC).

    ``endpoint`` and ``timeout_secs`` are the contract's current ones, ``contract`` is the digest that the message was
    made by. ``references`` are short-lived signed addresses: ``contract``, ``upload``, and one for each document digest.
    """

    request_id: UUID
    case_id: UUID
    lease_id: UUID
    work: Work
    send_by: datetime
    lane: str
    agency: str
    operation: str
    contract: str
    endpoint: str
    timeout_secs: float
    message: Message
    references: Mapping[str, str] = field(default_factory=dict)
    traceparent: str = ""
    #: The context of the try before this one, where there was one and it was traced.
    earlier: str = ""

    def to_bytes(self) -> bytes:
        """Return the release as it travels."""
        body = {f: getattr(self, f) for f in ("request_id", "case_id", "lease_id", "work", "send_by", "lane", "agency")}
        body |= {f: getattr(self, f) for f in ("operation", "contract", "endpoint", "timeout_secs", "references", "traceparent")}
        if self.earlier:
            body["earlier"] = self.earlier
        body["message"] = {"content": base64.b64encode(self.message.body).decode(), **message_meta(self.message)}
        return orjson.dumps(body, default=str)  # asyncpg gives UUIDs of its own type

    @classmethod
    def from_bytes(cls, raw: bytes) -> Release:
        """Return the release. Raises ``ValueError`` when it is not one."""
        try:
            value = orjson.loads(raw)
            meta = value["message"]
            return cls(
                request_id=UUID(value["request_id"]),
                case_id=UUID(value["case_id"]),
                lease_id=UUID(value["lease_id"]),
                work=Work(value["work"]),
                send_by=datetime.fromisoformat(value["send_by"]),
                lane=value["lane"],
                agency=value["agency"],
                operation=value["operation"],
                contract=value["contract"],
                endpoint=value["endpoint"],
                timeout_secs=value["timeout_secs"],
                message=message_from(base64.b64decode(meta.pop("content")), meta),
                references=value["references"],
                traceparent=value["traceparent"],
                earlier=value.get("earlier", ""),
            )
        except _NOT_IT as error:
            raise ValueError(f"not a release: {error!r}") from error


@dataclass(frozen=True, slots=True)
class WorkerReply:
    """What a worker says of one release: the outcome, and what it measured (UTC instants)."""

    request_id: UUID
    case_id: UUID
    lease_id: UUID
    work: Work
    lane: str
    outcome: LookupOutcome
    finished_at: datetime
    worker: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the reply as it travels."""
        body = {
            f: getattr(self, f) for f in ("request_id", "case_id", "lease_id", "work", "lane", "finished_at", "worker", "detail")
        }
        return orjson.dumps(body | {"outcome": outcome_to_json(self.outcome)}, default=str)

    @classmethod
    def from_bytes(cls, raw: bytes) -> WorkerReply:
        """Return the reply. Raises ``ValueError`` when it is not one."""
        try:
            value = orjson.loads(raw)
            return cls(
                request_id=UUID(value["request_id"]),
                case_id=UUID(value["case_id"]),
                lease_id=UUID(value["lease_id"]),
                work=Work(value["work"]),
                lane=value["lane"],
                outcome=outcome_from_json(value["outcome"]),
                finished_at=datetime.fromisoformat(value["finished_at"]),
                worker=value["worker"],
                detail=value["detail"],
            )
        except _NOT_IT as error:
            raise ValueError(f"not a reply: {error!r}") from error


def message_meta(message: Message) -> dict[str, Any]:
    """Return what belongs to a message beside its bytes, as JSON."""
    meta = {f: getattr(message, f) for f in ("message_id", "operation", "content_type", "method", "path")}
    meta |= {"headers": dict(message.headers), "options": dict(message.options)}
    meta["documents"] = [{f: getattr(d, f) for f in DocumentRef.__dataclass_fields__} for d in message.documents]
    return meta


def message_from(content: bytes, meta: Mapping[str, Any]) -> Message:
    """Return the message of its bytes and ``message_meta``."""
    plain = dict(meta)
    documents = tuple(DocumentRef(**d) for d in plain.pop("documents", ()))
    return Message(body=content, documents=documents, **plain)
