"""The course of a clock: its rule followed through what happened, to its state, its date and the derivation.

    DarchaError
    └── Refusal
        └── Conflict
            └── ClockRefused    an event breaks the rule that ``code`` names; nothing has changed

``follow`` is pure: the same events, rule and calendar give the same course, years later too. What it refuses is decided
when an event is added (``may_follow``). Events that were accepted under the calendar of their day are followed under a
newer one with ``accepted=True``: a decree may move an end before a suspension, and does not make it unsaid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.calendar import Calendar
from gateway.domain.clock_events import (
    Cancelled,
    ClockEvent,
    Ended,
    Extended,
    Resumed,
    Suspended,
    Triggered,
    event_from_json,
    event_to_json,
)
from gateway.domain.clock_state import ClockState
from gateway.domain.counting import Longer
from gateway.domain.derivation import Due, Line
from gateway.domain.errors import Conflict
from gateway.domain.suspension import Held, limited, merged
from gateway.domain.term import Stops, due_with
from gateway.domain.term_rule import Length, Silence, Term

__all__ = [
    "Cancelled",
    "ClockEvent",
    "ClockRefused",
    "Course",
    "Ended",
    "Extended",
    "Resumed",
    "Suspended",
    "Triggered",
    "event_from_json",
    "event_to_json",
    "follow",
    "may_follow",
]

_EXPIRED: Final = {
    Silence.NOTHING: ClockState.BREACHED,
    Silence.GRANTED: ClockState.TACITLY_GRANTED,
    Silence.REFUSED: ClockState.TACITLY_REFUSED,
}


class ClockRefused(Conflict):
    """What was asked of the clock breaks a rule; ``code`` names it.

    ``pointer`` is the field that breaks it, where whoever asked knows that better than the code tells.
    """

    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """Where a clock stands at ``as_of``. Instants are UTC.

    ``due_at``, ``raw`` and ``date`` are as in ``Due``; ``None`` before the trigger and while the clock is suspended, when
    ``earliest`` is the date if it were resumed at ``as_of``. ``suspended_on`` are the grounds that hold it then, and
    ``lapses_at`` is when the last of them has used up its maximum, so that the clock runs on by itself. ``held`` is the time
    taken out so far, overlaps once.
    """

    state: ClockState
    started_at: datetime | None = None
    due_at: datetime | None = None
    raw: date | None = None
    earliest: date | None = None
    date: date | None = None
    provisional: bool = False
    explanation: tuple[Line, ...] = ()
    suspended_on: tuple[str, ...] = ()
    lapses_at: datetime | None = None
    extensions: int = 0
    ended_at: datetime | None = None
    held: tuple[tuple[datetime, datetime], ...] = ()


def follow(
    term: Term,
    events: Sequence[ClockEvent],
    calendar: Calendar,
    time_zone: str,
    *,
    as_of: datetime | None = None,
    closing: time | None = None,
    accepted: bool = False,
) -> Course:
    """Return the course of a clock under ``term`` through ``events``, which are in order of ``at``, as known at ``as_of``.

    ``as_of``: the instant of the last event unless given; later events are not known yet and left out. ``calendar``,
    ``time_zone`` and ``closing`` are as for ``due``. ``accepted``: do not measure the events by today's calendar anew.
    Raises ``ClockRefused`` for an event that breaks a rule and ``ValueError`` as ``due`` does.
    """
    for event in events:
        if event.at.tzinfo is None:
            raise ValueError(f"the event at {event.at.isoformat()} has no time zone")
    clock = _Clock(term, calendar, time_zone, closing, accepted=accepted)
    for event in events:
        if as_of is None or event.at <= as_of:
            clock.take(event)
    return clock.course(as_of if as_of is not None else clock.until)


def may_follow(
    term: Term,
    events: Sequence[ClockEvent],
    event: ClockEvent,
    calendar: Calendar,
    time_zone: str,
    *,
    closing: time | None = None,
) -> Course:
    """Return the course with ``event`` after the accepted ``events``. Raises ``ClockRefused`` when it may not follow them."""
    clock = _Clock(term, calendar, time_zone, closing, accepted=True)
    for earlier in events:
        clock.take(earlier)
    clock.accepted = False
    if event.at.tzinfo is None:
        raise ValueError(f"the event at {event.at.isoformat()} has no time zone")
    clock.take(event)
    return clock.course(event.at)


class _Clock:
    """A clock while its events are followed. ``until`` is the instant of the last of them."""

    def __init__(self, term: Term, calendar: Calendar, time_zone: str, closing: time | None, *, accepted: bool) -> None:
        self.term = term
        self.calendar = calendar
        self.time_zone = time_zone
        self.zone = ZoneInfo(time_zone)
        self.closing = closing
        self.accepted = accepted
        self.until: datetime | None = None
        self.last: ClockEvent | None = None
        self.started_at: datetime | None = None
        self.spans: list[Held] = []
        self.longer: list[Longer] = []
        self.end: Ended | Cancelled | None = None

    def take(self, event: ClockEvent) -> None:
        """Let the event happen. Raises ``ClockRefused``; the clock is then as it was."""
        if event.at.tzinfo is not UTC:  # two times of one zone are told apart by the hands of its clocks, not by what passed
            event = replace(event, at=event.at.astimezone(UTC))
        if event == self.last:
            raise ClockRefused("twice", f"the same event at {self._local(event.at)} is there already")
        if self.until is not None and event.at < self.until:
            late, known = self._local(event.at), self._local(self.until)
            message = f"the event at {late} comes after one of {known}; events are in order of time"
            raise ClockRefused("out_of_order", message)
        if self.end is not None:
            raise ClockRefused("already_ended", f"the clock ended at {self._local(self.end.at)}; nothing follows that")
        if self.started_at is None and isinstance(event, Suspended | Resumed | Extended):
            raise ClockRefused("not_started", "the clock has not started; it can be suspended or extended once it runs")
        match event:
            case Triggered():
                if self.started_at is not None:
                    raise ClockRefused("already_started", f"the clock started at {self._local(self.started_at)} already")
                self.started_at = event.at
            case Suspended():
                self._suspend(event)
            case Resumed():
                self._resume(event)
            case Extended():
                self._extend(event)
            case Ended():
                self._end(event)
            case Cancelled():
                self.end = event
        self.until, self.last = event.at, event

    def _suspend(self, event: Suspended) -> None:
        rule = self.term.suspension
        if rule is None:
            raise ClockRefused("no_suspension", "the rule knows no suspension of this term")
        if rule.ground(event.ground) is None:
            known = ", ".join(ground.name for ground in rule.grounds)
            raise ClockRefused("unknown_ground", f"the rule knows no ground {event.ground!r}; it knows {known}")
        if any(span.ground == event.ground and span.end is None and span.holds(event.at) for span in self._limited()):
            raise ClockRefused("twice", f"the ground {event.ground!r} holds the clock already; resume it first")
        self._not_expired(event.at, "after_expiry", "it can no longer be suspended")
        # A ground that lapsed without a word is over when it begins anew.
        spans = [replace(s, end=event.at) if s.ground == event.ground and s.end is None else s for s in self.spans]
        spans.append(Held(event.ground, event.at))
        if not self.accepted and limited(spans, rule, self.calendar, self.zone)[-1].lapses_at == event.at:
            raise ClockRefused("ground_used_up", f"the maximum of the ground {event.ground!r} is used up")
        self.spans = spans

    def _resume(self, event: Resumed) -> None:
        unended = [span for span in self.spans if span.end is None]
        named = [span for span in unended if event.ground in ("", span.ground)]
        if not named:
            what = f"on the ground {event.ground!r}" if event.ground else "on any ground"
            raise ClockRefused("not_suspended", f"the clock is not suspended {what}; there is nothing to resume")
        # A ground that lapsed is over anyway: who names none means one that still holds.
        holding = {span.ground for span in self._limited() if span.holds(event.at)}
        named = [span for span in named if span.ground in holding] or named
        if len(named) > 1:
            grounds = ", ".join(span.ground for span in named)
            raise ClockRefused("name_the_ground", f"several grounds hold the clock ({grounds}); name the one that is over")
        self._not_expired(event.at, "after_expiry", "there is nothing left to resume")
        self.spans = [replace(span, end=event.at) if span is named[0] else span for span in self.spans]

    def _extend(self, event: Extended) -> None:
        rule = self.term.extension
        if rule is None:
            raise ClockRefused("no_extension", "the rule knows no extension of this term")
        if len(self.longer) >= rule.times:
            message = f"the rule allows {rule.times} extension(s), and {len(self.longer)} stand already"
            raise ClockRefused("too_many_extensions", message)
        length = rule.length if event.length is None else event.length
        if not 1 <= length <= rule.length:
            raise ClockRefused("extension_too_long", f"an extension is 1 to {rule.length} {rule.unit}, not {length}")
        self._not_expired(event.at, "notice_after_expiry", "an extension has to be notified before that")
        self.longer.append(Longer(Length(length, rule.unit), event.at.astimezone(self.zone).isoformat()))

    def _end(self, event: Ended) -> None:
        dated = event.dated
        if isinstance(dated, datetime):
            ahead = dated > event.at
        else:
            ahead = dated is not None and dated > event.at.astimezone(self.zone).date()
        if ahead:
            raise ClockRefused("dated_ahead", f"it is dated {dated}, later than it reached us at {self._local(event.at)}")
        self.end = event

    def _local(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat()

    def _not_expired(self, at: datetime, code: str, message: str) -> None:
        if self.accepted:
            return
        end = self._due(at)
        if end is not None and at >= end.due_at:
            raise ClockRefused(code, f"the term ended on {end.date.isoformat()}; {message}")

    def _limited(self) -> tuple[Held, ...]:
        if self.term.suspension is None:
            return ()
        return limited(self.spans, self.term.suspension, self.calendar, self.zone)

    def _derive(self, as_of: datetime, spans: tuple[Held, ...]) -> Due:
        if self.started_at is None:
            raise ClockRefused("not_started", "the clock has not started")
        stops = Stops(as_of, spans, tuple(self.longer))
        plain = not spans and not self.longer
        return due_with(self.term, self.started_at, self.calendar, self.time_zone, self.closing, None if plain else stops)

    def _due(self, at: datetime) -> Due | None:
        spans = self._limited()
        return None if any(span.holds(at) for span in spans) else self._derive(at, spans)

    def course(self, as_of: datetime | None) -> Course:
        """Return where the clock stands at ``as_of``."""
        if self.started_at is None or as_of is None:
            state = ClockState.NOT_STARTED if self.end is None else ClockState.CANCELLED
            return Course(state, ended_at=None if self.end is None else self.end.at)
        until = as_of if self.end is None else self.end.at
        spans = self._limited()
        holding = [span for span in spans if span.holds(until)]
        end = self._derive(until, spans)
        known = None if holding else end
        state = self._state(known, until if self.end is not None else as_of)
        lines = list(end.explanation)
        if holding:
            lines.append(self._open(holding, end, spans))
        told = {"state": str(state), "as_of": as_of.astimezone(self.zone).isoformat()}
        if self.end is not None:
            told["ended_at"] = self.end.at.astimezone(self.zone).isoformat()
            if isinstance(self.end, Ended) and self.end.dated is not None:
                told["dated"] = self.end.dated.isoformat()
        return Course(
            state=state,
            started_at=self.started_at,
            due_at=None if known is None else known.due_at,
            raw=None if known is None else known.raw,
            date=None if known is None else known.date,
            provisional=end.provisional,
            explanation=(*lines, Line("state", told)),
            suspended_on=tuple(span.ground for span in holding),
            lapses_at=_lapse(holding),
            earliest=end.date if holding else None,
            extensions=len(self.longer),
            ended_at=None if self.end is None else self.end.at,
            held=merged(spans, until),
        )

    def _state(self, end: Due | None, at: datetime) -> ClockState:
        expired = end is not None and at >= end.due_at
        tacit = self.term.silence is not Silence.NOTHING
        match self.end:
            case Ended(dated=dated):
                if not expired:
                    return ClockState.MET
                if end is not None and dated is not None and _dated_in_time(dated, end):
                    return ClockState.DISPUTED
                return _EXPIRED[self.term.silence] if tacit else ClockState.MET_LATE
            case Cancelled():
                return _EXPIRED[self.term.silence] if expired else ClockState.CANCELLED
        if end is None:
            return ClockState.SUSPENDED
        return _EXPIRED[self.term.silence] if expired else ClockState.RUNNING

    def _open(self, holding: list[Held], earliest: Due, spans: tuple[Held, ...]) -> Line:
        told: dict[str, object] = {
            "grounds": [span.ground for span in holding],
            "since": min(span.start for span in holding).astimezone(self.zone).isoformat(),
            "earliest": earliest.date.isoformat(),
        }
        lapses_at = _lapse(holding)
        if lapses_at is not None:
            told["lapses_at"] = lapses_at.astimezone(self.zone).isoformat()
            told["latest"] = self._derive(lapses_at, spans).date.isoformat()
        return Line("open_suspension", told)


def _lapse(holding: Sequence[Held]) -> datetime | None:
    """Return when the last of the grounds has used up its maximum; ``None`` when one of them has none, or none holds."""
    ends = [span.lapses_at for span in holding]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _dated_in_time(dated: date | datetime, end: Due) -> bool:
    return dated < end.due_at if isinstance(dated, datetime) else dated <= end.date
