"""Reading: filters, pages that stand still while cases arrive, what belongs to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.application.reads import CaseFilter, Client, DocumentRow
from gateway.domain.case import CaseOutcome, CaseStatus, Decision, Fact, FactKind, Holder
from gateway.domain.case_file import Attempt, CaseFile, Disclosure, StoredMessage
from gateway.domain.clock import Clock, ClockState
from gateway.domain.errors import BadInput
from gateway.domain.request import RequestStatus, Work
from gateway.storage import DatabaseStore
from tests.integration.storage.moving import MovingClock
from tests.integration.storage.samples import MINT, NOW, new_file, only, stored, take, taken


async def test_everything_of_a_case_comes_back(timed: DatabaseStore, clock: MovingClock) -> None:
    file = await taken(timed)
    request, case_id, at = only(file), file.case.id, clock()
    ticking = Clock(
        MINT.uuid(), case_id, "statutory", ClockState.RUNNING, {"length": 5}, "UZ-5", "2026-1", "Asia/Tashkent",
        started_at=at, due_at=at + timedelta(days=7), warn_at=at + timedelta(days=6), explanation=({"code": "start"},),
        closing="18:00", levels_told=("percent:50",),
    )  # fmt: skip
    fact = Fact(FactKind.PAYMENT, at, at, "client:window-1", {"amount": 412000})
    decision = Decision(
        CaseOutcome.GRANTED, "tax-office", at, at, "art. 5", documents=({"digest": "d" * 64},), appeal={"where": "court"}
    )
    attempt = Attempt(request.id, 1, Work.SEND, "completed", {"status": 200}, at, at)
    disclosure = Disclosure(request.id, "tax-office", "1714401", ("form.title", "form.seats"), at)

    def decide(file: CaseFile) -> None:
        file.add_clock(ticking)
        file.add_fact(fact)
        file.add_decision(decision)
        file.attempts.append(attempt)
        file.disclosures.append(disclosure)
        file.case.status, file.case.outcome = CaseStatus.DECIDED, CaseOutcome.GRANTED
        file.case.waiting_on = (
            Holder("agency:tax-office", "Register", at, at + timedelta(days=1)),
            Holder("office", "hand over", at),
        )
        file.case.due_at, file.case.due_provisional, file.case.decided_at = ticking.due_at, True, at
        file.event("case.decided", {})

    assert await timed.change([case_id], decide) == {case_id: None}
    again = await stored(timed, str(case_id))
    assert again.case.waiting_on[0].until == at + timedelta(days=1)
    assert (again.case.status, again.case.outcome, again.case.due_provisional) == ("decided", "granted", True)
    (kept,) = again.clocks.values()
    assert (kept.due_at, kept.explanation, kept.term) == (ticking.due_at, [{"code": "start"}], {"length": 5})
    assert (kept.closing, kept.levels_told) == ("18:00", ["percent:50"])
    assert again.facts == [fact]
    assert again.fact(FactKind.PAYMENT) == fact
    assert [d.documents for d in again.decisions] == [[{"digest": "d" * 64}]]
    assert await timed.attempts_of(case_id) == [attempt]
    assert await timed.disclosures_of(case_id) == [disclosure]
    assert await timed.case_of_request(request.id) == case_id
    assert await timed.case_of_request(MINT.uuid()) is None

    def stop(file: CaseFile) -> None:
        (running,) = file.clocks.values()
        running.state, running.ended_at = ClockState.MET, file.now
        file.changed_clocks.add(running.id)
        file.event("clock.ended", {})

    await timed.change([case_id], stop)
    assert [c.state for c in (await stored(timed, case_id)).clocks.values()] == [ClockState.MET]


async def test_another_clients_case_is_not_there(store: DatabaseStore) -> None:
    file = await taken(store)
    assert await store.case_file(file.case.number, "window-1") is not None
    assert await store.case_file(file.case.number, "window-2") is None
    assert await store.case_file("N-0") is None
    assert await store.case_file(MINT.uuid()) is None


async def test_pages_stand_still_while_cases_arrive(store: DatabaseStore) -> None:
    files = [new_file(NOW + timedelta(seconds=n // 2)) for n in range(7)]
    await take(store, *files)
    seen, after = [], ""
    while True:
        page = await store.cases(CaseFilter(client="window-1"), after, 3)
        seen += [case.id for case in page.items]
        after = page.after
        await take(store, new_file(NOW + timedelta(days=1)))
        if not after:
            break
    expected = sorted(files, key=lambda f: (f.case.received_at, f.case.id), reverse=True)
    assert seen == [f.case.id for f in expected]
    with pytest.raises(BadInput):
        await store.cases(CaseFilter(), "page-2", 3)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CaseFilter(reference="R-1"), ["a"]),
        (CaseFilter(office="south-office"), ["b"]),
        (CaseFilter(status="received", channel="portal"), ["c"]),
        (CaseFilter(agency="registry"), []),
        (CaseFilter(agency="tax-office", service="shop-licence"), ["c", "b", "a"]),
        (CaseFilter(due_before=NOW + timedelta(days=2)), ["b"]),
        (CaseFilter(needs_attention=True), ["c"]),
        (CaseFilter(needs_attention=False, client="window-1"), ["b", "a"]),
        (CaseFilter(client="window-2"), []),
        (CaseFilter(outcome="granted"), []),
    ],
)
async def test_filters(store: DatabaseStore, wanted: CaseFilter, found: list[str]) -> None:
    a = new_file(NOW, reference="R-1")
    b = new_file(NOW + timedelta(seconds=1), office="south-office", due_at=NOW + timedelta(days=1))
    c = new_file(NOW + timedelta(seconds=2), channel="portal", needs_attention=True)
    await take(store, a, b, c)
    names = {a.case.id: "a", b.case.id: "b", c.case.id: "c"}
    assert [names[case.id] for case in (await store.cases(wanted, "", 10)).items] == found


async def test_the_desk_shows_what_waits_for_a_person(timed: DatabaseStore, clock: MovingClock) -> None:
    files = [new_file(clock(), due_at=clock() + timedelta(days=n)) for n in (3, 1, 2)]
    ids = await take(timed, *files)

    def wait(file: CaseFile) -> None:
        request = only(file)
        file.set_status(request, RequestStatus.AWAITING_REPLY)
        request.sent_at = file.now
        request.branch = "north"
        file.messages.append(StoredMessage(request.id, Work.SEND, b'{"print": "the licence"}', {}))
        file.event("request.accepted", {})

    await timed.change(ids, wait)
    first = await timed.desk(["tax-office"], "", "", 2)
    rest = await timed.desk(["tax-office"], "north", first.after, 2)
    assert [task.case_id for task in (*first.items, *rest.items)] == [ids[1], ids[2], ids[0]]
    assert rest.after == ""
    task = first.items[0]
    assert (task.task, task.since, task.due_at) == ({"print": "the licence"}, clock(), clock() + timedelta(days=1))
    assert (await timed.desk(["registry"], "", "", 2)).items == []
    assert (await timed.desk(["tax-office"], "south", "", 2)).items == []


async def test_keys_documents_and_contents(store: DatabaseStore) -> None:
    client = Client("window-1", frozenset({"submit", "read"}), "north-office")
    await store.add_key("h" * 64, client)
    assert await store.client_of_key("h" * 64) == client
    assert await store.client_of_key("x" * 64) is None
    assert await store.clients() == [client]
    paper = DocumentRow(
        MINT.uuid(), "d" * 64, "passport.jpg", "image/jpeg", 4, "passport", "scan", "window-1", NOW, "clerk:zuhra"
    )
    await store.add_document(paper, b"\xff\xd8\x00\x01")
    assert await store.document(paper.id) == paper
    assert await store.document(MINT.uuid()) is None
    assert await store.documents_by_digest(["d" * 64], "window-1") == [paper]
    assert await store.documents_by_digest(["d" * 64], "window-2") == []
    await store.put_blobs({"d" * 64: b"other", "e" * 64: b""})
    assert (await store.get_blob("d" * 64), await store.get_blob("e" * 64)) == (b"\xff\xd8\x00\x01", b"")
    await store.put_pins({"p" * 64: b"service"})
    await store.put_pins({"p" * 64: b"again"})
    assert (await store.get_pin("p" * 64), await store.get_pin("q" * 64)) == (b"service", None)
