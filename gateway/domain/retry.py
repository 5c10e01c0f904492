"""When to try again: capped exponential back-off with full jitter, within the legal time left.

* The n-th wait is drawn evenly from 0 to ``base · 2ⁿ⁻¹`` seconds, at most ``cap`` (full jitter: many requests that
  failed together do not come back together).
* What the agency asked for (``after``) is the least wait.
* Near the legal deadline tries come closer: the bound is never more than a quarter of the time left, nor less than
  ``base``, so that a recovering agency is noticed while its answer is still in time.
* Past the deadline there is no time left to save: the bound is the cap, and the lane is left to those in time.
* After ``attempts`` tries there is no further one: the request is parked with an incident.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gateway.domain.agency import RetryPolicy

#: The share of the legal time left that one wait may use.
SHARE_OF_TIME_LEFT: Final = 0.25
_LARGEST_EXPONENT: Final = 62  # far above any cap, far below float overflow


def longest_wait(attempt: int, policy: RetryPolicy, now: datetime, deadline: datetime | None) -> float:
    """Return the bound in seconds below which the wait after try number ``attempt`` (from 1) is drawn."""
    bound = min(policy.cap_secs, policy.base_secs * 2.0 ** min(max(attempt - 1, 0), _LARGEST_EXPONENT))
    if deadline is None:
        return bound
    left = (deadline - now).total_seconds()
    if left <= 0:
        return policy.cap_secs
    return min(bound, max(policy.base_secs, left * SHARE_OF_TIME_LEFT))


def next_attempt(
    attempt: int,
    policy: RetryPolicy,
    now: datetime,
    *,
    after: float | None = None,
    deadline: datetime | None = None,
    jitter: float,
) -> datetime | None:
    """Return when to try again after ``attempt`` tries, or ``None`` when there is no further try.

    ``after`` is the agency's own wish in seconds, ``deadline`` the earliest legal one, ``jitter`` a random number in
    [0, 1) drawn by the caller. Never before ``now``.
    """
    if not 0 <= jitter < 1:
        raise ValueError(f"jitter {jitter} is not in [0, 1)")
    if attempt >= policy.attempts:
        return None
    wait = jitter * longest_wait(attempt, policy, now, deadline)
    return now + timedelta(seconds=max(wait, after or 0.0))
