"""The shapes of what comes in: small bodies and queries."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from gateway.api.bodies import Instant, QueryModel, Reason, Short, StrictModel

Language = Literal["uz", "ru", "ky", "en"]
Digest = Field(pattern=r"^[0-9a-f]{64}$")


class DocumentLink(StrictModel):
    """A document that was sent before, by its SHA-256."""

    digest: str = Digest
    name: Short = ""
    media_type: Short = ""
    kind: Short = ""


class FactBody(StrictModel):
    """What the front office confirms."""

    kind: Literal["payment", "completeness", "registration", "original_seen", "result_ready", "result_collected"]
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


class SuspendBody(StrictModel):
    """Which clock stands still, on which ground of its rule, and since when."""

    clock: Short = Field(default="statutory", description="Its id, its kind (statutory, norm, …), or 'step <id>'.")
    ground: str = Field(min_length=1, max_length=200)
    since: Instant = Field(alias="from", description="When the ground began, with offset.")
    reason: Reason


class ResumeBody(StrictModel):
    """Which clock runs on, and since when. ``ground`` may be left out while one alone holds it."""

    clock: Short = Field(default="statutory", description="Its id, its kind (statutory, norm, …), or 'step <id>'.")
    ground: Short = ""
    since: Instant = Field(alias="from", description="When the ground was over, with offset.")
    reason: Reason


class ExtendBody(StrictModel):
    """Which clock runs longer. ``length`` is in the unit of the rule, its most unless given."""

    clock: Short = Field(default="statutory", description="Its id, its kind (statutory, norm, …), or 'step <id>'.")
    length: int | None = Field(default=None, ge=1, le=10_000)
    notice: Instant = Field(description="When the applicant was notified, with offset; it has to be before the end.")
    reason: Reason


class CertificateBody(StrictModel):
    """In which language the certificate is issued."""

    language: Language


class ResolveBody(StrictModel):
    """What became of a request, as a person found out: an outcome object of the closed set."""

    outcome: dict[str, Any]
    reason: Reason


class SupersedeBody(StrictModel):
    """To which branch of the same agency, by which mapping, or both.

    ``no_effect``: whoever writes the reason has asked the agency, and the message that was sent has had no effect.
    """

    branch: Short = ""
    mapping: Literal["", "current"] = Field(default="", description="current: the catalogue's, in place of the pinned one.")
    no_effect: bool = False
    reason: Reason


class LateReplyBody(StrictModel):
    """What becomes of a reply that contradicts the request. ``sequence`` names its event, where several wait."""

    verdict: Literal["apply", "dismiss"]
    sequence: int | None = Field(default=None, ge=1, le=2**31 - 1)
    reason: Reason


class DeskAnswerBody(StrictModel):
    """A clerk's answer: an outcome object (completed, refused, accepted, progress, needs_applicant, redirected)."""

    outcome: dict[str, Any]
    note: str = Field(default="", max_length=2000)


class PageQuery(QueryModel):
    """A page of a list."""

    after: str = Field(default="", max_length=400, description="The cursor of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class IncidentQuery(PageQuery):
    """What a list of incidents is narrowed to."""

    state: Literal["open", "closed", ""] = "open"
    kind: Short = ""
    agency: Short = ""
    case: UUID | None = None
    group: Short = ""


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


class CertificateQuery(QueryModel):
    """Which of the certificates of a case."""

    language: Language


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
