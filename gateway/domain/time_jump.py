"""Whether the database's time can be believed: it decides about terms, and whoever sets it wrong must decide nothing. Pure.

forward, backward   between two looks of one process it has moved by more, or less, than the time that has passed
differs             it is not that of the machine that looks
behind              it lies before the last event that the database has recorded

A difference up to the bound is nobody's business. That nobody looked for a night is no jump: between two looks counts what
has passed by a clock that nobody sets, and at a start the machine's own clock. Where both are one clock (SQLite, or a
database on the same machine), a step that was made while nothing ran can be seen only when it goes behind the last event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Look:
    """The database's time and the machine's (UTC), and a clock that nobody sets, in seconds, read before and after them."""

    database: datetime
    machine: datetime
    before: float
    after: float

    @property
    def offset(self) -> timedelta:
        """How far the database is ahead of the machine, as far as that is sure: the question took its time."""
        unsure = timedelta(seconds=self.after - self.before)
        ahead = self.database - self.machine
        return min(ahead + unsure, timedelta()) if ahead < timedelta() else max(ahead - unsure, timedelta())


@dataclass(frozen=True, slots=True)
class Jump:
    """Why the database's time is not believed: ``now`` is what it says, ``expected`` what it should be about."""

    why: str
    now: datetime
    expected: datetime

    def detail(self) -> Mapping[str, Any]:
        """Return what an incident says of it."""
        secs = round((self.now - self.expected).total_seconds())
        reason = _REASONS[self.why].format(secs=abs(secs))
        return {"reason": reason, "why": self.why, "secs": secs, "now": self.now, "expected": self.expected}


_REASONS: Mapping[str, str] = {
    "forward": "the database's time has moved forward by {secs} s more than has passed",
    "backward": "the database's time has moved back by {secs} s",
    "differs": "the database's time and this machine's differ by {secs} s",
    "behind": "the database's time lies {secs} s before the last event that it has recorded",
}


def judge(look: Look, last: Look | None, told: timedelta, recorded: datetime | None, bound: timedelta) -> Jump | None:
    """Return why this look is not believed; ``None``: it is.

    ``last`` is the look before, ``told`` the offset that a person has been told of (zero: none), ``recorded`` when the last
    event was recorded, which is looked up once, at the start.
    """
    if last is not None:
        most = last.database + timedelta(seconds=look.after - last.before)
        least = last.database + timedelta(seconds=look.before - last.after)
        if look.database - most > bound:
            return Jump("forward", look.database, most)
        if least - look.database > bound:
            return Jump("backward", look.database, least)
    if abs(look.offset) > bound and abs(look.offset - told) > bound:
        return Jump("differs", look.database, look.machine)
    if recorded is not None and recorded - look.database > bound:
        return Jump("behind", look.database, recorded)
    return None
