"""What operators do with webhooks. A secret is shown on the answer to the form that made it, and is nowhere to be read again;
the form carries the version that was read, so that a reload makes no second secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from gateway.application.webhooks import Wanted
from gateway.console.errors import Shown, problems_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.console.webhooks import page_of, webhook_of
from gateway.domain.errors import BadInput, Conflict, NotFound, Problem, Refusal
from gateway.domain.webhook import Webhook

pages = Pages()
_FIELDS: Final = ("client", "url", "events", "service", "office", "description")
_LONGEST: Final = 2000


@pages.get("/webhooks/add", Scope.OPERATE)
async def ask_for_new(visit: Visit) -> Response:
    """The form of a new webhook."""
    return await _form(visit, None, {"events": "*"})


@pages.post("/webhooks/add")
async def add(visit: Visit) -> Response:
    """Add it, and show its secret once."""
    values = _values(visit)
    try:
        clients = {client.name for client in await visit.parts.reads.clients()}
        if values["client"] not in clients:
            raise BadInput([Problem("/client", "not_a_choice", "no key belongs to this client")])
        wanted = _wanted(values)
        await _require_new(visit, values["client"], wanted)
        made = await visit.parts.webhooks.add(values["client"], wanted)
    except Refusal as error:
        return await _form(visit, None, values, _problems(error, visit), _status(error))
    return await page_of(visit, made.webhook, secret=made.secret)


@pages.get("/webhooks/{webhook}/change", Scope.OPERATE)
async def ask_for_change(visit: Visit) -> Response:
    """The form with what it is now."""
    webhook = await webhook_of(visit)
    return await _form(visit, webhook, _held(webhook))


@pages.post("/webhooks/{webhook}/change")
async def change(visit: Visit) -> Response:
    """Change it, when it is still what was read."""
    webhook, values = await webhook_of(visit), _values(visit)
    try:
        await visit.parts.webhooks.change(webhook.id, "", _wanted(values), _version(visit))
    except Refusal as error:
        return await _form(visit, webhook, values, _problems(error, visit), _status(error))
    return visit.redirect(f"/webhooks/{webhook.id}", done="webhook_changed")


@pages.post("/webhooks/{webhook}/rotate")
async def rotate(visit: Visit) -> Response:
    """Make a new secret and show it once."""
    webhook = await webhook_of(visit)
    try:
        _require_version(webhook, _version(visit))
        at_once = visit.form.get("overlap") == "none"
        made = await visit.parts.webhooks.rotate(webhook.id, "", *([timedelta(0)] if at_once else []))
    except Refusal as error:
        return await page_of(visit, webhook, status=_status(error), problems=problems_of(error, visit.language))
    return await page_of(visit, made.webhook, secret=made.secret)


@pages.post("/webhooks/{webhook}/test")
async def test(visit: Visit) -> Response:
    """Send a test message now and show what the receiver said. Nothing of it is kept."""
    webhook = await webhook_of(visit)
    tested = await visit.parts.webhooks.test(webhook.id, "")
    return await page_of(visit, webhook, tested=tested)


@pages.post("/webhooks/{webhook}/pause")
async def pause(visit: Visit) -> Response:
    """Send nothing until it is resumed."""
    webhook = await webhook_of(visit)
    reason = str(visit.form.get("reason", "")).strip()[:_LONGEST]
    try:
        if not reason:
            raise BadInput([Problem("/reason", "reason_missing", "say why")])
        await visit.parts.webhooks.pause(webhook.id, "", reason)
    except Refusal as error:
        return await page_of(visit, webhook, status=_status(error), problems=problems_of(error, visit.language))
    return visit.redirect(f"/webhooks/{webhook.id}", done="webhook_paused")


@pages.post("/webhooks/{webhook}/resume")
async def resume(visit: Visit) -> Response:
    """Go on where it stood."""
    webhook = await webhook_of(visit)
    try:
        await visit.parts.webhooks.resume(webhook.id, "", visit.actor)
    except Refusal as error:
        return await page_of(visit, webhook, status=_status(error), problems=problems_of(error, visit.language))
    await visit.parts.bus.wake("notifier")
    return visit.redirect(f"/webhooks/{webhook.id}", done="webhook_resumed")


@pages.post("/webhooks/{webhook}/recover")
async def recover(visit: Visit) -> Response:
    """Send again what has failed since a time of this page's zone."""
    webhook, written = await webhook_of(visit), str(visit.form.get("since", "")).strip()
    try:
        since = _moment(visit, written)
        count = await visit.parts.webhooks.recover(webhook.id, "", since, visit.actor)
    except Refusal as error:
        shown = problems_of(error, visit.language)
        return await page_of(visit, webhook, status=_status(error), problems=shown, values={"since": written[:40]})
    await visit.parts.bus.wake("notifier")
    return visit.redirect(f"/webhooks/{webhook.id}", done="webhook_recovered" if count else "webhook_nothing_failed")


@pages.post("/webhooks/{webhook}/deliveries/{delivery}/resend")
async def resend(visit: Visit) -> Response:
    """Send one delivery again, under its id."""
    webhook = await webhook_of(visit)
    try:
        delivery = UUID(visit.request.path_params["delivery"])
    except ValueError:
        raise NotFound("not_found", "there is no such delivery") from None
    try:
        await visit.parts.webhooks.resend(webhook.id, "", delivery)
    except Conflict as error:
        return await page_of(visit, webhook, status=409, problems=problems_of(error, visit.language))
    await visit.parts.bus.wake("notifier")
    return visit.redirect(f"/webhooks/{webhook.id}", done="webhook_resent")


@pages.get("/webhooks/{webhook}/remove", Scope.OPERATE)
async def ask_for_removal(visit: Visit) -> Response:
    """What removing it means, before it is done."""
    return visit.render("webhook_remove.html", webhook=await webhook_of(visit), problems=[])


@pages.post("/webhooks/{webhook}/remove")
async def remove(visit: Visit) -> Response:
    """Tell this receiver nothing more."""
    webhook = await webhook_of(visit)
    try:
        await visit.parts.webhooks.remove(webhook.id, "", visit.actor, _version(visit))
    except Conflict as error:
        shown = problems_of(error, visit.language)
        return visit.render("webhook_remove.html", status=409, webhook=webhook, problems=shown)
    return visit.redirect("/webhooks", done="webhook_removed")


async def _require_new(visit: Visit, client: str, wanted: Wanted) -> None:
    """Raise ``Conflict`` when the client has just this webhook: a form that is sent twice adds one."""
    page = await visit.parts.webhooks.list(client, "", 50)
    mine = (wanted.url, tuple(wanted.events or ()), wanted.service, wanted.office)
    if any((hook.url, tuple(hook.events), hook.service, hook.office) == mine for hook in page.items):
        raise Conflict("webhook_there", "the client has this webhook already")


def _values(visit: Visit) -> dict[str, str]:
    return {name: str(visit.form.get(name, "")).strip()[:_LONGEST] for name in _FIELDS}


def _held(webhook: Webhook) -> dict[str, str]:
    held = {name: str(getattr(webhook, name)) for name in _FIELDS if name != "events"}
    return held | {"events": "\n".join(webhook.events)}


def _wanted(values: Mapping[str, str]) -> Wanted:
    events = [word for word in re.split(r"[\s,;]+", values["events"]) if word]
    return Wanted(values["url"], events, values["service"], values["office"], values["description"])


def _version(visit: Visit) -> int:
    text = str(visit.form.get("version", ""))
    return int(text) if text.isdecimal() and len(text) < 9 else -1


def _require_version(webhook: Webhook, version: int) -> None:
    if webhook.version != version:
        raise Conflict("webhook_moved", f"the webhook is at version {webhook.version}; read it again")


def _moment(visit: Visit, written: str) -> datetime:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise BadInput([Problem("/since", "bad_moment", "a time is written as YYYY-MM-DDTHH:MM")]) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=visit.parts.zone)


def _status(error: Refusal) -> int:
    return 409 if isinstance(error, Conflict) else 422


def _problems(error: Refusal, visit: Visit) -> list[Shown]:
    """``/events/3`` belongs to the one field of all types, ``/filter/office`` to the field of the office."""
    shown = problems_of(error, visit.language)
    return [Shown(re.sub(r"^filter_|_\d+$", "", one.field), one.text) for one in shown]


async def _form(
    visit: Visit,
    webhook: Webhook | None,
    values: Mapping[str, str],
    problems: Sequence[Shown] = (),
    status: int = 200,
) -> Response:
    catalogue = visit.parts.deployment.catalogue
    names = sorted({client.name for client in await visit.parts.reads.clients()})
    shown: dict[str, Any] = {
        "webhook": webhook,
        "values": values,
        "problems": problems,
        "clients": names,
        "services": [(id_, visit.service_title(id_)) for id_ in catalogue.services],
        "offices": [(id_, visit.office_title(id_)) for id_ in catalogue.offices],
    }
    return visit.render("webhook_form.html", status=status, **shown)
