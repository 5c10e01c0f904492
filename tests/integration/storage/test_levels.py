"""The ladder of a service over the database: told once by any number of schedulers, and anew when it has moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select

from gateway.application.deployment import Deployment
from gateway.application.tick import Tick
from gateway.catalogue.calendars import seed
from gateway.domain import clock_acts, clocks
from gateway.domain.alerting import AlertRules, Receiver, Route
from gateway.domain.alerting import Rung as AckRung
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock
from gateway.domain.incident import TimerKind
from gateway.domain.service import Term, Unit
from gateway.domain.term_rule import Extension, Rung
from gateway.messaging import connect
from gateway.storage import DatabaseStore, open_store
from gateway.storage import tables as t
from tests.integration.storage.alerting import RULES, Told
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import new_file, stored, take
from tests.unit.application.small import catalogue, service

HURRY = {"uz": "Tezlashtiring", "ru": "Ускорьте", "ky": "Тездетиңиз", "en": "Hurry"}
LADDER = (
    Rung(percent=50),
    Rung(percent=80, to=("head",), channel="tgram", language="ru", text=HURRY),
    Rung(working_days_before=1, to=("head", "operators")),
    Rung(at_expiry=True, to=("director",), text=HURRY),
)
#: Ten days and nights, so that the levels are at round times: 7 December, 10:00 in Tashkent, and 240 hours on.
TERM = Term(240, Unit.HOURS, "UZ-5", roll=False, warn_before=-1, escalation=LADDER, extension=Extension(120, Unit.HOURS))
START = datetime(2026, 12, 7, 5, tzinfo=UTC)
DUE = START + timedelta(hours=240)
LEVELS = {"50%": START + timedelta(hours=120), "80%": START + timedelta(hours=192), "1wd": datetime(2026, 12, 16, 4, tzinfo=UTC)}
WHO = AlertRules(
    {
        "default": Receiver("default", ("json://default.test",)),
        "operators": Receiver("operators", ("json://operators.test",), "uz"),
        "head": Receiver("head", ("mailto://head.test", "tgram://head"), "ky"),
        "director": Receiver("director", ("mailto://director.test",), "ky"),
    },
    (Route((AckRung(("operators",)),)),),
    wait_secs=RULES.wait_secs,
    calm_secs=RULES.calm_secs,
    repeat_secs=30 * 86_400,
    more_secs=30 * 86_400,
)


class Schedulers:
    """Two processes with a clock role each, on one moving time."""

    def __init__(self, *stores: DatabaseStore) -> None:
        self.store = stores[0]
        self.deployment = Deployment(catalogue([service(term=TERM)]), {}, seed, settle_secs=60)
        self.ticks = [Tick(self.deployment, store, connect("memory://levels")) for store in stores]

    async def take(self, count: int) -> list[UUID]:
        """Take cases in whose clock runs."""
        await self.store.put_pins(self.deployment.pins())
        files = [new_file(START, office="centre", pin="s1", service="permit") for _ in range(count)]
        for file in files:
            clocks.start_clocks(file, self.deployment.rules("s1"))
        return await take(self.store, *files)

    async def run(self) -> None:
        """Let both look at the same moment, until there is nothing left to do."""
        while sum(await asyncio.gather(*(tick.run_once() for tick in self.ticks))):
            pass

    async def clock(self, case: UUID) -> Clock:
        (clock,) = (await stored(self.store, case)).clocks.values()
        return clock

    async def reached(self, case: UUID) -> list[tuple[str, str]]:
        events = await self.store.events_of(case, 0, 1000)
        return [(e.payload["level"], e.payload["at"]) for e in events if e.type == "clock.level_reached"]

    async def waits(self, case: UUID) -> datetime | None:
        """When a row waits for the next level."""
        id_ = (await self.clock(case)).id
        due = [row.due_at for row in await self._timers() if (row.kind, row.subject) == (TimerKind.CLOCK_LEVEL, id_)]
        return due[0] if due else None

    async def _timers(self) -> list[Any]:
        """Every row, whenever it is due."""
        async with self.store.db.read() as tx:
            return list(await tx.rows(select(t.timers)))


@pytest_asyncio.fixture
async def schedulers(url: str, clock: MovingClock, timed: DatabaseStore) -> AsyncIterator[Schedulers]:
    """SQLite serves one process: there both use the same store."""
    clock.at = START
    second = timed
    if not url.startswith("sqlite"):
        second = open_store(url, clock=clock)
        await second.open()
    yield Schedulers(timed, second)
    if second is not timed:
        await second.close()


@pytest.fixture
def told(timed: DatabaseStore, clock: MovingClock) -> Told:
    return Told(timed, clock, WHO)


async def heard(told: Told) -> list[tuple[str, str, str, str]]:
    """Let the alerts gather and return what was heard: (target, what, language of its own, own words in English)."""
    before = len(told.heard)
    await told.run()
    await told.run(seconds=5)
    new = zip(told.heard[before:], told.payloads[before:], strict=True)
    return [(target, what, p.get("language", ""), p["text"].get("en", "")) for (target, what), p in new]


async def test_two_schedulers_tell_each_level_once_to_whom_it_names(
    schedulers: Schedulers, told: Told, clock: MovingClock
) -> None:
    cases = await schedulers.take(20)
    expected = {
        "50%": [("operators/1", "opened", "", "")],
        "80%": [("head/2", "opened", "ru", "Hurry")],
        "1wd": [("head/1", "opened", "", ""), ("head/2", "opened", "", ""), ("operators/1", "opened", "", "")],
    }
    for level, at in LEVELS.items():
        clock.at = at - timedelta(seconds=1)
        await schedulers.run()
        assert await heard(told) == [], level
        clock.at = at
        await schedulers.run()
        assert await heard(told) == expected[level], level
        assert told.payloads[-1]["alert"]["count"] == 20 and told.payloads[-1]["alert"]["level"] == level
    clock.at = DUE + timedelta(seconds=59)
    await schedulers.run()
    assert "director/1" not in [target for target, _ in told.heard]
    clock.at = DUE + timedelta(seconds=60)
    await schedulers.run()
    assert ("director/1", "opened", "", "Hurry") in await heard(told)
    instants = [*LEVELS.items(), ("expiry", DUE)]
    for case in cases:
        assert await schedulers.reached(case) == [(level, at.isoformat()) for level, at in instants]
        assert (await schedulers.clock(case)).levels_told == ["50%", "80%", "1wd", "expiry"]
        assert await schedulers.waits(case) is None


async def test_after_a_standstill_the_highest_alone_is_told_and_the_others_have_their_times(
    schedulers: Schedulers, told: Told, clock: MovingClock
) -> None:
    (case,) = await schedulers.take(1)
    clock.at = LEVELS["80%"] + timedelta(hours=3)
    await schedulers.run()
    assert await heard(told) == [("head/2", "opened", "ru", "Hurry")]
    assert await schedulers.reached(case) == [(level, LEVELS[level].isoformat()) for level in ("50%", "80%")]
    assert await schedulers.waits(case) == LEVELS["1wd"]
    assert datetime.fromisoformat(told.payloads[-1]["alert"]["detail"]["at"]) == LEVELS["80%"]


async def test_an_extension_arms_the_levels_anew_and_ends_what_was_told(
    schedulers: Schedulers, told: Told, clock: MovingClock
) -> None:
    (case,) = await schedulers.take(1)
    clock.at = LEVELS["80%"]
    await schedulers.run()
    assert await heard(told) == [("head/2", "opened", "ru", "Hurry")]
    rules = schedulers.deployment.rules("s1")

    def extend(file: CaseFile) -> None:
        clock_acts.extend(file, rules, "statutory", None, file.now, "complex", "operator:dilnoza")

    assert await schedulers.deployment.change(schedulers.store, [case], extend) == {case: None}
    later = START + timedelta(hours=288)
    assert (await schedulers.clock(case)).levels_told == ["50%"] and await schedulers.waits(case) == later
    await told.run()
    assert await told.run(seconds=30) == [("head/2", "over")]
    clock.at = later
    await schedulers.run()
    assert await heard(told) == [("head/2", "opened", "ru", "Hurry")]
    assert [level for level, _ in await schedulers.reached(case)] == ["50%", "80%", "80%"]


async def test_versions_of_a_service_that_call_others_are_alerts_of_their_own(
    schedulers: Schedulers, told: Told, clock: MovingClock
) -> None:
    await schedulers.take(2)
    changed = replace(TERM, escalation=(Rung(percent=80, to=("director",)),))
    newer = Deployment(catalogue([service(term=changed, digest="s2")]), {}, seed)
    await schedulers.store.put_pins(newer.pins())
    file = new_file(START, office="centre", pin="s2", service="permit")
    clocks.start_clocks(file, newer.rules("s2"))
    await take(schedulers.store, file)
    clock.at = LEVELS["80%"]
    await schedulers.run()
    assert sorted(await heard(told)) == [("director/1", "opened", "", ""), ("head/2", "opened", "ru", "Hurry")]
