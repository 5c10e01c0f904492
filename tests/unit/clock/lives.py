"""A case that is lived through in accelerated time by the gateway's own rules, and a world with outages and decrees.

The world says which calendar stands when, and when somebody looks: while the gateway is down nothing is done, and then
everything that was missed is, in its order. A life is one case: each act, reply and timer is one unit of work on its file,
as storage would run it, and what a unit refuses leaves no trace.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from gateway.application.store import DueTimer
from gateway.application.tick import fire
from gateway.domain import acts, clock_acts
from gateway.domain import outcomes as o
from gateway.domain.applied import Said, apply
from gateway.domain.calendar import Calendar
from gateway.domain.case import Case, CaseStatus, FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import ENDED, Clock, ClockState
from gateway.domain.errors import Refusal
from gateway.domain.events import Event
from gateway.domain.incident import TimerKind
from gateway.domain.office import Office
from gateway.domain.progress import advance, plan_requests
from gateway.domain.recalculation import recalendar
from gateway.domain.request import Request
from gateway.domain.rules import Rules
from gateway.domain.term_rule import Silence, Term
from tests.unit.clock.cases import ZONES
from tests.unit.domain.world import FixedMint, make_rules, make_service

SETTLE = timedelta(seconds=60)
#: What an operator may try, and what the agency may say: each at its instant.
Act = Callable[["Life", datetime], None]


@dataclass
class World:
    """``decrees``: when a version began to stand, and all calendars of it by id; the first stands always."""

    decrees: Sequence[tuple[datetime, Mapping[str, Calendar]]]
    outages: Sequence[tuple[datetime, datetime]]

    @staticmethod
    def random(rnd: Random, decrees: Sequence[tuple[datetime, Mapping[str, Calendar]]], since: datetime, days: int) -> World:
        """Outages of an hour to five days, one about every two weeks, and one over some of the decrees."""
        outages, now = [], since
        while now < since + timedelta(days=days):
            now += timedelta(hours=rnd.randrange(24, 25 * 24))
            end = now + timedelta(seconds=rnd.randrange(3600, rnd.choice([6 * 3600, 5 * 86400])))
            outages.append((now, end))
            now = end
        over = [(at - timedelta(hours=rnd.randrange(1, 48)), at + timedelta(hours=rnd.randrange(1, 48))) for at, _ in decrees[1:]]
        return World(decrees, [*outages, *(outage for outage in over if rnd.random() < 0.5)])

    def number(self, at: datetime) -> int:
        """Return which version stands at an instant."""
        return sum(since <= at for since, _ in self.decrees) - 1

    def calendar(self, id_: str, at: datetime) -> Calendar:
        """Return the version of a calendar that stands at an instant."""
        return self.decrees[self.number(at)][1][id_]

    def up_at(self, at: datetime) -> datetime:
        """Return when somebody looks who could have looked at ``at``."""
        while (end := next((end for start, end in self.outages if start <= at < end), None)) is not None:
            at = end
        return at


@dataclass
class Effect:
    """An expiry that took effect: when it was done, and the clock that it left."""

    done_at: datetime
    clock: Clock
    told: Event


@dataclass
class Life:
    """One case. ``replies``: what the agency has said and nobody has applied yet, with when it reached our edge."""

    rnd: Random
    world: World
    term: Term
    calendar_id: str
    now: datetime
    timers: dict[tuple[TimerKind, UUID], datetime] = field(default_factory=dict)
    replies: list[tuple[datetime, o.LookupOutcome]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    recalculated: dict[int, datetime] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        self.mint = FixedMint()
        zone = ZONES[self.calendar_id[:2]]
        service = make_service(term=self.term, standard={"authority": "ministry"})
        self.rules: Rules = replace(
            make_rules(service),
            calendar=lambda id_: self.world.calendar(id_, self.now),
            offices={"centre": Office("centre", {}, "1", zone, self.calendar_id)},
        )
        case = Case(
            id=self.mint.uuid(),
            number="TEST-1",
            client="front",
            service="permit",
            service_version="1",
            pin="pin",
            office="centre",
            channel="counter",
            reference="",
            language="uz",
            territory="1",
            envelope={"form": {"territory": "1"}},
            status=CaseStatus.RECEIVED,
            taken_at=self.now,
            received_at=self.now,
        )
        self.file = CaseFile(case, self.now, self.mint, is_new=True)
        plan_requests(self.file, self.rules)
        advance(self.file, self.rules)
        self._answered(self.file, "birth", o.Completed())
        advance(self.file, self.rules)
        self._answered(self.file, "permit", o.Accepted("A-1"))
        advance(self.file, self.rules)
        self._keep(self.file)

    @property
    def clock(self) -> Clock:
        """The statutory clock."""
        return next(k for k in self.file.clocks.values() if k.kind == "statutory")

    def attempt(self, decide: Callable[[CaseFile], None]) -> bool:
        """Do one unit of work that may be refused, and then changes nothing. Returns whether it was done."""
        old = self.file
        requests = {id_: copy.copy(r) for id_, r in old.requests.items()}
        lists = (dict(old.clocks), list(old.facts), list(old.decisions), set(old.open_incidents))
        before, self.file = old, CaseFile(copy.copy(old.case), old.now, self.mint, requests, *lists)
        try:
            self.unit(decide)
        except Refusal as refusal:
            self.refused.append(refusal.code)
            self.file = before
            return False
        return True

    def unit(self, decide: Callable[[CaseFile], None]) -> None:
        """Do one unit of work at ``now``."""
        old = self.file
        parts = (old.requests, old.clocks, old.facts, old.decisions, old.open_incidents)
        file = CaseFile(old.case, self.now, self.mint, *parts)
        decide(file)
        advance(file, self.rules)
        self._keep(file)

    def _keep(self, file: CaseFile) -> None:
        self.file = file
        for kind, subject in file.cleared_timers:
            self.timers.pop((kind, subject), None)
        for timer in file.timers:
            self.timers[timer.kind, timer.subject] = timer.due_at
        self.events += file.events
        for event in file.events:
            tacit = event.type == "clock.ended" and str(event.payload["state"]).startswith("tacitly")
            if tacit or event.type == "clock.breached":
                self.effects.append(Effect(self.now, self.clock, event))
        if self.ended_at is None and self.clock.state in ENDED:
            self.ended_at = self.now

    def _answered(self, file: CaseFile, step: str, outcome: o.LookupOutcome) -> None:
        """Release the request of a step and let the worker bring this at once."""
        request = self._request(file, step)
        file.move(request, "release")
        request.lease_id, request.lease_work, request.released_at = self.mint.uuid(), request.work, file.now
        request.lease_until = file.now + timedelta(seconds=70)
        apply(file, request, Said(outcome, "worker", file.now, lease_id=request.lease_id, work=request.work), self.rules)

    @staticmethod
    def _request(file: CaseFile, step: str) -> Request:
        found = file.live(step)
        assert found is not None
        return found

    # -- what happens ----------------------------------------------------------------------------------------------

    def run(self, plan: Sequence[tuple[datetime, Act]], until: datetime) -> None:
        """Live until an instant: what is planned, what is due and what a decree brings, each when somebody looks."""
        coming = [(at, at if act in (say, ask) else self.world.up_at(at), act) for at, act in plan]
        for number, (since, _) in list(enumerate(self.world.decrees))[1:]:
            seen = self.world.up_at(self.world.up_at(since) + timedelta(seconds=self.rnd.randrange(12 * 3600)))
            coming.append((since, seen, _recalculation(number)))
        coming.sort(key=lambda each: each[1])
        while True:
            look = self._next_look()
            if coming and (look is None or coming[0][1] <= look):
                happened, at, act = coming.pop(0)
                if at > until:
                    return
                self.now = max(self.now, at)
                act(self, happened)
            elif look is None or look > until:
                return
            else:
                self.now = max(self.now, look)
                self._work_off()

    def _next_look(self) -> datetime | None:
        waits = [*self.timers.values(), *(at for at, _ in self.replies)]
        return None if not waits else self.world.up_at(min(waits)) + timedelta(seconds=1)

    def _work_off(self) -> None:
        """What a scheduler does, or a tracker before it; sometimes two schedulers have read the same rows."""
        due = [DueTimer(k, s, self.file.case.id, at) for (k, s), at in self.timers.items() if at <= self.now]
        if not due or self.rnd.random() < 0.3:
            standing, self.replies = self.replies, []

            def hear(file: CaseFile) -> None:
                for reply in standing:
                    self._hear(file, *reply)

            self.unit(hear)
            return
        self._fire(due)
        if self.rnd.random() < 0.3:
            self._fire(due)

    def _fire(self, due: Sequence[DueTimer]) -> None:
        waiting: list[tuple[datetime, o.LookupOutcome]] = []

        def decide(file: CaseFile) -> None:
            waiting[:] = self.replies
            for timer in sorted(due, key=lambda t: _true_time(file, t)):
                at = _true_time(file, timer)
                while waiting and waiting[0][0] < at:
                    self._hear(file, *waiting.pop(0))
                advance(file, self.rules)
                fire(file, self.rules, timer)

        self.unit(decide)
        self.replies = waiting

    def _hear(self, file: CaseFile, at: datetime, outcome: o.LookupOutcome) -> None:
        apply(file, self._request(file, "permit"), Said(outcome, "callback", at), self.rules)


def _true_time(file: CaseFile, timer: DueTimer) -> datetime:
    clock = file.clocks.get(timer.subject)
    expires = timer.kind is TimerKind.CLOCK_EXPIRY and clock is not None and clock.due_at is not None
    return min(timer.due_at, clock.due_at) if expires and clock is not None and clock.due_at is not None else timer.due_at


def say(life: Life, at: datetime) -> None:
    """The agency says how it ends; it stands in the inbox until somebody looks."""
    outcome: o.LookupOutcome = o.Completed() if life.rnd.random() < 0.5 else o.Refused("R", "no")
    life.replies.append((at, outcome))


def ask(life: Life, at: datetime) -> None:
    """The agency asks the applicant for something."""
    life.replies.append((at, o.NeedsApplicant("a photo", None)))


def pay(life: Life, at: datetime) -> None:
    """The applicant pays; the office tells of it when it can."""
    life.attempt(lambda file: acts.confirm(file, FactKind.PAYMENT, at, "office", {}))


def supplement(life: Life, _: datetime) -> None:
    """The applicant adds what was asked for, and the agency takes it."""

    def add(file: CaseFile) -> None:
        acts.supplement(file, life.rules, "permit", {}, [], "front")

    if life.attempt(add):
        life.unit(lambda file: life._answered(file, "permit", o.Accepted("A-1")))


def operate(life: Life, at: datetime) -> None:
    """An operator records a suspension, a resume or an extension as of when it happened."""
    rnd, rules = life.rnd, life.rules
    ground = rnd.choice(["expertise", "supplement"])
    what = rnd.choice(["suspend", "suspend", "resume", "extend"])
    if what == "extend":
        length = rnd.choice([None, 1])
        life.attempt(lambda file: clock_acts.extend(file, rules, "statutory", length, at, "complex", "op"))
    else:
        act = clock_acts.suspend if what == "suspend" else clock_acts.resume
        life.attempt(lambda file: act(file, rules, "statutory", ground, at, "why", "op"))


def _recalculation(number: int) -> Act:
    def recalculate(life: Life, _: datetime) -> None:
        life.recalculated[number] = life.now

        def decide(file: CaseFile) -> None:
            for clock in list(file.clocks.values()):
                recalendar(file, life.rules, clock)

        life.unit(decide)

    return recalculate


def expired(clock: Clock, silence: Silence) -> ClockState:
    """Return what the end of a term makes of its clock when nobody has acted."""
    return {
        Silence.NOTHING: ClockState.BREACHED,
        Silence.GRANTED: ClockState.TACITLY_GRANTED,
        Silence.REFUSED: ClockState.TACITLY_REFUSED,
    }[silence]
