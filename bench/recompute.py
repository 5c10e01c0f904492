"""How fast the clocks in flight follow a decree, with any number of processes at it.

    python -m bench.recompute [--url postgresql://…] [--clocks 100000] [--tasks 2] [--batch 500]

Without a URL a private PostgreSQL is started. ``--tasks`` recalculations run at once, each with a store of its own as in a
process of its own; they share this process's CPU. Cases are taken in at random days of half a year before the decree.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta

from bench.storage import LANE, MINT, new_case
from gateway.application.calendars import AmendCalendar, Calendars
from gateway.application.deployment import Deployment
from gateway.application.recalculate import Recalculate
from gateway.application.store import Intake
from gateway.catalogue.calendars import IDS, seed, seed_version
from gateway.domain import clock as c
from gateway.domain.amendment import Amendment
from gateway.domain.catalogue import Catalogue
from gateway.domain.office import Office
from gateway.domain.service import Expression, Service, Term, Unit
from gateway.messaging import connect
from gateway.servers import PostgresServer
from gateway.storage import DatabaseStore, open_store, upgrade

ZONE = "Asia/Tashkent"
TERM = Term(15, Unit.WORKING_DAYS, "UZ-5", warn_before=1)
SERVICE = Service("shop-licence", "1", {"en": "Shop licence"}, {}, (), Expression("null"), term=TERM, digest="p" * 64)
FIRST = datetime(2026, 5, 4, 5, 0, tzinfo=UTC)
#: A day that every one of the terms meets.
DECREE = Amendment("PQ-1, 2026", off={date(2026, 5, 28): {}, date(2026, 5, 29): {}})
BEFORE = Amendment("as it stood before", plain=(date(2026, 5, 28), date(2026, 5, 29)))
GROUP = 500


class Place:
    """One process's part."""

    def __init__(self, store: DatabaseStore, batch: int) -> None:
        self.store, self.bus = store, connect("memory://recompute")
        self.calendars = Calendars(seed, IDS, seed_version())
        offices = {"north": Office("north", {}, "1", ZONE, "UZ-5")}
        self.deployment = Deployment(Catalogue({SERVICE.id: SERVICE}, offices, {}, "d"), {}, self.calendars)
        self.recalculate = Recalculate(self.deployment, store, self.bus, batch=batch)

    async def work(self) -> int:
        """Recalculate until nothing is left."""
        done = 0
        while step := await self.recalculate.run_once():
            done += step
        return done


def in_flight(place: Place, number: int) -> Intake:
    """A case with a clock that runs since one of twelve working days in May."""
    at = FIRST + timedelta(days=number % 12)
    made = new_case(at)
    made.file.clocks.clear()
    made.file.new_clocks.clear()
    clock = c.start_clock(MINT.uuid(), made.file.case.id, "statutory", TERM, place.calendars("UZ-5"), ZONE, at=at)
    made.file.add_clock(clock)
    made.file.case.due_at = clock.due_at
    return made


async def bench(url: str, clocks: int, tasks: int, batch: int) -> None:
    """Fill, amend, recalculate."""
    await asyncio.to_thread(upgrade, url)
    now = datetime(2026, 5, 20, 5, 0, tzinfo=UTC)
    stores = [open_store(url, clock=lambda: now) for _ in range(tasks)]
    for store in stores:
        await store.open()
    try:
        await stores[0].ensure_lanes({LANE: LANE})
        places = [Place(store, batch) for store in stores]
        for place in places:
            await place.calendars.start(place.store)
        amend = AmendCalendar(places[0].calendars, stores[0], places[0].bus)
        await amend.run("UZ-5", BEFORE, by="bench")
        for start in range(0, clocks, GROUP):
            group = [in_flight(places[0], n) for n in range(start, min(start + GROUP, clocks))]
            if failed := [r for r in await stores[0].take_in(group) if isinstance(r, Exception)]:
                raise failed[0]
        await amend.run("UZ-5", DECREE, by="bench")
        wall, cpu = time.perf_counter(), time.process_time()
        done = sum(await asyncio.gather(*(place.work() for place in places)))
        seconds, used = time.perf_counter() - wall, time.process_time() - cpu
        left = await stores[0].clocks_behind("UZ-5")
        sys.stdout.write(
            f"{clocks:,} clocks, {tasks} tasks, batches of {batch}: {seconds:.1f} s, {done / seconds:,.0f}/s,"
            f" {used / max(done, 1) * 1e6:,.0f} µs CPU each here, {left} left\n"
        )
        wall, polls = time.perf_counter(), 50
        for _ in range(polls):
            await places[0].recalculate.run_once()
        sys.stdout.write(f"nothing to do: {(time.perf_counter() - wall) / polls * 1e3:.1f} ms a look\n")
    finally:
        for store in stores:
            await store.close()


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="an empty database; default: a private PostgreSQL")
    parser.add_argument("--clocks", type=int, default=100_000)
    parser.add_argument("--tasks", type=int, default=2)
    parser.add_argument("--batch", type=int, default=500)
    given = parser.parse_args()
    with ExitStack() as stack:
        url = given.url
        if not url:
            server = PostgresServer().start()
            stack.callback(server.destroy)
            url = server.url
        asyncio.run(bench(url, given.clocks, given.tasks, given.batch))


if __name__ == "__main__":
    main()
