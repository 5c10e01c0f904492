"""Time that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class MovingClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **step: float) -> None:
        self.at += timedelta(**step)
