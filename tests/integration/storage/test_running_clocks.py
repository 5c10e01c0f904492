"""Clocks that run, counted for the metrics by their timers."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.incident import TimerKind
from gateway.storage import DatabaseStore
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, new_file, take


def with_clock(file: CaseFile, days: int) -> CaseFile:
    due = file.now + timedelta(days=days)
    clock = Clock(
        id=MINT.uuid(),
        case_id=file.case.id,
        kind="statutory",
        state=ClockState.RUNNING,
        term={},
        calendar="UZ-5",
        calendar_version="1",
        time_zone="Asia/Tashkent",
        started_at=file.now,
        due_at=due,
    )
    file.add_clock(clock)
    file.set_timer(TimerKind.CLOCK_WARNING if days > 1 else TimerKind.CLOCK_EXPIRY, clock.id, due)
    return file


async def test_running_clocks_and_those_that_end_soon(timed: DatabaseStore, clock: MovingClock) -> None:
    soon = clock() + timedelta(days=1)
    assert await timed.running_clocks(soon) == {}
    files = [with_clock(new_file(clock()), days) for days in (0, 3, 5)]
    first, *_ = await take(timed, *files)
    assert await timed.running_clocks(soon) == {"statutory": (3, 1)}

    def ends(file: CaseFile) -> None:
        for id_ in _ids(file):
            file.clear_timer(TimerKind.CLOCK_EXPIRY, id_)

    await timed.change([first], ends)
    assert await timed.running_clocks(soon) == {"statutory": (2, 0)}


def _ids(file: CaseFile) -> list[UUID]:
    return list(file.clocks)
