"""Wiring of the notifier."""

from __future__ import annotations

from gateway.application.notify import Notify
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.notify.alerts import Alerts
from gateway.roles.polling import Polling
from gateway.telemetry.metrics import METRICS


def notifier(core: Core) -> Polling:
    """Return the notifier's loop."""
    settings = core.settings
    alerts = Alerts(settings.alert_urls.split(), settings.alert_language, core.zone)
    notify = Notify(core.store, core.bus, alerts, utc_now, measures=METRICS)
    return Polling(
        "notifier",
        "notifier",
        core.bus,
        notify.run_once,
        now=utc_now,
        next_at=core.store.next_delivery_at,
        at_most_secs=1.0,
        gather_secs=0.05,  # who listens to events can wait so long; each look costs as much as fifty deliveries
    )
