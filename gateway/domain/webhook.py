"""Webhooks: what a front office is told of its cases, when a failed try is repeated, and when a receiver is let rest. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from gateway.domain.events import PREFIX
from gateway.domain.incident import Incident, IncidentKind

#: Seconds from a failed try to the next, as Standard Webhooks recommends; published in ``docs/webhooks.md``.
SCHEDULE: Final = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
#: A wait is longer by up to this part, so that what failed together does not come back together.
JITTER: Final = 0.2
#: A receiver says itself when to come again (Retry-After), for a day at most and not for ever.
LONGEST_WAIT: Final = timedelta(days=1)
LONGEST_LIFE: Final = timedelta(seconds=sum(SCHEDULE)) * (1 + JITTER) + LONGEST_WAIT
#: So many failures in a row, and the receiver is tried with one delivery at a time, after a rest.
FAILURES: Final = 5
_REST_SECS: Final = (5.0, 300.0)
#: How long the secret before the newest still signs, unless the rotation says otherwise.
OVERLAP: Final = timedelta(hours=24)
#: How many secrets sign at once, the newest among them.
MOST_SECRETS: Final = 4
TEST_EVENT: Final = "webhook.test"

_TYPE: Final = re.compile(r"\*|[a-z][a-z_]*\.([a-z][a-z_]*\.)*([a-z][a-z_]*|\*)")
_WIRE: Final = re.compile(re.escape(PREFIX) + r"(?P<type>.+)\.v1")


class WebhookState(StrEnum):
    """Whether deliveries go out. A webhook that is paused or disabled goes on where it stood when it is resumed."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    REMOVED = "removed"


class DeliveryState(StrEnum):
    """``pending`` waits for ``next_at``; ``claimed`` is under way until then; the others are the end unless sent again."""

    PENDING = "pending"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class SecretUse:
    """One secret of a webhook: not the secret but its number. It signs from ``created_at`` until ``retires_at`` (UTC)."""

    generation: int
    created_at: datetime
    retires_at: datetime | None = None


@dataclass(slots=True)
class Webhook:
    """A subscription of ``client`` to the events of its cases. ``version`` counts what people change; times are UTC.

    ``events`` are types (``case.decided``), beginnings (``case.*``) or ``*``; an empty ``service`` or ``office`` is any.
    ``failures`` counts tries in a row that found no receiver in order; until ``rests_until`` nothing is sent.
    """

    id: UUID
    client: str
    url: str
    events: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    secrets: tuple[SecretUse, ...]
    service: str = ""
    office: str = ""
    description: str = ""
    state: WebhookState = WebhookState.ACTIVE
    reason: str = ""
    version: int = 1
    failures: int = 0
    rests_until: datetime | None = None

    def wants(self, type_: str, service: str, office: str) -> bool:
        """Return whether an event of that (short) type, of a case of that service and office, is to be told."""
        fits = any(w in {"*", type_} or (w.endswith(".*") and type_.startswith(w[:-1])) for w in self.events)
        return fits and self.service in {"", service} and self.office in {"", office}

    def signing(self, now: datetime) -> list[int]:
        """Return the generations that sign at ``now``, the newest first."""
        live = [s for s in self.secrets if s.retires_at is None or s.retires_at > now]
        return sorted((s.generation for s in live), reverse=True)

    @property
    def at_once(self) -> int:
        """How many deliveries may be under way: one while it is not known whether the receiver is back."""
        return 1 if self.failures >= FAILURES else 8


@dataclass(slots=True)
class WebhookDelivery:
    """One event on its way to one webhook. ``attempts`` are all tries, ``failures`` those that moved it along the schedule.

    ``status`` is the HTTP status of the last answer, 0 when none came.
    """

    id: UUID
    webhook_id: UUID
    case_id: UUID
    seq: int
    type: str
    state: DeliveryState
    attempts: int
    failures: int
    next_at: datetime | None
    status: int
    error: str
    created_at: datetime
    tried_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """How a try ended: the receiver's ``status`` (0: no answer), its Retry-After in seconds, or why there was no answer."""

    status: int
    error: str = ""
    retry_after: float | None = None
    secs: float = 0.0

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return 200 <= self.status < 300


def delivery_id(webhook: UUID, event: UUID) -> UUID:
    """Return the one id of an event's delivery to a webhook: the same whoever makes it and however often."""
    return uuid5(webhook, str(event))


def message_id(delivery: UUID) -> str:
    """Return the ``webhook-id`` of a delivery. The receiver knows a repeat by it."""
    return f"msg_{delivery.hex}"


def short_type(written: str) -> str:
    """Return the short form of an event type or beginning, also from the form on the wire. Raises ``ValueError``."""
    wire = _WIRE.fullmatch(written)
    short = wire["type"] if wire is not None else written
    if _TYPE.fullmatch(short) is None:
        raise ValueError("an event type is written like case.decided, all of a kind like case.*, and everything is *")
    return short


def wait_of(failures: int, jitter: float) -> timedelta | None:
    """Return how long to wait after so many failures (1 is the first); ``None``: it was the last try. ``jitter``: 0 to 1."""
    if failures > len(SCHEDULE):
        return None
    return timedelta(seconds=SCHEDULE[failures - 1] * (1 + JITTER * jitter))


def settle(webhook: Webhook, delivery: WebhookDelivery, told: Told, now: datetime, jitter: float) -> list[Incident]:
    """Write what a try led to into both; return the incidents to open.

    The schedule decides when the next try is, or the receiver's own Retry-After (429, 503). To be asked for patience does not
    move a delivery along the schedule, until that has gone on for longer than the whole of it. 410 disables the webhook; the
    delivery goes again when it is resumed.
    """
    delivery.status, delivery.tried_at = told.status, now
    if told.taken:
        delivery.state, delivery.next_at, delivery.error, delivery.settled_at = DeliveryState.DELIVERED, None, "", now
        webhook.failures, webhook.rests_until = 0, None
        return []
    delivery.state, delivery.error, delivery.settled_at = DeliveryState.PENDING, error_of(told), None
    if told.status == 410:
        delivery.next_at = now
        return _disable(webhook, delivery, now)
    webhook.failures += 1
    asked = _asked(told)
    if asked is not None:
        _rest(webhook, now + asked)
    elif webhook.failures >= FAILURES:
        least, most = _REST_SECS
        secs = min(least * 2.0 ** min(webhook.failures - FAILURES, 10), most)
        _rest(webhook, now + timedelta(seconds=secs * (1 + JITTER * jitter)))
    if asked is not None and now - delivery.created_at < LONGEST_LIFE:
        delivery.next_at = now + asked
        return []
    delivery.failures += 1
    wait = wait_of(delivery.failures, jitter)
    if wait is not None:
        delivery.next_at = now + max(wait, asked or wait)
        return []
    delivery.state, delivery.next_at, delivery.settled_at = DeliveryState.EXHAUSTED, None, now
    return [Incident(IncidentKind.WEBHOOK_EXHAUSTED, exhausted_print(webhook.id), _detail(webhook, delivery))]


def error_of(told: Told) -> str:
    """Return in words why a try failed."""
    if told.error:
        return told.error
    if 300 <= told.status < 400:
        return f"the receiver answered {told.status}; redirects are not followed: change the address"
    return f"the receiver answered {told.status}"


def disabled_print(webhook: UUID) -> str:
    """Return the fingerprint of the incident that a webhook is disabled."""
    return f"{IncidentKind.WEBHOOK_DISABLED}:{webhook}"


def exhausted_print(webhook: UUID) -> str:
    """Return the fingerprint of the incident that deliveries of a webhook were tried to exhaustion: one, however many."""
    return f"{IncidentKind.WEBHOOK_EXHAUSTED}:{webhook}"


def rotate(secrets: Sequence[SecretUse], now: datetime, overlap: timedelta) -> tuple[SecretUse, ...]:
    """Return the secrets with a new one. Those before it retire after ``overlap``, or earlier where that was said before."""
    ends = now + overlap
    kept = [
        SecretUse(s.generation, s.created_at, ends if s.retires_at is None else min(s.retires_at, ends))
        for s in secrets
        if s.retires_at is None or s.retires_at > now
    ]
    if overlap <= timedelta(0):
        kept = []
    newest = max((s.generation for s in secrets), default=0) + 1
    return (*kept[-(MOST_SECRETS - 1) :], SecretUse(newest, now))


def _asked(told: Told) -> timedelta | None:
    """How long the receiver asks us to wait, a second at least and a day at most."""
    if told.retry_after is None or told.status not in {429, 503}:
        return None
    return timedelta(seconds=min(max(told.retry_after, 1.0), LONGEST_WAIT.total_seconds()))


def _rest(webhook: Webhook, until: datetime) -> None:
    webhook.rests_until = max(until, webhook.rests_until) if webhook.rests_until is not None else until


def _disable(webhook: Webhook, delivery: WebhookDelivery, now: datetime) -> list[Incident]:
    webhook.state, webhook.updated_at = WebhookState.DISABLED, now
    webhook.reason = "the receiver answered 410 Gone"
    webhook.version += 1
    return [Incident(IncidentKind.WEBHOOK_DISABLED, disabled_print(webhook.id), _detail(webhook, delivery))]


def _detail(webhook: Webhook, delivery: WebhookDelivery) -> dict[str, object]:
    """What an operator needs. The address stays behind the door: its path may hold a key."""
    return {
        "webhook": str(webhook.id),
        "target": webhook.client,
        "delivery": str(delivery.id),
        "status": delivery.status,
        "reason": delivery.error,
    }
