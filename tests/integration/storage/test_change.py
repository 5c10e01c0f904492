"""``change``: under the case's lock, guarded, and one case's failure never another's."""

from __future__ import annotations

import asyncio

import pytest

from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.events import verify
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.request import RequestStatus
from gateway.storage import DatabaseStore
from gateway.storage.errors import GuardLost
from tests.integration.storage.samples import MINT, complete, new_file, only, stored, take, taken


async def test_a_group_is_changed_in_one_go_and_the_missing_are_named(store: DatabaseStore) -> None:
    ids = await take(store, new_file(), new_file())
    nowhere = MINT.uuid()
    results = await store.change([*ids, nowhere], complete)
    assert [results[id_] for id_ in ids] == [None, None]
    assert isinstance(results[nowhere], NotFound)
    for id_ in ids:
        file = await stored(store, id_)
        assert only(file).status is RequestStatus.COMPLETED
        assert only(file).outcome == {"outcome": "completed", "data": {}}
        assert (file.case.seq, file.case.version) == (2, 3)


@pytest.mark.parametrize("error", [Conflict("no", "not now"), KeyError("a bug")])
async def test_what_a_rule_raises_concerns_its_case_alone(store: DatabaseStore, error: Exception) -> None:
    good, bad = await take(store, new_file(), new_file())

    def decide(file: CaseFile) -> None:
        complete(file)
        if file.case.id == bad:
            raise error

    assert await store.change([good, bad], decide) == {good: None, bad: error}
    assert only(await stored(store, good)).status is RequestStatus.COMPLETED
    assert only(await stored(store, bad)).status is RequestStatus.READY
    assert len(await store.events_of(bad)) == 1


async def test_what_the_database_refuses_concerns_its_case_alone(store: DatabaseStore) -> None:
    good, bad = await take(store, new_file(), new_file())

    def decide(file: CaseFile) -> None:
        complete(file)
        if file.case.id == bad:
            file.requests[MINT.uuid()] = only(file)
            file.new_requests.add(next(iter(file.requests)))  # its own id a second time

    results = await store.change([good, bad], decide)
    assert results[good] is None
    assert results[bad] is not None
    assert only(await stored(store, good)).status is RequestStatus.COMPLETED
    assert only(await stored(store, bad)).status is RequestStatus.READY


async def test_a_lost_guard_rolls_everything_back_and_repeats(store: DatabaseStore) -> None:
    ids = await take(store, new_file(), new_file())
    calls: list[CaseFile] = []

    def decide(file: CaseFile) -> None:
        calls.append(file)
        complete(file)
        if len(calls) == 2:
            file.moved[only(file).id] = RequestStatus.RELEASED

    assert await store.change(ids, decide) == dict.fromkeys(ids)
    assert len(calls) == 4
    for id_ in ids:
        assert [e.type for e in await store.events_of(id_)] == ["case.received", "request.completed"]


async def test_a_guard_that_never_holds_is_given_up_for_that_case(store: DatabaseStore) -> None:
    good, bad = await take(store, new_file(), new_file())

    def decide(file: CaseFile) -> None:
        complete(file)
        if file.case.id == bad:
            file.moved[only(file).id] = RequestStatus.RELEASED

    results = await store.change([good, bad], decide)
    assert results[good] is None
    assert isinstance(results[bad], GuardLost)
    assert len(await store.events_of(good)) == 2
    assert len(await store.events_of(bad)) == 1


async def test_writers_of_one_case_make_one_chain(store: DatabaseStore, other: DatabaseStore) -> None:
    file = await taken(store)
    id_ = file.case.id

    async def write(where: DatabaseStore, name: str) -> None:
        for n in range(10):
            assert await where.change([id_], lambda f: f.event("case.noted", {"by": name, "n": n, "at": f.now})) == {id_: None}  # noqa: B023 - used at once

    await asyncio.gather(write(store, "one"), write(other, "two"), write(other, "three"))
    events = await store.events_of(id_)
    assert [e.seq for e in events] == list(range(1, 32))
    assert verify(events) is None
    assert [e.time for e in events] == sorted(e.time for e in events)
    case = (await stored(store, id_)).case
    assert (case.seq, case.chain) == (31, events[-1].hash)


async def test_groups_that_share_cases_do_not_block_each_other(store: DatabaseStore, other: DatabaseStore) -> None:
    ids = await take(store, *(new_file() for _ in range(12)))

    async def note(where: DatabaseStore, order: list) -> None:  # type: ignore[type-arg]
        for _ in range(5):
            assert set((await where.change(order, lambda f: f.event("case.noted", {}))).values()) == {None}

    await asyncio.gather(note(store, ids), note(other, ids[::-1]), note(store, ids[6:] + ids[:6]))
    for id_ in ids:
        assert (await stored(store, id_)).case.seq == 16


async def test_a_payload_with_odd_numbers_keeps_the_chain(store: DatabaseStore) -> None:
    file = await taken(store)
    payload = {
        "float": 1e22,
        "small": 0.1,
        "whole": 5.0,
        "big": 2**63 - 1,
        "text": "Zulfiya \u2019 \U0001f4dc",
        "list": (1, None, True),
    }
    await store.change([file.case.id], lambda f: f.event("case.noted", payload))
    assert verify(await store.events_of(file.case.id)) is None


async def test_nothing_recorded_is_nothing_written(store: DatabaseStore) -> None:
    file = await taken(store)
    before = await stored(store, file.case.id)
    assert await store.change([file.case.id], lambda _: None) == {file.case.id: None}
    assert (await stored(store, file.case.id)).case == before.case


async def test_an_incident_is_opened_once_counted_and_closed(store: DatabaseStore) -> None:
    file = await taken(store)
    id_ = file.case.id
    cause = Incident(IncidentKind.EXHAUSTED, f"exhausted:{only(file).id}", {"tries": 8}, id_, only(file).id, agency="tax-office")

    def trouble(file: CaseFile) -> None:
        file.event("case.noted", {})
        file.open_incident(cause)

    for _ in range(3):
        assert await store.change([id_], trouble) == {id_: None}
    file = await stored(store, id_)
    assert file.open_incidents == {cause.fingerprint}
    assert file.case.needs_attention
    (row,) = (await store.incidents(state="open", kind="", agency="", case_id=id_, after="", limit=10)).items
    assert (row.count, row.case_number, row.agency, row.request_id) == (3, file.case.number, "tax-office", only(file).id)
    alerts = [d for d in await store.claim_deliveries(50, 60) if d.kind == "alert"]
    assert [a.payload["fingerprint"] for a in alerts] == [cause.fingerprint]

    await store.change([id_], lambda f: f.recover(cause.fingerprint, "paid by hand", "operator:nodira"))
    closed = await store.incident(row.id)
    assert closed is not None
    assert (closed.state, closed.close_reason, closed.closed_by) == ("closed", "paid by hand", "operator:nodira")
    assert not (await stored(store, id_)).case.needs_attention
    await store.change([id_], trouble)
    assert len((await store.incidents(state="", kind="", agency="", case_id=id_, after="", limit=10)).items) == 2


async def test_opened_and_closed_in_one_unit_of_work_is_closed(store: DatabaseStore) -> None:
    file = await taken(store)

    def both(file: CaseFile) -> None:
        file.open_incident(Incident(IncidentKind.NO_REPLY, "no-reply:1", {}, file.case.id))
        file.recover("no-reply:1", "it came after all")

    await store.change([file.case.id], both)
    (row,) = (await store.incidents(state="", kind="", agency="", case_id=file.case.id, after="", limit=10)).items
    assert row.state == "closed"
    assert (await stored(store, file.case.id)).open_incidents == set()
