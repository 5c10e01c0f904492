"""Who said what to whom: the messages of a case between front office, gateway and agencies, and their places in a drawing.

Pure. The template draws what is laid out here as SVG and says the same as a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.console.timeline import tone_of_outcome
from gateway.console.words import say, word
from gateway.domain.case_file import Attempt
from gateway.domain.events import Event
from gateway.domain.request import Request, Work
from gateway.domain.request import RequestStatus as S

FRONT: Final = ""
GATEWAY: Final = "gateway"
#: So many messages are drawn, the latest; a diagram longer than that is read by nobody.
MOST: Final = 60

_COLUMN: Final = 210
_MARGIN: Final = 110
_TOP: Final = 64
_ROW: Final = 40
#: About so many characters fit over an arrow that spans one column.
_FITS: Final = 29
#: What an agency itself said; the others are the transport's word.
_WORD_OF_AGENCY: Final = frozenset({"completed", "refused", "accepted", "progress", "needs_applicant", "redirected", "invalid"})


@dataclass(frozen=True, slots=True)
class Message:
    """``sender`` and ``receiver`` are ``FRONT``, ``GATEWAY`` or an agency's id. ``tone`` is ``call``, ``good``, ``bad``, ``warn``
    or ``pending``: what has not come yet. ``lost``: it did not arrive, as far as anybody knows."""

    at: datetime
    sender: str
    receiver: str
    text: str
    tone: str = "call"
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message in the drawing. ``short`` is what fits beside it."""

    message: Message
    y: int
    x1: int
    x2: int
    text_x: int
    short: str


@dataclass(frozen=True, slots=True)
class Party:
    """A vertical line of the drawing; a long title stands in two lines."""

    id: str
    title: str
    lines: Sequence[str]
    x: int


@dataclass(frozen=True, slots=True)
class Diagram:
    """The whole drawing, in its own units."""

    parties: Sequence[Party]
    arrows: Sequence[Arrow]
    width: int
    height: int
    cut: bool


def messages(
    events: Sequence[Event],
    attempts: Sequence[Attempt],
    requests: Mapping[Any, Request],
    language: str,
    step: Callable[[str], str],
) -> list[Message]:
    """Return the messages in order of time, those that are awaited last."""
    found = [m for event in events for m in _of_event(event, language)]
    for attempt in attempts:
        request = requests.get(attempt.request_id)
        if request is not None:
            found += _of_attempt(attempt, request, language, step(request.step))
    found.sort(key=lambda message: message.at)
    return found + _pending(requests.values(), language, step)


def _of_event(event: Event, language: str) -> list[Message]:
    payload, at = event.payload, event.time
    match event.type:
        case "case.received":
            return [Message(at, FRONT, GATEWAY, say("message.application", language))]
        case "case.supplemented":
            return [Message(at, FRONT, GATEWAY, say("message.supplement", language))]
        case "case.withdrawing":
            return [Message(at, FRONT, GATEWAY, say("message.withdrawal", language))]
        case "fact.confirmed":
            kind = word("fact", str(payload.get("kind", "")), language)
            return [Message(at, FRONT, GATEWAY, say("message.fact", language, kind=kind))]
        case "case.decided":
            outcome = word("outcome", str(payload.get("outcome", "")), language)
            return [Message(at, GATEWAY, FRONT, say("message.decision", language, outcome=outcome), "good")]
    source, agency = payload.get("source"), str(payload.get("agency", ""))
    found = []
    if source in ("callback", "clerk") and agency:
        said = word("said", str(payload.get("outcome", "")), language)
        found.append(
            Message(
                at,
                agency,
                GATEWAY,
                say(f"message.{source}", language, said=said),
                tone_of_outcome(str(payload.get("outcome", ""))),
            )
        )
    if event.type == "request.needs_applicant":
        found.append(Message(at, GATEWAY, FRONT, say("message.asked", language), "warn"))
    return found


def _of_attempt(attempt: Attempt, request: Request, language: str, step: str) -> list[Message]:
    """What went out, and what came back."""
    text = step
    if attempt.work is not Work.SEND:
        text = say(f"message.{attempt.work}", language, step=step)
    elif attempt.number > 1:
        text = say("message.again", language, step=step, number=attempt.number)
    answered = attempt.outcome in _WORD_OF_AGENCY or attempt.work is Work.LOOKUP
    sent = attempt.released_at or attempt.finished_at
    out = Message(sent, GATEWAY, request.agency, text, lost=not answered)
    said = word("said", attempt.outcome, language)
    return [out, Message(attempt.finished_at, request.agency, GATEWAY, said, tone_of_outcome(attempt.outcome), lost=not answered)]


def _pending(requests: Any, language: str, step: Callable[[str], str]) -> list[Message]:
    found = []
    for request in requests:
        if request.status in (S.RELEASED, S.AWAITING_REPLY):
            since = request.sent_at or request.released_at or request.created_at
            if request.status is S.RELEASED:
                found.append(Message(request.released_at or since, GATEWAY, request.agency, step(request.step), "call"))
            found.append(Message(since, request.agency, GATEWAY, say("message.pending", language), "pending"))
    return found


def lay_out(found: Sequence[Message], title: Callable[[str], str], language: str) -> Diagram:
    """Return the drawing. Agencies stand in the order in which they were first spoken to."""
    kept = found[-MOST:]
    agencies = dict.fromkeys(p for m in kept for p in (m.sender, m.receiver) if p not in (FRONT, GATEWAY))
    order = [FRONT, GATEWAY, *agencies]
    names = {FRONT: say("party.front", language), GATEWAY: say("party.gateway", language)}
    places = {party: _MARGIN + n * _COLUMN for n, party in enumerate(order)}
    parties = [Party(p, names.get(p) or title(p), _two_lines(names.get(p) or title(p)), places[p]) for p in order]
    arrows = []
    for n, message in enumerate(kept):
        x1, x2 = places[message.sender], places[message.receiver]
        room = _FITS * max(1, abs(x2 - x1) // _COLUMN)
        arrows.append(Arrow(message, _TOP + 34 + n * _ROW, x1, x2, (x1 + x2) // 2, _short(message.text, room)))
    width = _MARGIN * 2 + _COLUMN * (len(order) - 1)
    return Diagram(parties, arrows, width, _TOP + 24 + _ROW * len(kept) + 16, len(found) > len(kept))


def _two_lines(title: str, most: int = 24) -> list[str]:
    words, lines = title.split(), [""]
    for each in words:
        if lines[-1] and len(lines[-1]) + 1 + len(each) > most:
            lines.append(each)
        else:
            lines[-1] = f"{lines[-1]} {each}".strip()
    return [_short(lines[0], most), _short(" ".join(lines[1:]), most)] if len(lines) > 1 else [_short(lines[0], most)]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
