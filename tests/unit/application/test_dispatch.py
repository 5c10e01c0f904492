"""Releasing: what is handed to the broker, what goes back when the broker does not take it, and what is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gateway.application.bus import BusMessage, BusUnavailable, lane_queue
from gateway.application.dispatch import Dispatch
from gateway.application.measures import Unmeasured
from gateway.application.release import Release, WorkerReply
from gateway.application.track import Track
from gateway.domain.outcomes import Completed, Refused
from gateway.domain.request import RequestStatus, Work
from gateway.domain.service import Expression
from gateway.messaging import connect
from tests.unit.application.small import NOW, TRACE, NoReferences, Small, agencies, catalogue, service


class Broker:
    """Takes releases as it is told."""

    def __init__(self, mood: Exception | bool = True) -> None:
        self.mood = mood
        self.connected = True
        self.taken: list[tuple[str, BusMessage]] = []

    async def publish(self, queue: str, messages: Sequence[BusMessage]) -> list[bool]:
        if isinstance(self.mood, Exception):
            raise self.mood
        self.taken += [(queue, m) for m in messages if self.mood]
        return [self.mood] * len(messages)


class Counted(Unmeasured):
    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def released(self, agency: str, operation: str, count: int = 1) -> None:
        self.told.append(("released", agency, operation, count))

    def replied(self, way: str, verdict: str) -> None:
        self.told.append(("replied", way, verdict))

    def decided(self, service: str, outcome: str, seconds: float) -> None:
        self.told.append(("decided", service, outcome, seconds))


def dispatch(small: Small, broker: Broker) -> Dispatch:
    return Dispatch(small.deployment, small.store, broker, small.preparer, NoReferences(), small.zone)  # type: ignore[arg-type]


async def test_a_release_carries_what_a_worker_needs_and_no_more() -> None:
    small, broker = Small(), Broker()
    paper = {"digest": "a" * 64, "name": "passport.pdf", "media_type": "application/pdf"}
    file = small.case(traceparent=TRACE, documents=[paper])
    assert await dispatch(small, broker).run_once() == 1
    ((queue, message),) = broker.taken
    request = small.store.request("birth")
    release = Release.from_bytes(message.body)
    assert queue == lane_queue("registry") and message.headers == {"traceparent": TRACE, "darcha-case": str(file.case.id)}
    assert message.message_id == str(request.lease_id) == str(release.lease_id)
    assert (release.case_id, release.request_id, release.work) == (file.case.id, request.id, Work.SEND)
    assert (release.endpoint, release.timeout_secs, release.contract) == ("http://registry.test", 10, "c1")
    assert release.traceparent == TRACE
    assert release.references == {
        "contract": "test:contract/c1",
        "upload": f"test:upload/{request.lease_id}",
        "a" * 64: f"test:blob/{'a' * 64}",
    }


async def test_nothing_is_released_while_the_broker_is_away() -> None:
    small, broker = Small(), Broker()
    small.case()
    broker.connected = False
    assert await dispatch(small, broker).run_once() == 0
    assert small.store.request("birth").status is RequestStatus.READY


async def test_what_the_broker_could_not_be_told_goes_back_and_is_no_attempt_and_no_busy_loop() -> None:
    small = Small()
    small.case()
    assert await dispatch(small, Broker(BusUnavailable("away"))).run_once() == 0
    request = small.store.request("birth")
    assert (request.status, request.attempts, request.lease_id) == (RequestStatus.READY, 0, None)
    assert request.next_at == NOW


@pytest.mark.parametrize(("idempotent", "status"), [(True, RequestStatus.READY), (False, RequestStatus.RELEASED)])
async def test_what_was_not_confirmed_may_have_arrived(idempotent: bool, status: RequestStatus) -> None:
    known = agencies()
    operation = replace(known["registry"].operations["Find"], idempotent=idempotent)
    small = Small(catalogue(known=known | {"registry": replace(known["registry"], operations={"Find": operation})}))
    small.case()
    assert await dispatch(small, Broker(mood=False)).run_once() == 0
    # not idempotent: its lease ends by itself, and the rule for that decides
    assert small.store.request("birth").status is status


async def test_a_second_release_sends_the_stored_bytes() -> None:
    small, broker = Small(), Broker()
    small.case()
    await dispatch(small, broker).run_once()
    request = small.store.request("birth")
    request.status, request.lease_id, request.next_at = RequestStatus.READY, None, NOW
    await dispatch(small, broker).run_once()
    first, second = (Release.from_bytes(m.body) for _, m in broker.taken)
    assert first.message == second.message and first.lease_id != second.lease_id


async def test_a_step_that_is_skipped_counts_as_work_so_that_what_follows_goes_at_once() -> None:
    made = service()
    never = replace(made.steps[0], when=Expression("false", "when"))
    small, broker = Small(catalogue([replace(made, steps=(never, made.steps[1]))])), Broker()
    small.case()
    assert await dispatch(small, broker).run_once() == 1
    assert small.store.request("birth").status is RequestStatus.SKIPPED
    assert await dispatch(small, broker).run_once() == 1
    assert small.store.request("permit").status is RequestStatus.RELEASED
    assert await dispatch(small, broker).run_once() == 0


async def test_the_window_of_a_lane_is_kept() -> None:
    known = {id_: replace(a, lane=replace(a.lane, concurrency=2)) for id_, a in agencies().items()}
    small, broker = Small(catalogue(known=known)), Broker()
    for _ in range(10):
        small.case()
    assert await dispatch(small, broker).run_once() == 4
    assert await dispatch(small, broker).run_once() == 0


async def test_a_lane_that_the_catalogue_has_lost_is_left_alone() -> None:
    small, broker = Small(), Broker()
    assert await dispatch(small, broker).run_lane("closed-agency") == 0


async def test_what_is_confirmed_and_what_is_committed_is_counted() -> None:
    counted = Counted()
    small, broker = Small(measures=counted), Broker()
    file = small.case()
    await dispatch(small, broker).run_once()
    assert counted.told == [("released", "registry", "Find", 1)]
    await reply_to(small, Refused("R", "no"))
    assert counted.told[1:] == [("replied", "worker", "apply"), ("decided", "permit", "refused", 0.0)]
    await reply_to(small, Refused("R", "no"))
    await reply_to(small, Completed())
    assert counted.told[3:] == [("replied", "worker", "record"), ("replied", "worker", "incident")]
    small.store.refuses.add(file.case.id)
    await reply_to(small, Completed())
    assert len(counted.told) == 5  # what was not committed did not happen


async def reply_to(small: Small, outcome: Any) -> None:
    request = small.store.request("birth")
    lease = request.lease_id or request.id
    said = WorkerReply(request.id, request.case_id, lease, Work.SEND, "registry", outcome, NOW)
    await Track(small.deployment, small.store, connect("memory://")).replies([(said, "")])  # type: ignore[arg-type]


async def test_a_lane_that_hangs_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Small()
    job = dispatch(small, Broker())
    confirmed, served = asyncio.Event(), list[str]()

    async def ready_lanes() -> list[str]:
        return ["slow", "quick"]

    async def run_lane(lane: str) -> int:
        if lane == "slow":
            await confirmed.wait()
        served.append(lane)
        return 1

    monkeypatch.setattr(small.store, "ready_lanes", ready_lanes)
    monkeypatch.setattr(job, "run_lane", run_lane)
    monkeypatch.setattr("gateway.application.dispatch._ROUND_SECS", 0.01)
    assert await job.run_once() == 1
    assert await job.run_once() == 1
    assert served == ["quick", "quick"]
    confirmed.set()
    await job.finish()
    assert served == ["quick", "quick", "slow"]
