"""What passes through a simulated agency: a call, what it is answered, a callback that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the protocol understood it. ``body`` is JSON, ``raw`` the bytes as they came.

    ``callback_url`` is what the caller gave with the call (header ``X-Darcha-Callback`` or the protocol's own field).
    """

    operation: str
    body: Any
    message_id: str
    raw: bytes
    callback_url: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What the agency says to a call. ``body`` is JSON, ``None`` where the contract has to give the example.

    ``fault`` is the protocol's own (a SOAP fault, a problem document); ``status`` 0 means the usual one.
    """

    body: Any = None
    status: int = 0
    fault: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Post:
    """A callback ready to be posted."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
