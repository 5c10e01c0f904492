"""Repairs of a case and its requests that need a look first: a message by the current mapping with its trial, a late reply,
a decision by hand, and reopening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway.application.acts import Act as Deed
from gateway.application.deployment import PinNotLoaded
from gateway.application.redo import Redo, Trial
from gateway.console.act import Act, Values, this_one
from gateway.console.act_fields import BRANCH, REASON, SINCE, About, Field, Seen
from gateway.console.formatting import when
from gateway.console.words import in_language, word
from gateway.domain import decisions, late_replies
from gateway.domain.case import CaseOutcome, CaseStatus, Decision, DecisionKind
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import CatalogueError
from gateway.domain.events import Event
from gateway.domain.incident import IncidentKind
from gateway.domain.outcomes import name_of
from gateway.domain.request import FINISHED, Request
from gateway.domain.rules import Rules
from gateway.domain.service import Service
from gateway.domain.transitions import may

_VERDICTS: Final = ("apply", "dismiss")


async def _service(about: About) -> Service | None:
    """The service as the case pins it; ``None`` when the database has lost it."""
    parts, pin = about.visit.parts, about.file.case.pin
    try:
        return parts.deployment.rules(pin).service
    except PinNotLoaded:
        try:
            await parts.deployment.load(parts.store, pin)
        except CatalogueError:
            return None
        return parts.deployment.rules(pin).service


# a message by the current mapping


async def _try(about: About) -> Seen:
    """Make the message by the current mapping, on a file that nobody saves, and tell what came of it."""
    visit, request = about.visit, about.request
    redo = Redo(visit.parts.deployment)
    if request is None:
        return Seen(found=redo)
    trial = Trial(visit.parts.deployment, visit.parts.store)

    def change(file: CaseFile, *, no_effect: bool) -> None:
        made = redo.supersede(file, request.id, "trial", visit.actor, current=True, no_effect=no_effect)
        redo.try_out(file, made)

    lines = []
    code, text = await trial.against(about.file, lambda file: change(file, no_effect=False))
    if code == "effect_possible":
        lines.append((visit.text("repair.effect_possible"), "warn"))
        code, text = await trial.against(about.file, lambda file: change(file, no_effect=True))
    if not code:
        lines.insert(0, (visit.text("repair.trial_good"), "good"))
        current, pinned = visit.parts.deployment.catalogue.services.get(about.file.case.service), await _service(about)
        if current is not None and pinned is not None and current.digest == (request.pin or about.file.case.pin):
            lines.append((visit.text("repair.same_mapping", version=current.version), "warn"))
        elif current is not None and pinned is not None:
            told = visit.text("repair.other_mapping", old=pinned.version, new=current.version)
            lines.append((told, ""))
    else:
        lines.insert(0, (visit.text("repair.trial_bad", reason=text), "bad"))
    return Seen(lines, redo)


def _supersede(values: Values, by: str, request: Request | None) -> Deed:
    redo: Redo = values["seen"]

    def deed(file: CaseFile, _rules: Rules) -> None:
        this = this_one(file, request)
        redo.supersede(file, this.id, values["reason"], by, current=True, no_effect=values["no_effect"])

    return deed


# a late reply


async def _late(about: About) -> Seen:
    """Find the replies to the request that wait for a verdict, and tell them."""
    visit, request = about.visit, about.request
    events: list[Event] = []
    while page := await visit.parts.reads.events_of(about.file.case.id, events[-1].seq if events else 0):
        events += page
    found = late_replies.waiting(events, request.id) if request is not None else []
    zone = visit.zone_of(about.file.case.office)
    lines = [
        (
            visit.text(
                "repair.late_says",
                at=when(late.at, visit.language, zone),
                said=word("said", name_of(late.outcome), visit.language),
                number=late.sequence,
            )
            + _why(late.outcome),
            "warn",
        )
        for late in found
    ]
    return Seen(lines or [(visit.text("repair.nothing_late"), "")], found)


def _why(outcome: Any) -> str:
    told = getattr(outcome, "reason", "") or getattr(outcome, "what", "")
    return f" «{told}»" if told else ""


def _judge(values: Values, by: str, request: Request | None) -> Deed:
    sequence = int(values["late"]) if values["late"] else None
    late = late_replies.choose(values["seen"], sequence)

    def deed(file: CaseFile, rules: Rules) -> None:
        this, reason = this_one(file, request), values["reason"]
        if values["verdict"] == "apply":
            late_replies.apply_late(file, this, late, reason, by, rules)
        else:
            late_replies.dismiss_late(file, this, late, reason, by)

    return deed


def _contradicted(file: CaseFile, request: Request | None) -> bool:
    return request is not None and f"{IncidentKind.CONTRADICTION}:{request.id}" in file.open_incidents


# decisions


def _decision(values: Values, file: CaseFile, outcome: CaseOutcome) -> Decision:
    appeal = {"text": values["appeal"]} if values.get("appeal") else {}
    return Decision(
        outcome=outcome,
        authority=values["authority"],
        date_given=values["date_given"],
        date_recorded=file.now,
        ground=values["ground"],
        legal_basis=values["legal_basis"],
        appeal=appeal,
        kind=DecisionKind(values["kind"]),
    )


def _decide(values: Values, by: str, _request: Request | None) -> Deed:
    def deed(file: CaseFile, rules: Rules) -> None:
        decision = _decision(values, file, CaseOutcome(values["outcome"]))
        decisions.give(file, rules, decision, values["reason"], by)

    return deed


def _reopen(values: Values, by: str, _request: Request | None) -> Deed:
    def deed(file: CaseFile, rules: Rules) -> None:
        outcome = file.case.outcome or CaseOutcome.LAPSED  # the rule says which it takes away, or refuses
        decisions.reopen(file, rules, _decision(values, file, outcome), values["steps"], values["reason"], by)

    return deed


async def _steps(about: About) -> Seen:
    return Seen(found=await _service(about))


# the fields


def _checked(field: Field, form: Mapping[str, str], _about: About) -> bool:
    return bool(form.get(field.name))


def _checks(field: Field, form: Mapping[str, str], about: About) -> list[str]:
    return [value for value, _ in field.choices(about) if form.get(f"{field.name}_{value}")] if field.choices is not None else []


def _late_choices(about: About) -> Sequence[tuple[str, str]]:
    language = about.visit.language
    return [
        (str(late.sequence), f"{late.sequence} · {word('said', name_of(late.outcome), language)}")
        for late in about.seen.found or ()
    ]


def _one_late(field: Field, form: Mapping[str, str], about: About) -> str:
    known = {value for value, _ in _late_choices(about)}
    value = form.get(field.name, "")
    return value if value in known else ""


def _verdicts(about: About) -> Sequence[tuple[str, str]]:
    return [(name, about.visit.text(f"repair.verdict.{name}")) for name in _VERDICTS]


def _outcomes(about: About) -> Sequence[tuple[str, str]]:
    return [(str(outcome), word("outcome", outcome, about.visit.language)) for outcome in decisions.BY_HAND]


def _kinds(about: About) -> Sequence[tuple[str, str]]:
    file = about.file
    kinds: Sequence[DecisionKind] = decisions.FURTHER
    if file.decision is None:
        kinds = (DecisionKind.DECISION, *(decisions.FURTHER if file.decisions else ()))
    return [(str(kind), word("decision_kind", kind, about.visit.language)) for kind in kinds]


def _reopening(about: About) -> Sequence[tuple[str, str]]:
    return [(str(kind), word("decision_kind", kind, about.visit.language)) for kind in decisions.REOPENING]


def _finished_steps(about: About) -> Sequence[tuple[str, str]]:
    """The steps that can be done anew: those that are over."""
    service: Service | None = about.seen.found
    if service is None:
        return []
    over = {request.step for request in about.file.live_requests() if request.status in FINISHED}
    return [(s.id, in_language(s.title, about.visit.language, s.id)) for s in service.steps if s.id in over]


_TEXT: Final = replace(REASON, hint="", kind="text")
_AREA: Final = replace(REASON, hint="")
_CHOICE: Final = BRANCH
NO_EFFECT: Final = Field("no_effect", "field.no_effect", "check", _checked, "field.no_effect_hint", required=False)
LATE: Final = Field("late", "field.late", "choice", _one_late, "field.late_hint", required=False, choices=_late_choices)
VERDICT: Final = replace(_CHOICE, name="verdict", label="field.verdict", choices=_verdicts)
OUTCOME: Final = replace(_CHOICE, name="outcome", label="cases.outcome", choices=_outcomes)
KIND: Final = replace(_CHOICE, name="kind", label="field.decision_kind", choices=_kinds)
REOPENING: Final = replace(_CHOICE, name="kind", label="field.decision_kind", choices=_reopening)
AUTHORITY: Final = replace(_TEXT, name="authority", label="field.authority", hint="field.authority_hint")
GROUND: Final = replace(_AREA, name="ground", label="field.decision_ground")
LEGAL_BASIS: Final = replace(_TEXT, name="legal_basis", label="field.legal_basis")
DATE_GIVEN: Final = replace(SINCE, name="date_given", label="field.date_given")
APPEAL: Final = replace(_AREA, name="appeal", label="field.appeal", hint="field.appeal_hint", required=False)
STEPS: Final = Field("steps", "field.steps", "checks", _checks, "field.steps_hint", required=False, choices=_finished_steps)

REPAIRS: Final[tuple[Act, ...]] = (
    Act(
        "supersede",
        (NO_EFFECT, REASON),
        lambda _v, _f, r: r is not None and may("supersede", r.status),
        _supersede,
        on_request=True,
        look=_try,
    ),
    Act("late_reply", (LATE, VERDICT, REASON), lambda _v, f, r: _contradicted(f, r), _judge, True, grave=True, look=_late),
    Act(
        "decide",
        (OUTCOME, KIND, AUTHORITY, GROUND, LEGAL_BASIS, DATE_GIVEN, APPEAL, REASON),
        lambda _v, f, _r: f.case.status is not CaseStatus.WITHDRAWN and not f.case.withdrawing,
        _decide,
        grave=True,
    ),
    Act(
        "reopen",
        (REOPENING, AUTHORITY, GROUND, LEGAL_BASIS, DATE_GIVEN, STEPS, REASON),
        lambda _v, f, _r: f.case.status in (CaseStatus.DECIDED, CaseStatus.CLOSED) and f.decision is not None,
        _reopen,
        grave=True,
        look=_steps,
    ),
)
