"""Who fails too often waits, and never for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.application.throttle import Throttle


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 28, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, secs: float) -> None:
        self.at += timedelta(seconds=secs)


def test_the_budget_is_spent_and_grows_again() -> None:
    clock = Clock()
    throttle = Throttle(3, timedelta(seconds=10), clock)
    for _ in range(3):
        assert throttle.wait("here") == 0
        throttle.failed("here")
    assert throttle.wait("here") == 10
    assert throttle.wait("elsewhere") == 0
    clock.move(4)
    assert throttle.wait("here") == 6
    clock.move(6)
    assert throttle.wait("here") == 0
    throttle.failed("here")
    assert throttle.wait("here") == 10


def test_it_remembers_no_more_than_it_may() -> None:
    throttle = Throttle(1, timedelta(hours=1), Clock())
    for number in range(10_050):
        throttle.failed(str(number))
    assert throttle.wait("0") == 0
    assert throttle.wait("10049") > 0
    assert len(throttle._spent) == 10_000
