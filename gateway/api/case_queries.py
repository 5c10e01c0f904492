"""What lists, counts and streams of cases are narrowed to, as queries and as a body."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from gateway.api.auth import Caller
from gateway.api.bodies import Instant, QueryModel, Short, StrictModel
from gateway.api.errors import Forbidden
from gateway.application.feed import Wanted
from gateway.application.identifiers import PATTERN, BlindIndex
from gateway.application.overview import Group
from gateway.application.reads import CaseFilter, Sort
from gateway.domain.clock_state import ClockState
from gateway.domain.errors import BadInput, Problem
from gateway.domain.incident import IncidentKind
from gateway.domain.number import beginning

Status = Literal["", "received", "in_progress", "awaiting_applicant", "decided", "closed", "withdrawn"]
Outcome = Literal["", "granted", "partly_granted", "refused", "returned", "tacitly_granted", "tacitly_refused", "lapsed"]
_SORTS: Final = tuple(sort.value for sort in Sort)


def _one_of(*allowed: str) -> Any:
    """One of these words, or empty."""
    words = ("", *allowed)

    def check(value: str) -> str:
        if value not in words:
            raise PydanticCustomError("enum", "one of {expected}", {"expected": ", ".join(allowed)})
        return value

    return Annotated[str, AfterValidator(check), Field(json_schema_extra={"enum": list(words)})]


def _groups(value: str) -> str:
    if unknown := [word for word in value.split(",") if word not in {group.value for group in Group}]:
        raise PydanticCustomError("enum", "{unknown}", {"expected": ", ".join(Group), "unknown": unknown[0]})
    return value


class StreamQuery(QueryModel):
    """Which events of which cases are streamed. The case is taken as it stands when its event is sent."""

    service: Short = ""
    office: Short = ""
    status: Status = ""
    outcome: Outcome = ""
    agency: Short = Field(default="", description="Cases that have a request with this agency.")
    channel: Short = ""
    reference: Short = ""
    client: Short = Field(default="", description="Whose cases; for operators.")
    needs_attention: bool | None = None
    type: str = Field(default="", max_length=100, description="A type of events (`case.decided`), or its first part (`case`).")
    after: str | None = Field(default=None, max_length=400, description="A cursor; empty: from the beginning; none: from now on.")


class CaseStreamQuery(QueryModel):
    """Where to go on in the events of one case."""

    after: int = Field(default=0, ge=0, le=2**31 - 1, description="The sequence number of the last event known.")


class CaseNarrowing(QueryModel):
    """What cases are narrowed to."""

    number: Short = Field(default="", description="A number, or at least its first three letters and digits.")
    service: Short = ""
    office: Short = ""
    status: Status = ""
    outcome: Outcome = ""
    agency: Short = Field(default="", description="Cases that have a request with this agency.")
    channel: Short = ""
    reference: Short = ""
    client: Short = Field(default="", description="Whose cases; for operators.")
    needs_attention: bool | None = None
    due_before: Instant | None = Field(default=None, description="Undecided, and due earlier than that.")
    clock_status: _one_of(*ClockState) = Field(default="", description="Where the statutory clock stands.")  # type: ignore[valid-type]  # made of the words above
    incident: _one_of(*IncidentKind) = Field(default="", description="The kind of an open incident of the case.")  # type: ignore[valid-type]  # as above
    retrying: bool | None = Field(default=None, description="A request that went out before waits to go out again.")


class CaseQuery(CaseNarrowing):
    """A page of cases."""

    sort: _one_of(*_SORTS) = Field(  # type: ignore[valid-type]  # as above
        default="", description="received: newest first. due: least time remaining first, undecided cases with a due date only."
    )
    after: str = Field(default="", max_length=400, description="The cursor of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class CountQuery(CaseNarrowing):
    """By what cases are counted."""

    by: Annotated[str, AfterValidator(_groups)] = Field(
        default="status", max_length=100, description="One or more of status, service, agency, office, outcome, joined by commas."
    )

    @property
    def groups(self) -> list[Group]:
        """The groups, in the order asked for."""
        return [Group(word) for word in dict.fromkeys(self.by.split(","))]


class IdentifierBody(StrictModel):
    """Whose cases: an identifier as it stands in an application, of what, and in which role."""

    value: str = Field(pattern=PATTERN)
    kind: Literal["person", "organisation"] = "person"
    role: Literal["applicant", "subject", "representative", "any"] = "applicant"


class CaseSearchBody(CaseQuery):
    """The same as a query of the list, and the identifier, which stands in no address and no log."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    identifier: IdentifierBody | None = None


def filter_of(wanted: CaseNarrowing, caller: Caller, blind: BlindIndex) -> CaseFilter:
    """Return the filter as this caller may have it. Raises ``BadInput`` and ``Forbidden``."""
    identifier = wanted.identifier if isinstance(wanted, CaseSearchBody) else None
    return CaseFilter(
        client=_client(wanted.client, caller),
        service=wanted.service,
        office=wanted.office,
        status=wanted.status,
        outcome=wanted.outcome,
        agency=wanted.agency,
        channel=wanted.channel,
        reference=wanted.reference,
        needs_attention=wanted.needs_attention,
        due_before=wanted.due_before,
        number=_number(wanted.number),
        clock_status=wanted.clock_status,
        incident=wanted.incident,
        retrying=wanted.retrying,
        identified_by=(blind.hash(identifier.kind, identifier.value),) if identifier else (),
        identifier_role=identifier.role if identifier and identifier.role != "any" else "",
    )


def stream_of(wanted: StreamQuery, caller: Caller) -> Wanted:
    """Return what is streamed to this caller. Raises ``Forbidden``."""
    return Wanted(
        client=_client(wanted.client, caller),
        service=wanted.service,
        office=wanted.office,
        channel=wanted.channel,
        reference=wanted.reference,
        status=wanted.status,
        outcome=wanted.outcome,
        agency=wanted.agency,
        type=wanted.type.removeprefix("uz.darcha.").removesuffix(".v1"),
        needs_attention=wanted.needs_attention,
    )


def _client(wanted: str, caller: Caller) -> str:
    if caller.sees and wanted not in ("", caller.sees):
        raise Forbidden("forbidden", "this key sees the cases of its own client only; leave 'client' out")
    return caller.sees or wanted


def _number(text: str) -> str:
    if not text:
        return ""
    try:
        return beginning(text)
    except ValueError as error:
        raise BadInput([Problem("/number", "case_number", str(error))]) from None
