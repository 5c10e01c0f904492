"""How fast the clocks in flight follow a decree, with any number of processes at it and applications coming in beside.

    python -m bench.recompute [--url postgresql://…] [--clocks 200000] [--most N] [--processes 2] [--batch 500] [--intake 20]

Without a URL a private PostgreSQL is started (the role of a URL has to be a superuser, the database empty). The decree
gives two days off that every one of the terms meets, so that each clock moves, and says so as an event of its case.
``--intake`` applications a second are taken in meanwhile; what one waits is counted from when it should have been sent.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from typing import Final

from bench.measuring import Done, measured, quiet, rate, say, server_cpu
from bench.million import TERMS, plan_of
from bench.open_cases import MINT, ZONE, deployment_of, fill, service_of
from bench.storage import LANE, new_case
from gateway.application.calendars import AmendCalendar, Calendars
from gateway.application.recalculate import Recalculate
from gateway.application.store import Intake, IntakeResult
from gateway.catalogue.calendars import IDS, seed, seed_version
from gateway.domain import clock as c
from gateway.domain.amendment import Amendment
from gateway.domain.incident import TimerKind
from gateway.messaging import connect
from gateway.servers import PostgresServer
from gateway.storage import DatabaseStore, GroupCommit, open_store, upgrade

CALENDAR: Final = "UZ-5"
Door = GroupCommit[Intake, IntakeResult]


def decree(today: date) -> Amendment:
    """Two days off in the week to come."""
    calendar = seed(CALENDAR)
    first = calendar.roll_forward(today + timedelta(days=1))
    second = calendar.roll_forward(first + timedelta(days=1))
    return Amendment("PQ-1", off={first: {}, second: {}})


async def _work(url: str, batch: int, most: int | None) -> Done:
    store = open_store(url)
    await store.open()
    try:
        calendars = Calendars(seed, IDS, seed_version())
        await calendars.start(store)
        recalculate = Recalculate(deployment_of(TERMS, calendars), store, connect("memory://recompute"), batch=batch)
        return await measured(recalculate.run_once, most)
    finally:
        await store.close()


def _process(url: str, batch: int, most: int | None) -> Done:
    quiet()
    return asyncio.run(_work(url, batch, most))


def application(calendars: Calendars) -> Intake:
    """A case that comes in now: its clock runs by the calendar that is current."""
    at = datetime.now(UTC)
    made = new_case(at)
    file, case = made.file, made.file.case
    case.pin = service_of(TERMS[0]).digest
    file.clocks.clear()
    file.new_clocks.clear()
    file.timers.clear()
    clock = c.start_clock(MINT.uuid(), case.id, "statutory", TERMS[0], calendars(CALENDAR), ZONE, at=at)
    file.add_clock(clock)
    file.set_timer(TimerKind.CLOCK_EXPIRY, clock.id, clock.due_at or at)
    case.due_at = clock.due_at
    return made


async def _take_in(store: DatabaseStore, calendars: Calendars, per_second: float, took: list[float], over: asyncio.Event) -> None:
    """Send applications at an even rate, whether or not the earlier ones have been answered."""
    sent: set[asyncio.Task[None]] = set()
    door: Door = GroupCommit(store.take_in, flights=4)
    due = time.perf_counter()
    while per_second and not over.is_set():
        task = asyncio.create_task(_one(door, application(calendars), due, took))
        sent.add(task)
        task.add_done_callback(sent.discard)
        due += 1 / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await asyncio.gather(*sent)


async def _one(door: Door, made: Intake, due: float, took: list[float]) -> None:
    await door.submit(made)
    took.append(time.perf_counter() - due)


async def bench(url: str, clocks: int, most: int, processes: int, batch: int, intake: float) -> None:
    """Fill, amend, recalculate."""
    quiet()
    await asyncio.to_thread(upgrade, url)
    await asyncio.to_thread(fill, url, plan_of(clocks, datetime.now(UTC)))
    await recompute(url, most, processes, batch, intake)


async def recompute(url: str, most: int, processes: int, batch: int, intake: float) -> None:
    """Amend the calendar and recalculate whatever is in flight."""
    store = open_store(url)
    await store.open()
    try:
        await store.ensure_lanes({LANE: LANE})
        calendars = Calendars(seed, IDS, seed_version())
        await calendars.start(store)
        await AmendCalendar(calendars, store, connect("memory://recompute")).run(
            CALENDAR, decree(datetime.now(UTC).date()), by="bench"
        )
        took, over = list[float](), asyncio.Event()
        before = await server_cpu(url)
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            loop = asyncio.get_running_loop()
            beside = asyncio.create_task(_take_in(store, calendars, intake, took, over))
            done = await asyncio.gather(
                *(loop.run_in_executor(pool, _process, url, batch, most // processes or None) for _ in range(processes))
            )
            over.set()
            await beside
        say(f"{processes} at once, batches of {batch}: {rate(done, await server_cpu(url) - before, sum(d.count for d in done))}")
        seconds, count = max(d.ended for d in done) - min(d.begun for d in done), sum(d.count for d in done)
        left = await store.clocks_behind(CALENDAR)
        say(f"  at this rate 1,000,000 clocks take {1e6 / count * seconds / 60:.1f} min; {left:,} left")
        if took:
            took.sort()
            p50, p99 = took[len(took) // 2] * 1e3, took[len(took) * 99 // 100] * 1e3
            say(f"  {len(took):,} applications taken in beside, {intake:g}/s: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
        if not left:
            await _look(calendars, store, batch)
    finally:
        await store.close()


async def _look(calendars: Calendars, store: DatabaseStore, batch: int, looks: int = 50) -> None:
    recalculate = Recalculate(deployment_of(TERMS, calendars), store, connect("memory://recompute"), batch=batch)
    begun = time.perf_counter()
    for _ in range(looks):
        await recalculate.run_once()
    say(f"  nothing to do: {(time.perf_counter() - begun) / looks * 1e3:.1f} ms a look")


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="an empty database; default: a private PostgreSQL")
    parser.add_argument("--clocks", type=int, default=200_000)
    parser.add_argument("--most", type=int, default=0, help="stop after so many; default: all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--intake", type=float, default=20.0, help="applications a second beside it; 0: none")
    given = parser.parse_args()
    with ExitStack() as stack:
        url = given.url
        if not url:
            server = PostgresServer().start()
            stack.callback(server.destroy)
            url = server.url
        asyncio.run(bench(url, given.clocks, given.most, given.processes, given.batch, given.intake))


if __name__ == "__main__":
    main()
