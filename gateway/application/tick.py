"""The clock's use case: everything that is due. Timers, ended leases; each takes effect once, under the case's lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from gateway.application.bus import Bus
from gateway.application.deployment import Deployment
from gateway.application.store import DueTimer, Store
from gateway.application.trouble import SET_ASIDE, tell_trouble, trouble_is_over
from gateway.domain import acts, clocks
from gateway.domain.case_file import CaseFile
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.progress import advance
from gateway.domain.rules import Rules

log = structlog.get_logger(__name__)


class Tick:
    """The use case; any number of processes may run it at once: the case's lock and the timer's row decide."""

    def __init__(self, deployment: Deployment, store: Store, bus: Bus, *, batch: int = 500) -> None:
        self._deployment = deployment
        self._store = store
        self._bus = bus
        self._batch = batch

    async def run_once(self) -> int:
        """Do what is due now. Returns how much of it was done, or told to a person and set aside."""
        timers = await self._store.due_timers(self._batch)
        leases = await self._store.ended_leases(self._batch)
        by_case: dict[UUID, list[DueTimer]] = defaultdict(list)
        for timer in timers:
            if timer.case_id is None:
                await self._without_case(timer)
            else:
                by_case[timer.case_id].append(timer)
        ended: dict[UUID, list[UUID]] = defaultdict(list)
        for case_id, request_id in leases:
            ended[case_id].append(request_id)

        def decide(file: CaseFile) -> None:
            rules = self._deployment.rules(file.case.pin)
            for request_id in ended.get(file.case.id, ()):
                request = file.requests.get(request_id)
                if request is not None:
                    acts.lease_ended(file, request, rules)
            for timer in by_case.get(file.case.id, ()):
                fire(file, rules, timer)
            advance(file, rules)
            trouble_is_over(file, "due")

        stuck: set[UUID] = set()
        cases: Sequence[UUID] = list(by_case.keys() | ended.keys())
        if cases:
            results = await self._deployment.change(self._store, cases, decide)
            if failed := {case_id: error for case_id, error in results.items() if error is not None}:
                stuck = await self._set_aside(failed, by_case, ended)
            await self._bus.wake("dispatcher")
            await self._bus.wake("notifier")
        return sum(t.case_id not in stuck for t in timers) + sum(case_id not in stuck for case_id, _ in leases)

    async def _set_aside(
        self, failed: Mapping[UUID, Exception], timers: Mapping[UUID, Sequence[DueTimer]], leases: Mapping[UUID, Sequence[UUID]]
    ) -> set[UUID]:
        """Let what could not be done rest, with an incident. Returns the cases for which not even that was possible."""

        def decide(file: CaseFile) -> None:
            tell_trouble(file, "due", failed[file.case.id])
            later = file.now + SET_ASIDE
            for timer in timers.get(file.case.id, ()):
                file.set_timer(timer.kind, timer.subject, later)
            for request_id in leases.get(file.case.id, ()):
                request = file.requests[request_id]
                if request.lease_until is not None and request.lease_until <= file.now:
                    file.touch(request)
                    request.lease_until = later

        for case_id, error in failed.items():
            log.warning("due work set aside", case=str(case_id), error=str(error))
        results = await self._store.change(list(failed), decide)
        return {case_id for case_id, error in results.items() if error is not None}

    async def _without_case(self, timer: DueTimer) -> None:
        """A callback that matched nothing for the set time."""
        kind = IncidentKind.UNMATCHED_CALLBACK
        detail = {"inbox": str(timer.subject), "since": timer.due_at}
        await self._store.open_incidents([Incident(kind, f"{kind}:{timer.subject}", detail)])
        await self._store.clear_timer(timer.kind, timer.subject)
        await self._bus.wake("notifier")


def fire(file: CaseFile, rules: Rules, timer: DueTimer) -> None:
    """Let one timer take effect on its case. A timer whose subject no longer waits is only cleared."""
    clock = file.clocks.get(timer.subject)
    request = file.requests.get(timer.subject)
    match timer.kind:
        case TimerKind.CLOCK_WARNING if clock is not None:
            clocks.warn(file, rules, clock)
        case TimerKind.CLOCK_EXPIRY if clock is not None:
            clocks.expire(file, rules, clock)
        case TimerKind.APPLICANT_DEADLINE if request is not None:
            acts.deadline_passed(file, request, rules)
        case TimerKind.NO_REPLY if request is not None:
            acts.no_reply(file, request)
        case _:
            file.clear_timer(timer.kind, timer.subject)
