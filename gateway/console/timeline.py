"""The timeline of a case: each event as a line that people read. Pure; the texts stand in ``texts/events.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.application.derivation_words import kind_word, state_word
from gateway.console.texts import TEXTS
from gateway.console.words import say, word
from gateway.domain.events import Event

_GOOD: Final = frozenset({"request.completed", "case.decided", "case.closed", "incident.closed"})
_BAD: Final = frozenset({"request.parked", "request.refused", "clock.breached", "reply.contradicts", "incident.opened"})
_WARN: Final = frozenset(
    {"request.retrying", "request.in_doubt", "request.not_there", "request.poll_failed", "clock.warned", "clock.level_reached"}
    | {"applicant.deadline_passed", "request.needs_applicant", "clock.suspended", "case.withdrawing", "decision.too_late"}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One event. ``tone`` is ``good``, ``bad``, ``warn`` or ``calm``; ``facts`` are what else to know, in short."""

    seq: int
    at: datetime
    text: str
    subject: str
    who: str
    tone: str
    facts: Sequence[str]
    type: str


@dataclass(frozen=True, slots=True)
class Names:
    """How the things of a case are called: steps and agencies by their ids; times in the case's zone."""

    language: str
    step: Callable[[str], str]
    agency: Callable[[str], str]
    at: Callable[[datetime], str]


def timeline(events: Sequence[Event], names: Names) -> list[Line]:
    """Return the lines, the latest first."""
    return [_line(event, names) for event in reversed(events)]


def _line(event: Event, names: Names) -> Line:
    payload = event.payload
    key = f"event.{event.type}"
    text = say(key, names.language) if key in TEXTS else event.type
    return Line(
        event.seq,
        event.time,
        text,
        _subject(payload, names),
        _who(event.actor, names),
        tone_of(event),
        _facts(payload, names),
        event.type,
    )


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
        step = names.step(str(payload.get("step", "")))
        return f"{step} · {names.agency(str(payload['agency']))}" if payload.get("agency") else step
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
