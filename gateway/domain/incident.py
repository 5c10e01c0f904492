"""An incident: something that needs a person. Opened once per cause, closed by recovery or by a person with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


class IncidentKind(StrEnum):
    """The causes. Each has a suggested way out in the console and a text in the alerts."""

    EXHAUSTED = "exhausted"
    IN_DOUBT = "in_doubt"
    INVALID = "invalid"
    RENDER_FAILED = "render_failed"
    CONTRADICTION = "contradiction"
    NO_BRANCH = "no_branch"
    REDIRECT_LOOP = "redirect_loop"
    NO_DECISION = "no_decision"
    NO_REPLY = "no_reply"
    EFFECT_TO_UNDO = "effect_to_undo"
    APPLICANT_DEADLINE = "applicant_deadline"
    CLOCK_WARNING = "clock_warning"
    CLOCK_LEVEL = "clock_level"
    CLOCK_BREACHED = "clock_breached"
    CLOCK_DISPUTED = "clock_disputed"
    TIME_RUNS_OUT = "time_runs_out"
    CLOCK_MOVED_INTO_PAST = "clock_moved_into_past"
    UNMATCHED_CALLBACK = "unmatched_callback"
    DEAD_LETTER = "dead_letter"
    LANE_DOWN = "lane_down"
    LANE_MISCONFIGURED = "lane_misconfigured"
    FOREIGN_WORKER = "foreign_worker"
    RULE_FAILED = "rule_failed"
    TIME_JUMPED = "time_jumped"
    WEBHOOK_DISABLED = "webhook_disabled"
    WEBHOOK_EXHAUSTED = "webhook_exhausted"


@dataclass(frozen=True, slots=True)
class Incident:
    """``fingerprint`` names the cause: while one with it is open, another is counted on it and not opened anew."""

    kind: IncidentKind
    fingerprint: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    case_id: UUID | None = None
    request_id: UUID | None = None
    agency: str = ""
    lane: str = ""


class TimerKind(StrEnum):
    """Why the gateway waits. Each waiting is one row with a time (promise 5)."""

    CLOCK_WARNING = "clock_warning"
    CLOCK_LEVEL = "clock_level"
    CLOCK_EXPIRY = "clock_expiry"
    CLOCK_LAPSE = "clock_lapse"
    ESCALATION = "escalation"
    APPLICANT_DEADLINE = "applicant_deadline"
    NO_REPLY = "no_reply"
    UNMATCHED_CALLBACK = "unmatched_callback"
