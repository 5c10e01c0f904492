"""Release what is ready: lane by lane, earliest legal deadline first, within the lane's window (DESIGN section 4)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from gateway.application.bus import Bus, BusMessage, BusUnavailable, lane_queue
from gateway.application.deployment import Deployment, PinNotLoaded
from gateway.application.lane_health import room, spend
from gateway.application.measures import tell
from gateway.application.prepare import Preparer
from gateway.application.release import Release, message_from
from gateway.application.spans import CASE_HEADER
from gateway.application.store import LaneRow, Store, StoreUnavailable
from gateway.application.trouble import SET_ASIDE, tell_trouble, trouble_is_over
from gateway.domain.applied import give_up
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import CatalogueError, DarchaError
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.request import Request, Work
from gateway.domain.request import RequestStatus as S

log = structlog.get_logger(__name__)

#: How long a round waits for its lanes before it looks at the others again.
_ROUND_SECS = 0.5


class References(Protocol):
    """Signs short-lived references for a worker."""

    def sign(self, kind: str, name: str, until: datetime) -> str:
        """Return an address under which the worker gets, or puts, one thing until ``until`` (UTC)."""
        ...


class Dispatch:
    """The use case; any number of processes may run it at once."""

    def __init__(
        self,
        deployment: Deployment,
        store: Store,
        bus: Bus,
        preparer: Preparer,
        references: References,
        zone: ZoneInfo,
        *,
        batch: int = 200,
    ) -> None:
        self._deployment = deployment
        self._store = store
        self._bus = bus
        self._preparer = preparer
        self._references = references
        self._zone = zone
        self._batch = batch
        #: lanes with work that the catalogue has lost, each told once in the life of this process
        self._lost: set[str] = set()
        self._serving: dict[str, asyncio.Task[int]] = {}

    async def run_once(self) -> int:
        """Release what may go now in every lane. Returns how much was done, as ``run_lane``; nothing while the broker is away.

        Lanes are served side by side. One that takes long (a queue that does not confirm) is left to itself and looked at
        again when it is done: it holds up no other (promise 6).
        """
        if not self._bus.connected:
            return 0
        begun = []
        for lane in await self._store.ready_lanes():
            if lane not in self._serving:
                self._serving[lane] = asyncio.create_task(self._serve(lane), name=f"dispatch-{lane}")
                begun.append(self._serving[lane])
        if begun:
            await asyncio.wait(begun, timeout=_ROUND_SECS)
        return self._collect()

    async def finish(self) -> None:
        """Return when every lane that is being served is done."""
        if self._serving:
            await asyncio.wait(self._serving.values())
        self._collect()

    def _collect(self) -> int:
        """Return what the lanes have done that are through; raise what one of them raised."""
        done = 0
        for lane, task in list(self._serving.items()):
            if task.done():
                del self._serving[lane]
                done += task.result()
        return done

    async def _serve(self, lane: str) -> int:
        try:
            return await self.run_lane(lane)
        except (StoreUnavailable, BusUnavailable):
            raise
        except Exception as error:  # one lane's trouble never holds up another (promise 6): told, and the others go on
            log.exception("a lane could not be served", lane=lane)
            await self._lane_trouble(lane, error)
            return 0

    async def _lane_trouble(self, lane: str, error: Exception) -> None:
        kind = IncidentKind.RULE_FAILED
        detail = {"reason": f"{type(error).__name__}: {error}"}
        await self._store.open_incidents([Incident(kind, f"{kind}:lane:{lane}", detail, lane=lane)])

    async def run_lane(self, lane: str) -> int:
        """Release what may go now in one lane.

        Returns how much was done: what the broker has confirmed, and cases that moved on without it (a step skipped, parked).
        """
        agency = self._deployment.catalogue.lanes.get(lane)
        if agency is None:
            if lane not in self._lost:
                await self._lane_trouble(lane, CatalogueError("the catalogue has lost this lane, and there is work in it"))
                self._lost.add(lane)
            return 0
        policy = agency.policy_of(lane)
        leased: list[Request] = []
        again: set[UUID] = set()
        refused: dict[UUID, tuple[list[UUID], Exception]] = {}
        rooms: list[LaneRow] = []

        def make_room(row: LaneRow, in_flight: int, now: datetime) -> int:
            rooms[:] = [row]
            refused.clear()  # this is also where a transaction begins that has to be repeated
            return min(self._batch, room(policy, row, in_flight, now, self._zone))

        def decide(file: CaseFile, ids: list[UUID]) -> None:
            try:
                hand_out(file, ids)
            except Exception as error:
                refused[file.case.id] = (ids, error)
                raise

        def hand_out(file: CaseFile, ids: list[UUID]) -> None:
            for id_ in ids:
                request = file.requests.get(id_)
                if request is None or request.next_at is None or request.next_at > file.now or request.lease_id is not None:
                    continue
                if request.released_at is not None:
                    again.add(request.id)
                try:
                    released = self._preparer.release(file, request)
                except PinNotLoaded:
                    raise
                except DarchaError as error:  # a rule or a contract that is gone: for a person, and the others go on
                    give_up(file, request, IncidentKind.RENDER_FAILED, str(error))
                    continue
                if released and rooms:
                    spend(policy, rooms[0], 1)
            trouble_is_over(file, "release")

        files = await self._store.release(lane, make_room, decide, self._batch)
        for file in files:
            leased += [r for r in file.requests.values() if r.lease_id is not None and r.released_at == file.now]
            tell(self._deployment.measures, file)
        handed = await self._publish(lane, files, leased, await self._earlier(leased, again)) if leased else 0
        busy = {r.case_id for r in leased}
        settled = sum(1 for file in files if file.events and file.case.id not in busy)
        return handed + settled + await self._look_after(refused)

    async def _look_after(self, refused: Mapping[UUID, tuple[list[UUID], Exception]]) -> int:
        """Load the pins that cases want; set aside, with an incident, the cases that cannot be worked on.

        Without that they would stand at the head of their lane for ever. Returns how many cases were helped on.
        """
        aside: dict[UUID, tuple[list[UUID], Exception]] = {}
        for case_id, (ids, error) in refused.items():
            if not isinstance(error, PinNotLoaded):
                aside[case_id] = (ids, error)
                continue
            try:
                await self._deployment.load(self._store, error.digest)
            except CatalogueError as lost:
                aside[case_id] = (ids, lost)

        def decide(file: CaseFile) -> None:
            ids, error = aside[file.case.id]
            waiting = [r for id_ in ids if (r := file.requests.get(id_)) is not None and r.next_at is not None]
            for request in waiting:
                file.touch(request)
                request.next_at = file.now + SET_ASIDE
            if waiting:
                tell_trouble(file, "release", error)

        results = await self._store.change(list(aside), decide) if aside else {}
        return len(refused) - sum(error is not None for error in results.values())

    async def _earlier(self, leased: Sequence[Request], again: Collection[UUID]) -> dict[UUID, str]:
        """Return the trace context of the last try of each request that is tried again, where it had one."""
        asked = [(r.case_id, r.id) for r in leased if r.id in again]
        tries = await self._store.attempt_traces(asked) if asked else {}
        return {id_: made[-1][1] for id_, made in tries.items()}

    async def _publish(self, lane: str, files: Sequence[CaseFile], leased: Sequence[Request], earlier: Mapping[UUID, str]) -> int:
        """Hand the leased requests to the broker; what it did not take goes back. Returns how many it has confirmed."""
        made = {(m.request_id, m.purpose): m for file in files for m in file.messages}
        wanted = [(r.id, _purpose(r)) for r in leased if (r.id, _purpose(r)) not in made]
        if wanted:
            made |= await self._store.messages(wanted)
        cases = {file.case.id: file for file in files}
        messages = []
        for request in leased:
            stored = made[request.id, _purpose(request)]
            release = self._release(lane, cases[request.case_id], request, stored.content, stored.meta)
            headers = {"traceparent": release.traceparent, CASE_HEADER: str(request.case_id)} if release.traceparent else {}
            if request.id in earlier:
                release = replace(release, earlier=earlier[request.id])
            messages.append(BusMessage(release.to_bytes(), str(request.lease_id), headers))
        try:
            confirmed = await self._bus.publish(lane_queue(lane), messages)
        except BusUnavailable:
            await self._give_back(leased, certain=True)
            return 0
        lost = [r for r, ok in zip(leased, confirmed, strict=True) if not ok]
        if lost:
            await self._give_back(lost, certain=False)
        taken = Counter((r.agency, r.operation) for r, ok in zip(leased, confirmed, strict=True) if ok)
        for (agency, operation), count in taken.items():
            self._deployment.measures.released(agency, operation, count)
        return taken.total()

    def _release(self, lane: str, file: CaseFile, request: Request, content: bytes, meta: Mapping[str, object]) -> Release:
        agency = self._deployment.catalogue.agencies[request.agency]
        branch = agency.branch(request.branch)
        message = message_from(content, meta)
        until = request.lease_until or file.now
        references = {"contract": self._references.sign("contract", request.contract, until)}
        references["upload"] = self._references.sign("upload", str(request.lease_id), until)
        references |= {d.digest: self._references.sign("blob", d.digest, until) for d in message.documents}
        if request.lease_id is None:
            raise AssertionError("a release without a lease")
        return Release(
            request_id=request.id,
            case_id=request.case_id,
            lease_id=request.lease_id,
            work=request.lease_work or Work.SEND,
            send_by=self._preparer.send_by(file.now),
            lane=lane,
            agency=request.agency,
            operation=request.operation,
            contract=request.contract,
            endpoint=(branch.endpoint if branch is not None and branch.endpoint else agency.endpoint),
            timeout_secs=agency.operations[message.operation].timeout_secs,
            message=message,
            references=references,
            traceparent=file.case.traceparent,
        )

    async def _give_back(self, lost: Sequence[Request], *, certain: bool) -> None:
        """The broker did not confirm. Unless nothing left for the broker (``certain``), that is not the same as not
        delivered: then the lease of an operation that is not idempotent ends by itself, and the rule for that decides."""
        leases = {r.id: r.lease_id for r in lost}

        def decide(file: CaseFile) -> None:
            rules = self._deployment.rules(file.case.pin)
            for id_, lease in leases.items():
                request = file.requests.get(id_)
                if request is None or request.lease_id != lease:
                    continue
                if not (certain or request.lease_work is not Work.SEND or rules.operation(request).idempotent):
                    continue
                file.touch(request)
                request.lease_id = request.lease_until = request.lease_work = None
                request.next_at = file.now
                if request.status is S.RELEASED:
                    file.move(request, "give_back")
                    request.attempts = max(0, request.attempts - 1)
                file.event("request.given_back", {"step": request.step, "request": request.id, "reason": "not confirmed"})

        ids = list({r.case_id for r in lost})
        await self._deployment.change(self._store, ids, decide)


def _purpose(request: Request) -> Work:
    return Work.SEND if request.lease_work is Work.SEND else Work.LOOKUP
