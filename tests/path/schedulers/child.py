"""A scheduler in a process of its own: the clock role as it is wired, on a database of the test's, until nothing is due.

It may stop at a named point, and there it is killed or let go on. The points are made by wrapping what the role calls;
nothing in the gateway knows of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.bootstrap.clock import clock
from gateway.bootstrap.core import Core
from gateway.bootstrap.settings import Settings
from gateway.messaging import connect
from gateway.security.secrets import EnvSecrets
from gateway.storage import open_store
from gateway.storage.engine_sqlite import FileLock
from tests.path.dying import Point, stop_at
from tests.path.schedulers.due import MINT, deployment
from tests.path.waiting import until

#: Every point of one look of a scheduler, in the order in which it comes to them.
POINTS: Final[Mapping[str, Point]] = {
    "before the look": Point("store", "due_timers"),
    "the due rows are read": Point("store", "due_timers", after=True),
    "an incident without a case is opened and its timer stands": Point("store", "clear_timer"),
    "everything is read": Point("store", "standing_callbacks", after=True),
    "the cases are locked and loaded": Point("loader", "load", after=True),
    "the effects are decided": Point("store", "save"),
    "all is written and not committed": Point("store", "save", after=True),
    "all is committed": Point("store", "_change_together", after=True),
    "before what failed is set aside": Point("store", "change", nth=2),
    "what failed is set aside and not committed": Point("store", "save", after=True, nth=2),
    "what failed is set aside": Point("store", "_change_together", after=True, nth=2),
    "before the wake-ups": Point("bus", "wake", nth=2),
    "between the wake-ups": Point("bus", "wake", after=True, nth=2),
    "after the wake-ups": Point("bus", "wake", after=True, nth=3),
}


@dataclass(frozen=True, slots=True)
class Scheduler:
    """What one is started with. ``point``: where it stops; none: nowhere. ``beside`` another one."""

    database: str
    folder: str
    broker: str = "memory://"
    prefix: str = "darcha"
    point: str = ""
    beside: bool = False


def main(given: Scheduler, line: Connection) -> None:
    """Run one; it speaks on ``line``: ready (waits for a word), here (waits for ``die`` or ``go on``), looked, done."""
    if given.beside and given.database.startswith("sqlite"):
        # The lock keeps two schedulers off one file; here it is shown what happens if it did not.
        setattr(FileLock, "take", _nothing)  # noqa: B010 - in this process alone
    asyncio.run(_run(given, line))


def _nothing(_lock: FileLock) -> None:
    """Take no lock."""


async def _run(given: Scheduler, line: Connection) -> None:
    rules = deployment()
    core = Core(
        settings=Settings(database_url=given.database, broker_url=given.broker, data=Path(given.folder), settle_secs=0),
        deployment=rules,
        store=open_store(given.database, unmatched_after=timedelta()),
        bus=connect(given.broker, prefix=given.prefix),
        mint=MINT,
        secret=b"a secret of the tests",
        secrets=EnvSecrets({}, None),
        zone=ZoneInfo("Asia/Tashkent"),
        environ={},
    )
    await core.store.open()
    await rules.calendars.start(core.store)
    await core.bus.open()
    line.send("ready")
    line.recv()
    timers, leases = core.store.due_timers, core.store.ended_leases
    if given.point:
        stop_at({"store": core.store, "loader": core.store.loader, "bus": core.bus}, POINTS[given.point], line)
    elif given.beside:
        _tell_first_look(core.store, line)
    job = clock(core)
    running = asyncio.create_task(job.run())

    async def idle() -> bool:
        return running.done() or not (await timers(1) or await leases(1))

    await until(idle, "nothing is due any more")
    await job.stop()
    await running
    await core.bus.close()
    await core.store.close()
    line.send("done")


def _tell_first_look(store: Any, line: Connection) -> None:
    method, told = store.due_timers, False

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal told
        result = await method(*args, **kwargs)
        if not told:
            told = True
            line.send("looked")
        return result

    store.due_timers = wrapped
