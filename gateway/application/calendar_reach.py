"""How far an amendment of a calendar reaches: what a person is told before it is made. The port; nothing is changed."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

#: Clocks are counted up to here; beyond it the number is "at least".
MOST_COUNTED: Final = 10_000


class CalendarReach(Protocol):
    """The reading side of the store."""

    async def clocks_reached(self, calendar: str, since: datetime, most: int) -> int:
        """Return how many clocks in flight count with this calendar and end at ``since`` (UTC) or later, or have no end yet:
        the ones that an amendment of days from then on can move. At most ``most`` are counted."""
        ...
