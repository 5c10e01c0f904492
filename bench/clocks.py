"""Terms: how many are derived in a second, and with ``--year`` a simulated year of 100,000 cases against the slow oracle.
``--lived`` lives them through the gateway's own rules, with outages, overdue work and two schedulers.

python -m bench.clocks [--year | --lived] [--cases N]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta

from gateway.catalogue.calendars import seed
from gateway.domain.term import due
from gateway.domain.term_rule import Term, Unit
from tests.unit.clock import test_lived_year
from tests.unit.clock.test_year import year

_PARTS = 50


def simulate(cases: int, *, lived: bool = False) -> Counter[str]:
    """Live ``cases`` cases in every process there is. Raises ``AssertionError`` for a date on which the two disagree."""
    seen: Counter[str] = Counter()
    with ProcessPoolExecutor() as pool:
        for part in pool.map(test_lived_year.year if lived else year, [cases // _PARTS] * _PARTS, range(_PARTS)):
            seen.update(part)
    return seen


def rate(count: int) -> float:
    """Return how many plain dates are derived in a second, received over a year."""
    term, calendar, first = Term(15, Unit.WORKING_DAYS), seed("UZ-5"), datetime(2026, 1, 1, tzinfo=UTC)
    begun = time.perf_counter()
    for number in range(count):
        due(term, first + timedelta(seconds=number * 31_536_000 // count), calendar, "Asia/Tashkent")
    return count / (time.perf_counter() - begun)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--year", action="store_true", help="compare a simulated year with the oracle")
    parser.add_argument("--lived", action="store_true", help="the same through the gateway's own rules, with outages")
    parser.add_argument("--cases", type=int, default=100_000)
    asked = parser.parse_args()
    if not (asked.year or asked.lived):
        print(f"{rate(asked.cases):,.0f} dates a second")
        return
    begun = time.perf_counter()
    seen = simulate(asked.cases, lived=asked.lived)
    print(f"{asked.cases:,} cases agree with the oracle ({time.perf_counter() - begun:.0f} s)")
    for what, count in sorted(seen.items()):
        print(f"  {what}: {count:,}")


if __name__ == "__main__":
    main()
