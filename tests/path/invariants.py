"""What holds of a gateway's database at any time, whatever has happened (DESIGN section 3).

Checked after every test, with all roles stopped: the chain of every case verifies, nothing waits without a reason, no
agency was made to act twice by one message, and a message is the same bytes each time it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from gateway.domain.case import CaseStatus
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import ClockState
from gateway.domain.events import Event, verify
from gateway.domain.request import FINISHED, Request
from gateway.domain.request import RequestStatus as S
from gateway.storage import tables as t
from tests.emitted import wrong_with

if TYPE_CHECKING:
    from tests.path.gateway import Gateway

_OVER = (CaseStatus.CLOSED, CaseStatus.WITHDRAWN)
#: What a request is after an event of its own; events that leave it as it is are not here.
_AFTER: Mapping[str, S] = {
    "request.ready": S.READY,
    "request.skipped": S.SKIPPED,
    "request.cancelled": S.CANCELLED,
    "request.completed": S.COMPLETED,
    "request.refused": S.REFUSED,
    "request.accepted": S.AWAITING_REPLY,
    "request.progressed": S.AWAITING_REPLY,
    "request.needs_applicant": S.AWAITING_APPLICANT,
    "request.retrying": S.READY,
    "request.retried": S.READY,
    "request.not_there": S.READY,
    "request.in_doubt": S.IN_DOUBT,
    "request.parked": S.PARKED,
    "request.redirected": S.SUPERSEDED,
    "request.superseded": S.SUPERSEDED,
    "case.supplemented": S.SUPERSEDED,
}


@dataclass(frozen=True)
class World:
    """The database beside the case files."""

    timers: frozenset[tuple[str, UUID]]
    open_incidents: list[Any]
    gateway: Gateway

    def about(self, request: Request) -> bool:
        """Whether an open incident is about the request."""
        return any(i.request_id == request.id for i in self.open_incidents)


async def check(gateway: Gateway) -> None:
    """Raise ``AssertionError`` with every invariant that does not hold."""
    if gateway._core is None:
        gateway._core = await _reopened(gateway)
    store = gateway.core.store
    async with store.db.read() as tx:
        timers = frozenset((row.kind, UUID(str(row.subject))) for row in await tx.rows(select(t.timers)))
        incidents = list(await tx.rows(select(t.incidents).where(t.incidents.c.state == "open")))
        ids = [row.id for row in await tx.rows(select(t.cases.c.id))]
        inbox = list(await tx.rows(select(t.inbox)))
        deliveries = list(await tx.rows(select(t.deliveries)))
        disclosed = {row.request_id for row in await tx.rows(select(t.disclosures))}
    world = World(timers, incidents, gateway)
    found: list[str] = []
    for id_ in ids:
        file = await store.case_file(id_)
        assert file is not None
        events = await store.events_of(id_, 0, 100_000)
        about = f"case {file.case.number} ({file.case.service})"
        found += [f"{about}: {problem}" for problem in _case(file, events, world, disclosed)]
    found += _inbox(inbox, world)
    found += _deliveries(deliveries, world)
    found += _ledgers(gateway)
    assert not found, "\n".join(found)


async def _reopened(gateway: Gateway) -> Any:
    from gateway.bootstrap.core import open_core, start_core  # noqa: PLC0415 - only for a test that ended everything

    core = await open_core(gateway.settings(), gateway.agencies.environ)
    await start_core(core)
    return core


def _case(file: CaseFile, events: list[Event], world: World, disclosed: set[Any]) -> Iterator[str]:
    case = file.case
    for event in events:  # also those that another process has emitted
        yield from wrong_with(event.type, event.payload)
    broken = verify(events)
    if broken is not None:
        yield f"its chain is broken at event {broken}"
    if (case.seq, case.chain) != (len(events), events[-1].hash):
        yield f"its head says {case.seq} events, there are {len(events)}"
    if case.needs_attention != bool([i for i in world.open_incidents if i.case_id == case.id]):
        yield f"needs_attention is {case.needs_attention}, open: {[i.kind for i in world.open_incidents]}"
    for request in file.requests.values():
        yield from _request(file, request, world)
        yield from _told(request, events)
        if request.released_at is not None and request.id not in disclosed:
            yield f"step {request.step} was released, and nothing says what was disclosed"
    for clock in file.clocks.values():
        waits = {("clock_warning", clock.id), ("clock_expiry", clock.id)} & world.timers
        if clock.state is ClockState.RUNNING and not waits:
            yield f"its clock {clock.kind} {clock.step} runs and nothing waits for its end"
        if clock.state is ClockState.BREACHED and not any(i.kind == "clock_breached" for i in world.open_incidents):
            yield f"its clock {clock.kind} {clock.step} is breached and nobody was told"
    yield from _ending(file, world)


def _ending(file: CaseFile, world: World) -> Iterator[str]:
    case = file.case
    open_ = [r for r in file.live_requests() if r.status not in FINISHED]
    if case.status in _OVER and open_:
        yield f"it is {case.status}, and {[(r.step, str(r.status)) for r in open_]} are open"
    if case.status not in _OVER and not open_ and not any(i.case_id == case.id for i in world.open_incidents):
        yield f"it is {case.status} with nothing under way and no incident"
    if case.status not in _OVER and not case.withdrawing and not case.waiting_on and not world.open_incidents:
        yield f"it is {case.status} and nobody holds it"


def _request(file: CaseFile, request: Request, world: World) -> Iterator[str]:
    """A request that is not finished has a lease, a time, a timer, an incident, or somebody who holds it."""
    said = f"step {request.step} is {request.status}"
    if request.lease_id is not None and request.lease_until is None:
        yield f"{said} with a lease that never ends"
    scheduled = request.next_at is not None or request.lease_id is not None
    match request.status:
        case S.PLANNED if not _has_to_wait(file, request, world):
            yield f"{said}, although nothing keeps it"
        case S.READY if not scheduled:
            yield f"{said}, and no time is set"
        case S.RELEASED if request.lease_id is None:
            yield f"{said} without a lease"
        case S.IN_DOUBT | S.PARKED if not (scheduled or world.about(request)):
            yield f"{said} without a time or an incident"
        case S.AWAITING_REPLY if not (scheduled or world.about(request) or ("no_reply", request.id) in world.timers):
            operation = world.gateway.core.deployment.catalogue.agencies[request.agency].operations[request.operation]
            if operation.reply_within_secs is not None or not file.case.waiting_on:
                yield f"{said}, and nothing waits for the reply"
        case S.AWAITING_APPLICANT if request.until is not None:
            if ("applicant_deadline", request.id) not in world.timers and not world.about(request):
                yield f"{said} until {request.until}, and nothing waits for that"
        case S.AWAITING_APPLICANT if not any(h.holder == "applicant" for h in file.case.waiting_on):
            yield f"{said}, and the case does not say that the applicant holds it"
        case _ if request.status in FINISHED and (scheduled or any(subject == request.id for _, subject in world.timers)):
            yield f"{said}, and something still waits for it"


def _has_to_wait(file: CaseFile, request: Request, world: World) -> bool:
    rules = world.gateway.core.deployment.rules(file.case.pin)
    step = rules.service.step(request.step)
    needs = [file.live(need) for need in step.needs]
    return (
        (step.after_decision and file.decision is None)
        or any(file.fact(kind) is None for kind in step.facts)
        or any(need is None or need.status not in FINISHED for need in needs)
    )


def _told(request: Request, events: Iterable[Event]) -> Iterator[str]:
    """Every change of state is an event (promise 10): the last one of a request tells where it stands."""
    stands = S.PLANNED
    for event in events:
        payload = event.payload
        if str(payload.get("request")) != str(request.id):
            continue
        if event.type in ("request.released", "request.given_back"):
            moved = S.RELEASED if event.type == "request.released" else S.READY
            stands = moved if payload.get("work", "send") == "send" and stands in (S.READY, S.RELEASED) else stands
        else:
            stands = _AFTER.get(event.type, stands)
    if stands is not request.status:
        yield f"step {request.step} is {request.status}, its events say {stands}"


def _inbox(rows: Iterable[Any], world: World) -> Iterator[str]:
    for row in rows:
        waits = ("unmatched_callback", UUID(str(row.id))) in world.timers
        told = any(i.fingerprint == f"unmatched_callback:{row.id}" for i in world.open_incidents)
        if row.state in ("unmatched", "ambiguous") and not (waits or told):
            yield f"the callback {row.name} {row.key} of {row.agency} matches nothing, and nothing waits for it"
        if row.state == "settled" and (waits or told):
            yield f"the callback {row.name} {row.key} of {row.agency} is applied, and is still waited for"
        if row.state not in ("new", "unmatched", "ambiguous", "settled"):
            yield f"the callback {row.name} {row.key} is {row.state}"


def _deliveries(rows: Iterable[Any], world: World) -> Iterator[str]:
    for row in rows:
        if row.state in ("pending", "claimed") and row.next_at is None:
            yield f"the delivery {row.kind} is {row.state} without a time"
        if row.state == "exhausted" and not any(i.kind == "exhausted" for i in world.open_incidents):
            yield f"the delivery {row.kind} is exhausted and nobody was told"


def _ledgers(gateway: Gateway) -> Iterator[str]:
    """At most one effect a message, and the same bytes each time (promise 3)."""
    for agency, entries in gateway.agencies.all_entries().items():
        bodies: dict[tuple[str, str], str] = {}
        effects: set[tuple[str, str]] = set()
        for entry in entries:
            message = entry.operation, entry.message_id
            if bodies.setdefault(message, entry.body_sha256) != entry.body_sha256:
                yield f"{agency} was sent other bytes as {message}"
            if entry.effect and message in effects:
                yield f"{agency} was made to act twice by {message}"
            if entry.effect:
                effects.add(message)
