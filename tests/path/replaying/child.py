"""The loop of replays in a process of its own, as the clock role runs it, until nothing is left. It may stop at a named point,
and there it is killed or let go on; the points are made by wrapping what the loop calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Final

from gateway.application.replaying import Replaying
from gateway.messaging import connect
from gateway.storage import open_store
from tests.path.dying import Point, stop_at
from tests.path.schedulers.due import deployment

#: Every point of taking one request, in the order in which the loop comes to them.
POINTS: Final[Mapping[str, Point]] = {
    "before the look": Point("store", "due_replays"),
    "the replay is known": Point("store", "due_replays", after=True),
    "before a request is taken": Point("store", "take_item", nth=2),
    "the case is locked and loaded": Point("loader", "load", after=True, nth=2),
    "it is decided": Point("store", "save", nth=2),
    "the case is written and the item is not": Point("store", "save", after=True, nth=2),
    "all is committed": Point("store", "take_item", after=True, nth=2),
    "before the wake-ups": Point("bus", "wake"),
}


def main(database: str, point: str, line: Connection) -> None:
    """Run one; it speaks on ``line``: ready (waits for a word), here (waits for ``die`` or ``go on``), done."""
    asyncio.run(_run(database, point, line))


async def _run(database: str, point: str, line: Connection) -> None:
    rules, store, bus = deployment(), open_store(database), connect("memory://")
    await store.open()
    await rules.calendars.start(store)
    await bus.open()
    line.send("ready")
    line.recv()
    if point:
        stop_at({"store": store, "loader": store.loader, "bus": bus}, POINTS[point], line)
    loop = Replaying(rules, store, store, store, bus)
    while await loop.run_once():
        pass
    await bus.close()
    await store.close()
    line.send("done")
