"""The port of webhooks: what their use cases ask of the database. As in ``store.py``, each method is one transaction, and a
function that is passed in is pure and may be called again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from gateway.application.reads import Page
from gateway.domain.events import Event
from gateway.domain.incident import Incident
from gateway.domain.webhook import Told, Webhook, WebhookDelivery

Change = Callable[[Webhook, datetime], None]
#: What a try leads to (``domain.webhook.settle``): changes both, returns incidents. The last is a number in [0, 1).
Settle = Callable[[Webhook, WebhookDelivery, Told, datetime, float], list[Incident]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery that is claimed for sending, with its event. ``number`` counts its tries, this one included."""

    id: UUID
    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try of a claimed delivery ended."""

    delivery: Outgoing
    told: Told


class WebhookStore(Protocol):
    """Subscriptions and their deliveries. ``client`` narrows to the webhooks of one front office; empty: all.

    What is not there, or not that client's, raises ``NotFound``.
    """

    async def add_webhook(self, webhook: Webhook, most: int) -> Webhook:
        """Keep a new webhook: it is told of every event that is committed from now on. Its times are the database's.

        Raises ``Conflict`` with code ``webhooks_full`` when the client has ``most`` already.
        """
        ...

    async def webhooks(self, client: str, after: str, limit: int) -> Page:
        """Return webhooks (``Webhook``), newest first, without those that were removed."""
        ...

    async def webhook(self, id_: UUID, client: str = "") -> Webhook: ...
    async def change_webhook(self, id_: UUID, client: str, change: Change) -> Webhook:
        """Lock a webhook and change it. What still waits for one that was removed is skipped."""
        ...

    async def webhook_deliveries(self, id_: UUID, client: str, state: str, after: str, limit: int) -> Page:
        """Return deliveries (``WebhookDelivery``), newest first."""
        ...

    async def resend_webhook(self, id_: UUID, client: str, delivery: UUID) -> WebhookDelivery:
        """Let one delivery go again now, under its id and with its whole schedule before it. Raises ``Conflict`` while it is
        under way."""
        ...

    async def recover_webhook(self, id_: UUID, client: str, since: datetime, most: int) -> int:
        """Let every delivery since then that has failed go again now, oldest first; return how many. The receiver's rest ends."""
        ...

    async def has_webhooks(self) -> bool:
        """Return whether any webhook is active: nothing else has to be asked while none is."""
        ...

    async def tell_webhooks(self, most: int) -> int:
        """Make the deliveries of events that have none yet, up to ``most`` events; return how many events were looked at."""
        ...

    async def waiting_webhooks(self) -> list[tuple[UUID, datetime]]:
        """Return the active webhooks that something waits for, with the time of the first; a receiver's rest counts."""
        ...

    async def now(self) -> datetime:
        """Return the database's time (UTC), by which deliveries are due."""
        ...

    async def claim_webhook(self, id_: UUID, lease_secs: float) -> tuple[Webhook, Sequence[Outgoing]]:
        """Claim what is due of one webhook: one a case and in order, as many at once as the webhook allows in all processes."""
        ...

    async def settle_webhook(self, id_: UUID, tries: Sequence[Tried], settle: Settle) -> list[WebhookDelivery]:
        """Write what tries led to. One that was claimed again meanwhile is left to that claim, unless this one was taken."""
        ...
