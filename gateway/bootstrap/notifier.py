"""Wiring of the notifier."""

from __future__ import annotations

from gateway.application.alerts import Alerting
from gateway.application.notify import Notify
from gateway.bootstrap.alerts import alert_rules
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.notify.channels import Channels
from gateway.roles.polling import Polling
from gateway.telemetry.metrics import METRICS


def notifier(core: Core) -> Polling:
    """Return the notifier's loop."""
    settings = core.settings
    rules = alert_rules(settings, core.deployment.catalogue, core.environ)
    channels = Channels(rules.receivers, core.zone, source=settings.public)
    alerting = Alerting(core.store, rules, utc_now)
    notify = Notify(core.store, core.bus, channels.send, alerting, utc_now, measures=METRICS)

    async def finish() -> None:
        channels.close()

    return Polling(
        "notifier",
        "notifier",
        core.bus,
        notify.run_once,
        now=utc_now,
        next_at=core.store.next_delivery_at,
        at_most_secs=1.0,
        gather_secs=0.05,  # who listens to events can wait so long; each look costs as much as fifty deliveries
        finish=finish,
    )
