"""The gateway's own time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time of this machine; what decides about deadlines is the database's."""
    return datetime.now(UTC)


def steady_secs() -> float:
    """Return seconds of a clock that nobody sets, and that counts the time in which the machine slept where it can."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
