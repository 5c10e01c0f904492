"""What the calls of a front office return, as the JSON is: ids and times are texts (times RFC 3339 with offset).

They tell a type checker what there is; at run time they are plain dictionaries. A newer gateway may say more.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

CaseStatus = Literal["received", "in_progress", "awaiting_applicant", "decided", "closed", "withdrawn"]
WebhookState = Literal["active", "paused", "disabled"]
DeliveryState = Literal["pending", "claimed", "delivered", "exhausted", "skipped"]


class HolderBrief(TypedDict):
    """Who holds a case, and for what."""

    holder: str
    what: str


class Holder(HolderBrief):
    """Who holds a case, for what, since when and until when."""

    since: str
    until: str | None


class Submitted(TypedDict):
    """An application that is stored and will not be lost."""

    id: str
    number: str
    access_code: str
    status: CaseStatus
    received_at: str
    due_at: str | None
    due_provisional: bool
    waiting_on: list[HolderBrief]


class Asked(TypedDict):
    """What the applicant has to add or decide, and by when."""

    step: str
    what: str
    until: str | None


class Step(TypedDict):
    """Where a step of a case stands."""

    step: str
    title: dict[str, str]
    request: str
    agency: str
    status: str
    reason: str
    until: str | None
    progress: dict[str, Any] | None


class Fact(TypedDict):
    """A confirmed fact."""

    kind: str
    at: str
    recorded_at: str
    by: str
    data: dict[str, Any]


class Decision(TypedDict):
    """A decision. The list of them is never overwritten."""

    outcome: str
    authority: str
    date_given: str
    date_recorded: str
    ground: str
    legal_basis: str
    documents: list[dict[str, Any]]
    appeal: dict[str, Any]


class Case(TypedDict):
    """A case with its steps, facts and decisions."""

    id: str
    number: str
    service: str
    service_version: str
    office: str
    channel: str
    reference: str
    language: str
    territory: str
    status: CaseStatus
    outcome: str | None
    version: int
    needs_attention: bool
    waiting_on: list[Holder]
    due_at: str | None
    due_provisional: bool
    withdrawing: bool
    taken_at: str
    received_at: str
    decided_at: str | None
    closed_at: str | None
    steps: list[Step]
    asked: list[Asked]
    facts: list[Fact]
    decisions: list[Decision]
    documents: list[dict[str, Any]]
    application: NotRequired[dict[str, Any]]
    dry_run: NotRequired[bool]


class CloudEvent(TypedDict):
    """An event of a case as CloudEvents 1.0, as a webhook brings it. ``sequence`` counts the case's events from 1."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]
    sequence: NotRequired[str]
    actor: NotRequired[str]
    hash: NotRequired[str]


class WebhookFilter(TypedDict, total=False):
    """Of which cases; an empty name is any."""

    service: str
    office: str


class WebhookSecret(TypedDict):
    """A secret by its number. It signs until ``retires_at``."""

    generation: int
    created_at: str
    retires_at: str | None


class Webhook(TypedDict):
    """A webhook: where events go, which, and how it fares."""

    id: str
    client: str
    url: str
    events: list[str]
    filter: WebhookFilter
    description: str
    state: WebhookState
    reason: str
    created_at: str
    updated_at: str
    version: int
    secrets: list[WebhookSecret]
    failures: int
    rests_until: str | None


class WebhookWithSecret(Webhook):
    """A webhook and its newest secret, which is shown this once."""

    secret: str


class WebhookTest(TypedDict):
    """What a receiver said to a test. ``status`` 0: no answer; ``error`` is empty when it took the message."""

    message: str
    status: int
    error: str
    secs: float


class WebhookDelivery(TypedDict):
    """One event on its way to one webhook; ``message`` is its webhook-id."""

    id: str
    message: str
    case: str
    seq: int
    type: str
    state: DeliveryState
    attempts: int
    next_at: str | None
    status: int
    error: str
    created_at: str
    tried_at: str | None
    settled_at: str | None
