"""Alerts: what people were told, that somebody has taken it on, and when nobody is to be told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer, page_answer
from gateway.api.auth import Operator
from gateway.api.bodies import Instant, Reason, Short, StrictModel, StrictRoute
from gateway.api.docs import known
from gateway.api.door import Door, DoorDep
from gateway.api.models import PageQuery
from gateway.api.shapes import Out
from gateway.application.alerts import NoticeRow, SilenceRow
from gateway.domain.alerting import Alert, Silence, acknowledge
from gateway.domain.errors import BadInput, Conflict, NotFound, Problem
from gateway.domain.incident import IncidentKind

router = APIRouter(tags=["alerts"], route_class=StrictRoute)

#: A silence that lasts longer is a channel that is switched off.
_LONGEST: Final = timedelta(days=31)
_ALERT: Final = (
    *("id", "key", "kind", "agency", "lane", "service", "step", "level", "count", "cases", "opened_at", "last_at", "is_over"),
    *("over_at", "told_at", "told_to", "rung", "acknowledged_at", "acknowledged_by", "note", "next_at"),
)
_NOTICE: Final = ("id", "target", "what", "state", "attempts", "next_at", "error", "created_at", "settled_at")
_SILENCE: Final = ("id", "agency", "kind", "service", "starts_at", "ends_at", "by", "reason")

#: Who: a person's name, not a key's.
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class AlertOut(Out):
    """An alert: incidents of one cause, told as one thing. ``rung`` is how many rungs of its ladder were told so far."""

    id: UUID
    key: str
    kind: str
    agency: str
    lane: str
    service: str
    step: str
    level: str
    count: int
    cases: list[str]
    opened_at: datetime
    last_at: datetime
    is_over: bool
    over_at: datetime | None
    told_at: datetime | None
    told_to: list[str]
    rung: int
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str
    silence: UUID | None
    next_at: datetime | None


class NoticeOut(Out):
    """One message about an alert to one address, which is named by its receiver and place."""

    id: UUID
    target: str
    what: str
    state: str
    attempts: int
    next_at: datetime | None
    error: str
    created_at: datetime
    settled_at: datetime | None


class AlertWithNotices(AlertOut):
    """An alert and every message about it."""

    notices: list[NoticeOut]


class AlertPage(Out):
    """A page of alerts."""

    items: list[AlertOut]
    after: str


class SilenceOut(Out):
    """A window in which alerts are held back; its summary is sent when it has ended."""

    id: UUID
    agency: str
    kind: str
    service: str
    starts_at: datetime
    ends_at: datetime
    by: str
    reason: str
    created_at: datetime
    ended_by: str
    summarised_at: datetime | None


class SilencePage(Out):
    """A page of silences."""

    items: list[SilenceOut]
    after: str


class AlertQuery(PageQuery):
    """What a list of alerts is narrowed to."""

    state: Literal["open", "over", ""] = "open"
    kind: Short = ""
    agency: Short = ""


class AcknowledgeBody(StrictModel):
    """Who takes it on."""

    by: Name
    note: str = Field(default="", max_length=2000)


class SilenceBody(StrictModel):
    """Which alerts, from when (now, if left out) until when, who says so and why. An empty field fits any alert."""

    ends_at: Instant
    by: Name
    reason: Reason
    starts_at: Instant | None = None
    agency: Short = ""
    kind: Short = ""
    service: Short = ""


class EndBody(StrictModel):
    """Who ends it."""

    by: Name


@router.get("/v1/alerts", operation_id="listAlerts", responses={200: {"model": AlertPage}, **known()})
async def list_alerts(
    request: Request,
    caller: Operator,  # noqa: ARG001 - the scope is what counts
    door: DoorDep,
    wanted: Annotated[AlertQuery, Query()],
) -> Response:
    """List alerts, the open ones unless asked otherwise."""
    page = await door.parts.alerts.alerts(
        state=wanted.state, kind=wanted.kind, agency=wanted.agency, after=wanted.after, limit=wanted.limit
    )
    return page_answer(request, [_alert_view(alert) for alert in page.items], page.after)


@router.get("/v1/alerts/{alert}", operation_id="getAlert", responses={200: {"model": AlertWithNotices}, **known(404)})
async def get_alert(alert: UUID, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Return one alert with every message about it, and what became of each."""
    found = await door.parts.alerts.alert(alert)
    if found is None:
        raise NotFound("not_found", f"there is no alert {alert}")
    notices = await door.parts.alerts.notices(alert)
    return json_answer(_alert_view(found) | {"notices": [_notice_view(notice) for notice in notices]})


@router.post(
    "/v1/alerts/{alert}/acknowledge",
    operation_id="acknowledgeAlert",
    responses={200: {"model": AlertOut}, **known(400, 404, 409, 413, 415)},
)
async def acknowledge_alert(alert: UUID, body: AcknowledgeBody, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Take an alert on: it is neither repeated nor escalated any more. That it is over is still told."""

    def change(found: Alert, now: datetime) -> None:
        if found.is_over:
            raise Conflict("alert_over", f"the alert {alert} is over; there is nothing to take on")
        if found.acknowledged_at is not None:
            raise Conflict("acknowledged", f"{found.acknowledged_by} has taken it on, at {found.acknowledged_at.isoformat()}")
        acknowledge(found, body.by, body.note, now)

    return json_answer(_alert_view(await door.parts.alerts.change_alert(alert, change)))


@router.get("/v1/silences", operation_id="listSilences", responses={200: {"model": SilencePage}, **known()})
async def list_silences(
    request: Request,
    caller: Operator,  # noqa: ARG001 - as above
    door: DoorDep,
    wanted: Annotated[PageQuery, Query()],
) -> Response:
    """List silences, newest first; those that have ended stay for the record."""
    page = await door.parts.alerts.silences(wanted.after, wanted.limit)
    return page_answer(request, [_silence_view(silence) for silence in page.items], page.after)


@router.post(
    "/v1/silences", status_code=201, operation_id="addSilence", responses={201: {"model": SilenceOut}, **known(400, 413, 415)}
)
async def add_silence(body: SilenceBody, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Hold alerts back for a time. What was held back is told in one summary when it ends."""
    now = await door.parts.store.now()
    starts_at = body.starts_at or now
    _check(door, body, starts_at, now)
    silence = Silence(door.parts.mint.uuid(), starts_at, body.ends_at, body.by, body.reason, body.agency, body.kind, body.service)
    return json_answer(_silence_view(await door.parts.alerts.add_silence(silence)), 201)


@router.post(
    "/v1/silences/{silence}/end",
    operation_id="endSilence",
    responses={200: {"model": SilenceOut}, **known(400, 404, 409, 413, 415)},
)
async def end_silence(silence: UUID, body: EndBody, caller: Operator, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """End a silence now; its summary follows."""
    return json_answer(_silence_view(await door.parts.alerts.end_silence(silence, body.by)))


def _check(door: Door, body: SilenceBody, starts_at: datetime, now: datetime) -> None:
    catalogue = door.parts.deployment.catalogue
    problems: list[Problem] = []
    if body.ends_at <= max(starts_at, now):
        problems.append(Problem("/ends_at", "silence_order", "a silence ends after it begins, and in the future"))
    elif body.ends_at - starts_at > _LONGEST:
        days = str(_LONGEST.days)
        problems.append(Problem("/ends_at", "silence_long", f"a silence lasts {days} days at most", {"days": days}))
    names: tuple[tuple[str, str, Collection[str]], ...] = (
        ("agency", body.agency, catalogue.agencies),
        ("service", body.service, catalogue.services),
        ("kind", body.kind, [str(kind) for kind in IncidentKind]),
    )
    for field, name, there in names:
        if name and name not in there:
            problems.append(Problem(f"/{field}", "no_such_name", f"there is no {field} {name!r}"))
    if problems:
        raise BadInput(problems)


def _alert_view(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in _ALERT} | {"silence": alert.silence_id}


def _notice_view(notice: NoticeRow) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in _NOTICE}


def _silence_view(row: SilenceRow) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in ("created_at", "ended_by", "summarised_at")}
    return {name: getattr(row.silence, name) for name in _SILENCE} | own
