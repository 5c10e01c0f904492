"""Alerts in the database: one for an outage, one that it is over; held back, taken on, climbed, and never lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.domain.alerting import Alert, Members, Silence, acknowledge
from gateway.domain.alerting import Told as ToTell
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.incident import Incident, IncidentKind
from gateway.storage import DatabaseStore
from tests.integration.storage.alerting import Told, down, exhausted
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, taken


@pytest.fixture
def told(timed: DatabaseStore, clock: MovingClock) -> Told:
    return Told(timed, clock)


async def open_alerts(store: DatabaseStore, state: str = "open") -> list[Alert]:
    return list((await store.alerts(state=state, kind="", agency="", after="", limit=50)).items)


async def test_an_outage_with_two_hundred_cases_is_one_alert_and_one_all_clear(timed: DatabaseStore, told: Told) -> None:
    await timed.open_incidents([exhausted(n) for n in range(100)])
    await timed.open_incidents([down()])
    assert await told.run() == [], "it gathers first"
    await timed.open_incidents([exhausted(n) for n in range(100, 200)])
    assert await told.run(seconds=10) == [("operators/1", "opened")]
    (alert,) = await open_alerts(timed)
    assert (alert.count, alert.kind, alert.agency) == (201, "lane_down", "tax-office")
    await timed.close_incidents(["lane_down:tax-office"], "the agency answers again", "gateway")
    assert await told.run(seconds=5) == []
    assert await told.run(seconds=30) == [("operators/1", "over")]
    assert told.payloads[-1]["alert"]["open"] == 200, "the requests still wait for a person"
    assert await open_alerts(timed) == []
    assert await told.slowly(20) == []
    assert "Amina" not in str(told.payloads)


async def test_an_incident_is_gathered_once_though_its_delivery_comes_twice(timed: DatabaseStore) -> None:
    await timed.open_incidents([down()])
    claimed = await timed.claim_deliveries(10, 60)
    await timed.gather_alerts(claimed)
    await timed.gather_alerts(claimed)
    (alert,) = await open_alerts(timed)
    assert alert.count == 1
    assert await timed.next_delivery_at() is None, "the incident's delivery is settled in the same commit"


async def test_two_notifiers_open_one_alert_and_tell_it_once(store: DatabaseStore, other: DatabaseStore) -> None:
    await store.open_incidents([exhausted(n) for n in range(60)])
    claimed = await store.claim_deliveries(100, 60)
    await asyncio.gather(*((store, other)[n % 2].gather_alerts(claimed[n * 6 : n * 6 + 6]) for n in range(10)))
    (alert,) = await open_alerts(store)
    assert alert.count == 60
    seen: list[int] = []

    def advance(found: Alert, members: Members, silences: object, now: object) -> list[ToTell]:
        seen.append(members.open)
        found.next_at = None
        return []

    await asyncio.gather(store.advance_alerts(advance, 10), other.advance_alerts(advance, 10))  # type: ignore[arg-type]  # tells nothing
    assert seen == [60]


async def test_an_alert_says_which_service_its_case_is_of(timed: DatabaseStore, told: Told) -> None:
    file = await taken(timed)
    kind = IncidentKind.CLOCK_WARNING
    incident = Incident(kind, f"{kind}:1", {"level": "80%", "due_at": "2026-03-09T19:00:00+00:00"}, file.case.id)
    await timed.change([file.case.id], lambda f: f.open_incident(incident))
    await told.run()
    (alert,) = await open_alerts(timed)
    assert (alert.service, alert.level, alert.cases) == ("shop-licence", "80%", (file.case.number,))
    assert await told.run(seconds=5) == [("operators/1", "opened")]
    await timed.change([file.case.id], lambda f: f.recover(incident.fingerprint, "done"))
    await told.run()
    assert await told.run(seconds=30) == [("operators/1", "over")]


async def test_what_comes_back_within_the_calm_is_the_same_outage(timed: DatabaseStore, told: Told) -> None:
    await timed.open_incidents([down()])
    await told.run()
    assert await told.run(seconds=5) == [("operators/1", "opened")]
    for _ in range(3):
        await timed.close_incidents(["lane_down:tax-office"], "it answers", "gateway")
        assert await told.run(seconds=20) == []
        await timed.open_incidents([down()])
        assert await told.run(seconds=5) == []
    await timed.close_incidents(["lane_down:tax-office"], "it answers", "gateway")
    await told.run()
    assert await told.run(seconds=30) == [("operators/1", "over")]


async def test_nobody_takes_it_on_then_somebody_does(timed: DatabaseStore, told: Told) -> None:
    await timed.open_incidents([down(), down("cadastre")])
    await told.run()
    assert await told.run(seconds=5) == [("operators/1", "opened")] * 2
    (alert,) = (await timed.alerts(state="open", kind="", agency="tax-office", after="", limit=5)).items
    taken_on = await timed.change_alert(alert.id, lambda a, now: acknowledge(a, "Dilnoza", "they are called", now))
    assert taken_on.acknowledged_by == "Dilnoza"
    assert await told.slowly(9) == []
    assert await told.run(minutes=1) == [("head/1", "escalated")]
    assert told.payloads[-1]["alert"]["agency"] == "cadastre"
    assert await told.run(hours=5) == [("operators/1", "repeated"), ("head/1", "repeated")]
    assert {p["alert"]["agency"] for p in told.payloads[-2:]} == {"cadastre"}
    with pytest.raises(NotFound):
        await timed.change_alert(MINT.uuid(), lambda _alert, _now: None)


async def test_a_silence_holds_back_and_its_end_is_one_summary(timed: DatabaseStore, told: Told, clock: MovingClock) -> None:
    window = Silence(MINT.uuid(), clock(), clock() + timedelta(hours=1), "Dilnoza", "announced works", agency="tax-office")
    row = await timed.add_silence(window)
    assert (row.silence, row.created_at, row.summarised_at) == (window, clock(), None)
    await timed.open_incidents(
        [down(), down("cadastre"), exhausted(1), Incident(IncidentKind.INVALID, "invalid:1", agency="tax-office")]
    )
    await told.run()
    assert await told.run(seconds=5) == [("operators/1", "opened")], "the other agency is not silenced"
    await timed.close_incidents(["lane_down:tax-office"], "it answers", "gateway")
    assert await told.slowly(54) == [("head/1", "escalated")]
    assert await told.run(minutes=6) == [("operators/1", "summary")]
    summary = told.payloads[-1]
    assert (summary["silence"]["by"], summary["silence"]["reason"]) == ("Dilnoza", "announced works")
    assert sorted((a["kind"], a["is_over"]) for a in summary["alerts"]) == [("invalid", False), ("lane_down", True)]
    assert (await timed.silences("", 5)).items[0].summarised_at == clock()
    assert await told.run(minutes=10) == [("head/1", "escalated")], "what is still open climbs on"


async def test_a_silence_can_be_ended_early_and_once(timed: DatabaseStore, told: Told, clock: MovingClock) -> None:
    row = await timed.add_silence(Silence(MINT.uuid(), clock(), clock() + timedelta(hours=9), "Dilnoza", "works"))
    await timed.open_incidents([down()])
    await told.run()
    assert await told.run(seconds=5) == []
    ended = await timed.end_silence(row.silence.id, "Bekzod")
    assert (ended.silence.ends_at, ended.ended_by) == (clock(), "Bekzod")
    assert await told.run() == [("operators/1", "summary")]
    with pytest.raises(Conflict):
        await timed.end_silence(row.silence.id, "Bekzod")
    with pytest.raises(NotFound):
        await timed.end_silence(MINT.uuid(), "Bekzod")


async def test_a_silence_without_alerts_has_no_summary(timed: DatabaseStore, told: Told, clock: MovingClock) -> None:
    await timed.add_silence(Silence(MINT.uuid(), clock(), clock() + timedelta(hours=1), "Dilnoza", "works"))
    assert await told.run(hours=2) == []
    assert (await timed.silences("", 5)).items[0].summarised_at == clock()


async def test_a_receiver_that_is_down_for_an_hour_loses_nothing(timed: DatabaseStore, told: Told) -> None:
    told.down = {"operators/1"}
    await timed.open_incidents([down()])
    await told.run()
    await told.slowly(5)
    await timed.close_incidents(["lane_down:tax-office"], "it answers", "gateway")
    assert await told.slowly(55) == []
    (alert,) = await open_alerts(timed, "over")
    first, second = await timed.notices(alert.id)
    assert (first.what, first.state, first.error, second.what, second.attempts) == ("opened", "pending", "503", "over", 0)
    assert first.attempts > 3 and first.next_at is not None
    told.down = set()
    assert await told.slowly(90) == [("operators/1", "opened"), ("operators/1", "over")], "in their order"
    assert told.ids == [first.id, second.id]
    assert {n.state for n in await timed.notices(alert.id)} == {"delivered"}


async def test_one_receiver_that_is_down_does_not_make_another_hear_it_twice(timed: DatabaseStore, told: Told) -> None:
    await timed.open_incidents([down()])
    await told.run()
    await told.run(seconds=5)
    told.down = {"head/1"}
    await told.slowly(30)
    told.down = set()
    await told.slowly(60)
    assert sorted(told.heard) == [("head/1", "escalated"), ("operators/1", "opened")]


async def test_what_nobody_ever_takes_is_kept_and_is_an_incident(timed: DatabaseStore, told: Told) -> None:
    told.down = {"operators/1"}
    await timed.open_incidents([down()])
    for _ in range(30):
        await told.run(hours=1)
    (row,) = (await timed.incidents(state="open", kind="exhausted", agency="", case_id=None, after="", limit=5)).items
    assert (row.detail["kind"], row.detail["target"]) == ("notice", "operators/1")
    assert ("head/1", "escalated") in told.heard


async def test_lists_are_pages(timed: DatabaseStore, told: Told, clock: MovingClock) -> None:
    for agency in ("a", "b", "c"):
        await timed.open_incidents([down(agency)])
        await timed.add_silence(Silence(MINT.uuid(), clock(), clock() + timedelta(hours=1), "Dilnoza", agency))
        await told.run(seconds=1)
    first = await timed.alerts(state="open", kind="lane_down", agency="", after="", limit=2)
    assert [a.agency for a in first.items] == ["c", "b"]
    rest = await timed.alerts(state="open", kind="", agency="", after=first.after, limit=2)
    assert ([a.agency for a in rest.items], rest.after) == (["a"], "")
    one = await timed.silences("", 2)
    assert [s.silence.reason for s in one.items] == ["c", "b"]
    assert [s.silence.reason for s in (await timed.silences(one.after, 2)).items] == ["a"]
    assert await timed.alert(MINT.uuid()) is None
