"""Terms: how many are derived in a second.

    python -m bench.clocks [--cases N]
    python -m bench.clocks --year [--cases N]     a simulated year of 100,000 cases against the slow oracle
    python -m bench.clocks --lived [--cases N]    the same through the gateway's own rules, with outages and two schedulers
    python -m bench.clocks --million [--open 1000000] [--fire 20000] [--batch 500] [--url postgresql://…]

``--million``: a million open clocks in PostgreSQL (``bench/million.py``). Without a URL a private PostgreSQL is started; the
role of a URL has to be a superuser, the database empty.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from bench import million
from gateway.catalogue.calendars import seed
from gateway.domain.term import due
from gateway.domain.term_rule import Term, Unit
from gateway.servers import PostgresServer
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--year", action="store_true", help="compare a simulated year with the oracle")
    parser.add_argument("--lived", action="store_true", help="the same through the gateway's own rules, with outages")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--million", action="store_true", help="look and fire among a million open clocks")
    parser.add_argument("--open", type=int, default=1_000_000, help="so many, with --million")
    parser.add_argument(
        "--fire", type=int, default=20_000, help="so many take effect in each process, at most a quarter of the due"
    )
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--url", default="", help="an empty database; default: a private PostgreSQL")
    asked = parser.parse_args()
    if asked.million:
        with ExitStack() as stack:
            url = asked.url
            if not url:
                server = PostgresServer().start()
                stack.callback(server.destroy)
                url = server.url
            asyncio.run(million.bench(url, asked.open, asked.fire, asked.batch))
        return
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
