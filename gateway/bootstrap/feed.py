"""Wiring of the feed's one reader in an api process, for all who listen there."""

from __future__ import annotations

from typing import Final

from gateway.application.feed import FEED, Hub
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.roles.polling import Polling

#: Without a wake-up it looks so often, while anybody listens.
AT_MOST_SECS: Final = 0.5
#: At load it looks so often, and takes what has come meanwhile together.
GATHER_SECS: Final = 0.05


def feed(core: Core, hub: Hub) -> Polling:
    """Return the loop that reads for the hub. When it is stopped all streams end, so that the api's server can."""
    return Polling(
        "feed", FEED, core.bus, hub.read, now=utc_now, at_most_secs=AT_MOST_SECS, gather_secs=GATHER_SECS, finish=hub.close
    )
