"""What the front office sends, checked: strict JSON, the envelope of DESIGN section 7, the service's form. Pure.

Everything that is wrong is told at once, each with a JSON Pointer, a stable code and a message (``messages.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import jsonschema_rs

from gateway.application.messages import problem
from gateway.application.schema_problems import form_validator, problems_of
from gateway.domain.catalogue import Catalogue
from gateway.domain.errors import BadInput, Problem
from gateway.domain.service import Service
from gateway.sdk import strict_json

#: An application is data; documents are sent before it and named by their digests.
MAX_BYTES: Final = 1024 * 1024
#: How far the clock of a front office may be ahead of ours.
AHEAD: Final = timedelta(minutes=5)
_MOST_PROBLEMS: Final = 100

_SHORT: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_DAY: Final = {"type": "string", "format": "date"}
#: The official code of a district: 7 digits in Uzbekistan (SOATO), 8 to 14 in Kyrgyzstan (SOATE).
_TERRITORY: Final = {"type": "string", "pattern": "^[0-9]{7,14}$"}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_NAME: Final = _object(["family", "given"], family=_SHORT, given=_SHORT, patronymic=_SHORT)
_AUTHORITY: Final = _object(
    ["kind"],
    kind={"enum": ["parent", "guardian", "power_of_attorney"]},
    document=_SHORT,
    scope={"type": "string", "minLength": 1, "maxLength": 1000},
    valid_until=_DAY,
)
_PARTY: Final = _object(
    ["role", "kind"],
    role={"enum": ["applicant", "subject", "representative"]},
    kind={"enum": ["person", "organisation"]},
    identifier={"type": "string", "pattern": "^[0-9A-Za-z][0-9A-Za-z./ -]{0,49}$"},
    name=_NAME,
    title=_SHORT,
    birth_date=_DAY,
    address=_object(["territory"], territory=_TERRITORY, line={"type": "string", "maxLength": 500}),
    authority=_AUTHORITY,
) | {
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": "organisation"}}, "required": ["kind"]},
            "then": {"required": ["title", "identifier"], "properties": {"name": False, "birth_date": False}},
            "else": {"required": ["name"], "properties": {"title": False}},
        },
        # A newborn subject may have no identifier yet; who acts has one.
        {
            "if": {"properties": {"role": {"enum": ["applicant", "representative"]}}, "required": ["role"]},
            "then": {"required": ["identifier"]},
        },
        {
            "if": {"properties": {"role": {"const": "representative"}}, "required": ["role"]},
            "then": {"required": ["authority"], "properties": {"authority": {"required": ["document"]}}},
        },
    ]
}
_DOCUMENT: Final = _object(
    ["kind"],
    kind=_SHORT,
    digest={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    name=_SHORT,
    media_type={"type": "string", "pattern": "^[a-z]+/[a-zA-Z0-9.+-]+$", "maxLength": 100},
    origin={"enum": ["electronic", "scan", "photo", "paper"]},
    compared_by=_SHORT,
)

#: The envelope as JSON Schema 2020-12; ``form`` is described by the service.
ENVELOPE: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Application",
} | _object(
    ["service", "office", "channel", "taken_at", "parties", "territory", "language", "form"],
    service=_SHORT,
    office=_SHORT,
    channel={"enum": ["counter", "portal", "mobile", "post"]},
    reference=_SHORT,
    taken_at={"type": "string", "format": "date-time"},
    parties={"type": "array", "minItems": 1, "maxItems": 200, "items": _PARTY},
    territory=_TERRITORY,
    language={"enum": ["uz", "ru", "ky", "en"]},
    contacts=_object(
        [],
        phone={"type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$"},
        email={"type": "string", "format": "email", "maxLength": 254},
    ),
    documents={"type": "array", "maxItems": 100, "items": _DOCUMENT},
    relates_to=_object(["case", "kind"], case=_SHORT, kind={"enum": ["appeal", "correction", "reissue", "continuation"]}),
    form={"type": "object"},
)
_ENVELOPE: Final = form_validator(ENVELOPE)


@dataclass(frozen=True, slots=True)
class CheckedApplication:
    """An application that breaks no rule. ``service`` is the service's id, ``envelope`` what was sent, ``taken_at`` UTC."""

    service: str
    envelope: Mapping[str, Any]
    taken_at: datetime


def check_application(raw: bytes, catalogue: Catalogue, now: datetime, *, limit: int = MAX_BYTES) -> CheckedApplication:
    """Return the application that ``raw`` is. ``now`` is the gateway's time (UTC), ``limit`` is in bytes.

    Raises ``BadInput`` with every problem found (at most 100).
    """
    envelope = read_object(raw, limit)
    problems = problems_of(_ENVELOPE, envelope, most=_MOST_PROBLEMS)
    wrong = {p.pointer for p in problems}
    taken_at, late = _taken_at(envelope, now, wrong)
    problems += late
    service = catalogue.services.get(envelope["service"]) if isinstance(envelope.get("service"), str) else None
    if service is None:
        if "/service" not in wrong:
            problems.append(problem("/service", "unknown_service", wanted=", ".join(sorted(catalogue.services))))
    else:
        problems += _service_problems(service, envelope, wrong)
    if isinstance(envelope.get("office"), str) and envelope["office"] not in catalogue.offices and "/office" not in wrong:
        problems.append(problem("/office", "unknown_office", wanted=", ".join(sorted(catalogue.offices))))
    if taken_at is not None and not any(p.startswith("/parties") for p in wrong):
        problems += _authority_problems(envelope, taken_at)
    if problems or service is None or taken_at is None:
        raise BadInput(problems[:_MOST_PROBLEMS])
    return CheckedApplication(service.id, envelope, taken_at.astimezone(UTC))


def read_object(raw: bytes, limit: int = MAX_BYTES) -> dict[str, Any]:
    """Return the JSON object that ``raw`` is. Raises ``BadInput``: too large, not UTF-8, not JSON, a key twice, too deep."""
    try:
        value = strict_json.loads(raw, limit)
    except strict_json.NotJson as error:
        wanted = str(limit) if error.code == "too_large" else str(error)
        raise BadInput([problem("", error.code, wanted=wanted)]) from None
    if not isinstance(value, dict):
        raise BadInput([problem("", "type", wanted="object")])
    return value


def _taken_at(envelope: Mapping[str, Any], now: datetime, wrong: set[str]) -> tuple[datetime | None, list[Problem]]:
    if "/taken_at" in wrong:
        return None, []
    try:
        taken_at = datetime.fromisoformat(envelope["taken_at"].upper())
        if taken_at.astimezone(UTC) > now + AHEAD:
            return taken_at, [problem("/taken_at", "future")]
    except (ValueError, OverflowError):  # 23:59:60 and the year 0 are RFC 3339 and yet no time to reckon with
        return None, [problem("/taken_at", "time")]
    return taken_at, []


def _service_problems(service: Service, envelope: Mapping[str, Any], wrong: set[str]) -> Iterator[Problem]:
    channel = envelope.get("channel")
    if "/channel" not in wrong and channel not in service.channels:
        yield problem("/channel", "channel_not_allowed", wanted=", ".join(service.channels))
    parties = envelope.get("parties")
    if isinstance(parties, list):
        roles = [p.get("role") if isinstance(p, dict) else None for p in parties]
        for i, role in enumerate(roles):
            if f"/parties/{i}/role" not in wrong and role is not None and role not in service.roles:
                yield problem(f"/parties/{i}/role", "role_not_allowed", wanted=", ".join(service.roles))
        if parties and "applicant" not in roles:
            yield problem("/parties", "no_applicant")
    if "/form" not in wrong:
        yield from problems_of(_form(service), envelope["form"], "/form", _MOST_PROBLEMS)


def _authority_problems(envelope: Mapping[str, Any], taken_at: datetime) -> Iterator[Problem]:
    # The day is meant where the person stood, and that is the offset of taken_at.
    for i, party in enumerate(envelope["parties"]):
        until = (party.get("authority") or {}).get("valid_until")
        if until is not None and date.fromisoformat(until) < taken_at.date():
            yield problem(f"/parties/{i}/authority/valid_until", "authority_expired")


_forms: dict[str, jsonschema_rs.Draft202012Validator] = {}
_MOST_FORMS: Final = 1024


def _form(service: Service) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of the service's form, compiled once for each digest."""
    found = _forms.get(service.digest) if service.digest else None
    if found is None:
        found = form_validator(service.form)
        if service.digest:
            if len(_forms) >= _MOST_FORMS:
                _forms.clear()
            _forms[service.digest] = found
    return found
