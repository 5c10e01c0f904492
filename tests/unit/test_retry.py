"""The time of the next try: bounds by hand, and what holds for any policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.agency import RetryPolicy
from gateway.domain.retry import (
    SHARE_OF_TIME_LEFT,
    TRIED_PAST_DEADLINE,
    TRIES_WITHOUT_DEADLINE,
    is_last,
    longest_wait,
    next_attempt,
)

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
POLICY = RetryPolicy(base_secs=2, cap_secs=600, attempts=20)


@pytest.mark.parametrize(("attempt", "bound"), [(0, 2), (1, 2), (2, 4), (3, 8), (9, 512), (10, 600), (19, 600), (10**6, 600)])
def test_the_bound_doubles_up_to_the_cap(attempt: int, bound: float) -> None:
    assert longest_wait(attempt, POLICY, NOW, None) == bound


@pytest.mark.parametrize(
    ("left", "bound"),
    [
        (timedelta(days=5), 600),  # far from the end: the cap
        (timedelta(minutes=20), 300),  # a quarter of the time left
        (timedelta(seconds=40), 10),
        (timedelta(seconds=4), 2),  # never below the base
        (timedelta(microseconds=1), 2),
        (timedelta(0), 600),  # past the end: nothing to hurry for
        (timedelta(hours=-3), 600),
    ],
)
def test_near_the_deadline_tries_come_closer(left: timedelta, bound: float) -> None:
    assert longest_wait(15, POLICY, NOW, NOW + left) == bound


def test_early_tries_past_the_deadline_are_at_the_cap_too() -> None:
    assert longest_wait(1, POLICY, NOW, NOW - timedelta(1)) == POLICY.cap_secs


@pytest.mark.parametrize(
    ("until_a_person", "left", "bound"),
    [
        (timedelta(days=4), timedelta(days=5), 600),
        (timedelta(minutes=20), timedelta(days=1), 300),  # first closer to the instant at which a person takes over
        (timedelta(seconds=4), timedelta(days=1), 2),
        (timedelta(0), timedelta(days=1), 600),  # told: then the time until the deadline counts
        (timedelta(hours=-23), timedelta(minutes=20), 300),
        (timedelta(days=9), timedelta(minutes=20), 300),  # a margin beyond the end is the end
        (timedelta(days=-9), timedelta(hours=-3), 600),
    ],
)
def test_tries_come_closer_twice_before_a_person_takes_over_and_before_the_end(
    until_a_person: timedelta, left: timedelta, bound: float
) -> None:
    assert longest_wait(15, POLICY, NOW, NOW + left, NOW + until_a_person) == bound


def test_the_default_backs_off_to_hours() -> None:
    assert longest_wait(30, RetryPolicy(), NOW, NOW + timedelta(days=10)) == 4 * 3600


def test_without_a_number_of_the_contract_the_budget_is_the_legal_time() -> None:
    free, deadline = RetryPolicy(), NOW + timedelta(days=15)
    assert not is_last(10_000, free, NOW, deadline)
    assert not is_last(10_000, free, deadline + TRIED_PAST_DEADLINE - timedelta(seconds=1), deadline)
    assert is_last(TRIES_WITHOUT_DEADLINE, free, deadline + TRIED_PAST_DEADLINE, deadline)
    assert not is_last(TRIES_WITHOUT_DEADLINE - 1, free, deadline + TRIED_PAST_DEADLINE, deadline)
    assert not is_last(TRIES_WITHOUT_DEADLINE - 1, free, NOW, None) and is_last(TRIES_WITHOUT_DEADLINE, free, NOW, None)
    assert next_attempt(10_000, free, NOW, deadline=deadline, jitter=0.5) == NOW + timedelta(hours=2)


def test_full_jitter_and_the_agencys_wish() -> None:
    assert next_attempt(3, POLICY, NOW, jitter=0.5) == NOW + timedelta(seconds=4)
    assert next_attempt(3, POLICY, NOW, jitter=0.0) == NOW
    assert next_attempt(3, POLICY, NOW, after=90, jitter=0.5) == NOW + timedelta(seconds=90)
    assert next_attempt(9, POLICY, NOW, after=10, jitter=0.5) == NOW + timedelta(seconds=256)


def test_attempts_are_bounded_even_past_the_deadline() -> None:
    assert next_attempt(19, POLICY, NOW, jitter=0.5, deadline=NOW - timedelta(1)) is not None
    assert next_attempt(20, POLICY, NOW, jitter=0.5) is None
    assert next_attempt(20, POLICY, NOW, jitter=0.5, after=5, deadline=NOW + timedelta(1)) is None


@pytest.mark.parametrize("jitter", [-0.1, 1.0])
def test_jitter_out_of_range_is_refused(jitter: float) -> None:
    with pytest.raises(ValueError, match="jitter"):
        next_attempt(1, POLICY, NOW, jitter=jitter)


policies = st.builds(RetryPolicy, base_secs=st.floats(0.01, 60), cap_secs=st.floats(60, 86_400), attempts=st.integers(1, 100))
deadlines = st.none() | st.timedeltas(timedelta(days=-30), timedelta(days=60)).map(lambda left: NOW + left)


@given(st.integers(0, 120), policies, st.none() | st.floats(0, 7200), deadlines, st.floats(0, 1, exclude_max=True))
def test_any_policy(attempt: int, policy: RetryPolicy, after: float | None, deadline: datetime | None, jitter: float) -> None:
    at = next_attempt(attempt, policy, NOW, after=after, deadline=deadline, jitter=jitter)
    if attempt >= policy.attempts:
        assert at is None
        return
    assert at is not None and at >= NOW
    waited = (at - NOW).total_seconds()
    assert waited >= (after or 0) - 1e-6
    assert waited <= max(after or 0, policy.cap_secs) + 1e-6
    if deadline is not None and deadline > NOW:
        left = (deadline - NOW).total_seconds()
        assert waited <= max(after or 0, policy.base_secs, left * SHARE_OF_TIME_LEFT) + 1e-6


@given(st.integers(1, 99), policies, deadlines)
def test_the_bound_never_falls_from_one_try_to_the_next(attempt: int, policy: RetryPolicy, deadline: datetime | None) -> None:
    assert longest_wait(attempt, policy, NOW, deadline) <= longest_wait(attempt + 1, policy, NOW, deadline)
