"""The one table of a request's life: every status × every outcome, and what the gateway does with it.

Read a row as: *a request stands in STATUS and OUTCOME arrives*. The answer is a verdict:

* ``apply(STATUS)``   the request goes to that status (``applied.py`` says with what else);
* ``RECORD``          the fact is an event and changes nothing (a repeat, a late echo of an old attempt);
* ``INCIDENT``        it contradicts what is known: kept, acknowledged, and a person decides.

Steps that no outcome causes (made ready, released, skipped, cancelled, superseded, lease ended) are in ``MOVES``.
Storage repeats the guard: an UPDATE names the status it expects.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gateway.domain.outcomes import NAMES, LookupOutcome
from gateway.domain.request import RequestStatus as S


class Do(Enum):
    """What a verdict asks for."""

    APPLY = "apply"
    RECORD = "record"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The table's answer. ``to`` is set only when ``do`` is ``APPLY``."""

    do: Do
    to: S | None = None


RECORD: Final = Verdict(Do.RECORD)
INCIDENT: Final = Verdict(Do.INCIDENT)


def apply(status: S) -> Verdict:
    return Verdict(Do.APPLY, status)


_COMPLETED, _REFUSED, _ACCEPTED = apply(S.COMPLETED), apply(S.REFUSED), apply(S.AWAITING_REPLY)
_APPLICANT, _REDIRECTED, _READY = apply(S.AWAITING_APPLICANT), apply(S.SUPERSEDED), apply(S.READY)
_DOUBT, _PARKED = apply(S.IN_DOUBT), apply(S.PARKED)

# An agency that has our message may say anything about it; what it says counts from every status in which
# it can have the message. A transport's word (retry_later, unknown, …) counts only for the release it
# belongs to: ``applied.py`` records the word of an older lease before this table is asked.
_FROM_AGENCY: Final[dict[str, Verdict]] = {
    "completed": _COMPLETED,
    "refused": _REFUSED,
    "accepted": _ACCEPTED,
    "progress": _ACCEPTED,
    "needs_applicant": _APPLICANT,
    "redirected": _REDIRECTED,
}
_ALL_RECORD: Final[dict[str, Verdict]] = dict.fromkeys(NAMES.values(), RECORD)
_ALL_INCIDENT: Final[dict[str, Verdict]] = dict.fromkeys(NAMES.values(), INCIDENT)
_TECHNICAL_RECORD: Final[dict[str, Verdict]] = dict.fromkeys(
    ("retry_later", "unknown", "invalid", "misconfigured", "not_there"), RECORD
)

TABLE: Final[dict[S, dict[str, Verdict]]] = {
    # Nothing was ever sent: no agency can truthfully answer.
    S.PLANNED: _ALL_INCIDENT | _TECHNICAL_RECORD,
    S.SKIPPED: _ALL_INCIDENT | _TECHNICAL_RECORD,
    # Ready again after an attempt: the late word of that attempt still counts when it is the agency's.
    S.READY: _FROM_AGENCY | _TECHNICAL_RECORD,
    S.RELEASED: _FROM_AGENCY
    | {
        "retry_later": _READY,
        "unknown": _DOUBT,  # applied.py: an idempotent operation goes to READY instead
        "invalid": _PARKED,
        "misconfigured": _READY,
        "not_there": RECORD,
    },
    S.AWAITING_REPLY: _FROM_AGENCY
    | {
        "accepted": _ACCEPTED,  # applied.py: only recorded when it is a mere repeat of the receipt
        "progress": _ACCEPTED,
        "retry_later": _ACCEPTED,  # the poll failed; poll again
        "unknown": _ACCEPTED,
        "invalid": _PARKED,
        "misconfigured": _ACCEPTED,
        "not_there": INCIDENT,  # it gave us a reference and now knows nothing of it
    },
    S.AWAITING_APPLICANT: _FROM_AGENCY
    | {
        "accepted": RECORD,
        "progress": RECORD,
        **_TECHNICAL_RECORD,
    },
    S.IN_DOUBT: _FROM_AGENCY
    | {
        "retry_later": _DOUBT,  # the lookup could not be asked; ask again
        "unknown": _DOUBT,
        "invalid": _DOUBT,
        "misconfigured": _DOUBT,
        "not_there": _READY,  # applied.py: only where absence is conclusive, else stays in doubt
    },
    # Given up on, perhaps wrongly: the agency's word is welcome.
    S.PARKED: _FROM_AGENCY | _TECHNICAL_RECORD,
    # Finished: the same word again changes nothing, another word is for a person.
    S.COMPLETED: _ALL_INCIDENT | _TECHNICAL_RECORD | {"completed": RECORD, "accepted": RECORD, "progress": RECORD},
    S.REFUSED: _ALL_INCIDENT | _TECHNICAL_RECORD | {"refused": RECORD, "accepted": RECORD, "progress": RECORD},
    # Another request stands in its place: only an effect matters now.
    S.SUPERSEDED: _ALL_RECORD | {"completed": INCIDENT},
    S.CANCELLED: _ALL_RECORD | {"completed": INCIDENT, "accepted": INCIDENT, "needs_applicant": INCIDENT},
}

#: What the gateway itself does, without an outcome.
MOVES: Final[dict[str, tuple[frozenset[S], S]]] = {
    "make_ready": (frozenset({S.PLANNED}), S.READY),
    "skip": (frozenset({S.PLANNED, S.READY}), S.SKIPPED),
    "release": (frozenset({S.READY}), S.RELEASED),
    "give_back": (frozenset({S.RELEASED}), S.READY),
    "park": (frozenset({S.PLANNED, S.READY, S.RELEASED, S.AWAITING_REPLY, S.AWAITING_APPLICANT, S.IN_DOUBT}), S.PARKED),
    # awaiting_applicant: only by a withdrawal or a deadline; what the agency holds is then for a person to undo
    "cancel": (frozenset({S.PLANNED, S.READY, S.PARKED, S.AWAITING_APPLICANT}), S.CANCELLED),
    "retry": (frozenset({S.PARKED, S.IN_DOUBT, S.READY}), S.READY),
    "supersede": (frozenset({S.AWAITING_APPLICANT, S.PARKED, S.READY}), S.SUPERSEDED),
    # a person has ordered that a finished step is done anew: the case was reopened, or a late word has changed what it needs
    "redo": (frozenset({S.COMPLETED, S.REFUSED, S.SKIPPED, S.CANCELLED}), S.SUPERSEDED),
}

#: What a person may apply of the words that the table calls an incident: those that end the matter. Others reopen it, which
#: is for the case to decide, not for a reply. ``superseded``: only where nothing stands in its place any more.
OVERRULED: Final[dict[S, dict[str, S]]] = {
    S.COMPLETED: {"refused": S.REFUSED},
    S.REFUSED: {"completed": S.COMPLETED},
    S.SKIPPED: {"completed": S.COMPLETED, "refused": S.REFUSED},
    S.SUPERSEDED: {"completed": S.COMPLETED},
    S.CANCELLED: {"completed": S.COMPLETED},
}


def verdict(status: S, outcome: LookupOutcome) -> Verdict:
    """Return what to do when ``outcome`` arrives for a request in ``status``. Total: never raises."""
    return TABLE[status][NAMES[type(outcome)]]


def overruled(status: S, outcome: LookupOutcome) -> Verdict:
    """Return what to do when a person applies ``outcome`` against what the table says of it; ``INCIDENT``: it cannot be."""
    to = OVERRULED.get(status, {}).get(NAMES[type(outcome)])
    return INCIDENT if to is None else apply(to)


def may(move: str, status: S) -> bool:
    """Return whether the gateway's own ``move`` is allowed from ``status``."""
    return status in MOVES[move][0]
