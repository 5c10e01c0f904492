"""A clock: one running period of a case (DESIGN section 8). Transitions are pure: they return the clock that follows.

    not_started ──start──▶ running ──end before due──▶ met
                              │  └──end at or after due──▶ met_late
                              └──breach at due──▶ breached ──end──▶ met_late
    not_started, running, suspended ──cancel──▶ cancelled

What ended stays as it is: a repeated or late call returns the clock unchanged. An end is judged by when it happened
(receipt at the gateway's edge), not by when it was noticed: an act from before the due instant turns even a breached
clock into a met one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from gateway.domain.calendar import Calendar
from gateway.domain.errors import Conflict
from gateway.domain.service import Term
from gateway.domain.term import due, term_from_json, term_to_json, warning_at


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
ClockKind = Literal["statutory", "step"]


@dataclass(slots=True)
class Clock:
    """One row of ``clocks``.

    ``term`` is the pinned rule (``term_to_json``); ``calendar`` and ``calendar_version`` are those it was last derived
    with. ``due_at`` is the first instant that is too late; before the start it is a forecast and ``provisional``.
    ``step`` names the step of a ``step`` clock. ``explanation`` is the derivation: objects with ``code`` and params.
    All instants are UTC.
    """

    id: UUID
    case_id: UUID
    kind: ClockKind
    state: ClockState
    term: Mapping[str, Any]
    calendar: str
    calendar_version: str
    time_zone: str
    step: str = ""
    started_at: datetime | None = None
    due_at: datetime | None = None
    provisional: bool = False
    warn_at: datetime | None = None
    warned_at: datetime | None = None
    ended_at: datetime | None = None
    explanation: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def next_at(self) -> datetime | None:
        """When the clock role has work on it: the warning, then the due instant; ``None`` when it only stands."""
        if self.state is not ClockState.RUNNING:
            return None
        return self.warn_at if self.warn_at is not None and self.warned_at is None else self.due_at

    @property
    def rule(self) -> Term:
        """The pinned rule as a term."""
        return term_from_json(self.term)


def new_clock(
    id_: UUID,
    case_id: UUID,
    kind: ClockKind,
    term: Term,
    calendar: Calendar,
    time_zone: str,
    *,
    forecast_from: datetime,
    step: str = "",
) -> Clock:
    """Return a clock that waits for its trigger, with the due date as if the trigger came at ``forecast_from``."""
    clock = Clock(id_, case_id, kind, ClockState.NOT_STARTED, term_to_json(term), calendar.id, calendar.version, time_zone, step)
    derived = _derived(clock, forecast_from, calendar)
    return replace(derived, provisional=True, warn_at=None)


def start_clock(
    id_: UUID, case_id: UUID, kind: ClockKind, term: Term, calendar: Calendar, time_zone: str, *, at: datetime, step: str = ""
) -> Clock:
    """Return a clock that runs since ``at``."""
    return start(new_clock(id_, case_id, kind, term, calendar, time_zone, forecast_from=at, step=step), at, calendar)


def start(clock: Clock, at: datetime, calendar: Calendar) -> Clock:
    """Return the clock running since ``at``. A clock that has started already is returned unchanged."""
    if clock.state is not ClockState.NOT_STARTED:
        return clock
    return replace(_derived(clock, at, calendar), state=ClockState.RUNNING, started_at=at)


def rederive(clock: Clock, calendar: Calendar) -> Clock:
    """Return the running clock with its dates derived anew, as with a new version of its calendar."""
    if clock.state is not ClockState.RUNNING or clock.started_at is None:
        return clock
    return _derived(clock, clock.started_at, calendar)


def end_clock(clock: Clock, at: datetime) -> Clock:
    """Return the clock ended by an act at ``at``: met before the due instant, else met late.

    A clock that never started is cancelled: there was nothing to keep.
    """
    if clock.state in ENDED:
        return clock
    if clock.state is ClockState.NOT_STARTED:
        return cancel(clock, at)
    in_time = clock.due_at is None or at < clock.due_at
    return replace(clock, state=ClockState.MET if in_time else ClockState.MET_LATE, ended_at=at)


def warned(clock: Clock, at: datetime) -> Clock:
    """Return the clock with its warning noted as given at ``at``, once."""
    return clock if clock.warned_at is not None else replace(clock, warned_at=at)


def breach(clock: Clock, at: datetime) -> Clock:
    """Return the clock breached. Raises ``Conflict`` when the due instant is still to come at ``at``."""
    if clock.state is not ClockState.RUNNING:
        return clock
    if clock.due_at is None or at < clock.due_at:
        raise Conflict("clock_not_due", f"the clock is due at {clock.due_at}, not yet at {at}; it cannot be breached before")
    return replace(clock, state=ClockState.BREACHED)


def cancel(clock: Clock, at: datetime) -> Clock:
    """Return the clock cancelled (a withdrawn case, a superseded request). A breach stays on record."""
    if clock.state in ENDED or clock.state is ClockState.BREACHED:
        return clock
    return replace(clock, state=ClockState.CANCELLED, ended_at=at)


def legal_deadline(clocks: Iterable[Clock]) -> datetime | None:
    """Return the earliest due instant of the clocks that run, or ran out and still wait for their end.

    A breached clock counts, so that what is already late is not served last.
    """
    open_ = (ClockState.RUNNING, ClockState.BREACHED)
    return min((c.due_at for c in clocks if c.state in open_ and c.due_at is not None), default=None)


def _derived(clock: Clock, since: datetime, calendar: Calendar) -> Clock:
    term = clock.rule
    end = due(term, since, calendar, clock.time_zone)
    return replace(
        clock,
        calendar=calendar.id,
        calendar_version=calendar.version,
        due_at=end.due_at,
        provisional=end.provisional,
        warn_at=warning_at(term, end.date, since, calendar, clock.time_zone),
        explanation=tuple({"code": line.code, **line.params} for line in end.explanation),
    )
