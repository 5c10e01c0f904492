"""Webhooks in the database: every event once and in order, from the moment of subscribing; claimed together by all processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.application.webhook_store import Outgoing, Tried
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.webhook import FAILURES, SecretUse, Told, Webhook, WebhookDelivery, WebhookState, delivery_id, settle
from gateway.storage import DatabaseStore
from gateway.storage.changes import Changes
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, new_file, take

TAKEN, AWAY = Told(204), Told(0, "no connection")


def hook(client: str = "window-1", *events: str, **fields: Any) -> Webhook:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Webhook(MINT.uuid(), client, "https://a.uz/", events or ("*",), at, at, (SecretUse(1, at),), **fields)


async def deliveries(store: DatabaseStore, webhook: UUID, state: str = "") -> list[WebhookDelivery]:
    """All deliveries, oldest first."""
    found: list[WebhookDelivery] = []
    after = ""
    while True:
        page = await store.webhook_deliveries(webhook, "", state, after, 3)
        found += page.items
        after = page.after
        if not after:
            return found[::-1]


async def until_told(store: DatabaseStore, webhook: UUID, count: int) -> list[WebhookDelivery]:
    async with asyncio.timeout(30):
        while len(found := await deliveries(store, webhook)) < count:
            await store.tell_webhooks(1000)
            await asyncio.sleep(0)
    return found


async def send(store: DatabaseStore, webhook: UUID, *answers: Told) -> list[Outgoing]:
    """Claim what may go and settle it with these answers in turn (the last for the rest); return what was claimed."""
    _, claimed = await store.claim_webhook(webhook, 60)
    tries = [Tried(one, answers[min(place, len(answers) - 1)]) for place, one in enumerate(claimed)]
    await store.settle_webhook(webhook, tries, settle)
    return list(claimed)


async def note(store: DatabaseStore, *cases: UUID) -> None:
    await store.change(cases, lambda file: file.event("case.noted", {"n": 1}))


async def test_from_subscribing_on_every_event_of_ones_own_cases_is_told_once(store: DatabaseStore) -> None:
    (old,) = await take(store, new_file(await store.now()))
    mine = await store.add_webhook(hook(), 9)
    other = await store.add_webhook(hook("window-2"), 9)
    now = await store.now()
    ours, theirs = new_file(now), new_file(now, client="window-2")
    await take(store, ours, theirs)
    await note(store, old, ours.case.id, theirs.case.id)
    found = await until_told(store, mine.id, 3)
    await until_told(store, other.id, 2)
    assert await store.tell_webhooks(1000) == 0
    assert sorted((d.case_id, d.type) for d in found) == sorted(
        [(old, "case.noted"), (ours.case.id, "case.received"), (ours.case.id, "case.noted")]
    )
    events = {e.id: e for case in (old, ours.case.id) for e in await store.events_of(case)}
    assert {d.id for d in found} <= {delivery_id(mine.id, event) for event in events}
    assert {d.case_id for d in await deliveries(store, other.id)} == {theirs.case.id}


async def test_events_of_a_transaction_that_commits_late_are_not_passed_over(store: DatabaseStore, other: DatabaseStore) -> None:
    """Many writers and two that make deliveries, at once: none is lost, none twice, each case in order."""
    now = await store.now()
    before = await store.add_webhook(hook(), 9)
    cases = await take(store, *(new_file(now) for _ in range(6)))
    await until_told(store, before.id, 6)  # the feed's end is the whole server's: now these lie behind it
    made = await store.add_webhook(hook(), 9)
    done = asyncio.Event()

    async def teller(where: DatabaseStore) -> None:
        while not done.is_set():
            await where.tell_webhooks(7)
            await asyncio.sleep(0)

    async def writer(case: UUID) -> None:
        for _ in range(8):
            await note(store, case)

    telling = [asyncio.create_task(teller(where)) for where in (store, other)]
    await asyncio.gather(*map(writer, cases))
    found = await until_told(store, made.id, 48)
    done.set()
    await asyncio.gather(*telling)
    seqs: dict[UUID, list[int]] = {}
    for one in found:
        seqs.setdefault(one.case_id, []).append(one.seq)
    assert seqs == {case: list(range(2, 10)) for case in cases}


async def test_no_webhook_is_moved_past_an_open_transaction(
    store: DatabaseStore, other: DatabaseStore, postgres: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer stands between its INSERT and its commit; another one begins later and commits at once."""
    if not postgres:
        pytest.skip("SQLite has one writer: there is no later one that commits first")
    made = await store.add_webhook(hook(), 9)
    slow, quick = await take(store, new_file(), new_file())
    await until_told(store, made.id, 2)
    written, go_on = asyncio.Event(), asyncio.Event()
    save = Changes.save

    async def pausing(self: Changes, *arguments: object) -> object:
        saved = await save(self, *arguments)  # type: ignore[arg-type]
        if self is other and not written.is_set():
            written.set()
            await go_on.wait()
        return saved

    monkeypatch.setattr(Changes, "save", pausing)
    first = asyncio.create_task(other.change([slow], lambda file: file.event("case.noted", {})))
    await written.wait()
    await note(store, quick)
    await store.tell_webhooks(1000)
    late = await store.add_webhook(hook(), 9)
    go_on.set()
    await first
    found = await until_told(store, made.id, 4)
    assert sorted(d.case_id for d in found if d.type == "case.noted") == sorted([slow, quick])
    assert slow in {d.case_id for d in await until_told(store, late.id, 1)}, "it was committed after subscribing"


async def test_types_and_filters(timed: DatabaseStore, clock: MovingClock) -> None:
    wanted = [
        hook("window-1", "case.noted"),
        hook("window-1", "case.*", service="shop-licence"),
        hook("window-1", "*", service="other"),
        hook("window-1", "clock.*", "request.*"),
        hook("window-1", "*", office="north-office"),
    ]
    for one in wanted:
        await timed.add_webhook(one, 9)
    (case,) = await take(timed, new_file(clock()))
    await note(timed, case)
    await asyncio.gather(until_told(timed, wanted[1].id, 2), until_told(timed, wanted[4].id, 2))
    counts = [len(await deliveries(timed, one.id)) for one in wanted]
    assert counts == [1, 2, 0, 0, 2]


async def test_one_a_case_is_under_way_and_the_next_waits_for_its_end(timed: DatabaseStore, clock: MovingClock) -> None:
    made = await timed.add_webhook(hook(), 9)
    one, two = await take(timed, new_file(clock()), new_file(clock()))
    await note(timed, one, two)
    await until_told(timed, made.id, 4)
    first = await send(timed, made.id, AWAY, TAKEN)
    assert {o.event.case_id for o in first} == {one, two} and {o.event.seq for o in first} == {1}
    failed, went = first[0].event.case_id, first[1].event.case_id
    (second,) = await send(timed, made.id, TAKEN)
    assert (second.event.case_id, second.event.seq) == (went, 2), "the other case goes on"
    assert await send(timed, made.id) == []
    clock.forward(seconds=7)
    again = await send(timed, made.id, TAKEN)
    assert [(o.id, o.number, o.event.case_id) for o in again] == [(first[0].id, 2, failed)]
    assert [o.event.seq for o in await send(timed, made.id, TAKEN)] == [2]


async def test_a_claim_whose_claimer_is_gone_is_made_again_under_the_same_id(timed: DatabaseStore, clock: MovingClock) -> None:
    made = await timed.add_webhook(hook(), 9)
    await take(timed, new_file(clock()))
    await until_told(timed, made.id, 1)
    _, (lost,) = await timed.claim_webhook(made.id, 60)
    assert not (await timed.claim_webhook(made.id, 60))[1]
    assert await timed.waiting_webhooks() == [(made.id, clock() + timedelta(seconds=60))]
    clock.forward(seconds=60)
    _, (again,) = await timed.claim_webhook(made.id, 60)
    assert (again.id, again.number, again.event) == (lost.id, 2, lost.event)
    # The first one comes back after all: its failure is no longer of interest, its success is.
    assert await timed.settle_webhook(made.id, [Tried(lost, AWAY)], settle) == []
    assert [d.state for d in await timed.settle_webhook(made.id, [Tried(lost, TAKEN)], settle)] == ["delivered"]
    assert await timed.settle_webhook(made.id, [Tried(again, AWAY)], settle) == []
    assert [(d.state, d.status) for d in await deliveries(timed, made.id)] == [("delivered", 204)]


async def test_a_dead_receiver_rests_whatever_waits_for_it_and_is_tried_with_one(
    timed: DatabaseStore, clock: MovingClock
) -> None:
    made = await timed.add_webhook(hook(), 9)
    await take(timed, *(new_file(clock()) for _ in range(40)))
    await until_told(timed, made.id, 40)
    assert len(await send(timed, made.id, AWAY)) == made.at_once > FAILURES
    assert await send(timed, made.id) == []
    ((_, at),) = await timed.waiting_webhooks()
    assert at > clock()
    tries = 0
    for _ in range(10):
        clock.at = at
        claimed = await send(timed, made.id, AWAY)
        assert len(claimed) <= 1 and await send(timed, made.id) == []
        tries += len(claimed)
        ((_, at),) = await timed.waiting_webhooks()
    assert tries >= 9
    clock.at = at
    assert len(await send(timed, made.id, TAKEN)) == 1
    assert len(await send(timed, made.id, TAKEN)) == made.at_once, "it is back"


async def test_two_processes_keep_one_webhook_within_its_bound(store: DatabaseStore, other: DatabaseStore) -> None:
    made = await store.add_webhook(hook(), 9)
    now = await store.now()
    await take(store, *(new_file(now) for _ in range(30)))
    await until_told(store, made.id, 30)
    both = await asyncio.gather(*(where.claim_webhook(made.id, 60) for where in (store, other, store, other)))
    ids = Counter(one.id for _, claimed in both for one in claimed)
    assert len(ids) == made.at_once and set(ids.values()) == {1}


async def test_410_disables_with_an_incident_and_an_alert_and_all_waits(timed: DatabaseStore, clock: MovingClock) -> None:
    made = await timed.add_webhook(hook(), 9)
    await take(timed, new_file(clock()), new_file(clock()))
    await until_told(timed, made.id, 2)
    await send(timed, made.id, Told(410), TAKEN)
    found = await timed.webhook(made.id)
    assert (found.state, found.reason) == (WebhookState.DISABLED, "the receiver answered 410 Gone")
    (row,) = (await timed.incidents(state="open", kind="webhook_disabled", agency="", case_id=None, after="", limit=5)).items
    assert row.detail["webhook"] == str(made.id) and row.detail["target"] == "window-1"
    alerts = [d for d in await timed.claim_deliveries(50, 60) if d.kind == "alert"]
    assert [a.payload["kind"] for a in alerts] == ["webhook_disabled"]
    # What happens meanwhile is neither told nor lost.
    (late,) = await take(timed, new_file(clock()))
    assert await timed.waiting_webhooks() == [] and await send(timed, made.id) == [] and await timed.tell_webhooks(100) == 0

    def resume(webhook: Webhook, _now: datetime) -> None:
        webhook.state = WebhookState.ACTIVE

    await timed.change_webhook(made.id, "", resume)
    await until_told(timed, made.id, 3)
    assert {o.event.case_id for o in await send(timed, made.id, TAKEN)} >= {late}
    assert {d.state for d in await deliveries(timed, made.id)} == {"delivered"}


async def test_what_is_given_up_is_one_incident_and_can_go_again(timed: DatabaseStore, clock: MovingClock) -> None:
    made = await timed.add_webhook(hook(), 9)
    began = clock()
    await take(timed, new_file(clock()), new_file(clock()), new_file(clock()))
    await until_told(timed, made.id, 3)
    async with asyncio.timeout(60):
        while len(await deliveries(timed, made.id, "exhausted")) < 3:
            clock.forward(hours=25)
            await send(timed, made.id, AWAY)
    (row,) = (await timed.incidents(state="open", kind="webhook_exhausted", agency="", case_id=None, after="", limit=5)).items
    assert row.count == 3 and row.fingerprint.endswith(str(made.id))
    assert await timed.waiting_webhooks() == []
    gone = await deliveries(timed, made.id)
    assert all((d.attempts, d.error, d.next_at) == (10, "no connection", None) for d in gone)
    again = await timed.resend_webhook(made.id, "window-1", gone[1].id)
    assert (again.state, again.failures, again.attempts, again.created_at) == ("pending", 0, 10, gone[1].created_at)
    clock.forward(minutes=10)
    assert [o.id for o in await send(timed, made.id, TAKEN)] == [gone[1].id]
    assert await timed.recover_webhook(made.id, "", clock(), 100) == 0, "nothing was made since then"
    assert await timed.recover_webhook(made.id, "", began, 1) == 1
    assert await timed.recover_webhook(made.id, "", began, 100) == 1
    assert {o.id for o in await send(timed, made.id, TAKEN)} == {gone[0].id, gone[2].id}
    assert (await timed.resend_webhook(made.id, "", gone[0].id)).state == "pending", "also what was taken"
    _, (flying,) = await timed.claim_webhook(made.id, 60)
    with pytest.raises(Conflict):
        await timed.resend_webhook(made.id, "", flying.id)
    with pytest.raises(NotFound):
        await timed.resend_webhook(made.id, "", MINT.uuid())


async def test_who_was_away_catches_up_beside_the_others(timed: DatabaseStore, clock: MovingClock) -> None:
    early = await timed.add_webhook(hook(), 9)
    (case,) = await take(timed, new_file(clock()))
    await until_told(timed, early.id, 1)

    def state(to: WebhookState) -> Any:
        def change(webhook: Webhook, _now: datetime) -> None:
            webhook.state = to

        return change

    await timed.change_webhook(early.id, "", state(WebhookState.PAUSED))
    steady = await timed.add_webhook(hook(), 9)
    for _ in range(9):
        await note(timed, case)
    await until_told(timed, steady.id, 9)
    await note(timed, case)
    await timed.change_webhook(early.id, "", state(WebhookState.ACTIVE))
    await until_told(timed, steady.id, 10)
    assert [d.seq for d in await until_told(timed, early.id, 11)] == list(range(1, 12))
    assert [d.seq for d in await deliveries(timed, steady.id)] == list(range(2, 12)), "nobody is told twice"


async def test_each_client_sees_and_touches_its_own(timed: DatabaseStore, clock: MovingClock) -> None:
    mine, theirs = await timed.add_webhook(hook(), 9), await timed.add_webhook(hook("window-2"), 9)
    await take(timed, new_file(clock(), client="window-2"))
    (one,) = await until_told(timed, theirs.id, 1)
    assert [w.id for w in (await timed.webhooks("window-1", "", 9)).items] == [mine.id]
    assert {w.id for w in (await timed.webhooks("", "", 9)).items} == {mine.id, theirs.id}
    for attempt in (
        timed.webhook(theirs.id, "window-1"),
        timed.change_webhook(theirs.id, "window-1", lambda _w, _n: None),
        timed.webhook_deliveries(theirs.id, "window-1", "", "", 5),
        timed.resend_webhook(theirs.id, "window-1", one.id),
        timed.recover_webhook(theirs.id, "window-1", clock(), 5),
        timed.resend_webhook(mine.id, "window-1", one.id),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_pages_bounds_and_removing(timed: DatabaseStore, clock: MovingClock) -> None:
    made = []
    for _ in range(3):
        made.append(await timed.add_webhook(hook(), 3))
        clock.forward(seconds=1)
    with pytest.raises(Conflict, match="3 webhooks"):
        await timed.add_webhook(hook(), 3)
    first = await timed.webhooks("window-1", "", 2)
    second = await timed.webhooks("window-1", first.after, 2)
    assert [w.id for w in (*first.items, *second.items)] == [w.id for w in reversed(made)] and second.after == ""
    await take(timed, new_file(clock()))
    await until_told(timed, made[0].id, 1)

    def remove(webhook: Webhook, _now: datetime) -> None:
        webhook.state = WebhookState.REMOVED

    await timed.change_webhook(made[0].id, "", remove)
    with pytest.raises(NotFound):
        await timed.webhook(made[0].id)
    assert {id_ for id_, _ in await timed.waiting_webhooks()} == {made[1].id, made[2].id}
    await timed.add_webhook(hook(), 3)
