"""The timeline of a case: every event, try, hop over the broker, wait, callback, clock and incident in one order, with how long
each took and who held it. Read from what is stored anyway; nothing is written for it on the way of a case.

What was sent to agencies and what they answered stands beside it, redacted (``redaction.py``), and only for operators.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from gateway.application.attribution import events_of_case, service_of
from gateway.application.deployment import Deployment
from gateway.application.reads import IncidentRow, Reads
from gateway.application.redaction import Shape, shape_of, shape_of_value
from gateway.application.store import InboxItem, Store
from gateway.domain.attribution import GATEWAY, OFFICE, TRANSPORT, Attribution, Hold, attribute, holds
from gateway.domain.case_file import Attempt, CaseFile, StoredMessage
from gateway.domain.events import Event
from gateway.domain.request import Request

#: No case has more of them; a list without an end would be a way to stop the gateway.
_MOST_INCIDENTS: Final = 500


class Kind(StrEnum):
    """What an entry is."""

    EVENT = "event"
    ATTEMPT = "attempt"
    HOP = "hop"
    WAIT = "wait"
    CALLBACK = "callback"
    CLOCK = "clock"
    INCIDENT = "incident"


#: A wait that begins with an event of a request, by what is waited for. It ends with the next event of that request.
_WAITS: Final[Mapping[str, str]] = {
    "request.ready": "lane",
    "request.retried": "lane",
    "request.given_back": "lane",
    "request.not_there": "lane",
    "request.retrying": "retry",
    "request.accepted": "reply",
    "request.progressed": "reply",
    "request.needs_applicant": "applicant",
    "request.in_doubt": "certainty",
    "request.parked": "operator",
}
#: Events of a request that leave its waiting as it is.
_BESIDE: Final = frozenset({"reply.recorded", "reply.contradicts", "request.poll_failed", "message.revealed"})
#: Words of the transport: the try did not reach the agency, as far as anybody knows.
_ON_THE_WAY: Final = frozenset({"retry_later", "unknown", "misconfigured"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``at`` and ``until`` are UTC; ``until`` is ``None`` for an instant, and for what has not ended (``open``).

    ``what`` is a word of the kind: an event's type, an attempt's or a callback's outcome, what a wait is for, a clock's or an
    incident's kind; ``empty`` for a hop. ``holder`` is who held it meanwhile: ``applicant``, ``office``, ``agency:<id>``,
    ``gateway`` or ``transport``; empty for an instant. A hop is the gateway's own, though the attribution of the case, which
    knows only events, counts it for the agency. ``reference`` leads to the thing itself: an event's sequence, a callback's,
    clock's or incident's id, ``<work> <number>`` of a try.
    """

    kind: Kind
    what: str
    at: datetime
    until: datetime | None = None
    open: bool = False
    holder: str = ""
    step: str = ""
    request: UUID | None = None
    agency: str = ""
    reference: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long it took; ``None`` for an instant and for what has not ended."""
        return None if self.until is None else (self.until - self.at).total_seconds()


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the waterfall: an entry that lasts, or has not ended and then is drawn until the timeline's end."""

    row: str
    entry: Entry
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What went one way for a request, redacted. ``what``: ``sent``, ``lookup``, ``answer`` (the parsed outcome of the whole
    request) or a callback's id. ``digest`` is the SHA-256 of the bytes, empty where none are kept."""

    request: UUID
    what: str
    size: int
    shape: Shape
    digest: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """``since`` is the receipt, ``until`` the end of the case or now (UTC); entries and bars stand in the order of time."""

    case_id: UUID
    number: str
    since: datetime
    until: datetime
    entries: Sequence[Entry]
    bars: Sequence[Bar]
    holds: Sequence[Hold]
    attribution: Attribution
    exchanged: Sequence[Exchanged] = ()


@dataclass(frozen=True, slots=True)
class KeptCallback:
    """A callback as the inbox keeps it."""

    item: InboxItem
    state: str
    settled_at: datetime | None


class TimelineReads(Protocol):
    """What the timeline asks of the database beside ``Reads``."""

    async def callbacks_by_id(self, ids: Sequence[UUID]) -> list[KeptCallback]: ...
    async def messages_of(self, request_ids: Sequence[UUID]) -> list[StoredMessage]:
        """Return all that was made to be sent for these requests."""
        ...


async def timeline(
    deployment: Deployment,
    store: Store,
    reads: Reads,
    more: TimelineReads,
    file: CaseFile,
    now: datetime,
    *,
    messages: bool = False,
) -> Timeline:
    """Return the timeline of a case. ``now`` is UTC. ``messages``: with what was exchanged, for an operator alone.

    Raises ``CatalogueError`` when what the case pins is lost.
    """
    case = file.case
    service = await service_of(deployment, store, case.pin)
    events = await events_of_case(reads, case.id)
    attempts = await reads.attempts_of(case.id)
    found = await reads.incidents(state="", kind="", agency="", case_id=case.id, after="", limit=_MOST_INCIDENTS)
    offices = offices_of(deployment)
    callbacks = await more.callbacks_by_id(callbacks_named(events))
    until = case.closed_at or now
    entries = entries_of(file, events, attempts, callbacks, found.items, offices)
    held = holds(events, service, offices)
    last = max([until, *(e.until or e.at for e in entries)])
    return Timeline(
        case_id=case.id,
        number=case.number,
        since=case.received_at,
        until=until,
        entries=entries,
        bars=list(_bars(entries, last)),
        holds=held,
        attribution=attribute(held, case.received_at, until),
        exchanged=await _exchanged(more, file, callbacks, events) if messages else (),
    )


def offices_of(deployment: Deployment) -> frozenset[str]:
    """Return the agencies whose branches are offices: what they hold, the office holds."""
    return frozenset(a.id for a in deployment.catalogue.agencies.values() if a.branches_are_offices)


def entries_of(
    file: CaseFile,
    events: Sequence[Event],
    attempts: Iterable[Attempt],
    callbacks: Iterable[KeptCallback],
    incidents: Iterable[IncidentRow],
    offices: frozenset[str],
) -> list[Entry]:
    """Return the entries of what was read of a case, in the order of time."""
    entries = [
        *(_event(event, file) for event in events),
        *_waits(events, file, offices),
        *(entry for attempt in attempts for entry in _tries(attempt, file, offices)),
        *_callbacks(callbacks, events, file),
        *_clocks(file),
        *(_incident(row, file) for row in incidents),
    ]
    return sorted(entries, key=lambda e: (e.at, _ORDER[e.kind], e.reference.zfill(12)))


#: Of what happens at one instant, what led to it stands first.
_ORDER: Final = {kind: place for place, kind in enumerate((Kind.CALLBACK, Kind.ATTEMPT, Kind.EVENT, Kind.HOP, Kind.WAIT))} | {
    Kind.CLOCK: 5,
    Kind.INCIDENT: 6,
}


def _request_of(file: CaseFile, text: object) -> Request | None:
    try:
        return file.requests.get(UUID(str(text)))
    except ValueError:
        return None


#: Of an event's payload: what stands in the entry already, and what quotes an application or an agency.
_NOT_TOLD: Final = ("step", "request", "agency", "data", "said", "detail")


def _event(event: Event, file: CaseFile) -> Entry:
    request = _request_of(file, event.payload.get("request"))
    return Entry(
        Kind.EVENT,
        event.type,
        event.time,
        step=str(event.payload.get("step") or ""),
        request=None if request is None else request.id,
        agency="" if request is None else request.agency,
        reference=str(event.seq),
        data={"actor": event.actor} | {k: v for k, v in event.payload.items() if k not in _NOT_TOLD},
    )


def _waits(events: Iterable[Event], file: CaseFile, offices: frozenset[str]) -> Iterator[Entry]:
    """Yield from event to event of each request what was waited for meanwhile."""
    open_: dict[UUID, tuple[str, Event]] = {}
    for event in events:
        request = _request_of(file, event.payload.get("request"))
        if request is None or event.type in _BESIDE or not event.type.startswith(("request.", "case.supplemented")):
            continue
        if request.id in open_:
            yield _wait(*open_.pop(request.id), request, event.time, offices)
        if event.type in _WAITS:
            open_[request.id] = _WAITS[event.type], event
    for id_, (what, event) in open_.items():
        yield _wait(what, event, file.requests[id_], file.case.closed_at, offices)


def _wait(what: str, event: Event, request: Request, until: datetime | None, offices: frozenset[str]) -> Entry:
    holders = {"retry": TRANSPORT, "certainty": TRANSPORT, "applicant": "applicant", "reply": _agency(request, offices)}
    data = {"next_at": event.payload["next_at"]} if event.payload.get("next_at") else {}
    return Entry(
        Kind.WAIT,
        what,
        event.time,
        until,
        open=until is None,
        holder=holders.get(what, GATEWAY),
        step=request.step,
        request=request.id,
        agency=request.agency,
        reference=str(event.seq),
        data=data,
    )


def _agency(request: Request, offices: frozenset[str]) -> str:
    return OFFICE if request.agency in offices else f"agency:{request.agency}"


def _tries(attempt: Attempt, file: CaseFile, offices: frozenset[str]) -> Iterator[Entry]:
    """Yield the hop over the broker, where the worker told when it began, and the try itself."""
    request = file.requests.get(attempt.request_id)
    if request is None:
        return
    reference = f"{attempt.work} {attempt.number}"
    lasted = attempt.detail.get("seconds")
    began = attempt.finished_at - timedelta(seconds=lasted) if lasted is not None else attempt.released_at or attempt.finished_at
    began = min(began, attempt.finished_at)
    if lasted is not None and attempt.released_at is not None:
        # The clocks of two machines: a hop never takes less than no time.
        since = min(attempt.released_at, began)
        hop = Entry(Kind.HOP, "", since, began, holder=GATEWAY, reference=reference, data={"lane": request.lane})
        yield replace(hop, step=request.step, request=request.id, agency=request.agency)
    holder = TRANSPORT if attempt.outcome in _ON_THE_WAY else _agency(request, offices)
    data = {"work": attempt.work, "number": attempt.number, **{k: v for k, v in attempt.detail.items() if k not in _NOT_SHOWN}}
    entry = Entry(Kind.ATTEMPT, attempt.outcome, began, attempt.finished_at, holder=holder, reference=reference, data=data)
    yield replace(entry, step=request.step, request=request.id, agency=request.agency)


_NOT_SHOWN: Final = ("outcome", "seconds", "data")


def callbacks_named(events: Iterable[Event]) -> list[UUID]:
    """Return the callbacks of the inbox that these events came of."""
    return list(dict.fromkeys(UUID(str(id_)) for event in events if (id_ := event.payload.get("inbox"))))


def _callbacks(kept: Iterable[KeptCallback], events: Iterable[Event], file: CaseFile) -> Iterator[Entry]:
    """Yield each callback from its receipt at our edge to its application."""
    applied = {str(event.payload["inbox"]): event for event in events if event.payload.get("inbox")}
    for one in kept:
        event = applied[str(one.item.id)]
        request = _request_of(file, event.payload.get("request"))
        yield Entry(
            Kind.CALLBACK,
            str(one.item.outcome.get("outcome", "")),
            one.item.received_at,
            one.settled_at,
            open=one.settled_at is None,
            holder=GATEWAY,
            step=str(event.payload.get("step") or ""),
            request=None if request is None else request.id,
            agency=one.item.agency,
            reference=str(one.item.id),
            data={"name": one.item.name, "received_bytes": len(one.item.body)},
        )


def _clocks(file: CaseFile) -> Iterator[Entry]:
    for clock in file.clocks.values():
        if clock.started_at is not None:
            yield Entry(
                Kind.CLOCK,
                clock.kind,
                clock.started_at,
                clock.ended_at,
                open=clock.ended_at is None,
                step=clock.step,
                reference=str(clock.id),
                data={"state": clock.state, "due_at": clock.due_at, "provisional": clock.provisional},
            )


def _incident(row: IncidentRow, file: CaseFile) -> Entry:
    request = file.requests.get(row.request_id) if row.request_id is not None else None
    return Entry(
        Kind.INCIDENT,
        row.kind,
        row.opened_at,
        row.closed_at,
        open=row.closed_at is None,
        holder=GATEWAY,
        step="" if request is None else request.step,
        request=row.request_id,
        agency=row.agency,
        reference=str(row.id),
        data={"state": row.state, "count": row.count, "closed_by": row.closed_by, "close_reason": row.close_reason},
    )


def _bars(entries: Iterable[Entry], last: datetime) -> Iterator[Bar]:
    """Yield the bars in the order of their rows: clocks above, then each step, then what belongs to none."""
    lasting = [e for e in entries if e.until is not None or e.open]
    rows: dict[str, list[Entry]] = {}
    for entry in sorted(lasting, key=lambda e: (e.kind is not Kind.CLOCK, not e.step)):
        row = f"{entry.what} {entry.step}".strip() if entry.kind is Kind.CLOCK else entry.step
        rows.setdefault(row, []).append(entry)
    for row, found in rows.items():
        for entry in sorted(found, key=lambda e: e.at):
            yield Bar(row, entry, entry.at, max(entry.at, entry.until or last))


async def _exchanged(
    more: TimelineReads, file: CaseFile, callbacks: Sequence[KeptCallback], events: Iterable[Event]
) -> list[Exchanged]:
    """Return what was exchanged, redacted. Of an answer at once the parsed outcome is kept, not its bytes."""
    made = []
    for message in await more.messages_of(list(file.requests)):
        media = str(message.meta.get("content_type", ""))
        what = "sent" if message.purpose == "send" else str(message.purpose)
        made.append(_bytes(message.request_id, what, message.content, media))
    for request in file.requests.values():
        if request.outcome is not None:
            shape = shape_of_value({**request.outcome})
            made.append(Exchanged(request.id, "answer", 0, shape))
    named = {str(e.payload["inbox"]): e.payload.get("request") for e in events if e.payload.get("inbox")}
    for one in callbacks:
        target = _request_of(file, named.get(str(one.item.id)))
        if target is not None:
            made.append(_bytes(target.id, str(one.item.id), one.item.body, one.item.headers.get("content-type", "")))
    return made


def _bytes(request: UUID, what: str, content: bytes, media: str) -> Exchanged:
    digest = hashlib.sha256(content).hexdigest()
    return Exchanged(request, what, len(content), shape_of(content, media), digest, media)
