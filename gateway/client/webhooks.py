"""The calls of webhooks: ``client.webhooks.add(...)`` and the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, cast

from gateway.client.types import DeliveryState, Webhook, WebhookDelivery, WebhookFilter, WebhookTest, WebhookWithSecret

Call = Callable[..., Awaitable[Any]]
_PATH = "/v1/webhooks"


class WebhookCalls:
    """Every call may raise ``ClientError``. What is another client's is not there (404), unless the key is an operator's."""

    def __init__(self, call: Call, listed: Call) -> None:
        self._call = call
        self._listed = listed

    async def add(
        self,
        url: str,
        events: Sequence[str] = ("*",),
        *,
        filter: WebhookFilter | None = None,  # noqa: A002 - the word of the API
        description: str = "",
        client: str = "",
    ) -> WebhookWithSecret:
        """Subscribe to events of one's own cases. Keep ``secret``: it is shown this once. ``client`` is for operators."""
        body: dict[str, Any] = {"url": url, "events": list(events), "description": description, "client": client}
        body |= {"filter": filter} if filter else {}
        return cast(WebhookWithSecret, await self._call("POST", _PATH, body))

    async def get(self, webhook: str) -> Webhook:
        """Return one webhook."""
        return cast(Webhook, await self._call("GET", f"{_PATH}/{webhook}"))

    async def change(self, webhook: str, *, version: int | None = None, **wanted: Any) -> Webhook:
        """Change ``url``, ``events``, ``filter`` or ``description``; with ``version`` only while it is at that."""
        headers = {"If-Match": f'"{version}"'} if version is not None else None
        return cast(Webhook, await self._call("PATCH", f"{_PATH}/{webhook}", wanted, headers=headers))

    async def rotate(self, webhook: str, *, overlap_secs: int | None = None) -> WebhookWithSecret:
        """Make a new secret, shown this once; the one before it signs beside it for a day, or ``overlap_secs``."""
        body = {} if overlap_secs is None else {"overlap_secs": overlap_secs}
        return cast(WebhookWithSecret, await self._call("POST", f"{_PATH}/{webhook}/rotate", body))

    async def test(self, webhook: str) -> WebhookTest:
        """Let the gateway send a test now, and return what the receiver said."""
        return cast(WebhookTest, await self._call("POST", f"{_PATH}/{webhook}/test"))

    async def pause(self, webhook: str, reason: str) -> Webhook:
        """Send nothing until it is resumed."""
        return cast(Webhook, await self._call("POST", f"{_PATH}/{webhook}/pause", {"reason": reason}))

    async def resume(self, webhook: str) -> Webhook:
        """Go on where it stood; also after the gateway has disabled it."""
        return cast(Webhook, await self._call("POST", f"{_PATH}/{webhook}/resume"))

    async def remove(self, webhook: str) -> None:
        """Tell this receiver nothing more."""
        await self._call("DELETE", f"{_PATH}/{webhook}")

    async def deliveries(self, webhook: str, state: DeliveryState | str = "") -> list[WebhookDelivery]:
        """Return all deliveries, newest first."""
        params = {"limit": "200"} | ({"state": state} if state else {})
        return cast("list[WebhookDelivery]", await self._listed(f"{_PATH}/{webhook}/deliveries", params))

    async def resend(self, webhook: str, delivery: str) -> WebhookDelivery:
        """Send one delivery again, under its id."""
        return cast(WebhookDelivery, await self._call("POST", f"{_PATH}/{webhook}/deliveries/{delivery}/resend"))

    async def recover(self, webhook: str, since: datetime) -> int:
        """Send again what has failed since a time (with its zone); return how many deliveries."""
        answer = await self._call("POST", f"{_PATH}/{webhook}/recover", {"since": since.isoformat()})
        return int(answer["count"])

    async def list(self) -> list[Webhook]:
        """Return all webhooks, newest first."""
        return cast("list[Webhook]", await self._listed(_PATH))
