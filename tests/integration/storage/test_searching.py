"""Searching: every filter and every order finds what it must, whichever way it goes, in pages that stand still."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from gateway.application.identifiers import BlindIndex
from gateway.application.overview import Group
from gateway.application.reads import CaseFilter, Count, Sort
from gateway.domain.errors import BadInput
from gateway.storage import DatabaseStore, case_lists, searching
from tests.integration.storage.crowd import AGENCIES, BLIND, PEOPLE, Known, a_filter, arrive, expected, make
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, NOW, new_file, stored, take

EACH = [
    CaseFilter(),
    CaseFilter(client="window-1"),
    CaseFilter(service="licence"),
    CaseFilter(office="north"),
    CaseFilter(channel="portal"),
    CaseFilter(reference="R-1"),
    *(CaseFilter(status=status) for status in ("received", "in_progress", "awaiting_applicant")),
    CaseFilter(outcome="granted"),
    CaseFilter(agency="registry"),
    *(CaseFilter(incident=kind) for kind in ("in_doubt", "exhausted")),
    *(CaseFilter(clock_status=state) for state in ("running", "suspended", "breached", "not_started", "disputed")),
    *(CaseFilter(retrying=yes) for yes in (True, False)),
    *(CaseFilter(needs_attention=yes) for yes in (True, False)),
    CaseFilter(due_before=NOW + timedelta(days=2)),
    *(CaseFilter(identified_by=(BLIND.hash("person", PEOPLE[0]),), identifier_role=role) for role in ("", "subject")),
]


@pytest.fixture(params=["few", "looked up", "merged", "walked"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which way PostgreSQL is sent: as if all conditions were met by few cases, or none of them were."""
    if request.param != "few":
        monkeypatch.setattr(searching, "_FEW", 1)
        monkeypatch.setattr(searching, "_FEW_DUE", 1 if request.param == "merged" else 1000)
        monkeypatch.setattr(searching, "_CHUNK", 3)
        monkeypatch.setattr(searching, "_WALK", 2 if request.param != "walked" else 1000)
    return str(request.param)


async def _listed(store: DatabaseStore, wanted: CaseFilter, sort: Sort, limit: int = 200) -> list[UUID]:
    found: list[UUID] = []
    after = ""
    while True:
        page = await store.cases(wanted, after, limit, sort)
        found += [case.id for case in page.items]
        after = page.after
        if not after:
            return found


@pytest.mark.parametrize("seed", range(4))
async def test_a_filter_finds_what_it_must(store: DatabaseStore, way: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    crowd = await arrive(store, *(make(chance) for _ in range(120)))
    for _ in range(40):
        wanted, sort = a_filter(chance), chance.choice(list(Sort))
        limit = chance.choice((1, 4, 200))
        assert await _listed(store, wanted, sort, limit) == expected(crowd, wanted, sort), (way, wanted, sort)


async def test_each_filter_alone(store: DatabaseStore, way: str) -> None:
    crowd = await arrive(store, *(make(random.Random(n)) for n in range(150)))  # noqa: S311 - to be repeated
    for wanted, sort in product(EACH, Sort):
        must = expected(crowd, wanted, sort)
        assert must or (wanted.outcome and sort is Sort.DUE), f"the crowd has nobody for {wanted}"
        assert await _listed(store, wanted, sort, 50) == must, (way, wanted, sort)


@pytest.mark.parametrize("seed", range(3))
async def test_pages_stand_still_while_cases_arrive(store: DatabaseStore, way: str, seed: int) -> None:
    """What was there when the first page was given comes once each and in order; what arrives is in no order's way."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    crowd = await arrive(store, *(make(chance) for _ in range(60)))
    for _ in range(12):
        wanted, sort, limit = a_filter(chance, 2), chance.choice(list(Sort)), chance.choice((1, 3, 7))
        before = expected(crowd, wanted, sort)
        seen: list[UUID] = []
        after = ""
        while True:
            page = await store.cases(wanted, after, limit, sort)
            seen += [case.id for case in page.items]
            after = page.after
            if not after:
                break
            crowd += await arrive(store, make(chance))
        assert len(seen) == len(set(seen)), (way, "twice")
        assert [id_ for id_ in seen if id_ in set(before)] == before, (way, wanted, sort)
        if sort is Sort.RECEIVED:
            assert seen == before, (way, "what arrives is newer than any page")


async def test_a_number_or_its_beginning(store: DatabaseStore) -> None:
    numbers = ("7K3M-0000-0", "7K3M-9XYZ-1", "7K3N-0000-2")
    ids = await take(store, *(new_file(number=number) for number in numbers))
    for text, found in (("7K3M-9XYZ-1", [ids[1]]), ("7K3M", [ids[1], ids[0]]), ("7K3", ids[::-1]), ("8K3", [])):
        assert await _listed(store, CaseFilter(number=text), Sort.RECEIVED) == found
    assert await _listed(store, CaseFilter(number="7K3M", client="window-2"), Sort.RECEIVED) == []


async def test_a_cursor_belongs_to_its_list(store: DatabaseStore) -> None:
    await take(store, *(new_file(due_at=NOW + timedelta(days=n)) for n in range(4)))
    for sort in Sort:
        page = await store.cases(CaseFilter(client="window-1"), "", 1, sort)
        assert page.after
        for wanted, other in ((CaseFilter(client="window-1"), next(s for s in Sort if s is not sort)), (CaseFilter(), sort)):
            with pytest.raises(BadInput) as refused:
                await store.cases(wanted, page.after, 1, other)
            assert [p.code for p in refused.value.problems] == ["other_list"]
        for broken in (page.after + "x", page.after.replace("~", "-"), "~~", "x~y~z"):
            with pytest.raises(BadInput):
                await store.cases(CaseFilter(client="window-1"), broken, 1, sort)


async def test_a_cursor_of_the_release_before_goes_on(store: DatabaseStore) -> None:
    ids = await take(store, *(new_file() for _ in range(3)))
    old = f"{NOW.isoformat()}~{ids[2]}"
    assert [case.id for case in (await store.cases(CaseFilter(), old, 5)).items] == [ids[1], ids[0]]
    with pytest.raises(BadInput):
        await store.cases(CaseFilter(), old, 5, Sort.DUE)


async def test_an_old_case_is_found_after_indexing(store: DatabaseStore) -> None:
    """Taken in by a release that knew of no index: no entry stands. Indexing may end at any step and go on."""
    parties = [{"role": "applicant", "kind": "person", "identifier": PEOPLE[0]}, {"role": "subject", "kind": "person"}]
    ids = await take(store, *(new_file(envelope={"parties": parties}) for _ in range(5)), new_file(envelope={}))
    whose = CaseFilter(identified_by=(BLIND.hash("person", PEOPLE[0]),), identifier_role="applicant")
    assert await _listed(store, whose, Sort.RECEIVED) == []
    start = await store.index_from(BLIND.key)
    first = await store.index_step(BLIND.key, start, 2, BLIND.entries)
    assert first == (ids[1], 2)
    assert await _listed(store, whose, Sort.RECEIVED) == [ids[1], ids[0]]
    again = await store.index_from(BLIND.key)
    assert start < again < ids[0], "it goes on a little before where it ended"
    after, count = again, 0
    while (step := await store.index_step(BLIND.key, after, 4, BLIND.entries)) is not None:
        after, count = step[0], count + step[1]
    assert count == 6
    assert await _listed(store, whose, Sort.RECEIVED) == ids[4::-1]
    other = BlindIndex(b"another secret")
    assert await store.index_from(other.key) == start, "another key begins anew"


async def test_counts(store: DatabaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = await arrive(store, *(make(random.Random(n)) for n in range(50)))  # noqa: S311 - to be repeated
    groups = list(Group)
    all_ = await store.case_counts(CaseFilter(), groups)
    assert all_ == {group: _sums(crowd, group) for group in groups}
    wanted = CaseFilter(client="window-2", needs_attention=False)
    ours = [k for k in crowd if k.case.client == "window-2" and not k.case.needs_attention]
    assert await store.case_counts(wanted, groups) == {group: _sums(ours, group) for group in groups}
    assert await store.case_counts(CaseFilter(service="none"), [Group.STATUS]) == {Group.STATUS: {}}
    monkeypatch.setattr(case_lists, "MOST_COUNTED", 4)
    assert all(
        c == Count(min(c.count, 4), c.more) for c in (await store.case_counts(CaseFilter(), groups))[Group.OFFICE].values()
    )
    few = (await store.case_counts(wanted, [Group.OFFICE]))[Group.OFFICE]
    assert sum(c.count for c in few.values()) == 4 and all(c.more for c in few.values())


def _sums(crowd: list[Known], group: Group) -> dict[str, Count]:
    values = [k.agencies if group is Group.AGENCY else {getattr(k.case, group)} for k in crowd]
    every = {v for vs in values for v in vs if v}
    return {str(value): Count(sum(value in vs for vs in values)) for value in every}


async def test_the_overview(timed: DatabaseStore, clock: MovingClock) -> None:
    chance = random.Random(3)  # noqa: S311 - to be repeated
    crowd = await arrive(timed, *(make(chance, clock() - timedelta(hours=n)) for n in range(30)))
    seen = await timed.overview()
    now = clock()
    open_ = [k.case for k in crowd if k.case.decided_at is None and k.case.closed_at is None]
    due = [case.due_at for case in open_ if case.due_at is not None]
    assert seen.at == now
    assert seen.overdue.count == sum(at < now for at in due)
    assert seen.due_in_1_day.count == sum(now <= at < now + timedelta(days=1) for at in due)
    assert seen.due_in_3_days.count == sum(now <= at < now + timedelta(days=3) for at in due)
    assert seen.attention.count == sum(k.case.needs_attention for k in crowd)
    assert sum(c.count for c in seen.open.values()) == len(open_)
    assert {k: c.count for k, c in seen.incidents.items()} == {
        kind: n for kind in ("exhausted", "in_doubt") if (n := sum(kind in k.incidents for k in crowd))
    }
    assert seen.oldest is not None and seen.oldest.id == min(case.id for case in open_)
    begins = seen.hours[0].begins
    assert [h.begins for h in seen.hours] == [begins + timedelta(hours=n) for n in range(24)]
    assert sum(h.received for h in seen.hours) == sum(k.case.received_at >= begins for k in crowd)
    assert sum(h.decided for h in seen.hours) == sum((k.case.decided_at or NOW - timedelta(days=9)) >= begins for k in crowd)


async def test_no_hour_is_counted_to_its_end(timed: DatabaseStore, clock: MovingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)  # noqa: S311 - to be repeated
    await arrive(timed, *(make(chance, clock()) for _ in range(4)))
    assert max(h.received for h in (await timed.overview()).hours) > 2
    monkeypatch.setattr(case_lists, "MOST_COUNTED", 2)
    assert max(h.received for h in (await timed.overview()).hours) == 2


async def test_an_empty_gateway_has_an_overview(store: DatabaseStore) -> None:
    seen = await store.overview()
    assert (seen.oldest, seen.incidents, seen.overdue, seen.attention) == (None, {}, Count(0), Count(0))
    assert await store.case_counts(CaseFilter(), list(Group)) == {group: {} for group in Group}


async def test_an_agency_that_is_asked_twice_finds_a_case_once(store: DatabaseStore) -> None:
    made = make(random.Random(1))  # noqa: S311 - to be repeated
    (known,) = await arrive(store, made)
    assert len((await stored(store, known.case.id)).requests) >= 1
    for agency in AGENCIES:
        must = [known.case.id] if agency in known.agencies else []
        assert await _listed(store, replace(CaseFilter(), agency=agency), Sort.RECEIVED, 1) == must
    assert MINT.uuid() > known.case.id
