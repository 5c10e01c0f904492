"""How often somebody may fail: a budget that fills up again by itself, so that nobody is shut out for good."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

#: So many are remembered; who was not heard of for longest is forgotten first.
_REMEMBERED: Final = 10_000


class Throttle:
    """Each name may fail ``budget`` times at once; one more is granted every ``every``. ``now`` is UTC."""

    def __init__(self, budget: int, every: timedelta, now: Callable[[], datetime]) -> None:
        self._budget = budget
        self._every = every.total_seconds()
        self._now = now
        self._spent: dict[str, tuple[float, datetime]] = {}

    def wait(self, name: str) -> int:
        """Return for how many seconds the name has to wait; 0: it may try."""
        over = self._left(name) - (self._budget - 1)
        return max(0, math.ceil(round(over * self._every, 6)))

    def failed(self, name: str) -> None:
        """Note a failure."""
        spent = self._left(name) + 1
        self._spent.pop(name, None)
        while len(self._spent) >= _REMEMBERED:
            self._spent.pop(next(iter(self._spent)))
        self._spent[name] = (spent, self._now())

    def _left(self, name: str) -> float:
        """What is spent and not granted again yet."""
        spent, at = self._spent.get(name, (0.0, self._now()))
        return max(0.0, spent - (self._now() - at).total_seconds() / self._every)
