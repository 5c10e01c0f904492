"""Wiring of the clock."""

from __future__ import annotations

from datetime import timedelta

from gateway.application.tick import Tick
from gateway.application.time_jump import TimeWatch
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import steady_secs, utc_now
from gateway.roles.polling import Polling


def clock(core: Core) -> Polling:
    """Return the clock's loop."""
    bound = timedelta(seconds=core.settings.time_jump_secs)
    watch = TimeWatch(core.store, core.bus, machine=utc_now, steady=steady_secs, bound=bound)
    tick = Tick(core.deployment, core.store, core.bus, settle_secs=core.settings.settle_secs, watch=watch)

    async def run_once() -> int:
        # What expires is derived with the calendar that is current now, not the one of the last look.
        await core.deployment.calendars.refresh(core.store)
        return await tick.run_once()

    return Polling("clock", "clock", core.bus, run_once, now=utc_now, next_at=core.store.next_timer_at, at_most_secs=1.0)
