"""Webhooks: a front office subscribes to the events of its own cases, looks at every delivery and lets it go again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer, page_answer
from gateway.api.auth import Actor, Scope
from gateway.api.bodies import Instant, Reason, Short, StrictModel, StrictRoute
from gateway.api.docs import known
from gateway.api.door import DoorDep, etag, version_of
from gateway.api.errors import Forbidden
from gateway.api.models import PageQuery
from gateway.api.shapes import Out
from gateway.application.webhooks import MOST_TYPES, Wanted, WithSecret
from gateway.domain.errors import BadInput, Conflict, Problem
from gateway.domain.webhook import OVERLAP, Webhook, WebhookDelivery, message_id

router = APIRouter(tags=["webhooks"], route_class=StrictRoute)

_PLAIN: Final = ("id", "client", "url", "events", "description", "state", "reason", "created_at", "updated_at", "version")
_DELIVERY: Final = (
    *("id", "seq", "type", "state", "attempts", "next_at", "status", "error", "created_at", "tried_at", "settled_at"),
)
IfMatch = Annotated[str | None, Header(alias="If-Match")]
Types = Annotated[list[Short], Field(max_length=MOST_TYPES)]
Url = Annotated[str, Field(max_length=2000)]


class FilterBody(StrictModel):
    """Of which cases; an empty name is any."""

    service: Short = ""
    office: Short = ""


class WebhookBody(StrictModel):
    """Where events go and which. ``client`` is for operators, who subscribe in the name of a front office."""

    url: Url
    events: Types = Field(default=["*"], description="Types such as case.decided, beginnings such as case.*, or *.")
    filter: FilterBody = FilterBody()
    description: Short = ""
    client: Short = ""


class WebhookChangeBody(StrictModel):
    """What is to be otherwise; what is left out stays."""

    url: Url | None = None
    events: Types | None = None
    filter: FilterBody | None = None
    description: Short | None = None


class RotateBody(StrictModel):
    """How long the secret before the new one signs beside it; 0 retires it at once."""

    overlap_secs: int = Field(default=int(OVERLAP.total_seconds()), ge=0, le=7 * 86_400)


class PauseBody(StrictModel):
    """Why."""

    reason: Reason


class RecoverBody(StrictModel):
    """Since when what has failed is sent again."""

    since: Instant


class FilterOut(Out):
    """Of which cases; an empty name is any."""

    service: str
    office: str


class SecretOut(Out):
    """A secret by its number. It signs until ``retires_at``."""

    generation: int
    created_at: datetime
    retires_at: datetime | None


class WebhookOut(Out):
    """A webhook. ``failures`` counts tries in a row that found no receiver in order; until ``rests_until`` nothing is sent."""

    id: UUID
    client: str
    url: str
    events: list[str]
    filter: FilterOut
    description: str
    state: Literal["active", "paused", "disabled"]
    reason: str
    created_at: datetime
    updated_at: datetime
    version: int
    secrets: list[SecretOut]
    failures: int
    rests_until: datetime | None


class WebhookWithSecret(WebhookOut):
    """A webhook and its newest secret, which is shown this once."""

    secret: str


class WebhookPage(Out):
    """A page of webhooks."""

    items: list[WebhookOut]
    after: str


class WebhookTestOut(Out):
    """What the receiver said. ``status`` 0: no answer; ``error`` is empty when it took the message."""

    message: str
    status: int
    error: str
    secs: float


class WebhookDeliveryOut(Out):
    """One event on its way to one webhook; ``message`` is its webhook-id."""

    id: UUID
    message: str
    case: UUID
    seq: int
    type: str
    state: Literal["pending", "claimed", "delivered", "exhausted", "skipped"]
    attempts: int
    next_at: datetime | None
    status: int
    error: str
    created_at: datetime
    tried_at: datetime | None
    settled_at: datetime | None


class WebhookDeliveryPage(Out):
    """A page of deliveries."""

    items: list[WebhookDeliveryOut]
    after: str


class RecoveredOut(Out):
    """How many deliveries go again."""

    count: int


class DeliveryQuery(PageQuery):
    """What a list of deliveries is narrowed to."""

    state: Literal["", "pending", "claimed", "delivered", "exhausted", "skipped"] = ""


@router.post(
    "/v1/webhooks",
    status_code=201,
    operation_id="addWebhook",
    responses={201: {"model": WebhookWithSecret}, **known(400, 409, 413, 415)},
)
async def add_webhook(body: WebhookBody, caller: Actor, door: DoorDep) -> Response:
    """Subscribe to the events of one's own cases: to every one that is committed after this answer. The secret is shown once."""
    if body.client not in {"", caller.name} and not caller.may(Scope.OPERATE):
        raise Forbidden("forbidden", "only an operator subscribes in the name of another client")
    if body.client and body.client not in {client.name for client in await door.parts.reads.clients()}:
        raise BadInput([Problem("/client", "no_such_name", f"no key belongs to {body.client!r}")])
    made = await door.parts.webhooks.add(body.client or caller.name, _wanted(body))
    return _with_secret(made, 201, location=f"/v1/webhooks/{made.webhook.id}")


@router.get("/v1/webhooks", operation_id="listWebhooks", responses={200: {"model": WebhookPage}, **known()})
async def list_webhooks(request: Request, caller: Actor, door: DoorDep, wanted: Annotated[PageQuery, Query()]) -> Response:
    """List webhooks, newest first: one's own, or for an operator all."""
    page = await door.parts.webhooks.list(caller.sees, wanted.after, wanted.limit)
    return page_answer(request, [webhook_view(one) for one in page.items], page.after)


@router.get("/v1/webhooks/{webhook}", operation_id="getWebhook", responses={200: {"model": WebhookOut}, **known(404)})
async def get_webhook(webhook: UUID, caller: Actor, door: DoorDep) -> Response:
    """Return one webhook."""
    return _answer(await door.parts.webhooks.get(webhook, caller.sees))


@router.patch(
    "/v1/webhooks/{webhook}",
    operation_id="changeWebhook",
    responses={200: {"model": WebhookOut}, **known(400, 404, 412, 413, 415)},
)
async def change_webhook(
    webhook: UUID, body: WebhookChangeBody, caller: Actor, door: DoorDep, if_match: IfMatch = None
) -> Response:
    """Change what is given, when If-Match names the version it is at."""
    return _answer(await door.parts.webhooks.change(webhook, caller.sees, _wanted(body), _version(if_match)))


@router.delete(
    "/v1/webhooks/{webhook}",
    status_code=204,
    operation_id="removeWebhook",
    responses={204: {"description": "Removed"}, **known(404, 412)},
)
async def remove_webhook(webhook: UUID, caller: Actor, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Tell this receiver nothing more."""
    await door.parts.webhooks.remove(webhook, caller.sees, caller.actor, _version(if_match))
    return Response(status_code=204)


@router.post(
    "/v1/webhooks/{webhook}/rotate",
    operation_id="rotateWebhook",
    responses={200: {"model": WebhookWithSecret}, **known(400, 404, 413, 415)},
)
async def rotate_webhook(webhook: UUID, body: RotateBody, caller: Actor, door: DoorDep) -> Response:
    """Make a new secret, shown once. The one before it signs beside it for a while, so that the receiver can change over."""
    return _with_secret(await door.parts.webhooks.rotate(webhook, caller.sees, timedelta(seconds=body.overlap_secs)))


@router.post("/v1/webhooks/{webhook}/test", operation_id="testWebhook", responses={200: {"model": WebhookTestOut}, **known(404)})
async def test_webhook(webhook: UUID, caller: Actor, door: DoorDep) -> Response:
    """Send ``uz.darcha.webhook.test.v1`` now and return what the receiver said."""
    told = await door.parts.webhooks.test(webhook, caller.sees)
    return json_answer({"message": told.message, "status": told.status, "error": told.error, "secs": round(told.secs, 3)})


@router.post(
    "/v1/webhooks/{webhook}/pause",
    operation_id="pauseWebhook",
    responses={200: {"model": WebhookOut}, **known(400, 404, 409, 413, 415)},
)
async def pause_webhook(webhook: UUID, body: PauseBody, caller: Actor, door: DoorDep) -> Response:
    """Send nothing until it is resumed. Nothing is lost meanwhile."""
    return _answer(await door.parts.webhooks.pause(webhook, caller.sees, body.reason))


@router.post(
    "/v1/webhooks/{webhook}/resume", operation_id="resumeWebhook", responses={200: {"model": WebhookOut}, **known(404, 409)}
)
async def resume_webhook(webhook: UUID, caller: Actor, door: DoorDep) -> Response:
    """Go on where it stood, with all that has happened meanwhile, in order; also after it was disabled."""
    resumed = await door.parts.webhooks.resume(webhook, caller.sees, caller.actor)
    await door.parts.bus.wake("notifier")
    return _answer(resumed)


@router.get(
    "/v1/webhooks/{webhook}/deliveries",
    operation_id="listWebhookDeliveries",
    responses={200: {"model": WebhookDeliveryPage}, **known(404)},
)
async def list_deliveries(
    request: Request, webhook: UUID, caller: Actor, door: DoorDep, wanted: Annotated[DeliveryQuery, Query()]
) -> Response:
    """List what was, is and will be sent, newest first."""
    page = await door.parts.webhooks.deliveries(webhook, caller.sees, wanted.state, wanted.after, wanted.limit)
    return page_answer(request, [delivery_view(one) for one in page.items], page.after)


@router.post(
    "/v1/webhooks/{webhook}/deliveries/{delivery}/resend",
    operation_id="resendWebhookDelivery",
    responses={200: {"model": WebhookDeliveryOut}, **known(404, 409)},
)
async def resend_delivery(webhook: UUID, delivery: UUID, caller: Actor, door: DoorDep) -> Response:
    """Send one delivery again under its id, also one that was taken."""
    again = await door.parts.webhooks.resend(webhook, caller.sees, delivery)
    await door.parts.bus.wake("notifier")
    return json_answer(delivery_view(again))


@router.post(
    "/v1/webhooks/{webhook}/recover",
    operation_id="recoverWebhook",
    responses={200: {"model": RecoveredOut}, **known(400, 404, 413, 415)},
)
async def recover_webhook(webhook: UUID, body: RecoverBody, caller: Actor, door: DoorDep) -> Response:
    """Send again what has failed since a time, oldest first, 10,000 at most a call."""
    count = await door.parts.webhooks.recover(webhook, caller.sees, body.since, caller.actor)
    await door.parts.bus.wake("notifier")
    return json_answer({"count": count})


def webhook_view(webhook: Webhook) -> dict[str, Any]:
    """Return a webhook as it is shown; of its secrets the numbers and times."""
    plain = {name: getattr(webhook, name) for name in _PLAIN}
    secrets = [
        {"generation": one.generation, "created_at": one.created_at, "retires_at": one.retires_at} for one in webhook.secrets
    ]
    own = {"secrets": secrets, "failures": webhook.failures, "rests_until": webhook.rests_until}
    return plain | {"filter": {"service": webhook.service, "office": webhook.office}} | own


def delivery_view(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery as it is shown."""
    own = {"message": message_id(delivery.id), "case": delivery.case_id}
    return {name: getattr(delivery, name) for name in _DELIVERY} | own


def _wanted(body: WebhookBody | WebhookChangeBody) -> Wanted:
    service, office = (None, None) if body.filter is None else (body.filter.service, body.filter.office)
    return Wanted(body.url, body.events, service, office, body.description)


def _version(if_match: str | None) -> int | None:
    try:
        return version_of(if_match)
    except Conflict:
        raise Conflict("webhook_moved", "If-Match names no version of this webhook; read it again and send its ETag") from None


def _answer(webhook: Webhook) -> Response:
    return json_answer(webhook_view(webhook), headers={"etag": etag(webhook.version)})


def _with_secret(made: WithSecret, status: int = 200, *, location: str = "") -> Response:
    headers = {"etag": etag(made.webhook.version), "cache-control": "no-store"} | ({"location": location} if location else {})
    return json_answer(webhook_view(made.webhook) | {"secret": made.secret}, status, headers)
