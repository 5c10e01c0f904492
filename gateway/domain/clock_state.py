"""Where a clock stands (DESIGN section 8)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ClockState(StrEnum):
    """Where a clock stands."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    SUSPENDED = "suspended"
    MET = "met"
    MET_LATE = "met_late"
    BREACHED = "breached"
    TACITLY_GRANTED = "tacitly_granted"
    TACITLY_REFUSED = "tacitly_refused"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"


#: Nothing more happens to such a clock by itself.
ENDED: Final = frozenset(
    {
        ClockState.MET,
        ClockState.MET_LATE,
        ClockState.TACITLY_GRANTED,
        ClockState.TACITLY_REFUSED,
        ClockState.DISPUTED,
        ClockState.CANCELLED,
    }
)
