"""When to try again: capped exponential back-off with full jitter, budgeted against the legal time left.

* The n-th wait is drawn evenly from 0 to ``base · 2ⁿ⁻¹`` seconds, at most ``cap`` (full jitter: many requests that
  failed together do not come back together). Far from the end that is hours.
* What the agency asked for (``after``) is the least wait.
* Near the end tries come closer: the bound is never more than a quarter of the time left, nor less than ``base``, so
  that a recovering agency is noticed while its answer is still in time. First that is the time left until a person
  takes over (``escalate_at``), while paper or the telephone can still do it; from then on the time until the deadline.
* Past the deadline there is no time left to save: the bound is the cap, and the lane is left to those in time.
* The budget is the legal time: tries go on while it lasts. A contract may bound their number (``attempts``) where the
  agency can bear no more. Where no deadline says how long, and for a week past one that was missed, a fixed number of
  tries is the budget. After the last one the request is parked with an incident.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gateway.domain.agency import RetryPolicy

#: The share of the legal time left that one wait may use.
SHARE_OF_TIME_LEFT: Final = 0.25
#: How many tries there are where no deadline bounds them: about half a day at an hour each.
TRIES_WITHOUT_DEADLINE: Final = 24
#: How long after a missed deadline tries go on: the law wants the answer late rather than never.
TRIED_PAST_DEADLINE: Final = timedelta(days=7)
_LARGEST_EXPONENT: Final = 62  # far above any cap, far below float overflow


def longest_wait(
    attempt: int, policy: RetryPolicy, now: datetime, deadline: datetime | None, escalate_at: datetime | None = None
) -> float:
    """Return the bound in seconds below which the wait after try number ``attempt`` (from 1) is drawn."""
    bound = min(policy.cap_secs, policy.base_secs * 2.0 ** min(max(attempt - 1, 0), _LARGEST_EXPONENT))
    if deadline is None:
        return bound
    end = deadline if escalate_at is None or escalate_at <= now else min(escalate_at, deadline)
    left = (end - now).total_seconds()
    if left <= 0:
        return policy.cap_secs
    return min(bound, max(policy.base_secs, left * SHARE_OF_TIME_LEFT))


def is_last(attempt: int, policy: RetryPolicy, now: datetime, deadline: datetime | None) -> bool:
    """Return whether try number ``attempt`` was the last that the contract and the law leave room for."""
    if policy.attempts:
        return attempt >= policy.attempts
    if deadline is not None and now < deadline + TRIED_PAST_DEADLINE:
        return False
    return attempt >= TRIES_WITHOUT_DEADLINE


def next_attempt(
    attempt: int,
    policy: RetryPolicy,
    now: datetime,
    *,
    after: float | None = None,
    deadline: datetime | None = None,
    escalate_at: datetime | None = None,
    jitter: float,
) -> datetime | None:
    """Return when to try again after ``attempt`` tries, or ``None`` when there is no further try.

    ``after`` is the agency's own wish in seconds, ``deadline`` the earliest legal one, ``escalate_at`` when a person takes
    over from the machine, ``jitter`` a random number in [0, 1) drawn by the caller. Never before ``now``.
    """
    if not 0 <= jitter < 1:
        raise ValueError(f"jitter {jitter} is not in [0, 1)")
    if is_last(attempt, policy, now, deadline):
        return None
    wait = jitter * longest_wait(attempt, policy, now, deadline, escalate_at)
    return now + timedelta(seconds=max(wait, after or 0.0))
