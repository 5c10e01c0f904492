"""How much storage bears: intakes, releases, replies and deliveries a second by group size, and the CPU they cost here.

    python -m bench.storage [--url postgresql://…] [--cases 4000]

Without a URL a private PostgreSQL is started, and then SQLite is measured. The numbers are of this machine, with
``synchronous_commit=on`` (SQLite ``synchronous=FULL``), one caller and no other work.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from gateway.application.store import Intake
from gateway.domain.case import Case, CaseStatus, Holder
from gateway.domain.case_file import Attempt, CaseFile, Disclosure, StoredMessage
from gateway.domain.clock import Clock, ClockState
from gateway.domain.incident import TimerKind
from gateway.domain.request import Request, RequestStatus, Work
from gateway.servers import PostgresServer
from gateway.storage import DatabaseStore, SystemMint, open_store, upgrade

MINT = SystemMint()
LANE = "tax-office"
GROUPS = (1, 5, 20, 50, 200)
ENVELOPE = {"service": "shop-licence", "form": {f"field_{n}": "a value of some length" for n in range(20)}}


def new_case(now: datetime) -> Intake:
    """A case as a small service makes it: one ready request, one planned, one clock, three events."""
    id_ = MINT.uuid()
    due = now + timedelta(days=5)
    case = Case(
        id_, id_.hex[-12:], "window", "shop-licence", "1", "p" * 64, "north", "counter", "R", "uz", "1714401", ENVELOPE,
        CaseStatus.IN_PROGRESS, now, now, due_at=due, waiting_on=(Holder("agency:tax-office", "Register", now, due),),
    )  # fmt: skip
    file = CaseFile(case, now, MINT, is_new=True)
    file.event("case.received", {"service": "shop-licence", "office": "north"}, "client:window")
    for step, status in (("tax", RequestStatus.READY), ("licence", RequestStatus.PLANNED)):
        request = Request(MINT.uuid(), id_, step, LANE, "Register", MINT.uuid(), status, now, lane=LANE, due_at=due)
        if status is RequestStatus.READY:
            request.next_at = request.ready_at = now
            file.event("request.ready", {"step": step})
        file.add_request(request)
    clock = Clock(
        MINT.uuid(), id_, "statutory", ClockState.RUNNING, {"length": 5}, "UZ-5", "1", "Asia/Tashkent", "", now, due,
        explanation=({"code": "start"}, {"code": "end"}),
    )  # fmt: skip
    file.add_clock(clock)
    file.set_timer(TimerKind.CLOCK_WARNING, clock.id, due)
    file.event("clock.started", {"due_at": due})
    return Intake(file, "window", str(id_), "b" * 64, {"id": str(id_), "number": case.number})


def release(file: CaseFile, ids: list[UUID]) -> None:
    """What the dispatcher does: bytes, disclosure, lease."""
    for id_ in ids:
        request = file.requests[id_]
        file.move(request, "release")
        request.next_at, request.lease_id, request.lease_work = None, MINT.uuid(), Work.SEND
        request.lease_until = file.now + timedelta(minutes=1)
        file.messages.append(StoredMessage(id_, Work.SEND, b'{"a": "message of some length"}' * 20, {"path": "/licences"}))
        file.disclosures.append(Disclosure(id_, LANE, "", ("form.field_1", "form.field_2"), file.now))
        file.event("request.released", {"request": id_, "step": request.step})


def reply(file: CaseFile) -> None:
    """What the tracker does: the outcome, an attempt, the next step's condition."""
    for request in file.requests.values():
        if request.status is RequestStatus.RELEASED:
            file.set_status(request, RequestStatus.COMPLETED)
            request.lease_id = request.lease_until = request.lease_work = None
            request.outcome, request.finished_at = {"outcome": "completed", "data": {"number": "77"}}, file.now
            file.attempts.append(Attempt(request.id, 1, Work.SEND, "completed", {"status": 200}, file.now, file.now))
            file.event("request.completed", {"request": request.id, "step": request.step})
        else:
            file.move(request, "skip")
            file.event("request.skipped", {"step": request.step})


async def measured(name: str, size: int, cases: int, run: Callable[[], Awaitable[int]]) -> None:
    """Run until ``cases`` are through; print the rate and the CPU of this process a case."""
    done, wall, cpu = 0, time.perf_counter(), time.process_time()
    while done < cases:
        step = await run()
        if not step:
            break
        done += step
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    sys.stdout.write(f"  {name:<10} group {size:>3}: {done / seconds:>8,.0f}/s   {used / done * 1e6:>6,.0f} µs CPU each\n")


async def bench(url: str, cases: int) -> None:
    """Measure one database."""
    sys.stdout.write(f"{url.partition(':')[0]}\n")
    await asyncio.to_thread(upgrade, url)
    store = open_store(url)
    await store.open()
    try:
        await store.ensure_lanes({LANE: LANE})
        for size in GROUPS:
            await by_group(store, size, max(size, cases * min(size, 20) // 20))
    finally:
        await store.close()


async def by_group(store: DatabaseStore, size: int, cases: int) -> None:
    """Take in, release, answer and deliver ``cases`` in groups of ``size``."""
    now = await store.now()
    made = [new_case(now) for _ in range(cases)]
    ids: list[UUID] = []

    async def take() -> int:
        group, made[:] = made[:size], made[size:]
        settled = await store.take_in(group)
        failed = [result for result in settled if isinstance(result, Exception)]
        if failed:
            raise failed[0]
        return len(group)

    async def hand_out() -> int:
        files = await store.release(LANE, lambda _row, _held, _now: size, release, size)
        ids.extend(file.case.id for file in files)
        return len(files)

    async def answer() -> int:
        group, ids[:] = ids[:size], ids[size:]
        failed = [error for error in (await store.change(group, reply)).values() if error is not None]
        if failed:
            raise failed[0]
        return len(group)

    async def deliver() -> int:
        claimed = await store.claim_deliveries(size, 60)
        await store.settle_deliveries([(delivery.id, "delivered", None, "") for delivery in claimed])
        return len(claimed)

    await measured("take_in", size, cases, take)
    await measured("release", size, cases, hand_out)
    await measured("change", size, cases, answer)
    await measured("deliver", size, cases * 3, deliver)


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="an empty database; default: a private PostgreSQL, then SQLite")
    parser.add_argument("--cases", type=int, default=4000)
    given = parser.parse_args()
    with ExitStack() as stack:
        if given.url:
            urls = [given.url]
        else:
            server = PostgresServer().start()
            stack.callback(server.destroy)
            urls = [server.url, f"sqlite:///{Path(stack.enter_context(tempfile.TemporaryDirectory())) / 'darcha.db'}"]
        for url in urls:
            asyncio.run(bench(url, given.cases))


if __name__ == "__main__":
    main()
