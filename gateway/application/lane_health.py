"""How a lane's row answers to what happens in it: rate, breaker, and the pause for a misconfigured agency. Pure.

All dispatchers and trackers share the row, so that together they keep one window, one rate and one breaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.application.store import LaneRow
from gateway.domain.agency import LanePolicy
from gateway.domain.incident import Incident, IncidentKind

#: So many different requests have to say 'misconfigured' before a lane pauses without a probe (DESIGN section 6).
SUSPECTS = 3


def room(policy: LanePolicy, row: LaneRow, in_flight: int, now: datetime, zone: ZoneInfo) -> int:
    """Return how many requests may be released now, and take them out of the rate bucket of the row."""
    if row.paused or (row.rests_until is not None and now < row.rests_until) or not open_now(policy.hours, now, zone):
        return 0
    window = 1 if row.failures >= policy.breaker.failures else policy.window
    free = max(0, window - in_flight)
    if policy.rate_per_sec > 0:
        most = max(1.0, policy.rate_per_sec)
        since = max(0.0, (now - row.filled_at).total_seconds()) if row.filled_at is not None else None
        row.tokens = most if since is None else min(most, row.tokens + since * policy.rate_per_sec)
        row.filled_at = now
        free = min(free, int(row.tokens))
    return free


def spend(policy: LanePolicy, row: LaneRow, released: int) -> None:
    """Take what was released out of the bucket."""
    if policy.rate_per_sec > 0:
        row.tokens = max(0.0, row.tokens - released)


def open_now(hours: str, now: datetime, zone: ZoneInfo) -> bool:
    """Return whether ``hours`` (``HH:MM-HH:MM`` local, over midnight allowed, empty: always) are open at ``now``."""
    if not hours:
        return True
    opens, closes = (time.fromisoformat(part) for part in hours.split("-"))
    local = now.astimezone(zone).time()
    return opens <= local < closes if opens <= closes else local >= opens or local < closes


@dataclass(slots=True)
class LaneNews:
    """What a batch of replies said about one lane. ``misconfigured``: request ids; ``probed``: a probe agreed."""

    answered: bool = False
    failures: int = 0
    misconfigured: list[str] = field(default_factory=list)
    probed: bool = False
    reason: str = ""


def note(policy: LanePolicy, row: LaneRow, news: LaneNews, now: datetime) -> list[Incident]:
    """Write the news into the row; return the incidents to open: the agency does not answer, or the lane has to pause.

    The first answer after that closes the incident of the outage, in the same commit.
    """
    opened: list[Incident] = []
    if news.answered:
        if row.failures:
            row.recovered.append((outage(row.name), "the agency answers again"))
        row.failures, row.rests_until, row.suspects = 0, None, ()
    elif news.failures:
        worked = row.failures < policy.breaker.failures
        row.failures += news.failures
        if row.failures >= policy.breaker.failures:
            row.rests_until = now + timedelta(seconds=policy.breaker.pause_secs)
            if worked:
                detail = {"failures": row.failures}
                opened.append(Incident(IncidentKind.LANE_DOWN, outage(row.name), detail, agency=row.agency, lane=row.name))
    if not news.misconfigured or news.answered:
        return opened
    row.suspects = tuple(dict.fromkeys([*row.suspects, *news.misconfigured]))
    if row.paused or not (news.probed or len(row.suspects) >= SUSPECTS):
        return opened
    row.paused, row.paused_reason, row.paused_by, row.paused_at = True, news.reason, "gateway", now
    kind = IncidentKind.LANE_MISCONFIGURED
    return [*opened, Incident(kind, fingerprint(row.name), {"reason": news.reason}, agency=row.agency, lane=row.name)]


def fingerprint(lane: str) -> str:
    """Return the fingerprint of the incident that pauses a lane."""
    return f"{IncidentKind.LANE_MISCONFIGURED}:{lane}"


def outage(lane: str) -> str:
    """Return the fingerprint of the incident that the agency behind a lane does not answer."""
    return f"{IncidentKind.LANE_DOWN}:{lane}"


def resume(row: LaneRow) -> Sequence[Incident]:
    """Let a lane work again, with a clean breaker: whether the agency answers shows with the next request."""
    row.recovered.append((outage(row.name), "the lane was resumed"))
    row.paused, row.paused_reason, row.paused_by, row.paused_at = False, "", "", None
    row.failures, row.rests_until, row.suspects = 0, None, ()
    return ()
