"""How long it takes to find cases among a million: by number, by identifier, by every filter and every pair of them.

    python -m bench.search [--cases 1000000] [--url postgresql://…] [--runs 60]

Through the store, as the api calls it, one caller at a time, over a private PostgreSQL unless one is named. A *deep* page is one
that begins in the middle of all cases. Every pair of values of two filters is asked for, the common and the rare ones, in both
orders; the slowest are named.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product
from typing import Any, Final

from bench.many_cases import SECRET, fill, identifier_of, prepare
from bench.measuring import quiet, say
from gateway.application.identifiers import BlindIndex
from gateway.application.overview import Group
from gateway.application.reads import CaseFilter, Page, Sort
from gateway.servers import PostgresServer
from gateway.storage import DatabaseStore, open_store

LIMIT: Final = 50
Run = Callable[[], Awaitable[object]]


async def measured(what: str, run: Run, runs: int, most_ms: float) -> list[float]:
    """Run it so often; print p50 and p99, and a mark where it took longer than it may."""
    took = []
    await run()
    for _ in range(runs):
        begun = time.perf_counter()
        await run()
        took.append((time.perf_counter() - begun) * 1e3)
    p50, p99 = percentiles(took)
    say(f"  {what:<58} p50 {p50:>7.1f} ms   p99 {p99:>7.1f} ms{'' if p99 <= most_ms else f'   over {most_ms:g} ms'}")
    return took


def percentiles(took: Sequence[float]) -> tuple[float, float]:
    """Return the middle one and the 99th of a hundred."""
    ordered = sorted(took)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


class Bench:
    """One filled database."""

    def __init__(self, store: DatabaseStore, count: int, runs: int) -> None:
        self.store = store
        self.count = count
        self.runs = runs
        self.random = random.Random(7)  # noqa: S311 - the same measurement each time
        self.numbers: list[str] = []

    async def filters(self) -> dict[str, list[CaseFilter]]:
        """Each filter with a common and a rare value."""
        now = await self.store.now()
        soon = (now - timedelta(days=30), now + timedelta(days=3), now + timedelta(days=60))
        return {
            "service": [CaseFilter(service=s) for s in ("service-1", "service-5", "rare-service", "ended-service")],
            "office": [CaseFilter(office=o) for o in ("office-1", "office-9", "rare-office")],
            "channel": [CaseFilter(channel=c) for c in ("counter", "mobile", "post")],
            "client": [CaseFilter(client=c) for c in ("counter-software", "small-client")],
            "status": [CaseFilter(status=s) for s in ("closed", "in_progress", "awaiting_applicant", "decided")],
            "outcome": [CaseFilter(outcome=o) for o in ("granted", "returned", "lapsed")],
            "agency": [CaseFilter(agency=a) for a in ("agency-1", "agency-7", "rare-agency", "ended-agency")],
            "clock": [CaseFilter(clock_status=c) for c in ("met", "running", "breached", "met_late", "disputed")],
            "incident": [CaseFilter(incident=i) for i in ("clock_breached", "in_doubt")],
            "retrying": [CaseFilter(retrying=True)],
            "attention": [CaseFilter(needs_attention=True), CaseFilter(needs_attention=False)],
            "due before": [CaseFilter(due_before=at) for at in soon],
            "nothing": [CaseFilter(service="no-such-service")],
        }

    async def deep(self, wanted: CaseFilter, sort: Sort) -> str:
        """Return a cursor in the middle of a list, however long it takes to get there."""
        ids, after, pages = [], "", 0
        while pages < 40:
            page = await self.store.cases(wanted, after, 200, sort)
            ids.append(page.after)
            after, pages = page.after, pages + 1
            if not after:
                break
        return ids[len(ids) // 2] if len(ids) > 1 else ids[0]

    async def singles(self) -> None:
        """Number, identifier, and each filter by itself, in both orders, first and deep pages."""
        say("one search")
        blind = BlindIndex(SECRET)
        numbers = [case.number for case in (await self.store.cases(CaseFilter(), "", 200)).items]

        async def number(length: int) -> Page:
            return await self.store.cases(CaseFilter(number=self.random.choice(numbers)[:length]), "", LIMIT)

        async def person() -> Page:
            whose = identifier_of(self.random.randrange(self.count // 3))
            found = CaseFilter(identified_by=(blind.hash("person", whose),), identifier_role="applicant")
            return await self.store.cases(found, "", LIMIT)

        async def file() -> object:
            return await self.store.case_file(self.random.choice(numbers))

        await measured("a case by its number", file, self.runs * 5, 20)
        await measured("a list by the number", lambda: number(11), self.runs * 5, 20)
        await measured("a list by the beginning of a number", lambda: number(3), self.runs, 20)
        await measured("a list by the applicant's identifier", person, self.runs * 5, 150)
        say(f"pages of {LIMIT}")
        for values in {"": [CaseFilter()], **await self.filters()}.values():
            for wanted, sort in product(values, Sort):
                what = f"{_said(wanted) or 'everything'}, by {sort}"
                await self._page(what, wanted, "", sort)
                if cursor := await self.deep(wanted, sort):
                    await self._page(f"{what}, deep", wanted, cursor, sort)

    async def _page(self, what: str, wanted: CaseFilter, cursor: str, sort: Sort) -> None:
        await measured(what, lambda: self.store.cases(wanted, cursor, LIMIT, sort), self.runs, 150)

    async def pairs(self) -> None:
        """Every pair of values of two filters."""
        took: list[tuple[float, str]] = []
        by_name = await self.filters()
        for one, two in combinations([name for name in by_name if name != "nothing"], 2):
            for first, second, sort in product(by_name[one], by_name[two], Sort):
                wanted = _both(first, second)
                times = []
                for _ in range(3):
                    begun = time.perf_counter()
                    page = await self.store.cases(wanted, "", LIMIT, sort)
                    times.append((time.perf_counter() - begun) * 1e3)
                took += [(ms, f"{_said(wanted)}, by {sort} ({len(page.items)} found)") for ms in times[1:]]
        p50, p99 = percentiles([ms for ms, _ in took])
        say(f"{len(took) // 2:,} pairs of filters: p50 {p50:.1f} ms, p99 {p99:.1f} ms; the slowest:")
        named: dict[str, float] = {}
        for ms, what in sorted(took, reverse=True):
            named.setdefault(what, ms)
        for what, ms in list(named.items())[:8]:
            say(f"  {ms:>7.1f} ms  {what}")

    async def sums(self) -> None:
        """Counts and the overview."""
        say("counts and overview")
        groups = list(Group)
        for group in groups:
            await measured(
                f"counts by {group}", lambda group=group: self.store.case_counts(CaseFilter(), [group]), self.runs, 150
            )  # type: ignore[misc]  # a loop's own
        for wanted in (CaseFilter(client="counter-software"), CaseFilter(service="service-1", status="in_progress")):
            run = lambda wanted=wanted: self.store.case_counts(wanted, groups)  # noqa: E731
            await measured(f"counts of {_said(wanted)}, by everything", run, self.runs, 150)
        await measured("the overview", self.store.overview, self.runs, 200)


def _both(first: CaseFilter, second: CaseFilter) -> CaseFilter:
    given: dict[str, Any] = {n: v for n in CaseFilter.__slots__ if (v := getattr(second, n)) not in ("", None, ())}  # type: ignore[attr-defined]  # a dataclass with slots
    return replace(first, **given)


def _said(wanted: CaseFilter) -> str:
    given = ((n, getattr(wanted, n)) for n in CaseFilter.__slots__)  # type: ignore[attr-defined]  # as above
    return ", ".join(f"{n}={v:%m-%d}" if n == "due_before" else f"{n}={v}" for n, v in given if v not in ("", None, ()))


async def bench(url: str, count: int, runs: int, parts: Sequence[str]) -> None:
    """Fill a database and measure it."""
    quiet()
    await asyncio.to_thread(prepare, url)
    say(f"{count:,} cases, loaded in {await fill(url, count):.0f} s")
    store = open_store(url)
    await store.open()
    try:
        made = Bench(store, count, runs)
        for part in parts:
            await getattr(made, part)()
    finally:
        await store.close()


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="an empty database; default: a private PostgreSQL")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--parts", nargs="*", default=["singles", "pairs", "sums"])
    given = parser.parse_args()
    with ExitStack() as stack:
        url = given.url
        if not url:
            server = PostgresServer().start()
            stack.callback(server.destroy)
            url = server.url
        asyncio.run(bench(url, given.cases, given.runs, given.parts))


if __name__ == "__main__":
    main()
