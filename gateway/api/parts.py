"""What the api is built from. ``bootstrap`` makes it; nothing in this package is global."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.application.acts import Acts
from gateway.application.alerts import AlertStore
from gateway.application.bus import Bus
from gateway.application.callbacks import Callbacks
from gateway.application.deployment import Deployment
from gateway.application.feed import Hub
from gateway.application.incident_groups import IncidentGroups
from gateway.application.reads import Reads
from gateway.application.replays import Replays
from gateway.application.spans import SpanReads
from gateway.application.store import Store
from gateway.application.submit import Submit
from gateway.application.timeline import TimelineReads
from gateway.application.webhooks import Webhooks
from gateway.domain.case_file import Mint
from gateway.sdk.link import Secrets

#: Returns what is missing, or an empty text when all is well.
Check = Callable[[], Awaitable[str]]
#: ``observe(method, route, status, seconds)`` after each answer.
Observe = Callable[[str, str, int, float], None]
#: ``taken_in(service, result, seconds)`` after each application; the result is accepted, repeated or refused.
TakenIn = Callable[[str, str, float], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are bytes, times seconds. ``batch_window`` is how many lines of a batch are on their way at once.

    A stream that has nothing to say says so every ``stream_quiet_secs``; every ``stream_look_secs`` it is looked whether its key
    still opens the door.
    """

    application_bytes: int = 1024 * 1024
    body_bytes: int = 256 * 1024
    document_bytes: int = 32 * 1024 * 1024
    callback_bytes: int = 16 * 1024 * 1024
    batch_window: int = 64
    key_ttl_secs: float = 10.0
    running_wait_secs: float = 2.0
    events_wait_secs: float = 30.0
    stream_quiet_secs: float = 15.0
    stream_look_secs: float = 2.0
    retry_after_secs: int = 5


def _no_metrics() -> bytes:
    return b""


def _unobserved(method: str, route: str, status: int, seconds: float) -> None:
    """Observe nothing."""


def _uncounted(service: str, result: str, seconds: float) -> None:
    """Count nothing."""


class History(SpanReads, TimelineReads, Protocol):
    """What timelines and traces are read from."""


@dataclass(frozen=True, slots=True)
class ApiParts:
    """``secret`` signs references and derives access codes; ``secrets`` resolves what callbacks are authenticated with.

    ``checks`` are asked by ``/readyz``; ``metrics`` renders the Prometheus text for ``/metrics``. ``now`` is UTC.
    """

    deployment: Deployment
    store: Store
    reads: Reads
    hub: Hub
    alerts: AlertStore
    replays: Replays
    groups: IncidentGroups
    webhooks: Webhooks
    history: History
    bus: Bus
    submit: Submit
    acts: Acts
    callbacks: Callbacks
    secret: bytes
    secrets: Secrets
    mint: Mint
    now: Callable[[], datetime]
    checks: Mapping[str, Check] = field(default_factory=dict)
    metrics: Callable[[], bytes] = _no_metrics
    observe: Observe = _unobserved
    taken_in: TakenIn = _uncounted
    limits: Limits = field(default_factory=Limits)
