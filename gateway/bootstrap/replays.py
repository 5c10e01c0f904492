"""Wiring of the loop that works replays off."""

from __future__ import annotations

from gateway.application.replaying import Replaying
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.roles.polling import Polling


def replaying(core: Core) -> Polling:
    """Return the loop. Nobody wakes it: a replay that was started is seen within a second."""
    store = core.store
    work = Replaying(core.deployment, store, store, store, core.bus)
    return Polling("replays", "replays", core.bus, work.run_once, now=utc_now, next_at=store.next_replay_at, at_most_secs=1.0)
