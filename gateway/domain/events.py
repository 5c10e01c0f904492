"""Events of a case: appended with each change of state and chained by hash (DESIGN promise 10).

The hash covers the header and the salted digest of the payload, not the payload itself. So a payload can be erased
under a retention rule and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

PREFIX = "uz.darcha."


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``type`` is short (``case.received``); on the wire it is ``uz.darcha.case.received.v1``.

    ``seq`` counts from 1 in each case without gaps; ``time`` is UTC; ``hash`` is hex SHA-256 and covers ``prev``.
    """

    id: UUID
    case_id: UUID
    seq: int
    type: str
    time: datetime
    actor: str
    payload: Mapping[str, Any]
    salt: str
    payload_digest: str
    prev: str
    hash: str


def canonical(value: Any) -> bytes:
    """Return the one JSON spelling of ``value``: sorted keys, no spaces, UTF-8. Times become ISO 8601."""
    return _canonical(value).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain).encode


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of the canonical form: how an event names what stands elsewhere, so that the chain covers it.

    It stands in a payload, and is erased with it.
    """
    return hashlib.sha256(canonical(value)).hexdigest()


def digest_payload(salt: str, payload: Mapping[str, Any]) -> str:
    """Return the salted SHA-256 of the payload's canonical form."""
    return hashlib.sha256(salt.encode() + b"\n" + canonical(payload)).hexdigest()


def chain_hash(case_id: UUID, seq: int, type_: str, time: datetime, actor: str, payload_digest: str, prev: str) -> str:
    """Return the hash of an event's header. Every field that a reader relies on is under it."""
    header = "\n".join((str(case_id), str(seq), type_, time.isoformat(), actor, payload_digest, prev))
    return hashlib.sha256(header.encode()).hexdigest()


def verify(events: list[Event]) -> int | None:
    """Return the sequence number of the first event that breaks the chain, or ``None`` when it holds.

    ``events`` are all of one case in order. An erased payload (an empty object) is not a break.
    """
    prev = ""
    for place, event in enumerate(events, start=1):
        if event.seq != place or event.prev != prev:
            return event.seq
        if event.payload and digest_payload(event.salt, event.payload) != event.payload_digest:
            return event.seq
        expected = chain_hash(event.case_id, event.seq, event.type, event.time, event.actor, event.payload_digest, prev)
        if expected != event.hash:
            return event.seq
        prev = event.hash
    return None
