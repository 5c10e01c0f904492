"""Deliveries: one for each change, in order for each case, claimed again when the claimer is gone, never deleted."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

from gateway.domain.incident import Incident, IncidentKind
from gateway.storage import DatabaseStore
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import new_file, take, taken


async def test_each_change_is_one_delivery_with_its_events(timed: DatabaseStore, clock: MovingClock) -> None:
    file = await taken(timed)
    (first,) = await timed.claim_deliveries(10, 60)
    assert (first.kind, first.case_id, first.attempts, first.created_at) == ("events", file.case.id, 1, clock())
    assert [e.type for e in first.events] == ["case.received"]
    await timed.settle_deliveries([(first.id, "delivered", None, "")])

    def two(file):  # type: ignore[no-untyped-def]
        file.event("case.noted", {"n": 1})
        file.event("case.noted", {"n": 2})

    await timed.change([file.case.id], two)
    (second,) = await timed.claim_deliveries(10, 60)
    assert [e.payload for e in second.events] == [{"n": 1}, {"n": 2}]
    assert await timed.counts() == {
        "cases": {"received": 1}, "requests": {"ready": 1}, "incidents": {}, "deliveries": {"claimed": 1},
    }  # fmt: skip


async def test_one_in_flight_for_each_case_and_in_order(timed: DatabaseStore, clock: MovingClock) -> None:
    one, two = await take(timed, new_file(clock()), new_file(clock()))
    for _ in range(2):
        await timed.change([one, two], lambda f: f.event("case.noted", {}))
    first = await timed.claim_deliveries(10, 60)
    assert sorted(d.case_id for d in first if d.case_id) == sorted([one, two])
    assert {e.seq for d in first for e in d.events} == {1}
    assert await timed.claim_deliveries(10, 60) == []
    # One fails and has to wait: what comes after it in its case waits too, the other case goes on.
    late = clock() + timedelta(minutes=5)
    results = [(d.id, "pending" if d.case_id == one else "delivered", late if d.case_id == one else None, "503") for d in first]
    await timed.settle_deliveries(results)
    (next_,) = await timed.claim_deliveries(10, 60)
    assert (next_.case_id, [e.seq for e in next_.events]) == (two, [2])
    clock.forward(minutes=5)
    again = {d.case_id: d for d in await timed.claim_deliveries(10, 60)}
    assert (again[one].attempts, [e.seq for e in again[one].events]) == (2, [1])


async def test_a_claim_whose_claimer_is_gone_can_be_made_again(timed: DatabaseStore, clock: MovingClock) -> None:
    await taken(timed)
    (first,) = await timed.claim_deliveries(10, 60)
    assert await timed.next_delivery_at() == clock() + timedelta(seconds=60)
    clock.forward(seconds=60)
    (second,) = await timed.claim_deliveries(10, 60)
    assert (second.id, second.attempts) == (first.id, 2)
    await timed.settle_deliveries([(second.id, "delivered", None, "")])
    assert await timed.next_delivery_at() is None


async def test_two_notifiers_deliver_each_thing_once_and_in_order(store: DatabaseStore, other: DatabaseStore) -> None:
    now = await store.now()
    ids = await take(store, *(new_file(now) for _ in range(10)))
    for _ in range(3):
        await store.change(ids, lambda f: f.event("case.noted", {}))
    seen: Counter[UUID] = Counter()
    order: dict[UUID | None, list[int]] = {}

    async def notifier(where: DatabaseStore) -> None:
        while sum(seen.values()) < 40:
            claimed = await where.claim_deliveries(4, 60)
            for delivery in claimed:
                seen[delivery.id] += 1
                order.setdefault(delivery.case_id, []).extend(e.seq for e in delivery.events)
            await where.settle_deliveries([(d.id, "delivered", None, "") for d in claimed])

    await asyncio.gather(notifier(store), notifier(other), notifier(other))
    assert set(seen.values()) == {1}
    assert set(map(tuple, order.values())) == {(1, 2, 3, 4)}


async def test_what_is_given_up_is_kept_and_somebody_is_told_once(timed: DatabaseStore, clock: MovingClock) -> None:
    await take(timed, new_file(clock()), new_file(clock()))
    claimed = await timed.claim_deliveries(10, 60)
    await timed.settle_deliveries([(d.id, "exhausted", None, "refused") for d in claimed])
    (row,) = (await timed.incidents(state="open", kind="exhausted", agency="", case_id=None, after="", limit=5)).items
    assert (row.count, row.detail["error"], row.detail["kind"]) == (2, "refused", "events")
    (alert,) = await timed.claim_deliveries(10, 60)
    assert (alert.kind, alert.payload["incident"], alert.events) == ("alert", str(row.id), ())
    assert (await timed.counts())["deliveries"] == {"claimed": 1, "exhausted": 2}


async def test_alerts_do_not_wait_for_each_other(timed: DatabaseStore) -> None:
    await timed.open_incidents([Incident(IncidentKind.DEAD_LETTER, f"dead:{n}", {"n": n}) for n in (1, 1, 2)])
    await timed.open_incidents([Incident(IncidentKind.DEAD_LETTER, "dead:1", {"n": 9})])
    assert [d.payload["detail"] for d in await timed.claim_deliveries(10, 60)] == [{"n": 1}, {"n": 2}]
    rows = (await timed.incidents(state="open", kind="", agency="", case_id=None, after="", limit=5)).items
    assert sorted((r.fingerprint, r.count) for r in rows) == [("dead:1", 3), ("dead:2", 1)]
