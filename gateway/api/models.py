"""The shapes of small bodies that come in, and of what goes out. The latter document; views make the bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gateway.api.bodies import Instant, QueryModel, Reason, Short, StrictModel

Digest = Field(pattern=r"^[0-9a-f]{64}$")


class DocumentLink(StrictModel):
    """A document that was sent before, by its SHA-256."""

    digest: str = Digest
    name: Short = ""
    media_type: Short = ""
    kind: Short = ""


class FactBody(StrictModel):
    """What the front office confirms."""

    kind: Literal["payment", "completeness", "original_seen", "result_collected"]
    at: Instant = Field(description="When it happened, with offset.")
    data: dict[str, Any] = Field(default_factory=dict)


class SupplementBody(StrictModel):
    """What the applicant adds. ``step`` may be left out while only one step waits."""

    step: Short = ""
    data: dict[str, Any] = Field(default_factory=dict)
    documents: list[DocumentLink] = Field(default_factory=list, max_length=100)


class ReasonBody(StrictModel):
    """Why."""

    reason: Reason


class ResolveBody(StrictModel):
    """What became of a request, as a person found out: an outcome object of the closed set."""

    outcome: dict[str, Any]
    reason: Reason


class SupersedeBody(StrictModel):
    """To which branch of the same agency."""

    branch: str = Field(min_length=1, max_length=200)
    reason: Reason


class DeskAnswerBody(StrictModel):
    """A clerk's answer: an outcome object (completed, refused, accepted, progress, needs_applicant, redirected)."""

    outcome: dict[str, Any]
    note: str = Field(default="", max_length=2000)


class PageQuery(QueryModel):
    """A page of a list."""

    after: str = Field(default="", max_length=400, description="The cursor of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class CaseQuery(PageQuery):
    """What a list of cases is narrowed to."""

    service: Short = ""
    office: Short = ""
    status: Literal["", "received", "in_progress", "awaiting_applicant", "decided", "closed", "withdrawn"] = ""
    outcome: Literal["", "granted", "partly_granted", "refused", "returned", "tacitly_granted", "tacitly_refused", "lapsed"] = ""
    agency: Short = ""
    channel: Short = ""
    reference: Short = ""
    needs_attention: bool | None = None
    due_before: Instant | None = None


class IncidentQuery(PageQuery):
    """What a list of incidents is narrowed to."""

    state: Literal["open", "closed", ""] = "open"
    kind: Short = ""
    agency: Short = ""
    case: UUID | None = None


class EventQuery(QueryModel):
    """Where to go on in the events of all cases, and how long to wait when there is nothing yet."""

    after: str = Field(default="", max_length=400)
    limit: int = Field(default=200, ge=1, le=1000)
    wait: float = Field(default=0, ge=0, le=60, description="Seconds.")


class CaseEventQuery(QueryModel):
    """Where to go on in the events of one case."""

    after: int = Field(default=0, ge=0, le=2**31 - 1, description="The sequence number of the last event known.")
    limit: int = Field(default=1000, ge=1, le=1000)


class CaseShow(QueryModel):
    """What else to show of a case."""

    include: Literal["", "application"] = ""


class SubmitQuery(QueryModel):
    """``dry_run`` checks everything and keeps nothing."""

    dry_run: bool = False


class ReferenceQuery(QueryModel):
    """The signature of a reference and its end (Unix seconds)."""

    exp: int = Field(ge=0, le=2**53)
    sig: str = Field(pattern=r"^[0-9a-f]{64}$")


class DocumentQuery(QueryModel):
    """What is known of a document that is sent."""

    name: str = Field(default="", max_length=200)
    kind: Short = ""
    origin: Literal["electronic", "scan", "photo"] = "electronic"


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RuleOut(_Out):
    """One broken rule."""

    pointer: str
    code: str
    message: str


class ProblemOut(_Out):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[RuleOut]
    trace: str | None = None


class HolderBrief(_Out):
    """Who holds a new case, and for what."""

    holder: str
    what: str


class HolderOut(HolderBrief):
    """Who holds the case, for what, since when and until when."""

    since: datetime
    until: datetime | None


class SubmittedOut(_Out):
    """An application that is stored."""

    id: UUID
    number: str
    access_code: str
    status: str
    received_at: datetime
    due_at: datetime | None
    due_provisional: bool
    waiting_on: list[HolderBrief]


class DecisionOut(_Out):
    """A decision. The list of them is never overwritten."""

    outcome: str
    authority: str
    date_given: datetime
    date_recorded: datetime
    ground: str
    legal_basis: str
    documents: list[dict[str, Any]]
    appeal: dict[str, Any]


class StepOut(_Out):
    """Where a step of the case stands now."""

    step: str
    title: dict[str, str]
    request: UUID
    agency: str
    status: str
    reason: str
    until: datetime | None
    progress: dict[str, Any] | None


class FactOut(_Out):
    """A confirmed fact."""

    kind: str
    at: datetime
    recorded_at: datetime
    by: str
    data: dict[str, Any]


class AskedOut(_Out):
    """What the applicant has to add or decide, and by when."""

    step: str
    what: str
    until: datetime | None


class CaseBrief(_Out):
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


class CasePage(_Out):
    """A page of cases."""

    items: list[CaseBrief]
    after: str


class EventOut(_Out):
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


class EventPage(_Out):
    """A page of events, in order."""

    items: list[EventOut]
    after: str


class AttemptOut(_Out):
    """One try to deliver a request, or to look it up."""

    number: int
    work: str
    outcome: str
    detail: dict[str, Any]
    released_at: datetime | None
    finished_at: datetime


class RequestOut(_Out):
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
    history: list[AttemptOut]


class RequestList(_Out):
    """The requests of a case."""

    items: list[RequestOut]


class ClockOut(_Out):
    """One running period of a case, and how its date was derived."""

    id: UUID
    kind: str
    step: str
    state: str
    started_at: datetime | None
    due_at: datetime | None
    provisional: bool
    warn_at: datetime | None
    warned_at: datetime | None
    ended_at: datetime | None
    calendar: str
    calendar_version: str
    time_zone: str
    term: dict[str, Any]
    explanation: list[dict[str, Any]]


class ClockList(_Out):
    """The clocks of a case."""

    items: list[ClockOut]


class DisclosureOut(_Out):
    """What was given to whom."""

    request: UUID
    agency: str
    branch: str
    fields: list[str]
    at: datetime


class DisclosureList(_Out):
    """The disclosures of a case."""

    items: list[DisclosureOut]


class DocumentOut(_Out):
    """A document."""

    id: UUID
    digest: str
    name: str
    media_type: str
    size: int
    kind: str
    origin: str
    created_at: datetime


class ServiceBrief(_Out):
    """A service of the register."""

    id: str
    version: str
    title: dict[str, str]
    channels: list[str]
    roles: list[str]


class ServiceList(_Out):
    """The services."""

    items: list[ServiceBrief]


class ServiceOut(ServiceBrief):
    """Enough to draw the form: schema, labels, documents, fee; and the term and the steps to be told of."""

    standard: dict[str, Any]
    form: dict[str, Any]
    labels: dict[str, Any]
    term: dict[str, Any] | None
    steps: list[dict[str, Any]]


class LaneOut(_Out):
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


class BranchOut(_Out):
    """A territorial unit of an agency."""

    code: str
    title: dict[str, str]
    territories: list[str]


class AgencyOut(_Out):
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


class AgencyList(_Out):
    """The agencies."""

    items: list[AgencyOut]


class IncidentOut(_Out):
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


class IncidentPage(_Out):
    """A page of incidents."""

    items: list[IncidentOut]
    after: str


class DeskTaskOut(_Out):
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


class DeskPage(_Out):
    """A page of an inbox."""

    items: list[DeskTaskOut]
    after: str


class StoredOut(_Out):
    """Content that was stored."""

    digest: str
    size: int


class HealthOut(_Out):
    """Whether the process lives, or what it lacks."""

    status: str
    missing: dict[str, str] = Field(default_factory=dict)
