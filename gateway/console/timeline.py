"""The timeline of a case in lines that people read. Pure; the texts stand in ``application/timeline_texts.py``.

An event is told with what its payload says in short: dates, reasons, references, whose act it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.application.derivation_words import kind_word, state_word
from gateway.application.timeline import Entry, Kind
from gateway.application.timeline_words import tell_entry
from gateway.console.texts import TEXTS
from gateway.console.words import say, word
from gateway.domain.events import Event

_GOOD: Final = frozenset({"request.completed", "case.decided", "case.closed", "incident.closed", "reply.applied"})
_BAD: Final = frozenset({"request.parked", "request.refused", "clock.breached", "reply.contradicts", "incident.opened"})
_WARN: Final = frozenset(
    {"request.retrying", "request.in_doubt", "request.not_there", "request.poll_failed", "clock.warned", "clock.level_reached"}
    | {"applicant.deadline_passed", "request.needs_applicant", "clock.suspended", "case.withdrawing", "decision.too_late"}
)
#: What the list tells, and which waits are not as they should be.
_LISTED: Final = frozenset({Kind.EVENT, Kind.ATTEMPT, Kind.WAIT, Kind.CALLBACK})
_ILL_WAITS: Final = frozenset({"retry", "certainty", "operator"})


@dataclass(frozen=True, slots=True)
class Line:
    """One event, try, wait or callback. ``tone`` is ``good``, ``bad``, ``warn`` or ``calm``; ``facts``: what else to know, in
    short. ``type`` is an event's, empty for the others. ``secs``: how long it took, ``None`` for an instant and for what
    goes on (``open``). ``holder`` held the case meanwhile.
    """

    at: datetime
    text: str
    subject: str
    who: str
    tone: str
    facts: Sequence[str]
    type: str = ""
    secs: float | None = None
    open: bool = False
    holder: str = ""


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Names:
    """How the things of a case are called: steps, agencies and holders by their ids; times in the case's zone."""

    language: str
    step: Callable[[str], str]
    agency: Callable[[str], str]
    at: Callable[[datetime], str]
    holder: Callable[[str], str] = _as_it_is


def told(entries: Sequence[Entry], events: Sequence[Event], names: Names) -> list[Line]:
    """Return the lines of a timeline (``application.timeline``) of these events, the latest first.

    Clocks, incidents and hops are left out: that they began and ended is told by events, and they are bars on the trace page.
    """
    by_place = {str(event.seq): event for event in events}
    return [
        _line(by_place[entry.reference], names) if entry.kind is Kind.EVENT else _lasting(entry, names)
        for entry in reversed(entries)
        if entry.kind in _LISTED
    ]


def timeline(events: Sequence[Event], names: Names) -> list[Line]:
    """Return the lines, the latest first."""
    return [_line(event, names) for event in reversed(events)]


def _line(event: Event, names: Names) -> Line:
    payload = event.payload
    key = f"event.{event.type}"
    text = say(key, names.language) if key in TEXTS else event.type
    return Line(
        event.time,
        text,
        _subject(payload, names),
        _who(event.actor, names),
        tone_of(event),
        _facts(payload, names),
        event.type,
    )


def _lasting(entry: Entry, names: Names) -> Line:
    """A try, a wait or a callback."""
    waits = entry.kind is Kind.WAIT
    calm = waits and entry.what not in _ILL_WAITS
    return Line(
        entry.at,
        tell_entry(entry, names.language),
        _step_of(entry.step, entry.agency, names),
        "",
        "calm" if calm else "warn" if waits else tone_of_outcome(entry.what),
        _facts(entry.data, names) if waits else (),
        secs=entry.seconds,
        open=entry.open,
        holder=names.holder(entry.holder) if entry.holder else "",
    )


def _step_of(step: str, agency: str, names: Names) -> str:
    title = names.step(step)
    return f"{title} · {names.agency(agency)}" if agency else title


def tone_of_outcome(outcome: str) -> str:
    """Return whether the outcome of a try or of a reply is good news, bad news or a warning."""
    if outcome in ("completed", "accepted", "progress"):
        return "good"
    return "bad" if outcome in ("refused", "invalid", "misconfigured") else "warn"


def tone_of(event: Event) -> str:
    """Return whether an event is good news, bad news, a warning, or neither."""
    if event.type in _BAD:
        return "bad"
    if event.type in _WARN:
        return "warn"
    return "good" if event.type in _GOOD else "calm"


def _subject(payload: Mapping[str, Any], names: Names) -> str:
    """What it is about: a step and its agency, a kind of clock, a cause."""
    kind = str(payload.get("kind", ""))
    if payload.get("request"):
        return _step_of(str(payload.get("step", "")), str(payload.get("agency") or ""), names)
    if payload.get("fingerprint"):
        return word("incident", kind or str(payload["fingerprint"]).partition(":")[0], names.language)
    if f"fact.{kind}" in TEXTS:
        return say(f"fact.{kind}", names.language)
    if kind:
        step = f" · {names.step(str(payload['step']))}" if payload.get("step") else ""
        return kind_word(kind, names.language) + step
    if payload.get("outcome"):
        return word("outcome", str(payload["outcome"]), names.language)
    return word("case_status", str(payload["status"]), names.language) if payload.get("status") else ""


def _who(actor: str, names: Names) -> str:
    kind, _, name = actor.partition(":")
    key = f"actor.{kind}"
    if key not in TEXTS:
        return actor
    return say(key, names.language, name=names.agency(name) if kind == "agency" else name)


def _facts(payload: Mapping[str, Any], names: Names) -> list[str]:
    language, found = names.language, []
    if payload.get("reason"):
        found.append(str(payload["reason"]))
    if payload.get("outcome") and payload.get("request"):
        found.append(word("said", str(payload["outcome"]), language))
    if payload.get("state") and payload.get("kind"):
        found.append(state_word(str(payload["state"]), language))
    found += [say(f"detail.{name}", language, **{name: payload[name]}) for name in ("reference", "ground") if payload.get(name)]
    if branch := payload.get("to") or payload.get("branch"):
        found.append(say("detail.branch", language, branch=branch))
    due, before, again = _at(payload, "due_at"), _at(payload, "from_due_at") or _at(payload, "from"), _at(payload, "next_at")
    if due is not None and before is not None and due != before:
        found.append(say("detail.moved", language, at=names.at(due), before=names.at(before)))
    elif due is not None:
        found.append(say("detail.due", language, at=names.at(due)))
    if again is not None:
        found.append(say("detail.next", language, at=names.at(again)))
    return found


def _at(payload: Mapping[str, Any], name: str) -> datetime | None:
    """Return an instant of a payload, which is text once it was stored."""
    value = payload.get(name)
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
