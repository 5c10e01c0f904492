"""A night of downtime over the ends of terms: what reached us in time counts first, then what was missed, as of its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from gateway.application.bus import REPLIES
from gateway.application.store import InboxItem
from gateway.storage import SystemMint, open_store
from tests.path.gateway import Gateway
from tests.path.waiting import until

NIGHT = timedelta(hours=12)
TERM = timedelta(hours=3)


class Shifted:
    """The time of database and machines alike, behind by ``behind``."""

    behind = NIGHT

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.behind


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Shifted:
    made = Shifted()
    monkeypatch.setattr("gateway.bootstrap.core.open_store", partial(open_store, clock=made))
    for module in ("api", "calendars", "clock", "dispatcher", "notifier", "tracker", "worker"):
        monkeypatch.setattr(f"gateway.bootstrap.{module}.utc_now", made)
    return made


async def called_back(gateway: Gateway, case: str, after: timedelta) -> datetime:
    """The agency has called back so long after the case was received; it stands in the inbox. Returns when."""
    received = datetime.fromisoformat((await gateway.case(case))["received_at"]) + after
    id_ = SystemMint().uuid()
    reference = (await gateway.request(case))["reference"]
    said = {"outcome": "completed", "data": {}}
    item = InboxItem(id_, "registry", "Done", str(id_), reference, "", said, received, {"status": 202})
    await gateway.core.store.keep_callback(item)
    return received


async def outcome(gateway: Gateway, case: str) -> tuple[list[str], datetime, str]:
    """Return outcomes and date of the decisions and the state of the clock."""
    decisions = (await gateway.case(case))["decisions"]
    (clock,) = (await gateway.client.call("GET", f"/v1/cases/{case}/clocks"))["items"]
    return [d["outcome"] for d in decisions], datetime.fromisoformat(decisions[0]["date_given"]), clock["state"]


@pytest.mark.parametrize("settings", [{"settle_secs": 0.5}])
async def test_what_came_in_time_counts_before_what_was_missed(idle: Gateway, time: Shifted) -> None:
    gateway = idle
    await gateway.start("api", "dispatcher", "worker", "tracker", "clock")
    in_time, too_late = [await gateway.submit("order-hours", scenario="silent") for _ in range(2)]
    for case in (in_time, too_late):
        await gateway.until_request(case, "awaiting_reply")
    await gateway.stop_roles("tracker")
    at_the_broker = await gateway.submit("enter-hours")

    async def replied() -> bool:
        return await gateway.core.bus.depth(REPLIES) == 1

    await until(replied, "the agency's reply stands at the broker")
    at = await called_back(gateway, in_time, timedelta(hours=2))
    await called_back(gateway, too_late, timedelta(hours=4))
    received: dict[str, datetime] = {}
    for case in (too_late, at_the_broker):
        received[case] = datetime.fromisoformat((await gateway.case(case))["received_at"])

    await (gateway.stop() if gateway.servers.rabbitmq else gateway.stop_all_roles())  # else the replies were lost with it
    time.behind = timedelta()
    start: Any = gateway.start if gateway.servers.rabbitmq else gateway.start_roles
    await start("api", "clock")
    await gateway.until_request(at_the_broker, "in_doubt")  # its lease has ended: the clock has looked
    for case in (in_time, too_late, at_the_broker):
        assert (await gateway.case(case))["decisions"] == [], "nobody has heard yet what stands at the broker"

    await gateway.start_roles("tracker of replies")
    for case in (in_time, too_late, at_the_broker):
        await gateway.until_case(case, "closed", "decided")
    assert await outcome(gateway, in_time) == (["granted"], at, "met")
    assert await outcome(gateway, too_late) == (["tacitly_granted"], received[too_late] + TERM, "tacitly_granted")
    outcomes, given, state = await outcome(gateway, at_the_broker)
    assert (outcomes, state) == (["granted"], "met") and given < received[at_the_broker] + timedelta(minutes=5)

    await gateway.start_roles("tracker of callbacks", "dispatcher", "worker")
    await gateway.until_event(too_late, "decision.too_late")
    assert (await outcome(gateway, too_late))[0] == ["tacitly_granted"]
    assert await gateway.incidents("time_jumped") == [], "a night is no jump of time"


@pytest.mark.parametrize("servers", ["sqlite-inprocess", "postgres-rabbitmq"], indirect=True)
async def test_after_a_jump_of_time_a_person_confirms_through_the_api(idle: Gateway, time: Shifted) -> None:
    gateway = idle
    await gateway.start()
    await gateway.start_roles("clock")
    case = await gateway.submit("order-hours", scenario="silent")
    await gateway.until_request(case, "awaiting_reply")
    time.behind = timedelta()  # the clocks of all machines are set forward, and a term of three hours seems to be over
    incident = await gateway.until_incident("time_jumped")
    assert incident["detail"]["why"] == "forward" and abs(incident["detail"]["secs"] - NIGHT.total_seconds()) < 60

    async def looked_again() -> bool:
        return len(await gateway.core.store.due_timers(10)) > 0 and (await gateway.incidents("time_jumped"))[0]["count"] == 2

    await until(looked_again, "both schedulers have seen it")
    assert (await gateway.case(case))["decisions"] == []
    other = await gateway.submit("enter")
    await gateway.until_case(other, "closed")  # all else goes on
    assert (await gateway.case(case))["decisions"] == []
    await gateway.client.call("POST", f"/v1/incidents/{incident['id']}/resolve", {"reason": "checked against two clocks"})
    found = await gateway.until_case(case, "decided", "closed")
    assert [d["outcome"] for d in found["decisions"]] == ["tacitly_granted"]
    (closed,) = await gateway.incidents("time_jumped", state="closed")
    assert (closed["closed_by"], closed["close_reason"]) == ("operator:first", "checked against two clocks")
