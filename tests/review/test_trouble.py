"""One case, one lane, one worker that cannot be worked with: told to a person, set aside, and nobody else is held up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from gateway.application.dispatch import Dispatch
from gateway.application.prepare import Preparer
from gateway.application.release import WorkerReply
from gateway.application.store import DueTimer
from gateway.application.tick import Tick
from gateway.application.track import Track
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import DarchaError
from gateway.domain.incident import IncidentKind, TimerKind
from gateway.domain.outcomes import Completed
from gateway.domain.request import Request, RequestStatus, Work
from gateway.messaging import connect
from tests.unit.application.small import NOW, MemoryStore, NoReferences, Small, agencies, catalogue


def dispatch(small: Small, bus: Any, preparer: Preparer | None = None) -> Dispatch:
    store: Any = small.store
    return Dispatch(small.deployment, store, bus, preparer or small.preparer, NoReferences(), small.zone)


async def opened() -> Any:
    bus = connect("memory://")
    await bus.open()
    return bus


class DueStore(MemoryStore):
    """A store with timers and leases that are due."""

    timers: list[DueTimer] = []  # noqa: RUF012 - set anew by each test

    async def due_timers(self, most: int) -> list[DueTimer]:
        return [t for t in self.timers if t.due_at <= self.time][:most]

    async def ended_leases(self, most: int) -> list[tuple[UUID, UUID]]:
        every = [r for f in self.files.values() for r in f.requests.values()]
        return [(r.case_id, r.id) for r in every if r.lease_until is not None and r.lease_until <= self.time][:most]

    def _save(self, file: CaseFile) -> None:
        due = {(t.kind, t.subject): t for t in self.timers}
        for kind, subject in file.cleared_timers:
            due.pop((kind, subject), None)
        for timer in file.timers:
            due[timer.kind, timer.subject] = DueTimer(timer.kind, timer.subject, file.case.id, timer.due_at)
        self.timers = list(due.values())
        super()._save(file)


def with_store(small: Small, store: MemoryStore) -> Small:
    small.store = store
    small.preparer = Preparer(small.deployment, "http://gateway.test", send_within_secs=30, margin_secs=10)
    return small


async def test_due_work_that_a_lost_contract_breaks_off_does_not_spin() -> None:
    small = with_store(Small(), DueStore())
    case = small.case()
    await dispatch(small, await opened()).run_once()
    lost = agencies()
    lost["registry"] = replace(lost["registry"], operations={})
    small.deployment.catalogue = catalogue(known=lost)
    small.deployment._rules.clear()
    small.later(3600)
    store: Any = small.store
    tick = Tick(small.deployment, store, connect("memory://"))
    assert await tick.run_once() == 1
    assert await tick.run_once() == 0  # set aside
    (incident,) = small.store.incidents
    assert (incident.kind, incident.case_id) == (IncidentKind.RULE_FAILED, case.case.id)
    small.deployment.catalogue = catalogue()
    small.deployment._rules.clear()
    small.later(120)
    assert await tick.run_once() == 1
    assert not small.store.file(case.case.id).open_incidents
    assert small.store.request("birth").status is RequestStatus.READY


async def test_a_timer_that_cannot_fire_does_not_spin() -> None:
    small = with_store(Small(), DueStore())
    case, other = small.case(), small.case()
    small.store.file(case.case.id).case.pin = "gone"
    store: Any = small.store
    subjects = [(file.case.id, file.live("birth")) for file in (case, other)]
    store.timers = [DueTimer(TimerKind.NO_REPLY, r.id, id_, NOW) for id_, r in subjects if r is not None]
    tick = Tick(small.deployment, store, connect("memory://"))
    assert await tick.run_once() == 2
    assert await tick.run_once() == 0
    assert [t.case_id for t in store.timers] == [case.case.id]
    assert [i.kind for i in store.incidents] == [IncidentKind.RULE_FAILED]


class Broken(Preparer):
    """Fails for one case, with no error of ours."""

    poison: UUID | None = None

    def release(self, file: CaseFile, request: Request) -> bool:
        if file.case.id == self.poison:
            raise ZeroDivisionError("a mistake of ours")
        return super().release(file, request)


class Forgiving(MemoryStore):
    """As the database's store: whatever a decide raises is of that case alone."""

    async def release(self, lane: str, room: Any, decide: Any, most: int) -> list[CaseFile]:
        def careful(file: CaseFile, ids: list[UUID]) -> None:
            try:
                decide(file, ids)
            except ZeroDivisionError as error:
                raise DarchaError(str(error)) from error

        return await super().release(lane, room, careful, most)


async def test_a_poison_request_does_not_stay_at_the_head_of_its_lane() -> None:
    small = with_store(Small(), Forgiving())
    poison = small.case()
    broken = Broken(small.deployment, "http://gateway.test")
    broken.poison = poison.case.id
    job = dispatch(small, await opened(), broken)
    assert await job.run_once() == 1
    request = poison.live("birth")
    assert request is not None
    set_aside = small.store.file(poison.case.id).requests[request.id]
    assert set_aside.next_at == NOW + timedelta(minutes=1)
    assert [i.kind for i in small.store.incidents] == [IncidentKind.RULE_FAILED]
    assert await job.run_once() == 0
    broken.poison = None
    small.later(61)
    assert await job.run_once() == 1
    assert not small.store.file(poison.case.id).open_incidents


async def test_a_lane_that_the_catalogue_has_lost_is_told_once() -> None:
    small = Small()
    small.case()
    job = dispatch(small, await opened())
    small.deployment.catalogue = catalogue(known={"ministry": agencies()["ministry"]})
    await job.run_once()
    await job.run_once()
    assert [(i.kind, i.lane) for i in small.store.incidents] == [(IncidentKind.RULE_FAILED, "registry")]


async def test_a_worker_that_owns_another_lane_cannot_answer_for_this_one() -> None:
    known = agencies()
    known = {id_: replace(agency, worker_user=f"{id_}-worker") for id_, agency in known.items()}
    small = Small(catalogue(known=known))
    small.case()
    bus = await opened()
    await dispatch(small, bus).run_once()
    request = small.store.request("birth")
    assert request.lease_id is not None
    store: Any = small.store
    lie = WorkerReply(
        request.id, request.case_id, request.lease_id, Work.SEND, "ministry", Completed({"found": True}), small.store.time
    )
    result = await Track(small.deployment, store, bus).replies([(lie, "ministry-worker")])
    assert result.errors == [None]
    assert small.store.request("birth").status is RequestStatus.RELEASED
    (incident,) = small.store.incidents
    assert (incident.kind, incident.lane) == (IncidentKind.FOREIGN_WORKER, "registry")


async def test_a_lookup_that_the_contract_has_lost_is_told() -> None:
    """Else the request would be in doubt for ever, without a time and without an incident."""
    known = agencies()
    permit = replace(known["ministry"].operations["Permit"], lookup=None)
    known["ministry"] = replace(known["ministry"], operations={**known["ministry"].operations, "Permit": permit})
    small = Small(catalogue(known=known))
    file = small.case()
    request = file.live("permit")
    assert request is not None
    request.status, request.lane, request.released_at, request.next_at = RequestStatus.IN_DOUBT, "ministry", NOW, NOW
    assert not small.preparer.release(file, request)
    assert request.status is RequestStatus.IN_DOUBT
    assert [i.kind for i in file.incidents] == [IncidentKind.RENDER_FAILED]
    assert request.next_at > file.now


async def test_no_bytes_are_made_for_an_operation_that_is_gone() -> None:
    """They would be kept, and others sent once the contract is mended: a request has one body for life."""
    known = agencies()
    known["registry"] = replace(known["registry"], operations={})
    small = Small(catalogue(known=known))
    case = small.case()
    await dispatch(small, await opened()).run_once()
    assert small.store.request("birth").status is RequestStatus.PARKED
    assert not small.store.stored
    assert [i.kind for i in small.store.incidents] == [IncidentKind.RENDER_FAILED]
    assert case.case.id in small.store.files
