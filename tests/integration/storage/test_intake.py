"""Taking in: one commit for many, each one's failure its own, and every race decided by the database."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from gateway.application.reads import CaseFilter
from gateway.application.store import AlreadyOpen, KeyReused, Repeated, Taken
from gateway.domain.case import CaseStatus
from gateway.domain.case_file import CaseFile
from gateway.domain.events import verify
from gateway.storage import DatabaseStore, GroupCommit
from gateway.storage.errors import RowRefused
from tests.integration.storage.samples import intake, new_file, only, stored, take, taken


async def test_what_was_taken_in_is_read_back_as_it_was(store: DatabaseStore) -> None:
    file = new_file(reference="R-7", traceparent="00-1-2-01")
    await take(store, file)
    again = await stored(store, file.case.number)
    assert again.case == file.case
    assert again.requests == file.requests
    assert await store.events_of(file.case.id) == file.events or verify(await store.events_of(file.case.id)) is None
    assert await store.find_key("window-1", str(file.case.id)) == ("b1", {"id": str(file.case.id), "number": file.case.number})


async def test_a_repeat_gets_the_first_answer_and_another_body_is_refused(store: DatabaseStore) -> None:
    first = intake(new_file(), "key-1")
    assert await store.take_in([first]) == [Taken(first.answer)]
    again, other = intake(new_file(), "key-1"), intake(new_file(), "key-1", body="b2")
    assert await store.take_in([again, other]) == [Repeated(first.answer), KeyReused()]
    assert await store.case_file(again.file.case.id) is None
    assert await store.case_file(other.file.case.id) is None


async def test_the_same_key_of_another_client_is_another_key(store: DatabaseStore) -> None:
    one, two = intake(new_file(), "key-1"), intake(new_file(client="window-2"), "key-1")
    assert await store.take_in([one, two]) == [Taken(one.answer), Taken(two.answer)]


async def test_one_key_twice_within_a_group_makes_one_case(store: DatabaseStore) -> None:
    one, two = intake(new_file(), "key-1"), intake(new_file(), "key-1")
    results = await store.take_in([one, two])
    assert sorted(type(r).__name__ for r in results) == ["Repeated", "Taken"]
    assert len((await store.cases(CaseFilter(), "", 99)).items) == 1


async def test_a_bad_item_fails_alone(store: DatabaseStore) -> None:
    stands = await taken(store)
    good, twin, odd, naive = new_file(), new_file(number=stands.case.number), new_file(envelope={"a": {1, object}}), new_file()
    naive.case.taken_at = datetime(2026, 3, 2)  # noqa: DTZ001 - the mistake under test
    results = await store.take_in([intake(file) for file in (good, twin, odd, naive)])
    assert isinstance(results[0], Taken)
    assert isinstance(results[1], RowRefused)
    assert isinstance(results[2], TypeError)
    assert isinstance(results[3], RowRefused)
    assert only(await stored(store, good.case.id)).status == "ready"
    for file in (twin, odd, naive):
        assert await store.case_file(file.case.id) is None
        assert await store.find_key("window-1", str(file.case.id)) is None


async def test_concurrent_submissions_of_one_key_make_one_case(store: DatabaseStore, other: DatabaseStore) -> None:
    items = [intake(new_file(), "key-1") for _ in range(8)]
    groups = [(store, items[:2]), (other, items[2:4]), (store, items[4:6]), (other, items[6:])]
    results = await asyncio.gather(*(where.take_in(group) for where, group in groups))
    flat = [result for group in results for result in group]
    assert sum(isinstance(r, Taken) for r in flat) == 1
    assert len({str(r.answer) for r in flat if isinstance(r, Taken | Repeated)}) == 1
    assert len((await store.cases(CaseFilter(), "", 99)).items) == 1


async def test_crossing_groups_of_shared_keys_do_not_block_each_other(store: DatabaseStore, other: DatabaseStore) -> None:
    keys = [f"key-{n}" for n in range(30)]
    there = [intake(new_file(), key) for key in keys]
    back = [intake(new_file(), key) for key in reversed(keys)]
    results = await asyncio.gather(store.take_in(there), other.take_in(back))
    kinds = [type(result).__name__ for group in results for result in group]
    assert (kinds.count("Taken"), kinds.count("Repeated")) == (30, 30)


async def test_a_unique_claim_has_one_winner(store: DatabaseStore, other: DatabaseStore) -> None:
    items = [intake(new_file(), unique="u" * 64) for _ in range(6)]
    results = await asyncio.gather(store.take_in(items[:3]), other.take_in(items[3:]))
    flat = [result for group in results for result in group]
    assert sorted(type(r).__name__ for r in flat) == ["AlreadyOpen"] * 5 + ["Taken"]
    for item, result in zip(items, flat, strict=True):
        # A refused one leaves nothing, its key least of all: it may be sent again when the other case is decided.
        known = await store.find_key(item.client, item.key)
        assert (known is not None) == isinstance(result, Taken)


async def test_a_decided_case_no_longer_stands_in_the_way(store: DatabaseStore) -> None:
    first = intake(new_file(), unique="u" * 64)
    await store.take_in([first])

    def decide(file: CaseFile) -> None:
        file.case.status, file.case.decided_at = CaseStatus.DECIDED, file.now
        file.event("case.decided", {})

    again = intake(new_file(), unique="u" * 64)
    assert await store.take_in([again]) == [AlreadyOpen()]
    assert await store.change([first.file.case.id], decide) == {first.file.case.id: None}
    assert await store.take_in([again]) == [Taken(again.answer)]


async def test_a_linked_application_is_taken_in_beside_the_open_one(store: DatabaseStore) -> None:
    first, second = intake(new_file(), unique="u" * 64), intake(new_file(), unique="u" * 64, then="link")
    assert await store.take_in([first, second]) == [Taken(first.answer), Taken(second.answer)]


@pytest.mark.parametrize("flights", [1, 3])
async def test_gathered_callers_each_get_their_own_result(store: DatabaseStore, flights: int) -> None:
    gatherer = GroupCommit(store.take_in, most=16, flights=flights)
    items = [intake(new_file()) for _ in range(60)] + [intake(new_file(envelope={"a": object()}))]
    results = await asyncio.gather(*(gatherer.submit(item) for item in items), return_exceptions=True)
    assert [r for r in results[:-1] if not isinstance(r, Taken)] == []
    assert isinstance(results[-1], TypeError)
    assert len((await store.cases(CaseFilter(), "", 99)).items) == 60
