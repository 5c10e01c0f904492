"""Wiring of what every process does about calendars, and of the recalculation that the clock does."""

from __future__ import annotations

from typing import Final

from gateway.application.calendars import TOPIC
from gateway.application.recalculate import Recalculate
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.roles.polling import Polling

#: Without a wake-up a new version is seen after this time.
_AT_MOST_SECS: Final = 2.0


def calendar_watch(core: Core) -> Polling:
    """Return the loop that reads new versions of calendars."""

    async def look() -> int:
        return len(await core.deployment.calendars.refresh(core.store))

    return Polling("calendars", TOPIC, core.bus, look, now=utc_now, at_most_secs=_AT_MOST_SECS)


def recalculation(core: Core) -> Polling:
    """Return the loop that derives clocks in flight anew; it reads new versions itself."""
    recalculate = Recalculate(core.deployment, core.store, core.bus)
    return Polling("recalculation", TOPIC, core.bus, recalculate.run_once, now=utc_now, at_most_secs=_AT_MOST_SECS)
