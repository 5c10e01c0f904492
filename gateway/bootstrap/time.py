"""The gateway's own time."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time of this machine; what decides about deadlines is the database's."""
    return datetime.now(UTC)
