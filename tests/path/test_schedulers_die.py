"""Two schedulers, and SIGKILL at every named point: what was due takes effect exactly once, on both databases."""

from __future__ import annotations

import secrets
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.domain.case import CaseOutcome
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import ClockState
from gateway.domain.events import verify
from gateway.domain.request import RequestStatus
from gateway.storage import DatabaseStore, open_store
from gateway.storage import tables as t
from tests.path.dying import Processes
from tests.path.schedulers.child import POINTS, Scheduler, main
from tests.path.schedulers.due import HOUR, SERVICES, SHORT, callback, clock_of, deployment, due_case, intake, only
from tests.servers.fixtures import Broker

#: So many cases of each sort are due at once.
EACH = 5
SORTS = tuple(s.id for s in SERVICES if s.id != "broken")
#: Events that a case of a sort has once for all time, and the timers that it goes on with.
ONCE = {
    "breached": ("clock.breached",),
    "granted": ("clock.ended", "case.decided"),
    "refused": ("clock.ended", "case.decided"),
    "warned": ("clock.warned",),
    "missed": ("clock.warned", "clock.breached"),
    "lapsed": ("clock.resumed",),
    "deadline": ("applicant.deadline_passed", "request.cancelled", "case.decided", "case.closed"),
    "leased": ("request.retrying",),
    "broken": (),
}
GOES_ON = {"warned": ["clock_expiry"], "lapsed": ["clock_expiry"], "broken": ["clock_expiry"]}
INCIDENTS = {
    "breached": ["clock_breached"],
    "warned": ["clock_warning"],
    "missed": ["clock_breached", "clock_warning"],
    "broken": ["rule_failed"],
}
DECISIONS = {"granted": CaseOutcome.TACITLY_GRANTED, "refused": CaseOutcome.TACITLY_REFUSED, "deadline": CaseOutcome.REFUSED}
#: Where another scheduler that works meanwhile meets what the first one holds.
MEET = (
    "the due rows are read",
    "everything is read",
    "the cases are locked and loaded",
    "the effects are decided",
    "all is written and not committed",
    "all is committed",
    "what failed is set aside and not committed",
)


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes(main)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, fresh_store: Callable[[str], str]) -> str:
    return fresh_store(request.param)


@pytest.fixture
async def scheduler(database: str, tmp_path: Path) -> AsyncIterator[Scheduler]:
    """What to start one with, on a database in which all is due."""
    rules = deployment()
    async with _opened(database) as store:
        await store.put_pins({digest: pin for digest, pin in rules.pins().items() if digest != "s-broken"})
        await rules.calendars.start(store)
        now = await store.now()
        files = [due_case(rules, sort, now) for sort in SORTS for _ in range(EACH)]
        broken = due_case(rules, "broken", now)
        broken.case.pin = "lost"
        await store.take_in([intake(file) for file in [*files, broken]])
        await store.keep_callback(callback(now, "nobody knows this reference"))
        await store.claim_callbacks(10)
        assert len(await store.due_timers(1000)) == (len(SORTS) - 1) * EACH + 2
        assert len(await store.ended_leases(1000)) == EACH
    yield Scheduler(database, str(tmp_path))


class _opened:  # noqa: N801 - used as a function
    """The store, held open by the test only while no scheduler runs: SQLite serves one process."""

    def __init__(self, database: str) -> None:
        self.store = open_store(database, unmatched_after=timedelta())

    async def __aenter__(self) -> DatabaseStore:
        await self.store.open()
        return self.store

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()


async def check(scheduler: Scheduler) -> None:
    """Everything that was due has taken effect, and once."""
    async with _opened(scheduler.database) as store:
        now = await store.now()
        async with store.db.read() as tx:
            timers = list(await tx.rows(select(t.timers)))
            incidents = list(await tx.rows(select(t.incidents)))
            alerts = list(await tx.rows(select(t.deliveries).where(t.deliveries.c.kind == "alert")))
            cases = [row.id for row in await tx.rows(select(t.cases.c.id))]
        assert [row for row in timers if row.due_at <= now] == []
        assert await store.ended_leases(10) == []
        assert len(cases) == len(SORTS) * EACH + 1
        for id_ in cases:
            file = await store.case_file(id_)
            assert file is not None
            sort = file.case.service
            events = await store.events_of(id_, 0, 1000)
            assert verify(events) is None and (file.case.seq, file.case.chain) == (len(events), events[-1].hash)
            happened = Counter(event.type for event in events)
            assert {type_: happened[type_] for type_ in ONCE[sort]} == dict.fromkeys(ONCE[sort], 1), sort
            mine = [row for row in incidents if row.case_id == id_]
            assert sorted(row.kind for row in mine) == INCIDENTS.get(sort, []), sort
            # That it failed, two who look at the same moment may both have to say; it is one incident all the same.
            most = 2 if sort == "broken" else 1
            assert all(row.state == "open" and 1 <= row.count <= most for row in mine), sort
            assert happened["incident.opened"] == len(mine)
            assert [row.kind for row in timers if row.case_id == id_] == GOES_ON.get(sort, []), sort
            _as_of_its_time(file)
        (unmatched,) = [row for row in incidents if row.case_id is None]
        assert (unmatched.kind, unmatched.state) == ("unmatched_callback", "open")
        assert len(alerts) == len(incidents), "one alert an incident"


def _as_of_its_time(file: CaseFile) -> None:
    """Whoever let it take effect, and whenever: it is dated as of the instant at which it was due."""
    sort, received = file.case.service, file.case.received_at
    decisions = [(d.outcome, d.date_given - received) for d in file.decisions]
    given = 2 * HOUR if sort == "deadline" else SHORT * HOUR
    assert decisions == ([(DECISIONS[sort], given)] if sort in DECISIONS else [])
    match sort:
        case "breached" | "missed":
            assert clock_of(file).state is ClockState.BREACHED
        case "granted" | "refused":
            assert (clock_of(file).state, clock_of(file).ended_at) == (f"tacitly_{sort}", received + SHORT * HOUR)
        case "lapsed":
            assert clock_of(file).state is ClockState.RUNNING
        case "leased":
            assert (only(file).status, only(file).lease_id, only(file).attempts) == (RequestStatus.READY, None, 1)


@pytest.mark.parametrize("point", POINTS)
async def test_one_dies_and_the_next_does_what_is_left(scheduler: Scheduler, point: str, processes: Processes) -> None:
    first, line = await processes.start(replace(scheduler, point=point))
    line.send("go")
    await processes.hear(line, "here")
    line.send("die")
    assert await processes.end(first) == -signal.SIGKILL
    second, line = await processes.start(scheduler)  # on SQLite the lock of the dead one has fallen with it
    line.send("go")
    await processes.hear(line, "done")
    assert await processes.end(second) == 0
    await check(scheduler)


@pytest.mark.parametrize("word", ["die", "go on"])
@pytest.mark.parametrize("point", MEET)
async def test_two_work_side_by_side(scheduler: Scheduler, point: str, word: str, processes: Processes) -> None:
    """The first stands at the point while the second looks. Then it dies, or goes on with what it has read before."""
    first, to_first = await processes.start(replace(scheduler, point=point, beside=True))
    second, to_second = await processes.start(replace(scheduler, beside=True))
    to_first.send("go")
    await processes.hear(to_first, "here")
    to_second.send("go")
    await processes.hear(to_second, "looked")
    to_first.send(word)
    assert await processes.end(first) == (-signal.SIGKILL if word == "die" else 0)
    assert await processes.end(second) == 0
    await check(scheduler)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_the_same_with_a_broker_between_them(scheduler: Scheduler, processes: Processes, corner: Broker) -> None:
    on_broker = replace(scheduler, broker=corner.url, prefix=f"path-{secrets.token_hex(4)}")
    first, line = await processes.start(replace(on_broker, point="before the wake-ups"))
    line.send("go")
    await processes.hear(line, "here")
    line.send("die")
    assert await processes.end(first) == -signal.SIGKILL
    second, line = await processes.start(on_broker)
    line.send("go")
    await processes.hear(line, "done")
    assert await processes.end(second) == 0
    await check(scheduler)
