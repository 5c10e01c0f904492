"""What operators look at first: what needs a person now, what is late or soon due, what goes through, what waits longest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain.case import Case

#: Nobody reads a larger number than this off a screen, and counting further takes time.
MOST_COUNTED: Final = 10_000
#: The throughput goes back so many hours.
HOURS: Final = 24


class Group(StrEnum):
    """By what cases are counted. ``agency``: a case counts once for each agency that it has a request with."""

    STATUS = "status"
    SERVICE = "service"
    AGENCY = "agency"
    OFFICE = "office"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Count:
    """A count; where ``more``, there are at least so many."""

    count: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Hour:
    """What happened in one hour: ``begins`` is UTC; the last hour is not over yet. Each is counted up to ``MOST_COUNTED``."""

    begins: datetime
    received: int
    decided: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The gateway at ``at`` (the database's time, UTC).

    ``incidents``: open ones by kind. ``attention``: cases that need it. ``due_in_1_day`` and ``due_in_3_days`` count from
    now, without the overdue. ``open``: undecided cases by status. ``hours``: the last 24, oldest first. ``oldest``: the
    undecided case that was received first, ``None`` when there is none.
    """

    at: datetime
    incidents: Mapping[str, Count]
    attention: Count
    overdue: Count
    due_in_1_day: Count
    due_in_3_days: Count
    open: Mapping[str, Count]
    hours: Sequence[Hour]
    oldest: Case | None
