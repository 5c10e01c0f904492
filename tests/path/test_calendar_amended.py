"""A decree while cases are in flight: told to a running gateway by the command line, and followed in the background."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from gateway.catalogue.calendars import seed
from gateway.cli.main import app
from gateway.domain.incident import IncidentKind
from tests.path.gateway import Gateway, Json
from tests.path.waiting import until

ZONE = ZoneInfo("Asia/Tashkent")
DAY = timedelta(1)
DECREE = "PQ-501, an invented decree"
CALENDAR = seed("UZ-5")


def working_days(first: date, step: timedelta, count: int) -> list[date]:
    """The working days after a day, or before it, that many of them."""
    found: list[date] = []
    day = first
    while len(found) < count:
        day += step
        if CALENDAR.is_working_day(day):
            found.append(day)
    return found


def midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC).isoformat()


async def amend(gateway: Gateway, *words: str) -> Json:
    """Amend UZ-5 as an operator does, by the command line against the running api."""
    call = ["calendar", "amend", "UZ-5", "--decree", DECREE, "--url", gateway.address, "--key", gateway.key, "--json", *words]
    done = await asyncio.to_thread(CliRunner().invoke, app, call)
    assert done.exit_code == 0, done.output
    made: Json = json.loads(done.stdout)
    return made


async def clock_of(gateway: Gateway, case: str) -> Json:
    (clock,) = (await gateway.client.call("GET", f"/v1/cases/{case}/clocks"))["items"]
    found: Json = clock
    return found


def follows(gateway: Gateway, case: str, version: str) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return bool((await clock_of(gateway, case))["calendar_version"] == version)

    return so


async def paid(gateway: Gateway, at: datetime) -> str:
    case = await gateway.submit("held", scenario="silent")
    await gateway.until_request(case, "awaiting_reply")
    await gateway.pay(case, at.isoformat())
    return case


async def act(gateway: Gateway, case: str, what: str, **body: Any) -> None:
    await gateway.post(f"/v1/cases/{case}/{what}", {"reason": "a test", "from": datetime.now(UTC).isoformat(), **body})


async def test_clocks_that_run_stand_still_and_wait_follow_a_decree(gateway: Gateway) -> None:
    """One day off more, a working day from now: each clock ends a working day later, and says by which decree."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    runs, open_ended, limited = [await paid(gateway, now) for _ in range(3)]
    waits = await gateway.submit("held", scenario="silent")
    await act(gateway, open_ended, "suspend", ground="court")
    await act(gateway, limited, "suspend", ground="expertise")
    before = {case: await clock_of(gateway, case) for case in (runs, open_ended, limited, waits)}
    assert [before[case]["state"] for case in before] == ["running", "suspended", "suspended", "not_started"]
    off = working_days(now.astimezone(ZONE).date(), DAY, 2)[1]
    made = await amend(gateway, "--off", str(off))
    for case in before:
        await until(follows(gateway, case, made["version"]), "the clock follows the decree")
    after = {case: await clock_of(gateway, case) for case in before}
    for case in (runs, waits):
        assert after[case]["due_at"] > before[case]["due_at"] and after[case]["state"] == before[case]["state"]
        assert (await gateway.case(case))["due_at"] == after[case]["due_at"]
        (event,) = await gateway.events(case, "clock.recalculated")
        told = event["data"]
        assert (told["from"], told["to"]) == (before[case]["due_at"], after[case]["due_at"])
        (why,) = told["why"]
        assert why["decree"] == DECREE and [d["date"] for d in why["days"]] == [str(off)]
    assert (after[limited]["due_at"], after[limited]["lapses_at"] > before[limited]["lapses_at"]) == (None, True)
    (event,) = await gateway.events(limited, "clock.recalculated")
    assert event["data"]["lapses_at"] == after[limited]["lapses_at"]
    assert await gateway.events(open_ended, "clock.recalculated") == [], "it has no date that could move"
    await act(gateway, open_ended, "resume", ground="court")
    resumed = await clock_of(gateway, open_ended)
    assert (resumed["state"], resumed["calendar_version"]) == ("running", made["version"])
    assert resumed["due_at"] >= after[runs]["due_at"]
    assert await gateway.incidents(str(IncidentKind.CLOCK_MOVED_INTO_PAST)) == []


async def test_a_date_that_moves_into_the_past_is_told_and_takes_no_effect_yet(gateway: Gateway) -> None:
    """The weekends since the payment are made working days, so that the term was over days ago."""
    today = datetime.now(UTC).astimezone(ZONE).date()
    due_on = working_days(today, DAY, 2)[1]
    received = working_days(due_on, -DAY, 15)[-1]
    case = await paid(gateway, datetime(received.year, received.month, received.day, 10, tzinfo=ZONE))
    assert (await clock_of(gateway, case))["due_at"] == midnight(due_on + DAY)
    days = [received + n * DAY for n in range(1, (today - received).days)]
    rest = [str(day) for day in days if not CALENDAR.is_working_day(day)]
    assert len(rest) >= 4
    made = await amend(gateway, *(word for day in rest for word in ("--working", day)))
    incident = await gateway.until_incident(str(IncidentKind.CLOCK_MOVED_INTO_PAST), case=case)
    clock = await clock_of(gateway, case)
    assert (clock["state"], clock["calendar_version"]) == ("running", made["version"])
    assert datetime.fromisoformat(clock["due_at"]) < datetime.now(UTC)
    assert (incident["detail"]["from"], incident["detail"]["due_at"]) == (midnight(due_on + DAY), clock["due_at"])
    assert len(await gateway.events(case, "clock.recalculated")) == 1
    again = await amend(gateway, "--off", str(due_on + 40 * DAY if CALENDAR.is_working_day(due_on + 40 * DAY) else due_on))
    await until(follows(gateway, case, again["version"]), "the next version has gone through")
    assert (await clock_of(gateway, case))["state"] == "running", "no breach before the date that people were told"
    assert await gateway.events(case, "clock.breached") == []
    assert len(await gateway.incidents(str(IncidentKind.CLOCK_MOVED_INTO_PAST), case=case)) == 1
