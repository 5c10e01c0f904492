"""The shapes of counts and of the overview."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from gateway.api.shapes import CaseBrief, Out


class CountOut(Out):
    """How many; ``more``: at least so many."""

    count: int
    more: bool


class CountsOut(Out):
    """Counts by what was asked for: value → count. Values of no case are left out."""

    status: dict[str, CountOut] | None = None
    service: dict[str, CountOut] | None = None
    agency: dict[str, CountOut] | None = None
    office: dict[str, CountOut] | None = None
    outcome: dict[str, CountOut] | None = None


class HourOut(Out):
    """What happened in one hour, which begins at ``begins`` (UTC). Nothing is counted further than 10 000."""

    begins: datetime
    received: int
    decided: int


class OverviewOut(Out):
    """What operators look at first."""

    at: datetime
    incidents: dict[str, CountOut] = Field(description="Open incidents by kind.")
    attention: CountOut
    overdue: CountOut
    due_in_1_day: CountOut
    due_in_3_days: CountOut
    open: dict[str, CountOut] = Field(description="Undecided cases by status.")
    hours: list[HourOut] = Field(description="The last 24 hours, oldest first.")
    oldest: CaseBrief | None
