"""Webhooks at the console: added, looked at, tested, paused, rotated, sent again, removed; what is wrong changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.application.webhook_store import Outgoing, Tried
from gateway.domain.webhook import DeliveryState, Told, Webhook, WebhookDelivery
from tests.integration.console.conftest import Browser, House
from tests.integration.console.reading import read_in_all_languages

ADD = "/console/webhooks/add"


@pytest.fixture
async def receiver() -> AsyncIterator[str]:
    """The address of a receiver that takes what is sent to ``/hook`` and refuses all else."""

    async def take(request: web.Request) -> web.Response:
        return web.Response(status=204 if request.path == "/hook" else 500)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}"


async def _add(browser: Browser, url: str, **form: str) -> Any:
    await browser.get(ADD)
    return await browser.post(ADD, {"client": "namangan", "url": url, "events": "*", **form})


async def _hook(house: House) -> Webhook:
    (hook,) = (await house.parts.webhooks.list("")).items
    assert isinstance(hook, Webhook)
    return hook


async def _failed(house: House, hook: Webhook) -> list[WebhookDelivery]:
    """Let every event be told, and each delivery be tried to its end."""
    claimed: Sequence[Outgoing] = ()
    async with asyncio.timeout(30):
        while not claimed:  # other tests' transactions on the same server may still hold the feed back
            await house.town.store.tell_webhooks(1000)
            _, claimed = await house.town.store.claim_webhook(hook.id, 60)

    def settle(webhook: Webhook, delivery: WebhookDelivery, told: Told, now: datetime, *_: Any) -> list[Any]:
        delivery.state, delivery.next_at, delivery.settled_at = DeliveryState.EXHAUSTED, None, now
        delivery.status, delivery.error, delivery.tried_at, delivery.attempts = told.status, "the receiver answered 500", now, 9
        return []

    tries = [Tried(one, Told(500)) for one in claimed]
    await house.town.store.settle_webhook(hook.id, tries, settle)
    return list((await house.parts.webhooks.deliveries(hook.id, "")).items)


async def test_every_page_is_there_in_four_languages(
    operator: Browser, house: House, receiver: str, preschool: dict[str, Any]
) -> None:
    await read_in_all_languages(operator, "/console/webhooks")
    await _add(operator, f"{receiver}/hook")
    hook = await _hook(house)
    await house.submit(preschool)
    await _failed(house, hook)
    at = f"/console/webhooks/{hook.id}"
    for path in ("/console/webhooks", at, f"{at}?state=exhausted", ADD, f"{at}/change", f"{at}/remove"):
        await read_in_all_languages(operator, path)


async def test_a_secret_is_shown_once_and_never_again(operator: Browser, house: House, receiver: str) -> None:
    added = await _add(operator, f"{receiver}/hook", events="case.decided, case.*", office="namangan-center")
    assert added.status == 200
    assert added.headers["cache-control"] == "no-store"
    secret = operator.page.split('<code class="secret">')[1].split("<")[0]
    assert secret.startswith("whsec_")
    hook = await _hook(house)
    assert (hook.client, hook.events, hook.office) == ("namangan", ("case.decided", "case.*"), "namangan-center")
    await operator.get(f"/console/webhooks/{hook.id}")
    assert "whsec_" not in operator.page
    form = {"version": operator.field("version"), "overlap": "day"}
    rotated = await operator.post(f"/console/webhooks/{hook.id}/rotate", form)
    assert rotated.status == 200
    fresh = operator.page.split('<code class="secret">')[1].split("<")[0]
    assert fresh != secret
    assert len((await _hook(house)).secrets) == 2
    # A reload sends the form again: no third secret is made.
    assert (await operator.post(f"/console/webhooks/{hook.id}/rotate", form)).status == 409
    assert len((await _hook(house)).secrets) == 2
    assert "whsec_" not in operator.page


async def test_a_secret_that_became_known_ends_at_once(operator: Browser, house: House, receiver: str) -> None:
    await _add(operator, f"{receiver}/hook")
    hook = await _hook(house)
    await operator.get(f"/console/webhooks/{hook.id}")
    await operator.post(f"/console/webhooks/{hook.id}/rotate", {"version": operator.field("version"), "overlap": "none"})
    assert [one.generation for one in (await _hook(house)).secrets] == [2]


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"client": "nobody"}, "client", "choose from the list"),
        ({"url": "http://127.0.0.2/hook"}, "url", "a public one over https is needed"),
        ({"events": ""}, "events", "name 1 to 50 types"),
        ({"events": "case.decided DECIDED"}, "events", "an event type is written like"),
        ({"service": "no-such"}, "service", "no-such"),
    ],
)
async def test_what_cannot_be_names_the_field_and_adds_nothing(
    operator: Browser, house: House, receiver: str, form: dict[str, str], field: str, said: str
) -> None:
    refused = await _add(operator, **{"url": f"{receiver}/hook", **form})
    assert refused.status == 422
    assert f'href="#f-{field}"' in operator.page
    assert said in operator.text()
    assert not (await house.parts.webhooks.list("")).items


async def test_a_form_that_is_sent_twice_adds_one(operator: Browser, house: House, receiver: str) -> None:
    await _add(operator, f"{receiver}/hook")
    assert (await _add(operator, f"{receiver}/hook")).status == 409
    assert "has just this webhook already" in operator.text()
    assert (await _hook(house)).url == f"{receiver}/hook"


async def test_a_test_says_what_the_receiver_said(operator: Browser, house: House, receiver: str) -> None:
    await _add(operator, f"{receiver}/hook")
    at = f"/console/webhooks/{(await _hook(house)).id}"
    assert (await operator.post(f"{at}/test")).status == 200
    assert "taken HTTP status 204" in operator.text()
    await operator.get(f"{at}/change")
    changed = await operator.post(
        f"{at}/change", {"version": operator.field("version"), "url": f"{receiver}/other", "events": "case.decided"}
    )
    assert (changed.status, changed.headers["location"]) == (303, f"{at}?done=webhook_changed")
    await operator.get(at)
    await operator.post(f"{at}/test")
    assert "not taken the receiver answered 500" in operator.text()


async def test_a_change_of_what_has_moved_meanwhile_is_refused(operator: Browser, house: House, receiver: str) -> None:
    await _add(operator, f"{receiver}/hook")
    at = f"/console/webhooks/{(await _hook(house)).id}"
    await operator.get(f"{at}/change")
    form = {"version": operator.field("version"), "url": f"{receiver}/one", "events": "*"}
    assert (await operator.post(f"{at}/change", form)).status == 303
    assert (await operator.post(f"{at}/change", form | {"url": f"{receiver}/two"})).status == 409
    assert "has moved since you read it" in operator.text()
    assert (await operator.post(f"{at}/remove", {"version": form["version"]})).status == 409
    assert (await _hook(house)).url == f"{receiver}/one"


async def test_pause_needs_a_reason_and_resume_goes_on(operator: Browser, house: House, receiver: str) -> None:
    await _add(operator, f"{receiver}/hook")
    at = f"/console/webhooks/{(await _hook(house)).id}"
    await operator.get(at)
    assert (await operator.post(f"{at}/pause", {"reason": " "})).status == 422
    assert 'href="#f-reason"' in operator.page
    assert (await operator.post(f"{at}/resume")).status == 409
    assert (await operator.post(f"{at}/pause", {"reason": "their night of maintenance"})).headers["location"].endswith("paused")
    await operator.get("/console/webhooks")
    assert "paused their night of maintenance" in operator.text()
    await operator.get(at)
    assert (await operator.post(f"{at}/pause", {"reason": "again"})).status == 409
    assert (await operator.post(f"{at}/resume")).status == 303
    assert (await _hook(house)).state == "active"


async def test_deliveries_are_listed_narrowed_and_sent_again(
    operator: Browser, house: House, receiver: str, preschool: dict[str, Any]
) -> None:
    await _add(operator, f"{receiver}/hook")
    hook = await _hook(house)
    number = await house.submit(preschool)
    failed = await _failed(house, hook)
    at = f"/console/webhooks/{hook.id}"
    await operator.get(f"{at}?state=exhausted")
    assert number in operator.text()
    assert "HTTP 500 the receiver answered 500" in operator.text()
    await operator.get(f"{at}?state=delivered")
    assert "There are no such deliveries" in operator.text()
    gone = [one for one in failed if one.state == "exhausted"]
    sent = await operator.post(f"{at}/deliveries/{gone[0].id}/resend")
    assert sent.headers["location"] == f"{at}?done=webhook_resent"
    assert (await operator.post(f"{at}/deliveries/{hook.id}/resend")).status == 404
    assert (await operator.post(f"{at}/deliveries/x/resend")).status == 404
    await operator.get(at)
    assert (await operator.post(f"{at}/recover", {"since": "yesterday"})).status == 422
    assert 'href="#f-since"' in operator.page
    long_ago = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    recovered = await operator.post(f"{at}/recover", {"since": long_ago})
    assert recovered.headers["location"].endswith("done=webhook_recovered" if len(gone) > 1 else "nothing_failed")
    states = {one.state for one in (await house.parts.webhooks.deliveries(hook.id, "")).items}
    assert "exhausted" not in states


async def test_removing_is_asked_for_and_leaves_the_record(operator: Browser, house: House, receiver: str) -> None:
    await _add(operator, f"{receiver}/hook")
    at = f"/console/webhooks/{(await _hook(house)).id}"
    await operator.get(f"{at}/remove")
    assert "Nothing more is sent" in operator.text()
    removed = await operator.post(f"{at}/remove", {"version": operator.field("version")})
    assert removed.headers["location"] == "/console/webhooks?done=webhook_removed"
    assert not (await house.parts.webhooks.list("")).items


async def test_webhooks_are_for_operators_and_a_form_from_elsewhere_is_refused(
    operator: Browser, house: House, receiver: str
) -> None:
    reader = house.browser()
    await reader.sign_in("reader")
    assert (await reader.get("/console/webhooks")).status == 403
    assert (await reader.post(ADD, {"client": "namangan", "url": f"{receiver}/hook", "events": "*"})).status == 403
    form = {"client": "namangan", "url": f"{receiver}/hook", "events": "*"}
    assert (await operator.post(ADD, form, token="no")).status == 403
    assert not (await house.parts.webhooks.list("")).items
    assert (await operator.get("/console/webhooks/not-an-id")).status == 404
    assert (await operator.get("/console/webhooks?after=nonsense")).status == 422
