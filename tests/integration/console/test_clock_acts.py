"""The clocks of a case at the console: suspended, resumed, extended, and what their rules refuse, told beside the field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.api.test_clocks import DUE, RECEIVED, deployment, moving
from tests.integration.console.conftest import Browser, House
from tests.integration.console.test_acts import done
from tests.integration.storage.moving import MovingClock

__all__ = ["deployment", "moving"]


@pytest.fixture
async def number(house: House, preschool: dict[str, Any]) -> str:
    return await house.submit(preschool | {"taken_at": RECEIVED.isoformat()})


async def clock_of(operator: Browser, path: str) -> str:
    """The value under which the form offers the statutory clock."""
    await operator.get(path)
    found = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>Statutory term</option>', operator.page)
    assert found
    return found.group(1)


async def statutory(house: House, number: str) -> dict[str, Any]:
    items = (await house.town.operator.get(f"/v1/cases/{number}/clocks")).json()["items"]
    return next(c for c in items if c["kind"] == "statutory")


async def test_a_clock_is_suspended_and_runs_on(house: House, operator: Browser, number: str, moving: MovingClock) -> None:
    path = f"/console/cases/{number}"
    await operator.get(path)
    assert f"{path}/suspend" in operator.page
    assert f"{path}/resume" not in operator.page
    clock = await clock_of(operator, f"{path}/suspend")
    assert '<option value="needs_applicant"' not in operator.page
    form = {"clock": clock, "ground": "court", "since": "2026-06-01T10:00", "reason": "the court has the file"}
    await done(operator, f"{path}/suspend", form)
    assert "The clock is suspended." in operator.text()
    assert (await statutory(house, number))["state"] == "suspended"
    moving.at = RECEIVED.replace(day=3)
    await operator.sign_in()  # the session ended meanwhile
    await done(operator, f"{path}/resume", {"clock": clock, "since": "2026-06-03T09:00", "reason": "it came back"})
    again = await statutory(house, number)
    assert again["state"] == "running"
    assert again["due_at"] > DUE.isoformat()
    assert "Clock resumed" in operator.text()


async def test_a_term_is_extended_once_and_refused_then(house: House, operator: Browser, number: str) -> None:
    path = f"/console/cases/{number}/extend"
    form = {"clock": await clock_of(operator, path), "length": "2", "notice": "2026-06-01T10:00", "reason": "an expert is needed"}
    await done(operator, path, form)
    assert (await statutory(house, number))["due_at"].startswith("2026-06-17")
    await operator.get(path)
    answer = await operator.post(path, {"version": operator.field("version"), **form})
    assert answer.status == 409
    assert 'role="alert"' in operator.page


@pytest.mark.parametrize(
    ("act", "changed", "status", "field"),
    [
        ("suspend", {"ground": "weather"}, 422, "ground"),
        ("suspend", {"clock": "another"}, 422, "clock"),
        ("suspend", {"since": ""}, 422, "since"),
        ("suspend", {"since": "2027-01-01T10:00"}, 422, "since"),
        ("extend", {"length": "many"}, 422, "length"),
        ("extend", {"length": "400"}, 409, "length"),
        ("extend", {"notice": "2026-06-31T10:00"}, 422, "notice"),
    ],
)
async def test_what_a_rule_forbids_is_told_beside_its_field(
    house: House, operator: Browser, number: str, act: str, changed: dict[str, str], status: int, field: str
) -> None:
    path = f"/console/cases/{number}/{act}"
    good = {"ground": "court", "since": "2026-06-01T10:00", "length": "2", "notice": "2026-06-01T10:00", "reason": "why not"}
    form = {"clock": await clock_of(operator, path), **good, **changed}
    before = await statutory(house, number)
    answer = await operator.post(path, {"version": operator.field("version"), **form})
    assert answer.status == status
    assert f'href="#f-{field}"' in operator.page
    assert await statutory(house, number) == before
