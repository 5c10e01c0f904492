"""The shapes of what goes out. They document, and tests hold answers against them; ``views`` makes the values."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Out(BaseModel):
    """What goes out has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class HolderBrief(Out):
    """Who holds a new case, and for what."""

    holder: str
    what: str


class HolderOut(HolderBrief):
    """Who holds the case, for what, since when and until when."""

    since: datetime
    until: datetime | None


class SubmittedOut(Out):
    """An application that is stored."""

    id: UUID
    number: str
    access_code: str
    status: str
    received_at: datetime
    due_at: datetime | None
    due_provisional: bool
    waiting_on: list[HolderBrief]


class DecisionOut(Out):
    """A decision. The list of them is never overwritten."""

    outcome: str
    authority: str
    date_given: datetime
    date_recorded: datetime
    ground: str
    legal_basis: str
    documents: list[dict[str, Any]]
    appeal: dict[str, Any]
    kind: str


class StepOut(Out):
    """Where a step of the case stands now."""

    step: str
    title: dict[str, str]
    request: UUID
    agency: str
    status: str
    reason: str
    until: datetime | None
    progress: dict[str, Any] | None


class FactOut(Out):
    """A confirmed fact."""

    kind: str
    at: datetime
    recorded_at: datetime
    by: str
    data: dict[str, Any]


class CertificateOut(Out):
    """A certificate of a tacit decision. ``check_value`` is the hash of the case's event ``sequence``; both stand on it."""

    case: UUID
    number: str
    language: str
    digest: str
    media_type: str
    issued_at: datetime
    issued_by: str
    check_value: str
    sequence: int


class AskedOut(Out):
    """What the applicant has to add or decide, and by when."""

    step: str
    what: str
    until: datetime | None


class CaseBrief(Out):
    """A case in a list."""

    id: UUID
    number: str
    service: str
    service_version: str
    office: str
    channel: str
    reference: str
    language: str
    territory: str
    status: str
    outcome: str | None
    version: int
    needs_attention: bool
    waiting_on: list[HolderOut]
    due_at: datetime | None
    due_provisional: bool
    withdrawing: bool
    taken_at: datetime
    received_at: datetime
    decided_at: datetime | None
    closed_at: datetime | None


class CaseOut(CaseBrief):
    """A case with its steps, facts and decisions."""

    steps: list[StepOut]
    asked: list[AskedOut]
    facts: list[FactOut]
    decisions: list[DecisionOut]
    documents: list[dict[str, Any]]
    application: dict[str, Any] | None = None
    dry_run: bool | None = None


class CasePage(Out):
    """A page of cases."""

    items: list[CaseBrief]
    after: str


class EventOut(Out):
    """An event as CloudEvents 1.0."""

    specversion: Literal["1.0"]
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"]
    sequence: int
    actor: str
    previous: str
    hash: str
    salt: str
    data: dict[str, Any]


class EventPage(Out):
    """A page of events, in order."""

    items: list[EventOut]
    after: str


class AttemptOut(Out):
    """One try to deliver a request, or to look it up."""

    number: int
    work: str
    outcome: str
    detail: dict[str, Any]
    released_at: datetime | None
    finished_at: datetime


class RequestOut(Out):
    """One message of one step to one agency."""

    id: UUID
    step: str
    agency: str
    branch: str
    lane: str
    operation: str
    message_id: UUID
    status: str
    reference: str
    reason: str
    until: datetime | None
    created_at: datetime
    ready_at: datetime | None
    released_at: datetime | None
    sent_at: datetime | None
    finished_at: datetime | None
    next_at: datetime | None
    due_at: datetime | None
    attempts: int
    lookups: int
    supersedes: UUID | None
    outcome: dict[str, Any] | None
    data: dict[str, Any]
    pin: str
    history: list[AttemptOut]


class RequestList(Out):
    """The requests of a case."""

    items: list[RequestOut]


class DisclosureOut(Out):
    """What was given to whom."""

    request: UUID
    agency: str
    branch: str
    fields: list[str]
    at: datetime


class DisclosureList(Out):
    """The disclosures of a case."""

    items: list[DisclosureOut]


class DocumentOut(Out):
    """A document."""

    id: UUID
    digest: str
    name: str
    media_type: str
    size: int
    kind: str
    origin: str
    created_at: datetime


class ServiceBrief(Out):
    """A service of the register."""

    id: str
    version: str
    title: dict[str, str]
    channels: list[str]
    roles: list[str]


class ServiceList(Out):
    """The services."""

    items: list[ServiceBrief]


class ServiceOut(ServiceBrief):
    """Enough to draw the form: schema, labels, documents, fee; and the term and the steps to be told of.

    ``term`` and ``clocks`` are the rules of applications of today, ``terms`` all rules of the term in order of ``since``.
    """

    standard: dict[str, Any]
    form: dict[str, Any]
    labels: dict[str, Any]
    term: dict[str, Any] | None
    terms: list[dict[str, Any]]
    clocks: dict[str, dict[str, Any]]
    steps: list[dict[str, Any]]


class LaneOut(Out):
    """A lane and what is going on in it."""

    name: str
    paused: bool
    paused_reason: str
    paused_by: str
    paused_at: datetime | None
    rests_until: datetime | None
    failures: int
    ready: int
    in_flight: int
    oldest_ready_at: datetime | None
    concurrency: int
    rate_per_sec: float
    hours: str


class BranchOut(Out):
    """A territorial unit of an agency."""

    code: str
    title: dict[str, str]
    territories: list[str]


class AgencyOut(Out):
    """An agency and its lanes."""

    id: str
    title: dict[str, str]
    adapter: str
    endpoint: str
    people: bool
    operations: list[str]
    callbacks: list[str]
    branches: list[BranchOut]
    lanes: list[LaneOut]


class AgencyList(Out):
    """The agencies."""

    items: list[AgencyOut]


class WayOutOut(Out):
    """What a person can do: a code, the same in the caller's language, and the calls that apply."""

    code: str
    text: str
    actions: list[str]


class IncidentOut(Out):
    """Something that needs a person."""

    id: UUID
    kind: str
    fingerprint: str
    state: str
    opened_at: datetime
    last_at: datetime
    count: int
    detail: dict[str, Any]
    case: UUID | None
    case_number: str
    request: UUID | None
    agency: str
    lane: str
    closed_at: datetime | None
    closed_by: str
    close_reason: str
    group: str
    way_out: WayOutOut


class IncidentPage(Out):
    """A page of incidents."""

    items: list[IncidentOut]
    after: str


class DeskTaskOut(Out):
    """A request that stands in an inbox."""

    request: UUID
    case: UUID
    case_number: str
    agency: str
    branch: str
    operation: str
    status: str
    due_at: datetime | None
    since: datetime
    task: dict[str, Any]


class DeskPage(Out):
    """A page of an inbox."""

    items: list[DeskTaskOut]
    after: str


class StoredOut(Out):
    """Content that was stored."""

    digest: str
    size: int


class HealthOut(Out):
    """Whether the process lives, or what it lacks."""

    status: str
    missing: dict[str, str] = Field(default_factory=dict)
