"""The fields of the forms in which operators act: how each is asked for, and how what was typed is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.application.derivation_words import kind_word
from gateway.console.visit import Visit
from gateway.console.words import in_language
from gateway.domain.case_file import CaseFile
from gateway.domain.clock_state import ENDED
from gateway.domain.errors import BadInput, Problem
from gateway.domain.outcomes import LookupOutcome, outcome_from_json
from gateway.domain.request import Request
from gateway.domain.suspending import NEEDS_APPLICANT

_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked at for a form: ``lines`` are told on it as (text, tone); ``found`` is for its fields and the deed."""

    lines: Sequence[tuple[str, str]] = ()
    found: Any = None


@dataclass(frozen=True, slots=True)
class About:
    """What the form is about: who asks, the case as it stands, and the request where it is about one."""

    visit: Visit
    file: CaseFile
    request: Request | None
    seen: Seen = Seen()


Choices = Callable[[About], Sequence[tuple[str, str]]]
#: Makes the value of all that the form says. Raises ``BadInput`` that names the field.
Read = Callable[["Field", Mapping[str, str], About], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """``label`` and ``hint`` are keys of texts. ``kind``: ``textarea``, ``text``, ``moment``, ``number``, ``choice``,
    ``check``, ``checks`` (a box a choice, called ``name_choice``), or ``outcome``, a group of fields of its own."""

    name: str
    label: str
    kind: str
    read: Read
    hint: str = ""
    required: bool = True
    choices: Choices | None = None


def read_all(fields: Sequence[Field], form: Mapping[str, str], about: About) -> dict[str, Any]:
    """Return the values of all fields. Raises ``BadInput`` with every problem at once, in the order of the form."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field in fields:
        try:
            values[field.name] = field.read(field, form, about)
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return values


def _wrong(name: str, code: str) -> BadInput:
    return BadInput([Problem(f"/{name}", code, f"{name}: {code.replace('_', ' ')}")])


def _text(field: Field, form: Mapping[str, str], _about: About) -> str:
    value = form.get(field.name, "").strip()
    if field.required and not value:
        raise _wrong(field.name, "reason_missing" if field.name == "reason" else "required_field")
    if len(value) > _LONGEST:
        raise _wrong(field.name, "too_long_text")
    return value


def _choice(field: Field, form: Mapping[str, str], about: About) -> str:
    value = form.get(field.name, "")
    if not value and not field.required:
        return value
    if field.choices is None or value not in {choice for choice, _ in field.choices(about)}:
        raise _wrong(field.name, "not_a_choice")
    return value


def _moment(field: Field, form: Mapping[str, str], about: About) -> datetime | None:
    """A local time of the case's office."""
    value = form.get(field.name, "").strip()
    if not value and not field.required:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise _wrong(field.name, "bad_moment") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=about.visit.zone_of(about.file.case.office))


def _number(field: Field, form: Mapping[str, str], _about: About) -> int | None:
    value = form.get(field.name, "").strip()
    if not value and not field.required:
        return None
    if not value.isdecimal() or not 1 <= int(value[:9]) <= 10_000:
        raise _wrong(field.name, "bad_number")
    return int(value)


def _branches(about: About) -> Sequence[tuple[str, str]]:
    request, catalogue = about.request, about.visit.parts.deployment.catalogue
    agency = catalogue.agencies.get(request.agency) if request is not None else None
    if agency is None or request is None:
        return []
    language = about.visit.language
    return [(b.code, f"{in_language(b.title, language, b.code)} ({b.code})") for b in agency.branches if b.code != request.branch]


def _clocks(about: About) -> Sequence[tuple[str, str]]:
    found = []
    for clock in about.file.clocks.values():
        if clock.state not in ENDED:
            name = kind_word(clock.kind, about.visit.language)
            found.append((str(clock.id), f"{name} · {clock.step}" if clock.step else name))
    return found


def _grounds(about: About) -> Sequence[tuple[str, str]]:
    """The grounds that the rules of the case's clocks know, but for the one that begins and ends with agencies' questions."""
    names: dict[str, str] = {}
    for clock in about.file.clocks.values():
        rule = clock.rule.suspension
        for ground in rule.grounds if rule is not None else ():
            if ground.name != NEEDS_APPLICANT:
                names[ground.name] = ground.name.replace("_", " ")
    return list(names.items())


#: What an operator can have learnt of a request, with the fields that each needs: (field, required).
OUTCOMES: Final[Mapping[str, tuple[tuple[str, bool], ...]]] = {
    "completed": (("data", False), ("decided_at", False)),
    "refused": (("code", True), ("refusal", True), ("legal_basis", False), ("decided_at", False)),
    "accepted": (("reference", False),),
    "needs_applicant": (("what", True), ("until", False)),
    "not_there": (),
}
_PARTS: Final[Mapping[str, Field]] = {
    part.name: part
    for part in (
        Field("data", "field.data", "textarea", _text, "field.data_hint", required=False),
        Field("decided_at", "field.decided_at", "moment", _moment, required=False),
        Field("code", "field.code", "text", _text),
        Field("refusal", "field.refusal", "text", _text),
        Field("legal_basis", "field.legal_basis", "text", _text, required=False),
        Field("reference", "field.reference", "text", _text, required=False),
        Field("what", "field.what", "textarea", _text),
        Field("until", "field.until", "moment", _moment, required=False),
    )
}
#: Where the outcome's own name of a part differs: the form has a reason of its own.
_NAMES: Final[Mapping[str, str]] = {"refusal": "reason"}


def part_of(outcome: str, name: str) -> Field:
    """Return a field of an outcome's group; in the form it is called ``outcome_part``, for two outcomes may ask alike."""
    part = _PARTS[name]
    required = dict(OUTCOMES[outcome])[name]
    return Field(f"{outcome}_{name}", part.label, part.kind, part.read, part.hint, required)


def _outcome(field: Field, form: Mapping[str, str], about: About) -> LookupOutcome:
    chosen = form.get(field.name, "")
    if chosen not in OUTCOMES:
        raise _wrong(field.name, "not_a_choice")
    parts = [part_of(chosen, name) for name, _ in OUTCOMES[chosen]]
    values = read_all(parts, form, about)
    made: dict[str, Any] = {"outcome": chosen}
    for name, _ in OUTCOMES[chosen]:
        value = values[f"{chosen}_{name}"]
        if value in ("", None):
            continue
        made[_NAMES.get(name, name)] = _object(f"{chosen}_{name}", value) if name == "data" else value
    if chosen == "accepted":
        made.setdefault("reference", about.request.reference if about.request is not None else "")
    try:
        return outcome_from_json(made)
    except ValueError as error:
        raise BadInput([Problem("/outcome", "invalid_outcome", str(error))]) from None


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _wrong(name, "bad_object")
    return found


REASON: Final = Field("reason", "field.reason", "textarea", _text, "field.reason_hint")
OUTCOME: Final = Field("outcome", "field.outcome", "outcome", _outcome)
BRANCH: Final = Field("branch", "field.branch", "choice", _choice, choices=_branches)
CLOCK: Final = Field("clock", "field.clock", "choice", _choice, choices=_clocks)
GROUND: Final = Field("ground", "field.ground", "choice", _choice, choices=_grounds)
#: May be left out while one ground alone holds the clock.
GROUND_OVER: Final = Field("ground", "field.ground", "choice", _choice, required=False, choices=_grounds)
SINCE: Final = Field("since", "field.since", "moment", _moment)
OVER_SINCE: Final = Field("since", "field.over_since", "moment", _moment)
EXTENSION: Final = Field("length", "field.length", "number", _number, "field.length_hint", required=False)
NOTICE: Final = Field("notice", "field.notice", "moment", _moment)
