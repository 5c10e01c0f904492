"""Wiring of the tracker: replies from the broker, callbacks from the inbox."""

from __future__ import annotations

from gateway.application.track import Track
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.roles.polling import Polling
from gateway.roles.tracing import CallbackSpans
from gateway.roles.tracker import Tracker


def tracker(core: Core) -> Tracker:
    """Return the loop of the replies."""
    return Tracker(Track(core.deployment, core.store, core.bus), core.bus)


def inbox(core: Core) -> Polling:
    """Return the loop of the callbacks."""
    track = Track(core.deployment, core.store, core.bus, CallbackSpans(core.store.attempt_traces))
    return Polling("tracker-inbox", "tracker", core.bus, track.inbox, now=utc_now, at_most_secs=1.0)
