"""The clock's use case: everything that is due. Timers, ended leases; each takes effect once, under the case's lock.

Replies that were received before a due instant are applied before it takes effect, in the same transaction: callbacks that
stand in the inbox, and after an outage what waits at the broker. Whatever was missed takes effect in the order of its true
time and as of that time. After a jump of time what has a legal effect waits for a person (``time_jump.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from gateway.application.bus import REPLIES, Bus, BusUnavailable
from gateway.application.deployment import Deployment
from gateway.application.feed import FEED
from gateway.application.store import DueTimer, Hold, InboxItem, Store
from gateway.application.time_jump import TimeWatch
from gateway.application.track import apply_callback
from gateway.application.trouble import SET_ASIDE, tell_trouble, trouble_is_over
from gateway.domain import acts, clocks, escalating, expiry, levels
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.progress import advance
from gateway.domain.rules import Rules

log = structlog.get_logger(__name__)

#: A callback in the inbox and the request that it is for.
Standing = tuple[InboxItem, UUID]


#: A broker that is away says nothing of the replies in it; so long a missed deadline waits for its return.
_BROKER_AWAY: Final = timedelta(hours=1)
#: So long without a look is an outage: what was missed meanwhile lets the replies go first.
_OUTAGE: Final = timedelta(minutes=1)
#: Timers whose firing has an effect that an answer received before would have prevented.
_LEGAL: Final = frozenset({TimerKind.CLOCK_EXPIRY, TimerKind.APPLICANT_DEADLINE})
#: Timers that may lead to such an effect within the same look: the end of a term may have been missed as well.
_LEADING: Final = _LEGAL | {TimerKind.CLOCK_LAPSE, TimerKind.CLOCK_WARNING, TimerKind.CLOCK_LEVEL}
#: What replies have to be heard before: a level that was reached in an outage is told only when nobody had answered, too.
_AFTER_REPLIES: Final = _LEGAL | {TimerKind.CLOCK_LEVEL}
#: While the database's time is not believed, these wait: what they do is law, or calls people by it. The rest tells or tries.
_WHILE_DOUBTED: Final = Hold(_AFTER_REPLIES | {TimerKind.CLOCK_LAPSE}, datetime.max.replace(tzinfo=UTC))
#: Timers whose effect is derived from a calendar.
_DERIVED: Final = (TimerKind.CLOCK_EXPIRY, TimerKind.CLOCK_LAPSE)
#: Conflicts that say that somebody else was there first.
_RACED: Final = ("settled", "calendar_moved")


class Tick:
    """The use case; any number of processes may run it at once: the case's lock and the timer's row decide.

    ``settle_secs``: after a start, or an outage of more than a minute, what expired before it waits until no reply has stood
    at the broker for so long, so that what agencies said in time counts first. ``watch`` notices jumps of time.
    """

    def __init__(
        self,
        deployment: Deployment,
        store: Store,
        bus: Bus,
        *,
        batch: int = 500,
        settle_secs: float = 0.0,
        watch: TimeWatch | None = None,
    ) -> None:
        self._deployment = deployment
        self._store = store
        self._bus = bus
        self._batch = batch
        self._settle = timedelta(seconds=settle_secs)
        self._watch = watch
        self._back_since: datetime | None = None
        self._last_look: datetime | None = None
        self._empty_since: datetime | None = None
        self._caught_up = False

    async def run_once(self) -> int:
        """Do what is due now. Returns how much of it was done, or told to a person and set aside."""
        timers, hold = await self._due()
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
        callbacks = await self._callbacks([t.case_id for t in timers if t.kind in _LEADING and t.case_id is not None])

        def decide(file: CaseFile) -> None:
            rules = self._deployment.rules(file.case.pin)
            for request_id in ended.get(file.case.id, ()):
                request = file.requests.get(request_id)
                if request is not None:
                    acts.lease_ended(file, request, rules)
            _in_order(file, rules, callbacks.get(file.case.id, ()), by_case.get(file.case.id, ()), hold)
            advance(file, rules)
            trouble_is_over(file, "due")

        stuck: set[UUID] = set()
        cases: Sequence[UUID] = list(by_case.keys() | ended.keys())
        if cases:
            # What expires is measured by the calendar that is current under the case's lock, or not yet.
            numbers = self._deployment.calendars.numbers() if any(t.kind in _DERIVED for t in timers) else None
            results = await self._deployment.change(self._store, cases, decide, calendars=numbers)
            failed = {case_id: error for case_id, error in results.items() if error is not None}
            # A tracker has applied one of the callbacks meanwhile, or a calendar was amended: looked at again at once.
            raced = {case_id for case_id, error in failed.items() if isinstance(error, Conflict) and error.code in _RACED}
            if raced:
                await self._deployment.calendars.refresh(self._store)
            if trouble := {case_id: error for case_id, error in failed.items() if case_id not in raced}:
                stuck = await self._set_aside(trouble, by_case, ended)
            await self._bus.wake("dispatcher")
            await self._bus.wake("notifier")
            await self._bus.wake(FEED)
        return sum(t.case_id not in stuck for t in timers) + sum(case_id not in stuck for case_id, _ in leases)

    async def _due(self) -> tuple[list[DueTimer], Hold | None]:
        """Return what is due, oldest first, and what is held back: while the time is doubted all legal effects, and after an
        outage what expired in it, until the replies have been heard."""
        timers = await self._store.due_timers(self._batch)
        # Asked after the rows: what a jump has made due was read before the jump is seen.
        now = await (self._store.now() if self._watch is None else self._watch.look())
        if self._back_since is None or self._last_look is None or abs(now - self._last_look) > _OUTAGE:
            self._back_since, self._empty_since, self._caught_up = now, None, self._settle <= timedelta()
        self._last_look = now
        hold = await self._hold(timers, now, self._back_since)
        if hold is not None and any(hold.covers(t.kind, t.due_at) for t in timers):
            timers = await self._store.due_timers(self._batch, hold)
        return timers, hold

    async def _hold(self, timers: Sequence[DueTimer], now: datetime, since: datetime) -> Hold | None:
        if timers and self._watch is not None and not await self._watch.believed():
            return _WHILE_DOUBTED
        self._caught_up = self._caught_up or await self._replies_heard(now, now - since)
        return None if self._caught_up else Hold(_AFTER_REPLIES, since)

    async def _replies_heard(self, now: datetime, waited: timedelta) -> bool:
        """The queue has been empty for the settling time: what a tracker took from it last has been applied, too."""
        try:
            empty = await self._bus.depth(REPLIES) == 0
        except BusUnavailable:
            self._empty_since = None
            return waited >= _BROKER_AWAY
        if not empty:
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        return self._empty_since is not None and now >= self._empty_since + self._settle

    async def _callbacks(self, cases: Sequence[UUID]) -> dict[UUID, list[Standing]]:
        """Return the callbacks that stand in the inbox for these cases, by case, in the order in which they came."""
        found: dict[UUID, list[Standing]] = defaultdict(list)
        if cases:
            for item, case_id, request_id in await self._store.standing_callbacks(cases):
                found[case_id].append((item, request_id))
        return found

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
        await self._bus.wake(FEED)


def _in_order(file: CaseFile, rules: Rules, callbacks: Sequence[Standing], timers: Sequence[DueTimer], hold: Hold | None) -> None:
    """What agencies said and what became due, each in its turn and as of its own time: a word that came in time counts
    before the time is over. What follows from one may be overdue itself, and takes its turn among the others."""
    waiting, due = list(callbacks), list(timers)
    seen = {(t.kind, t.subject, t.due_at) for t in due}
    while due:
        due.sort(key=lambda t: _true_time(file, t))
        at = _true_time(file, due[0])
        if waiting and waiting[0][0].received_at < at:
            item, request_id = waiting.pop(0)
            file.reached_at = item.received_at
            apply_callback(file, rules, item, request_id)
        else:
            file.reached_at = at
            fire(file, rules, due.pop(0))
        advance(file, rules)
        for t in file.timers:
            key = t.kind, t.subject, t.due_at
            if t.due_at <= file.now and key not in seen and not (hold is not None and hold.covers(t.kind, t.due_at)):
                seen.add(key)
                due.append(DueTimer(t.kind, t.subject, file.case.id, t.due_at))
    file.reached_at = None


def _true_time(file: CaseFile, timer: DueTimer) -> datetime:
    """When it is about. Its row may be later: an expiry waits for the settling time besides, and what broke off was set
    aside."""
    clock, request = file.clocks.get(timer.subject), file.requests.get(timer.subject)
    at: datetime | None = None
    match timer.kind:
        case TimerKind.CLOCK_WARNING if clock is not None:
            at = clock.warn_at
        case TimerKind.CLOCK_EXPIRY if clock is not None:
            at = clock.due_at
        case TimerKind.CLOCK_LAPSE if clock is not None:
            at = clock.lapses_at
        case TimerKind.APPLICANT_DEADLINE if request is not None:
            at = request.until
    return timer.due_at if at is None else min(timer.due_at, at)


def fire(file: CaseFile, rules: Rules, timer: DueTimer) -> None:
    """Let one timer take effect on its case. A timer whose subject no longer waits is only cleared."""
    clock = file.clocks.get(timer.subject)
    request = file.requests.get(timer.subject)
    match timer.kind:
        case TimerKind.CLOCK_WARNING if clock is not None:
            clocks.warn(file, rules, clock)
        case TimerKind.CLOCK_LEVEL if clock is not None:
            levels.reach(file, rules, clock)
        case TimerKind.CLOCK_EXPIRY if clock is not None:
            expiry.expire(file, rules, clock)
        case TimerKind.CLOCK_LAPSE if clock is not None:
            expiry.lapse(file, rules, clock)
        case TimerKind.ESCALATION if request is not None:
            escalating.hand_over(file, request)
        case TimerKind.APPLICANT_DEADLINE if request is not None:
            acts.deadline_passed(file, request, rules)
        case TimerKind.NO_REPLY if request is not None:
            acts.no_reply(file, request)
        case _:
            file.clear_timer(timer.kind, timer.subject)
