"""The webhooks of all front offices: what each is told, how its receiver is, and every delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from gateway.application.reads import Page
from gateway.application.webhooks import Tested
from gateway.console.errors import Shown, problems_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.domain.errors import BadInput, NotFound
from gateway.domain.webhook import DeliveryState, Webhook, message_id

pages = Pages()
_PAGE: Final = 50
_DELIVERIES: Final = 30
STATES: Final = tuple(str(state) for state in DeliveryState)


@pages.get("/webhooks", Scope.OPERATE)
async def list_webhooks(visit: Visit) -> Response:
    """The list, newest first."""
    found, problems = Page(), []
    try:
        found = await visit.parts.webhooks.list("", visit.request.query_params.get("after", "")[:200], _PAGE)
    except BadInput as error:
        problems = problems_of(error, visit.language)
    return visit.render(
        "webhooks.html",
        status=422 if problems else 200,
        webhooks=found.items,
        older=visit.with_query(after=found.after) if found.after else "",
        newest=visit.with_query(after="") if "after" in visit.request.query_params else "",
        problems=problems,
    )


@pages.get("/webhooks/{webhook}", Scope.OPERATE)
async def show(visit: Visit) -> Response:
    """One webhook with its deliveries, newest first."""
    return await page_of(visit, await webhook_of(visit))


async def webhook_of(visit: Visit) -> Webhook:
    """Return the webhook that the address names. Raises ``NotFound``."""
    name = visit.request.path_params["webhook"]
    try:
        id_ = UUID(name)
    except ValueError:
        raise NotFound("not_found", f"there is no webhook {name[:60]!r}") from None
    return await visit.parts.webhooks.get(id_)


async def page_of(
    visit: Visit,
    webhook: Webhook,
    *,
    status: int = 200,
    problems: Sequence[Shown] = (),
    values: Mapping[str, str] | None = None,
    secret: str = "",
    tested: Tested | None = None,
) -> Response:
    """Return the page of a webhook: after an act with what it led to. ``secret`` is shown on this page and never again."""
    query, found, problems = visit.request.query_params, Page(), list(problems)
    state = query.get("state", "")
    try:
        wanted = state if state in STATES else ""
        found = await visit.parts.webhooks.deliveries(webhook.id, "", wanted, query.get("after", "")[:40], _DELIVERIES)
    except BadInput as error:
        problems += problems_of(error, visit.language)
        status = 422
    shown: dict[str, Any] = {
        "webhook": webhook,
        "removed": webhook.state == "removed",
        "deliveries": found.items,
        "numbers": await _numbers(visit, found.items),
        "message_id": message_id,
        "state": state,
        "states": STATES,
        "older": visit.with_query(after=found.after) if found.after else "",
        "newest": visit.with_query(after="") if "after" in query else "",
        "problems": problems,
        "values": values or {},
        "secret": secret,
        "tested": tested,
    }
    return visit.render("webhook.html", status=status, **shown)


async def _numbers(visit: Visit, deliveries: Sequence[Any]) -> dict[UUID, str]:
    """The numbers of the cases on the page, each case read once."""
    return await visit.parts.audit.case_numbers({delivery.case_id for delivery in deliveries})
