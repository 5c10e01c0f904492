"""A million open clocks: what a look costs when nothing is due, and how fast what is due takes effect.

    python -m bench.clocks --million [--open 1000000] [--fire 20000] [--batch 500] [--url postgresql://…]

Every term ends at midnight, so a twelfth of the clocks falls due at one moment. Three rates of the same rows stand beside
each other: *plain SQL* deletes due rows in batches and does nothing else (the least that any scheduler pays); *handed out*
is what ``due_timers`` yields; *taken effect* is the whole of it, each expiry under its case's lock: breach or tacit
decision, events on the hash chain, incident, alert, timer, case row. CPU is of the processes named.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from bench.measuring import Done, measured, quiet, rate, say, server_cpu
from bench.open_cases import Plan, deployment_of, fill
from gateway.application.calendars import Calendars
from gateway.application.tick import Tick
from gateway.catalogue.calendars import IDS, seed, seed_version
from gateway.domain.service import Silence, Term, Unit
from gateway.messaging import connect
from gateway.storage import open_store, upgrade

#: Half of the services are granted by silence. No warnings: each clock has one timer, its end.
TERMS: Final = tuple(
    Term(15, Unit.WORKING_DAYS, "UZ-5", warn_before=-1, silence=silence) for silence in (Silence.NOTHING, Silence.GRANTED)
)
_DAYS: Final = 12
_DUE: Final = "SELECT kind, subject FROM timers WHERE due_at <= $1 ORDER BY due_at LIMIT $2"
_TAKE: Final = (
    "DELETE FROM plain_timers AS t USING (SELECT kind, subject FROM plain_timers WHERE due_at <= $1 ORDER BY due_at LIMIT $2"
    " FOR UPDATE SKIP LOCKED) AS d WHERE t.kind = d.kind AND t.subject = d.subject RETURNING t.case_id"
)


@dataclass(frozen=True)
class Work:
    """What one process does: fire up to ``most`` in batches, as if it were ``moment``."""

    url: str
    moment: datetime
    most: int
    batch: int


def plan_of(count: int, now: datetime) -> Plan:
    """Cases of the last twelve days, none of them due yet; the oldest are due first."""
    first = now.replace(hour=5, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS)
    moments = (first + timedelta(days=day, seconds=977 * n) for day in range(_DAYS) for n in range(5))
    return Plan(count, tuple(moments), TERMS)


async def _effects(work: Work) -> Done:
    store = open_store(work.url, clock=lambda: work.moment)
    await store.open()
    try:
        calendars = Calendars(seed, IDS, seed_version())
        await calendars.start(store)
        tick = Tick(deployment_of(TERMS, calendars), store, connect("memory://million"), batch=work.batch)
        return await measured(tick.run_once, work.most)
    finally:
        await store.close()


async def _plain(work: Work) -> Done:
    connection = await asyncpg.connect(work.url)
    try:

        async def take() -> int:
            return len(await connection.fetch(_TAKE, work.moment, work.batch))

        return await measured(take, work.most)
    finally:
        await connection.close()


def _process(way: str, work: Work) -> Done:
    quiet()
    return asyncio.run({"plain": _plain, "effects": _effects}[way](work))


async def _together(way: str, what: str, work: Work, processes: int) -> None:
    """Run it in so many processes at once and print the rate from the first's beginning to the last's end."""
    table = {"plain": "plain_timers", "effects": "timers"}[way]
    waiting, before = await _rows(work.url, table), await server_cpu(work.url)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        loop = asyncio.get_running_loop()
        done = await asyncio.gather(*(loop.run_in_executor(pool, _process, way, work) for _ in range(processes)))
    used = await server_cpu(work.url) - before
    fired = waiting - await _rows(work.url, table)
    twice = sum(one.count for one in done) - fired
    say(f"  {what}, {processes} at once: {rate(done, used, fired)}" + (f", {twice:,} looked at twice" if twice else ""))


async def _rows(url: str, table: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - one of two names of ours
    finally:
        await connection.close()


async def _empty(work: Work, looks: int = 300) -> None:
    """Look where nothing is due, by the database's own time."""
    store = open_store(work.url)
    await store.open()
    connection = await asyncpg.connect(work.url)
    try:
        calendars = Calendars(seed, IDS, seed_version())
        await calendars.start(store)
        tick = Tick(deployment_of(TERMS, calendars), store, connect("memory://million"), batch=work.batch)
        now = await store.now()

        async def sql() -> int:
            return len(await connection.fetch(_DUE, now, work.batch))

        for what, run in (("the clock's whole look", tick.run_once), ("the SQL alone", sql)):
            took, cpu = [], time.process_time()
            for _ in range(looks):
                begun = time.perf_counter()
                if await run():
                    raise AssertionError("something is due already")
                took.append(time.perf_counter() - begun)
            used = (time.process_time() - cpu) / looks
            took.sort()
            p50, p99 = took[looks // 2] * 1e3, took[looks * 99 // 100] * 1e3
            say(f"  nothing due, {what}: p50 {p50:.2f} ms, p99 {p99:.2f} ms   ({used * 1e6:,.0f} µs CPU here)")
    finally:
        await connection.close()
        await store.close()


async def _handed_out(work: Work, looks: int = 50) -> None:
    store = open_store(work.url, clock=lambda: work.moment)
    await store.open()
    try:
        begun, count = time.perf_counter(), 0
        for _ in range(looks):
            count += len(await store.due_timers(work.batch))
        say(f"  handed out in batches, 1 at once: {count / (time.perf_counter() - begun):>9,.0f}/s")
    finally:
        await store.close()


async def bench(url: str, count: int, fire: int, batch: int) -> None:
    """Fill a database, and measure it."""
    quiet()
    await asyncio.to_thread(upgrade, url)
    begun = time.perf_counter()
    await asyncio.to_thread(fill, url, plan_of(count, datetime.now(UTC)))
    say(f"{count:,} open clocks, loaded in {time.perf_counter() - begun:.0f} s; batches of {batch}")
    await look_and_fire(url, fire, batch)


async def look_and_fire(url: str, fire: int, batch: int) -> None:
    """Measure a filled database."""
    connection = await asyncpg.connect(url)
    try:
        # So many days on that the oldest have just run out.
        first = await connection.fetchval("SELECT min(due_at) FROM timers")
        due = await connection.fetchval("SELECT count(*) FROM timers WHERE due_at <= $1", first)
        await connection.execute("CREATE TABLE plain_timers (LIKE timers INCLUDING ALL)", timeout=600)
        await connection.execute("INSERT INTO plain_timers SELECT * FROM timers", timeout=600)
        await connection.execute("VACUUM (ANALYZE) plain_timers", timeout=600)
    finally:
        await connection.close()
    work = Work(url, first + timedelta(minutes=5), min(fire, due // 4 + 1), batch)
    await _empty(work)
    say(f"  {due:,} fall due at {first:%Y-%m-%d %H:%M} UTC")
    for processes in (1, 2):
        await _together("plain", "plain SQL, batches of 5,000", Work(url, work.moment, due // 4 + 1, 5000), processes)
    await _handed_out(work)
    for processes in (1, 2):
        await _together("effects", "taken effect", work, processes)
    await _count(url, work.moment)


async def _count(url: str, moment: datetime) -> None:
    """Check that what took effect did so once: as many ended clocks, events of it and decisions as timers that are gone."""
    connection = await asyncpg.connect(url)
    try:
        ended = await connection.fetchval("SELECT count(*) FROM clocks WHERE state IN ('breached', 'tacitly_granted')")
        told = await connection.fetchval("SELECT count(*) FROM events WHERE type = 'clock.breached'")
        decided = await connection.fetchval("SELECT count(*) FROM decisions")
        gone = await connection.fetchval("SELECT (SELECT count(*) FROM clocks) - (SELECT count(*) FROM timers)")
        if not ended == told + decided == gone:
            raise AssertionError(f"{ended} clocks ended, {told} breaches told, {decided} decisions, {gone} timers gone")
        say(f"  {ended:,} took effect by {moment:%Y-%m-%d %H:%M}, each once: {told:,} breaches, {decided:,} tacit decisions")
    finally:
        await connection.close()
