"""Whose time it was: the elapsed time of a case split into applicant, office, each agency, gateway and transport (promise 7).

Read from the case's events alone, so that it can be told years later, and of any stretch of time. At each instant a
case is held by whoever has to move next on one of its requests; where several requests are open, several hold it:

    ready, parked, lost and found again       gateway          on its way and failed, or in doubt    transport
    released and answered, awaiting a reply   the agency       asked for more, or a fact missing     applicant
    the same at a desk of the office          office           a result that is ready is collected   applicant
    a result is made ready for the applicant  office           nothing of all this                   gateway

What a release was is known by what followed: the agency's own word means that the agency had the request since then, a
word of the transport means that it was on its way. One that is still out counts for the agency.

Two sums are told of each holder. ``held`` is how long it was among those that held the case: of two agencies asked at
once each has the whole time. ``share`` divides each instant evenly among its holders, so that the shares add up to the
time elapsed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from gateway.domain.clock_ends import HANDED, RESULT_READY
from gateway.domain.events import Event
from gateway.domain.service import Service

APPLICANT: Final = "applicant"
OFFICE: Final = "office"
GATEWAY: Final = "gateway"
TRANSPORT: Final = "transport"
_THE_AGENCY: Final = "agency"  # stands for the agency of the request until it is named

#: Who holds a request after an event of it.
_HOLDS_AFTER: Final[Mapping[str, str]] = {
    "request.ready": GATEWAY,
    "request.retried": GATEWAY,
    "request.given_back": GATEWAY,
    "request.not_there": GATEWAY,
    "request.parked": GATEWAY,
    "request.retrying": TRANSPORT,
    "request.in_doubt": TRANSPORT,
    "request.released": _THE_AGENCY,
    "request.accepted": _THE_AGENCY,
    "request.progressed": _THE_AGENCY,
    "request.needs_applicant": APPLICANT,
}
#: After these nobody holds the request any more.
_ENDS: Final = frozenset(
    {
        "request.completed",
        "request.refused",
        "request.skipped",
        "request.cancelled",
        "request.redirected",
        "request.superseded",
        "case.supplemented",
    }
)
#: What follows a release that never reached the agency, as far as anybody knows.
_LOST_ON_THE_WAY: Final = frozenset({"request.retrying", "request.in_doubt", "request.not_there", "request.parked"})
#: A step that these ended lets the steps that need it go on.
_DONE: Final = frozenset({"request.completed", "request.skipped"})
_OVER: Final = frozenset({"case.closed", "case.withdrawn"})
_RUNS: Final[Mapping[str, bool]] = {"clock.started": True, "clock.ended": False}


@dataclass(frozen=True, slots=True)
class Hold:
    """``holder`` held ``step`` from ``since`` to ``until`` (UTC); ``None``: it still does."""

    holder: str
    step: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one holder has of a stretch of time, in seconds: see ``held`` and ``share`` above."""

    holder: str
    held_secs: float
    share_secs: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """A stretch of time (UTC) and whose it was, the largest share first. The shares add up to ``secs``."""

    since: datetime
    until: datetime
    parts: tuple[Share, ...]

    @property
    def secs(self) -> float:
        """How long the stretch is."""
        return (self.until - self.since).total_seconds()


@dataclass(slots=True)
class _Reading:
    """What is known while the events are read in order."""

    service: Service
    offices: frozenset[str]
    holds: list[Hold] = field(default_factory=list)
    open: dict[str, tuple[str, str, datetime, str]] = field(default_factory=dict)  # request → holder, step, since, event
    waiting: dict[str, datetime] = field(default_factory=dict)  # step → since when the applicant's fact is awaited
    begun: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)
    runs: bool = False  # the statutory clock has started and not ended
    result: tuple[str, datetime] | None = None  # who has the result of a decided case in hand, since when
    decided: bool = False
    over: datetime | None = None

    @property
    def handed(self) -> bool:
        """Whether a rule of the service waits for what follows the decision."""
        term = self.service.term
        return term is not None and any(rule.ends_with in HANDED for rule in (term, *self.service.later_terms))

    def read(self, event: Event) -> None:
        kind, payload = event.type, event.payload
        if kind == "fact.confirmed":
            self.facts.add(str(payload.get("kind")))
        elif kind == "case.decided":
            self.decided = True
        elif kind == "case.reopened":
            self.decided, self.over = False, None
        elif kind in _OVER:
            self.over = event.time
        elif kind in _RUNS and payload.get("kind") == "statutory":
            self.runs = _RUNS[kind]
        self._await_result(event.time)
        request, step = str(payload.get("request", "")), str(payload.get("step", ""))
        if request and (kind in _HOLDS_AFTER or kind in _ENDS):
            self._end(request, event.time, kind)
            self.begun.add(step)
            if kind in _DONE:
                self.done.add(step)
            if kind in _HOLDS_AFTER:
                self.open[request] = (_HOLDS_AFTER[kind], step, event.time, kind)
        self._await_facts(event.time)

    def _end(self, request: str, at: datetime, kind: str) -> None:
        if request not in self.open:
            return
        holder, step, since, began = self.open.pop(request)
        if began == "request.released" and kind in _LOST_ON_THE_WAY:
            holder = TRANSPORT
        self._hold(holder, step, since, at)

    def _hold(self, holder: str, step: str, since: datetime, until: datetime | None) -> None:
        if until is None or until > since:
            self.holds.append(Hold(self._name(holder, step), step, since, until))

    def _name(self, holder: str, step: str) -> str:
        if holder != _THE_AGENCY:
            return holder
        agency = next((s.agency for s in self.service.steps if s.id == step), step)
        return OFFICE if agency in self.offices else f"agency:{agency}"

    def _await_result(self, at: datetime) -> None:
        """A decided case whose term runs until the result is ready, or handed over, waits for just that."""
        waits = self.decided and self.runs and self.over is None and self.handed
        holder = (APPLICANT if RESULT_READY in self.facts else OFFICE) if waits else ""
        if self.result is not None and self.result[0] != holder:
            self._hold(self.result[0], "", self.result[1], at)
            self.result = None
        if holder and self.result is None:
            self.result = holder, at

    def _await_facts(self, at: datetime) -> None:
        """A step that waits for nothing but a fact (a payment, an original) waits for the applicant."""
        for step in self.service.steps:
            missing = step.id not in self.begun and any(kind not in self.facts for kind in step.facts)
            reached = self.done.issuperset(step.needs) and (self.decided or not step.after_decision)
            if missing and reached and self.over is None:
                self.waiting.setdefault(step.id, at)
            elif step.id in self.waiting:
                self._hold(APPLICANT, step.id, self.waiting.pop(step.id), at)


def holds(events: Iterable[Event], service: Service, offices: Iterable[str] = ()) -> tuple[Hold, ...]:
    """Return who held the case when. ``events`` are all of one case in order, ``offices`` the agencies that are the office.

    An erased payload (an empty object) names no request: what it said is lost with it.
    """
    reading = _Reading(service, frozenset(offices))
    for event in events:
        reading.read(event)
    for request in list(reading.open):
        holder, step, since, _ = reading.open[request]
        reading._hold(holder, step, since, reading.over)
    for step, since in reading.waiting.items():
        reading._hold(APPLICANT, step, since, reading.over)
    if reading.result is not None:
        reading._hold(reading.result[0], "", reading.result[1], None)
    return tuple(sorted(reading.holds, key=lambda hold: (hold.since, hold.step, hold.holder)))


def attribute(found: Sequence[Hold], since: datetime, until: datetime, step: str = "") -> Attribution:
    """Split the time from ``since`` to ``until`` among those that held the case, or one step of it. Empty when it is none.

    Raises ``ValueError`` for a naive time.
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise ValueError("a stretch of time needs time zones")
    until = max(since, until)
    spans = [
        (max(h.since, since), min(h.until or until, until), h.holder)
        for h in found
        if step in ("", h.step) and h.since < until and (h.until is None or h.until > since)
    ]
    held: defaultdict[str, timedelta] = defaultdict(timedelta)
    share: defaultdict[str, timedelta] = defaultdict(timedelta)
    edges = sorted({since, until, *(s[0] for s in spans), *(s[1] for s in spans)})
    for begin, end in pairwise(edges):
        now = {holder for from_, to, holder in spans if from_ <= begin and end <= to} or {GATEWAY}
        for holder in now:
            held[holder] += end - begin
            share[holder] += (end - begin) / len(now)
    parts = [Share(holder, held[holder].total_seconds(), share[holder].total_seconds()) for holder in held]
    return Attribution(since, until, tuple(sorted(parts, key=lambda p: (-p.share_secs, p.holder))))


def as_json(attribution: Attribution) -> dict[str, Any]:
    """Return it as a JSON object, seconds rounded to milliseconds."""
    return {
        "since": attribution.since,
        "until": attribution.until,
        "secs": round(attribution.secs, 3),
        "parts": [
            {"holder": p.holder, "held_secs": round(p.held_secs, 3), "share_secs": round(p.share_secs, 3)}
            for p in attribution.parts
        ],
    }
