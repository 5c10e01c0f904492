"""What is due is handed out oldest first; with more of it than one can take, each scheduler takes what no other has in hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest_asyncio

from gateway.domain.incident import TimerKind
from gateway.storage import DatabaseStore, open_store, statements
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, new_file, take


@pytest_asyncio.fixture
async def other(url: str, clock: MovingClock, timed: DatabaseStore) -> AsyncIterator[DatabaseStore]:
    """Another process's store on the same clock. SQLite serves one process: there it is the same store."""
    if url.startswith("sqlite"):
        yield timed
        return
    opened = open_store(url, clock=clock)
    await opened.open()
    yield opened
    await opened.close()


async def due(store: DatabaseStore, clock: MovingClock, count: int) -> list[tuple[UUID, UUID]]:
    """Take in cases whose timers are due, one a second; return subject and case of each, oldest first."""
    waiting = []
    for number in range(count):
        file = new_file(clock())
        subject = MINT.uuid()
        file.set_timer(TimerKind.NO_REPLY, subject, clock() - timedelta(seconds=count - number))
        await take(store, file)
        waiting.append((subject, file.case.id))
    return waiting


async def handed(store: DatabaseStore, most: int) -> list[UUID]:
    return [timer.subject for timer in await store.due_timers(most)]


async def test_a_full_batch_that_another_has_in_hand_is_passed_over(
    timed: DatabaseStore, other: DatabaseStore, clock: MovingClock
) -> None:
    waiting = await due(timed, clock, 6)
    subjects = [subject for subject, _ in waiting]
    async with other.db.write() as tx:
        await other.loader.load(tx, [case_id for _, case_id in waiting[:2]])
        # On SQLite there is nobody else.
        assert await handed(timed, 2) == (subjects[2:4] if timed.db.postgres else subjects[:2])
        await other.loader.load(tx, [case_id for _, case_id in waiting])
        # Everything is in hand: who waits for the oldest waits for the right ones.
        assert await handed(timed, 2) == subjects[:2]
        # So few that one takes them all: nothing is kept from it.
        assert await handed(timed, 7) == subjects
    assert await handed(timed, 2) == subjects[:2]


async def test_what_belongs_to_no_case_is_in_nobodys_hand(timed: DatabaseStore, clock: MovingClock) -> None:
    (after, _), *_ = await due(timed, clock, 2)
    alone = MINT.uuid()
    async with timed.db.write() as tx:
        await tx.bulk(statements.SET_TIMER, [(TimerKind.UNMATCHED_CALLBACK, alone, None, clock() - timedelta(hours=1))])
    assert await handed(timed, 1) == [alone]
    assert await handed(timed, 2) == [alone, after]


async def test_timers_of_a_newer_release_are_left_to_it(timed: DatabaseStore, clock: MovingClock) -> None:
    ((subject, case_id),) = await due(timed, clock, 1)
    async with timed.db.write() as tx:
        await tx.bulk(statements.SET_TIMER, [("of_next_year", MINT.uuid(), case_id, clock() - timedelta(days=1))])
    assert await handed(timed, 2) == [subject]
    await timed.clear_timer(TimerKind.NO_REPLY, subject)
    assert await handed(timed, 2) == []
    assert await timed.next_timer_at() is None, "else the loop would ask without end"
