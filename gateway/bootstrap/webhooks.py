"""Wiring of webhooks: the notifier's loop that sends them, and what the doors do with them."""

from __future__ import annotations

from gateway.application.send_webhooks import SendWebhooks
from gateway.application.webhooks import Webhooks
from gateway.bootstrap.core import Core
from gateway.bootstrap.settings import Settings
from gateway.bootstrap.time import utc_now
from gateway.domain.webhook_target import Allowed, read_allowed
from gateway.notify.webhooks import RareReceivers, WebhookReceivers
from gateway.roles.polling import Polling
from gateway.telemetry.metrics import METRICS


def allowed(settings: Settings) -> Allowed:
    """Return what a deployment allows besides public addresses. Raises ``ValueError`` that names the setting."""
    try:
        return read_allowed(settings.webhook_allow.split())
    except ValueError as error:
        raise ValueError(f"DARCHA_WEBHOOK_ALLOW: {error}") from None


class WebhookJob:
    """The loop under supervision, with what it has to let go however it ends."""

    def __init__(self, loop: Polling, sending: SendWebhooks, receivers: WebhookReceivers) -> None:
        self._loop = loop
        self._sending = sending
        self._receivers = receivers

    async def run(self) -> None:
        """Work until stopped; what is under way is finished first, unless something has failed."""
        try:
            await self._loop.run()
        finally:
            await self._sending.abandon()
            await self._receivers.close()

    async def stop(self) -> None:
        """Let ``run`` end."""
        await self._loop.stop()


def webhooks(core: Core) -> WebhookJob:
    """Return the loop that sends webhooks. It is one of its own, so that no receiver delays events or alerts."""
    settings = core.settings
    secs = settings.webhook_timeout_secs
    receivers = WebhookReceivers(allowed(settings), timeout_secs=secs)
    sending = SendWebhooks(core.store, receivers, core.secret, utc_now, timeout_secs=secs, measures=METRICS)
    loop = Polling(
        "webhooks",
        "notifier",
        core.bus,
        sending.run_once,
        now=utc_now,
        next_at=sending.next_at,
        at_most_secs=1.0,
        gather_secs=0.05,
        rest_secs=0.05,
        finish=sending.finish,
    )
    return WebhookJob(loop, sending, receivers)


def webhook_acts(core: Core) -> Webhooks:
    """Return what the api, the console and their users do with webhooks."""
    settings = core.settings
    receivers = RareReceivers(allowed(settings), timeout_secs=settings.webhook_timeout_secs)
    return Webhooks(core.store, core.store, receivers, core.deployment.catalogue, core.mint, core.secret)
