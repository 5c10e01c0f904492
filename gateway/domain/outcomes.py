"""What an attempt or a reply led to: the closed set of DESIGN section 6, and its JSON form.

Adapters produce outcomes, workers carry them, the tracker applies them. Nothing else crosses that line.
All instants are aware ``datetime`` in UTC; all durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

type_name: Final = "outcome"


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document by its content: ``digest`` is the lower-case hex SHA-256 of the bytes."""

    digest: str
    name: str
    media_type: str
    kind: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Completed:
    """The agency did it. ``decided_at`` is the agency's own date of the act, where it says one."""

    data: Mapping[str, Any] = field(default_factory=dict)
    documents: tuple[DocumentRef, ...] = ()
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The agency's lawful no."""

    code: str
    reason: str
    legal_basis: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The agency will answer later, under its own ``reference``."""

    reference: str
    poll_after: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Interim status or partial result; the request goes on waiting."""

    code: str
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    documents: tuple[DocumentRef, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedsApplicant:
    """The applicant has to add or decide something, at the latest at ``until``."""

    what: str
    until: datetime | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Redirected:
    """Not theirs: another branch of the same agency has to act."""

    branch: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RetryLater:
    """**Certainly not acted on**: no byte left, or the contract's table says that this answer means so."""

    reason: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything else after the first byte: reset, time-out, 502, a lost lease, a redelivered message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """The agency cannot read our message, or its reply is not what the contract says."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """Credentials, address or certificate are wrong. ``probe_agrees``: a probe just now says so too."""

    reason: str
    probe_agrees: bool = False


@dataclass(frozen=True, slots=True)
class NotThere:
    """A lookup's answer only: the agency knows nothing of the message."""

    reason: str = ""


Outcome = Completed | Refused | Accepted | Progress | NeedsApplicant | Redirected | RetryLater | Unknown | Invalid | Misconfigured
LookupOutcome = Outcome | NotThere

OUTCOMES: Final[dict[str, type[Any]]] = {
    "completed": Completed,
    "refused": Refused,
    "accepted": Accepted,
    "progress": Progress,
    "needs_applicant": NeedsApplicant,
    "redirected": Redirected,
    "retry_later": RetryLater,
    "unknown": Unknown,
    "invalid": Invalid,
    "misconfigured": Misconfigured,
    "not_there": NotThere,
}
NAMES: Final[dict[type[Any], str]] = {kind: name for name, kind in OUTCOMES.items()}

#: The longest name that an agency may give to something of its own (a reference, the key of a callback), in characters:
#: it stands in an index, and a database refuses an index entry of some kilobytes.
LONGEST_NAME: Final = 500

_TIMES: Final = frozenset({"decided_at", "until"})
#: Beyond these a date is a slip of the pen, and arithmetic with it fails somewhere else.
_YEARS: Final = range(1900, 2200)
_LONGEST_SECS: Final = 10 * 366 * 86_400


def name_of(outcome: LookupOutcome) -> str:
    """Return the outcome's name as it stands in events, tables and contracts."""
    return NAMES[type(outcome)]


def outcome_to_json(outcome: LookupOutcome) -> dict[str, Any]:
    """Return a JSON object with ``outcome`` (the name) and the fields; times are RFC 3339."""
    result: dict[str, Any] = {type_name: NAMES[type(outcome)]}
    for key in outcome.__dataclass_fields__:
        value = getattr(outcome, key)
        if isinstance(value, datetime):
            value = value.isoformat()
        elif key == "documents":
            value = [{f: getattr(d, f) for f in DocumentRef.__dataclass_fields__} for d in value]
        elif key == "data":
            value = dict(value)
        result[key] = value
    return result


def outcome_from_json(value: Mapping[str, Any]) -> LookupOutcome:
    """Return the outcome that ``outcome_to_json`` (or a contract's response mapping) wrote.

    Raises ``ValueError`` that names the key when the name is not of the closed set, a key is unknown or
    missing, a reference is too long, or a time is not RFC 3339 with an offset.
    """
    name = value.get(type_name)
    kind = OUTCOMES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"outcome: {name!r} is not one of {', '.join(OUTCOMES)}")
    fields = kind.__dataclass_fields__
    given = {key: item for key, item in value.items() if key != type_name and item is not None}
    if strange := sorted(set(given) - set(fields)):
        raise ValueError(f"{name} has no field {strange[0]!r}; it has {', '.join(fields) or 'none'}")
    for key in _TIMES & given.keys():
        given[key] = _instant(key, given[key])
    for key in ("reason", "code", "text", "what", "branch", "reference", "legal_basis", "path"):
        if key in given and not isinstance(given[key], str):
            raise ValueError(f"{name}.{key} must be text, not {type(given[key]).__name__}")
    if len(given.get("reference", "")) > LONGEST_NAME:
        raise ValueError(f"{name}.reference is longer than {LONGEST_NAME} characters")
    for key in ("after", "poll_after"):
        if key in given and not _is_duration(given[key]):
            raise ValueError(f"{name}.{key} must be a number of seconds (ten years at most), not {given[key]!r}")
    if "data" in given and not isinstance(given["data"], Mapping):
        raise ValueError(f"{name}.data must be an object")
    if "documents" in given:
        given["documents"] = _documents(name, given["documents"])
    try:
        made: LookupOutcome = kind(**given)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from error
    return made


def _is_duration(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST_SECS


def _documents(name: Any, value: Any) -> tuple[DocumentRef, ...]:
    """Return the documents. Raises ``ValueError`` for anything that is not a list of documents with text in their fields."""
    try:
        found = tuple(DocumentRef(**d) for d in value)
    except TypeError as error:
        raise ValueError(f"{name}.documents: {error}") from error
    for document in found:
        texts = (document.digest, document.name, document.media_type, document.kind)
        if not all(isinstance(text, str) for text in texts) or not isinstance(document.size, int):
            raise ValueError(f"{name}.documents: digest, name, media_type and kind are text, size is a number of bytes")
    return found


def _instant(key: str, value: Any) -> datetime:
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{key}: {value!r} is not an RFC 3339 time") from error
    if when.tzinfo is None:
        raise ValueError(f"{key}: {value!r} has no offset")
    if when.year not in _YEARS:
        raise ValueError(f"{key}: {value!r} is not a time of our days")
    return when.astimezone(UTC)
