"""The table of event types: what each one says, and what its payload carries. Everything published of events is made of it.

A type that is emitted and does not stand here, one that stands here and nobody emits, and a payload that is not as it is
described here fail a test each. Fields may be added to a type; one that changes or goes needs a new version of the type.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from gateway.domain.case import CaseOutcome, CaseStatus, DecisionKind, FactKind
from gateway.domain.clock import ClockState
from gateway.domain.events import PREFIX
from gateway.domain.incident import IncidentKind
from gateway.domain.outcomes import OUTCOMES
from gateway.domain.request import Work
from gateway.domain.service import AfterDeadline

#: ``texts`` and ``objects`` are lists. An ``instant`` is RFC 3339, a ``digest`` the hex SHA-256.
FieldKind = Literal["text", "id", "instant", "digest", "count", "flag", "object", "texts", "objects"]


@dataclass(frozen=True, slots=True)
class EventField:
    """One member of a payload. ``optional``: it may be missing; ``nullable``: it may be ``null``; ``values``: the closed set."""

    name: str
    kind: FieldKind
    meaning: str
    values: tuple[str, ...] = ()
    optional: bool = False
    nullable: bool = False

    def maybe(self) -> EventField:
        """Return the same member where it may be missing."""
        return replace(self, optional=True)

    def or_null(self) -> EventField:
        """Return the same member where it may be ``null``."""
        return replace(self, nullable=True)

    def saying(self, meaning: str) -> EventField:
        """Return the same member with what it means here."""
        return replace(self, meaning=meaning)


@dataclass(frozen=True, slots=True)
class EventType:
    """A type by its short name (``case.received``), in one sentence, with the members of its payload.

    The events of a case reach whoever may see that case (``GET /v1/events``, webhooks) and all of them reach the exchange.
    """

    name: str
    summary: str
    fields: tuple[EventField, ...] = ()

    @property
    def wire_name(self) -> str:
        """The type as CloudEvents carry it."""
        return f"{PREFIX}{self.name}.v1"


_F = EventField
_STEP: Final = _F("step", "text", "The step of the service.")
_REQUEST: Final = _F("request", "id", "The request.")
_AGENCY: Final = _F("agency", "text", "The agency that was asked.")
_REASON: Final = _F("reason", "text", "Why, as far as it was said.")
_NEXT_AT: Final = _F("next_at", "instant", "When the gateway acts on it next.")
_AT: Final = _F("at", "instant", "When it happened, which may be before it was recorded.")
_DUE_AT: Final = _F("due_at", "instant", "The end of the clock now; none while it is suspended.", nullable=True)
_FROM_DUE_AT: Final = _F("from_due_at", "instant", "The end of the clock before.", nullable=True)
_BY_STEP: Final = (_STEP, _REQUEST)
#: What came for a request, from whom.
_SOURCE: Final = _F("source", "text", "Who brought it: worker, callback, clerk, operator or clock.")
_OUTCOME: Final = _F("outcome", "text", "The outcome, of the closed set.", tuple(OUTCOMES))
_REFERENCE: Final = _F("reference", "text", "The agency's own reference of it.", optional=True)
_CALLBACK: Final = (
    _F("callback", "text", "The callback that brought it, by its name in the contract.", optional=True),
    _F("inbox", "id", "That callback in the inbox.", optional=True),
)
_SAID: Final = (*_BY_STEP, _AGENCY, _SOURCE, _OUTCOME, _REASON.maybe(), _REFERENCE, *_CALLBACK)
_SAID_MAYBE: Final = (_AGENCY.maybe(), _SOURCE.maybe(), _OUTCOME.maybe(), _REASON.maybe(), _REFERENCE, *_CALLBACK)
_LATE: Final = (
    *_BY_STEP,
    _F("late", "count", "The event of the case that kept the reply, by its sequence."),
    _REASON,
    _F("said", "object", "The outcome as it was said."),
    _F("was", "text", "The status of the request before."),
)
_ANSWER: Final = _F("answer", "digest", "The agency's answer as it is kept: the chain covers it, the event does not tell it.")
#: A clock by its kind, and its step where it is the clock of one.
_CLOCKS: Final = ("statutory", "norm", "acknowledgement", "completeness", "step")
_CLOCK: Final = (_F("kind", "text", "The kind of clock.", _CLOCKS), _F("step", "text", "Its step; empty: the whole case."))
_GROUND: Final = _F("ground", "text", "The ground in the rule.")
_CASE_OUTCOMES: Final = tuple(str(outcome) for outcome in CaseOutcome)
_CASE_OUTCOME: Final = _F("outcome", "text", "The outcome of the case.", _CASE_OUTCOMES)
_DECISION_KIND: Final = _F("kind", "text", "What it is to the decisions before it.", tuple(str(kind) for kind in DecisionKind))
_AUTHORITY: Final = _F("authority", "text", "Whose decision it is.")
_KIND: Final = _F("kind", "text", "The kind of incident.", tuple(str(kind) for kind in IncidentKind))
_FINGERPRINT: Final = _F("fingerprint", "text", "The cause: one incident is open for one cause at a time.")

_CASES: Final = (
    EventType(
        "case.received",
        "An application was taken in; its case begins.",
        (
            _F("service", "text", "The service."),
            _F("version", "text", "The version of the service that the case is pinned to."),
            _F("office", "text", "The office that took it."),
            _F("channel", "text", "The channel that it came by."),
            _F("application", "digest", "The envelope in its canonical form."),
        ),
    ),
    EventType(
        "case.moved",
        "The case has another status.",
        (_F("status", "text", "The status now.", tuple(str(status) for status in CaseStatus)),),
    ),
    EventType(
        "case.supplemented",
        "The applicant has added what was asked for.",
        (*_BY_STEP, _F("content", "digest", "What was added.")),
    ),
    EventType(
        "case.decided",
        "A decision was recorded; earlier ones stay.",
        (
            _CASE_OUTCOME,
            _AUTHORITY,
            _F("ground", "text", "The ground."),
            _F("legal_basis", "text", "The law that it rests on."),
            _F("date_given", "instant", "When it was given."),
            _F("documents", "objects", "The documents of it, by digest."),
            _F("appeal", "object", "Where and until when to appeal."),
            _DECISION_KIND.maybe(),
            _REASON.maybe().saying("Why a person recorded it, where one did."),
        ),
    ),
    EventType(
        "case.reopened",
        "A decision was taken away, and the case goes on.",
        (
            _DECISION_KIND,
            _CASE_OUTCOME.saying("The outcome that is taken away."),
            _AUTHORITY,
            _F("ground", "text", "The ground."),
            _F("legal_basis", "text", "The law that it rests on."),
            _F("date_given", "instant", "When it was given."),
            _F("documents", "objects", "The documents of it, by digest."),
            _F("steps", "texts", "The steps that are planned anew."),
            _REASON,
        ),
    ),
    EventType("case.closed", "Decided, and nothing is left to hand over.", (_CASE_OUTCOME.or_null(),)),
    EventType("case.withdrawing", "The applicant withdraws; what is under way finishes first.", (_REASON,)),
    EventType("case.withdrawn", "The case is withdrawn and nothing is under way any more."),
    EventType(
        "fact.confirmed",
        "The front office has confirmed a fact.",
        (
            _F("kind", "text", "The kind of fact.", tuple(str(kind) for kind in FactKind)),
            _AT,
            _F("data", "object", "What else was said of it."),
        ),
    ),
    EventType(
        "applicant.deadline_passed",
        "The applicant did not act in time.",
        (*_BY_STEP, _F("rule", "text", "What the service's rule makes of it.", tuple(str(rule) for rule in AfterDeadline)), _AT),
    ),
    EventType(
        "decision.too_late",
        "An authority's decision came after silence was read as one. It overwrites nothing.",
        (
            _CASE_OUTCOME,
            _AUTHORITY,
            _F("date_given", "instant", "The date that it bears."),
            _F("after", "text", "The tacit outcome that stands.", _CASE_OUTCOMES),
        ),
    ),
    EventType(
        "certificate.issued",
        "A certificate of a decision by silence was issued.",
        (
            _F("language", "text", "Its language.", ("uz", "ru", "ky", "en")),
            _F("digest", "digest", "The paper."),
            _CASE_OUTCOME.saying("The outcome that it certifies."),
            _F("by", "text", "Who issued it."),
        ),
    ),
    EventType(
        "incident.opened",
        "Something needs a person.",
        (_KIND, _FINGERPRINT, _F("detail", "object", "What is known of it.")),
    ),
    EventType("incident.closed", "Its cause is gone, or a person has dealt with it.", (_FINGERPRINT, _REASON)),
)

_REQUESTS: Final = (
    EventType(
        "request.ready",
        "A request can be sent.",
        (
            *_BY_STEP,
            _AGENCY.maybe(),
            _F("branch", "text", "The branch; empty: the agency has none."),
            _F("supersedes", "id", "The request that it stands in the place of.", optional=True),
        ),
    ),
    EventType("request.skipped", "The step will not happen.", (*_BY_STEP, _REASON)),
    EventType(
        "request.released",
        "A request was handed to its lane with a lease.",
        (
            *_BY_STEP,
            _F("lane", "text", "The lane."),
            _F("work", "text", "To send it, or to ask about it.", tuple(str(work) for work in Work)),
            _F("attempt", "count", "Which try of this work it is, from 1."),
        ),
    ),
    EventType("request.given_back", "A release never reached its lane; the request is ready again.", (*_BY_STEP, _REASON)),
    EventType("request.accepted", "The agency has it and will answer later.", _SAID),
    EventType("request.progressed", "The agency tells how far it is.", _SAID),
    EventType("request.needs_applicant", "The agency waits for the applicant.", _SAID),
    EventType("request.completed", "The agency did it.", (*_SAID, _ANSWER)),
    EventType("request.refused", "The agency refused lawfully.", (*_SAID, _ANSWER)),
    EventType(
        "request.redirected",
        "Another branch has to act: a request to it takes the place of this one.",
        (*_BY_STEP, _F("to", "text", "The branch."), *_SAID_MAYBE),
    ),
    EventType("request.retrying", "It was certainly not acted on and is tried again.", (*_SAID, _NEXT_AT)),
    EventType("request.not_there", "The agency knows nothing of it: it is sent again.", (*_SAID, _NEXT_AT)),
    EventType("request.in_doubt", "Nobody knows whether it was acted on.", (*_BY_STEP, _NEXT_AT.or_null(), *_SAID_MAYBE)),
    EventType("request.poll_failed", "Asking how far it is has failed; it is asked again.", _SAID),
    EventType("request.parked", "Tried to exhaustion; an operator has to act.", (*_BY_STEP, _REASON, _KIND, *_CALLBACK)),
    EventType("request.retried", "An operator has set it going again.", (*_BY_STEP, _REASON, _NEXT_AT)),
    EventType("request.resolved", "A person has said what became of it.", (*_BY_STEP, _REASON)),
    EventType("request.cancelled", "It was given up before it had an effect.", (*_BY_STEP, _REASON.maybe())),
    EventType(
        "request.superseded",
        "The step is done anew: another request stands in the place of this one.",
        (
            *_BY_STEP,
            _REASON,
            _F("branch", "object", "The branch before (from) and now (to).", optional=True),
            _F("mapping", "object", "The digest of the service whose mapping made the message before, and now.", optional=True),
            _F("contract", "object", "The digest of the agency's contract before, and now.", optional=True),
            _F("no_effect", "flag", "A person vouches that the old message has had no effect.", optional=True),
            _F("anew", "flag", "The old request was finished; the step is planned again.", optional=True),
            _F("stands", "id", "The earlier request that stands again, by a late reply.", optional=True),
        ),
    ),
    EventType("reply.applied", "A person has applied a late reply.", _LATE),
    EventType("reply.dismissed", "A person has decided that a late reply does not count.", _LATE),
    EventType(
        "message.revealed",
        "A person has looked at a message as it was sent or received.",
        (
            *_BY_STEP,
            _AGENCY,
            _F("what", "text", "sent, lookup, or the id of a callback in the inbox."),
            _F("digest", "digest", "What was shown."),
            _F("size", "count", "How many bytes it has."),
            _REASON,
        ),
    ),
    EventType("reply.recorded", "A word that changes nothing was kept.", _SAID),
    EventType(
        "reply.contradicts",
        "A word contradicts what is known; a person applies or dismisses it.",
        (*_SAID, _F("said", "object", "The outcome as it was said.")),
    ),
)

_CLOCK_TYPES: Final = (
    EventType(
        "clock.started",
        "A clock's trigger has happened.",
        (
            *_CLOCK,
            _DUE_AT,
            _F("provisional", "flag", "Days of the term may still be moved by decree."),
            _F("calendar", "text", "The calendar that it counts by."),
        ),
    ),
    EventType("clock.warned", "A clock nears its end.", (*_CLOCK, _AT.or_null(), _DUE_AT)),
    EventType(
        "clock.level_reached",
        "A level of a clock's ladder is reached.",
        (*_CLOCK, _F("level", "text", "The level."), _AT, _DUE_AT),
    ),
    EventType(
        "clock.suspended",
        "A ground of its rule holds the clock.",
        (*_CLOCK, _GROUND, _AT, _REASON.maybe(), _DUE_AT, _FROM_DUE_AT.maybe()),
    ),
    EventType(
        "clock.resumed",
        "A clock runs on.",
        (
            *_CLOCK,
            _GROUND.maybe().saying("The ground that is over; empty: the only one."),
            _AT.or_null(),
            _REASON.maybe(),
            _F("why", "text", "What ended the suspension when nobody did.", optional=True),
            _DUE_AT,
            _FROM_DUE_AT.maybe(),
        ),
    ),
    EventType(
        "clock.extended",
        "A term was extended.",
        (
            *_CLOCK,
            _F("length", "count", "By how much, in the rule's unit; none: by the most.", nullable=True),
            _F("notice", "instant", "When the applicant was notified."),
            _REASON,
            _FROM_DUE_AT,
            _DUE_AT,
        ),
    ),
    EventType(
        "clock.moved",
        "At its end a clock was derived again and ends later now.",
        (*_CLOCK, _F("from", "instant", "The end before."), _DUE_AT),
    ),
    EventType(
        "clock.recalculated",
        "A new version of its calendar changes a clock in flight.",
        (
            _F("clock", "id", "The clock."),
            *_CLOCK,
            _F("from", "instant", "The end before.", nullable=True),
            _F("to", "instant", "The end now.", nullable=True),
            _F("provisional", "flag", "Days of the term may still be moved by decree."),
            _F("calendar", "text", "The calendar."),
            _F("version_from", "text", "The version that it was counted with before."),
            _F("version", "text", "The version now."),
            _F("why", "objects", "The steps between the two, each with its decree and the days that the clock met."),
            _F("lapses_from", "instant", "When the suspension would have lapsed.", optional=True, nullable=True),
            _F("lapses_at", "instant", "When the suspension lapses now.", optional=True, nullable=True),
        ),
    ),
    EventType("clock.breached", "The term is over and nobody has decided.", (*_CLOCK, _AT, _DUE_AT)),
    EventType(
        "clock.ended",
        "A clock counts no more.",
        (
            *_CLOCK,
            _F("state", "text", "How it ended.", tuple(str(state) for state in ClockState)),
            _AT,
            _F("dated", "instant", "The date that what ended it bears itself.", optional=True, nullable=True),
        ),
    ),
)

EVENT_TYPES: Final[dict[str, EventType]] = {made.name: made for made in (*_CASES, *_REQUESTS, *_CLOCK_TYPES)}
