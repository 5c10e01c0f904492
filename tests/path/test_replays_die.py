"""A replay under SIGKILL at every named point, and with two processes at once: each request is done once, and none is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from gateway.application.redo import Action
from gateway.application.replays import Replays, ReplayState, Wanted
from gateway.domain.applied import park
from gateway.domain.events import verify
from gateway.domain.incident import IncidentKind
from gateway.domain.request import RequestStatus
from gateway.storage import DatabaseStore, open_store
from tests.path.dying import Processes
from tests.path.replaying.child import POINTS, main
from tests.path.schedulers.due import MINT, deployment, due_case, intake, only

CASES = 6


@pytest.fixture
def processes() -> Iterator[Processes]:
    made = Processes(main)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, fresh_store: Callable[[str], str]) -> str:
    return fresh_store(request.param)


async def started(database: str) -> UUID:
    """A database with parked requests and a replay of them that was started; the last of its cases has moved since."""
    rules, store = deployment(), open_store(database)
    await store.open()
    await store.put_pins(rules.pins())
    await rules.calendars.start(store)
    now = await store.now()
    files = [due_case(rules, "leased", now) for _ in range(CASES)]
    for file in files:
        park(file, only(file), IncidentKind.EXHAUSTED, "connection refused")
    await store.take_in([intake(file) for file in files])
    replays = Replays(rules, store, store, MINT)
    seen = await replays.see(Wanted(agency="registry"), Action.RETRY, "they are back", "operator:dilnoza")
    assert seen.progress["waiting"] == CASES
    await store.change([files[-1].case.id], lambda file: file.event("case.noted", {}))
    await replays.start(seen.id, 0, "operator:dilnoza")
    await store.close()
    return seen.id


async def check(database: str, id_: UUID) -> None:
    """Every request was made ready once, but for the one that had moved; the replay says just that."""
    store = open_store(database)
    await store.open()
    try:
        await _check(store, id_)
    finally:
        await store.close()


async def _check(store: DatabaseStore, id_: UUID) -> None:
    replay = await store.replay(id_)
    assert replay is not None and (replay.state, replay.next_at) == (ReplayState.DONE, None)
    assert (replay.progress["under_way"], replay.progress["skipped"], replay.progress["waiting"]) == (CASES - 1, 1, 0)
    for item in (await store.replay_items(id_, 0, 100)).items:
        file = await store.case_file(item.case_id)
        assert file is not None
        events = await store.events_of(item.case_id)
        retried = [e for e in events if e.type == "request.retried"]
        assert verify(events) is None
        if item.result == "skipped":
            assert (item.code, retried, only(file).status) == ("moved", [], RequestStatus.PARKED)
            continue
        assert len(retried) == 1, "exactly once"
        assert (only(file).status, only(file).attempts, file.open_incidents) == (RequestStatus.READY, 0, set())


@pytest.mark.parametrize("point", POINTS)
async def test_one_dies_and_the_next_does_what_is_left(database: str, point: str, processes: Processes) -> None:
    replay = await started(database)
    first, line = await processes.start(database, point)
    line.send("go")
    await processes.hear(line, "here")
    line.send("die")
    assert await processes.end(first) == -signal.SIGKILL
    second, line = await processes.start(database, "")
    line.send("go")
    await processes.hear(line, "done")
    assert await processes.end(second) == 0
    await check(database, replay)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.parametrize("word", ["die", "go on"])
@pytest.mark.parametrize("point", [p for p in POINTS if p not in ("before the look", "before the wake-ups")])
async def test_two_work_side_by_side(database: str, point: str, word: str, processes: Processes) -> None:
    """The second works while the first stands at the point: it takes what the first does not hold, and nothing twice."""
    replay = await started(database)
    first, to_first = await processes.start(database, point)
    second, to_second = await processes.start(database, "")
    to_first.send("go")
    await processes.hear(to_first, "here")
    to_second.send("go")
    await processes.hear(to_second, "done")
    assert await processes.end(second) == 0
    to_first.send(word)
    assert await processes.end(first) == (-signal.SIGKILL if word == "die" else 0)
    third, to_third = await processes.start(database, "")
    to_third.send("go")
    await processes.hear(to_third, "done")
    assert await processes.end(third) == 0
    await check(database, replay)
