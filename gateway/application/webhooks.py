"""What front offices and operators do with webhooks: subscribe, change, rotate the secret, test, look at deliveries, send again.

``client`` is whose webhooks a caller may touch, empty for an operator: what is another's is not there (``NotFound``). Secrets
are derived from the gateway's own and returned once, when they are made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from gateway.application.reads import Page
from gateway.application.store import Store
from gateway.application.webhook_store import WebhookStore
from gateway.domain.case_file import Mint
from gateway.domain.errors import BadInput, Conflict, Problem
from gateway.domain.events import PREFIX
from gateway.domain.webhook import (
    OVERLAP,
    TEST_EVENT,
    SecretUse,
    Told,
    Webhook,
    WebhookDelivery,
    WebhookState,
    disabled_print,
    exhausted_print,
    message_id,
    rotate,
    short_type,
)
from gateway.domain.webhook_signature import derived, headers

#: So many webhooks a client may have, and so many types one may list.
MOST_WEBHOOKS: Final = 50
MOST_TYPES: Final = 50
MOST_RECOVERED: Final = 10_000
LONGEST_OVERLAP: Final = timedelta(days=7)
CONTENT_TYPE: Final = "application/cloudevents+json"


class Receivers(Protocol):
    """The way out to receivers (``notify/webhooks.py``)."""

    async def problem(self, url: str) -> str:
        """Return why nothing may be sent to an address, where its name leads included; empty: it may."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        """Send once and return how it ended. Never raises for what a receiver or the network does."""
        ...


@dataclass(frozen=True, slots=True)
class WithSecret:
    """A webhook and its newest secret, which is shown this once."""

    webhook: Webhook
    secret: str


@dataclass(frozen=True, slots=True)
class Tested:
    """What a receiver said to a test. ``status`` 0: no answer; ``error`` is empty when it took the message."""

    message: str
    status: int
    error: str
    secs: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a webhook is to be. ``None`` leaves a field as it is (or at its default)."""

    url: str | None = None
    events: Sequence[str] | None = None
    service: str | None = None
    office: str | None = None
    description: str | None = None


class Names(Protocol):
    """The names that filters are checked against (the catalogue)."""

    @property
    def services(self) -> Collection[str]: ...
    @property
    def offices(self) -> Collection[str]: ...


class Webhooks:
    """The use case. ``by`` names who acts (``operator:dilnoza``), for the incidents that an act closes."""

    def __init__(self, hooks: WebhookStore, store: Store, receivers: Receivers, names: Names, mint: Mint, secret: bytes) -> None:
        self._hooks = hooks
        self._store = store
        self._receivers = receivers
        self._names = names
        self._mint = mint
        self._secret = secret

    async def add(self, client: str, wanted: Wanted) -> WithSecret:
        """Subscribe ``client``: every event of its cases that is committed after this returns is told.

        Raises ``BadInput`` with a problem for each field, ``Conflict`` when it has ``MOST_WEBHOOKS`` already.
        """
        wanted = Wanted(
            wanted.url or "",
            ("*",) if wanted.events is None else wanted.events,
            wanted.service or "",
            wanted.office or "",
            wanted.description or "",
        )
        checked = await self._checked(wanted)
        now = await self._store.now()
        webhook = Webhook(self._mint.uuid(), client, "", (), now, now, (SecretUse(1, now),))
        _apply(webhook, checked)
        return self._with_secret(await self._hooks.add_webhook(webhook, MOST_WEBHOOKS))

    async def list(self, client: str, after: str = "", limit: int = 50) -> Page:
        """Return webhooks, newest first."""
        return await self._hooks.webhooks(client, after, limit)

    async def get(self, id_: UUID, client: str = "") -> Webhook:
        """Return one webhook."""
        return await self._hooks.webhook(id_, client)

    async def change(self, id_: UUID, client: str, wanted: Wanted, version: int | None = None) -> Webhook:
        """Change what is given. Raises ``BadInput``, and ``Conflict`` ``webhook_moved`` when it is no longer at ``version``."""
        checked = await self._checked(wanted)

        def change(webhook: Webhook, now: datetime) -> None:
            _guard(webhook, version)
            if checked.url not in {None, webhook.url}:  # another receiver, of which nothing is known yet
                webhook.failures, webhook.rests_until = 0, None
            _apply(webhook, checked)
            _touch(webhook, now)

        return await self._hooks.change_webhook(id_, client, change)

    async def rotate(self, id_: UUID, client: str, overlap: timedelta = OVERLAP) -> WithSecret:
        """Make a new secret. The one before it signs beside it for ``overlap``; zero retires it at once."""
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            secs = f"{LONGEST_OVERLAP.total_seconds():.0f}"
            raise BadInput([Problem("/overlap_secs", "webhook_overlap", f"from 0 to {secs} seconds", {"wanted": secs})])

        def change(webhook: Webhook, now: datetime) -> None:
            webhook.secrets = rotate(webhook.secrets, now, overlap)
            _touch(webhook, now)

        return self._with_secret(await self._hooks.change_webhook(id_, client, change))

    async def pause(self, id_: UUID, client: str, reason: str) -> Webhook:
        """Send nothing until it is resumed; nothing is lost meanwhile."""

        def change(webhook: Webhook, now: datetime) -> None:
            if webhook.state is not WebhookState.ACTIVE:
                raise Conflict("webhook_not_active", f"the webhook is {webhook.state}; only an active one is paused")
            webhook.state, webhook.reason = WebhookState.PAUSED, reason
            _touch(webhook, now)

        return await self._hooks.change_webhook(id_, client, change)

    async def resume(self, id_: UUID, client: str, by: str) -> Webhook:
        """Go on where it stood, with everything that has happened meanwhile."""

        def change(webhook: Webhook, now: datetime) -> None:
            if webhook.state is WebhookState.ACTIVE:
                raise Conflict("webhook_active", "the webhook is active; there is nothing to resume")
            webhook.state, webhook.reason = WebhookState.ACTIVE, ""
            webhook.failures, webhook.rests_until = 0, None
            _touch(webhook, now)

        webhook = await self._hooks.change_webhook(id_, client, change)
        await self._store.close_incidents([disabled_print(id_)], "the webhook was resumed", by)
        return webhook

    async def remove(self, id_: UUID, client: str, by: str, version: int | None = None) -> None:
        """Tell this receiver nothing more. What waits is skipped; the rows stay for the record."""

        def change(webhook: Webhook, now: datetime) -> None:
            _guard(webhook, version)
            webhook.state, webhook.reason = WebhookState.REMOVED, f"removed by {by}"
            _touch(webhook, now)

        await self._hooks.change_webhook(id_, client, change)
        await self._store.close_incidents([disabled_print(id_), exhausted_print(id_)], "the webhook was removed", by)

    async def test(self, id_: UUID, client: str) -> Tested:
        """Send a test event now, whatever the webhook's state, and return what the receiver said. It is no delivery."""
        webhook = await self._hooks.webhook(id_, client)
        now, event = await self._store.now(), self._mint.uuid()
        body = orjson.dumps(
            {
                "specversion": "1.0",
                "id": str(event),
                "source": "/darcha",
                "type": f"{PREFIX}{TEST_EVENT}.v1",
                "subject": str(webhook.id),
                "time": now.isoformat(),
                "datacontenttype": "application/json",
                "data": {"webhook": str(webhook.id), "client": webhook.client},
            }
        )
        message = message_id(event)
        told = await self._receivers.post(webhook.url, signed(self._secret, webhook, message, body, now), body)
        return Tested(message, told.status, "" if told.taken else told.error or f"the receiver answered {told.status}", told.secs)

    async def deliveries(self, id_: UUID, client: str, state: str = "", after: str = "", limit: int = 50) -> Page:
        """Return deliveries, newest first; ``state`` narrows to one of ``DeliveryState``."""
        return await self._hooks.webhook_deliveries(id_, client, state, after, limit)

    async def resend(self, id_: UUID, client: str, delivery: UUID) -> WebhookDelivery:
        """Send one delivery again, also one that was taken: under the same id, from the beginning of the schedule."""
        return await self._hooks.resend_webhook(id_, client, delivery)

    async def recover(self, id_: UUID, client: str, since: datetime, by: str) -> int:
        """Send again, oldest first, what has failed since a time (UTC): at most ``MOST_RECOVERED``. Returns how many."""
        count = await self._hooks.recover_webhook(id_, client, since, MOST_RECOVERED)
        await self._store.close_incidents([exhausted_print(id_)], "what had failed is sent again", by)
        return count

    async def _checked(self, wanted: Wanted) -> Wanted:
        problems: list[Problem] = []
        events = wanted.events
        if wanted.url is not None and (why := await self._receivers.problem(wanted.url)):
            problems.append(Problem("/url", "webhook_url", f"the address cannot be used: {why}", {"why": why}))
        if events is not None:
            events = tuple(dict.fromkeys(_type(place, name, problems) for place, name in enumerate(events)))
            if not 0 < len(events) <= MOST_TYPES:
                problems.append(
                    Problem("/events", "webhook_events", f"name 1 to {MOST_TYPES} types", {"wanted": str(MOST_TYPES)})
                )
        for field, name, there in (
            ("service", wanted.service, self._names.services),
            ("office", wanted.office, self._names.offices),
        ):
            if name and name not in there:
                problems.append(Problem(f"/filter/{field}", "no_such_name", f"there is no {field} {name!r}"))
        if problems:
            raise BadInput(problems)
        return Wanted(wanted.url, events, wanted.service, wanted.office, wanted.description)

    def _with_secret(self, webhook: Webhook) -> WithSecret:
        newest = max(one.generation for one in webhook.secrets)
        return WithSecret(webhook, derived(self._secret, str(webhook.id), newest))


def signed(secret: bytes, webhook: Webhook, message: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a message that is sent now: content type and the signatures of every secret that is valid."""
    secrets = [derived(secret, str(webhook.id), generation) for generation in webhook.signing(now)]
    return {"content-type": CONTENT_TYPE, **headers(secrets, message, int(now.timestamp()), body)}


def _type(place: int, name: str, problems: list[Problem]) -> str:
    try:
        return short_type(name)
    except ValueError as error:
        problems.append(Problem(f"/events/{place}", "webhook_type", str(error)))
        return name


def _apply(webhook: Webhook, wanted: Wanted) -> None:
    for field in ("url", "events", "service", "office", "description"):
        if (value := getattr(wanted, field)) is not None:
            setattr(webhook, field, value)


def _touch(webhook: Webhook, now: datetime) -> None:
    webhook.version += 1
    webhook.updated_at = now


def _guard(webhook: Webhook, version: int | None) -> None:
    if version is not None and version != webhook.version:
        raise Conflict("webhook_moved", f"the webhook is at version {webhook.version}; read it again and send its ETag")


__all__: Sequence[Any] = ("Names", "Receivers", "Tested", "Wanted", "Webhooks", "WithSecret", "signed")
