"""What an adapter brings to be tried: a contract of its own and samples. All persons in it are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.agency import Agency
from gateway.sdk.adapter import OutgoingRequest, Reply


@dataclass(frozen=True, slots=True)
class ReplySample:
    """An answer of the agency and the outcome that it means."""

    reply: Reply
    outcome: type[Any]


@dataclass(frozen=True, slots=True)
class LookupSample:
    """An answer to a lookup about a message of operation ``looked_up``, and what it says."""

    looked_up: str
    reply: Reply
    outcome: type[Any]


@dataclass(frozen=True, slots=True)
class CallbackSample:
    """A callback that is to be taken. Exactly one of ``reference`` and ``message_id`` is what it matches by."""

    name: str
    headers: Mapping[str, str]
    body: bytes
    outcome: type[Any]
    reference: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Conformance:
    """The contract and the samples.

    ``requests`` are valid; the first is also sent to the adapter's simulator, where it has one, and is answered by
    ``sent``. It has to be of an operation that is not idempotent. ``invalid`` break the agency's schema.
    ``secrets`` are by reference (``secret://agency/name``); their values are looked for in messages and logs.
    ``duplicates`` are answers that say the agency knows the message already ("already registered under …").
    ``strange`` are further replies that no agency of this contract sends: they may be told as ``Unknown`` or ``Invalid``.
    """

    agency: Agency
    requests: tuple[OutgoingRequest, ...]
    sent: type[Any]
    invalid: tuple[OutgoingRequest, ...] = ()
    replies: tuple[ReplySample, ...] = ()
    duplicates: tuple[ReplySample, ...] = ()
    lookups: tuple[LookupSample, ...] = ()
    callbacks: tuple[CallbackSample, ...] = ()
    strange: tuple[Reply, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, bytes] = field(default_factory=dict)
