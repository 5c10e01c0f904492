"""Webhooks at the door, over a real store and a real receiver."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks.webhooks import Webhook as Reference  # type: ignore[import-untyped]

from gateway.api import webhooks as shapes
from gateway.api.webhook_words import WEBHOOK_RULES, WEBHOOK_TITLES
from gateway.application.webhook_store import Tried
from gateway.application.webhooks import MOST_WEBHOOKS
from gateway.domain.webhook import Told, settle
from tests.integration.api.conftest import Town, ok
from tests.unit.api.asgi import Answer, Caller
from tests.unit.api.test_bad_input import problem, rules

NOBODY = str(uuid4())


@pytest.fixture
async def hook() -> AsyncIterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A receiver: its address, and what came (body, headers)."""
    came: list[tuple[str, dict[str, str]]] = []

    async def take(request: web.Request) -> web.Response:
        came.append((await request.text(), dict(request.headers)))
        return web.Response(status=200 if request.path == "/good" else 500)

    app = web.Application()
    app.router.add_post("/{path}", take)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}", came


async def added(caller: Caller, url: str = "http://127.0.0.1:9/x", **more: Any) -> dict[str, Any]:
    answer = await caller.post("/v1/webhooks", {"url": url, **more})
    made = ok(answer, 201)
    shapes.WebhookWithSecret.model_validate(made)
    assert answer.headers["location"] == f"/v1/webhooks/{made['id']}" and answer.headers["cache-control"] == "no-store"
    return dict(made)


async def patched(caller: Caller, id_: str, body: Any, **headers: str) -> Answer:
    return await caller.call(
        "PATCH", f"/v1/webhooks/{id_}", json.dumps(body).encode(), content_type="application/json", **headers
    )


async def test_a_webhook_lives(town: Town, hook: tuple[str, list[Any]]) -> None:
    url, came = hook
    made = await added(town.office, f"{url}/good", events=["uz.darcha.case.decided.v1", "clock.*", "clock.*"], description="ours")
    assert (made["events"], made["client"], made["version"]) == (["case.decided", "clock.*"], "namangan", 1)
    path = f"/v1/webhooks/{made['id']}"
    answer = await town.office.get(path)
    shown = ok(answer)
    shapes.WebhookOut.model_validate(shown)
    assert "secret" not in shown and answer.headers["etag"] == '"1"'
    tested = ok(await town.office.post(f"{path}/test"))
    shapes.WebhookTestOut.model_validate(tested)
    assert (tested["status"], tested["error"]) == (200, "")
    event = Reference(made["secret"]).verify(*came[0])
    assert event["type"] == "uz.darcha.webhook.test.v1" and event["data"]["webhook"] == made["id"]
    changed = await patched(
        town.office, made["id"], {"url": f"{url}/bad", "filter": {"service": "cadastre-extract"}}, if_match='"1"'
    )
    assert ok(changed)["filter"] == {"service": "cadastre-extract", "office": ""} and changed.headers["etag"] == '"2"'
    assert ok(changed)["events"] == made["events"] and ok(changed)["description"] == "ours"
    tested = ok(await town.office.post(f"{path}/test"))
    assert tested["status"] == 500 and "500" in tested["error"]
    rotated = ok(await town.office.post(f"{path}/rotate", {"overlap_secs": 60}))
    shapes.WebhookWithSecret.model_validate(rotated)
    assert rotated["secret"] != made["secret"] and [s["generation"] for s in rotated["secrets"]] == [1, 2]
    assert ok(await town.office.post(f"{path}/pause", {"reason": "moving house"}))["reason"] == "moving house"
    problem(await town.office.post(f"{path}/pause", {"reason": "again"}), 409, "webhook_not_active")
    assert ok(await town.office.post(f"{path}/resume"))["state"] == "active"
    problem(await town.office.post(f"{path}/resume"), 409, "webhook_active")
    assert (await town.office.call("DELETE", path, b"")).status == 204
    problem(await town.office.get(path), 404, "not_found")
    assert ok(await town.office.get("/v1/webhooks"))["items"] == []


async def test_an_old_version_changes_nothing(town: Town) -> None:
    made = await added(town.office)
    ok(await patched(town.office, made["id"], {"description": "two"}, if_match='"1"'))
    for given in ('"1"', '"9"', "W/x", "nonsense"):
        problem(await patched(town.office, made["id"], {"description": "three"}, if_match=given), 412, "webhook_moved")
        problem(await town.office.call("DELETE", f"/v1/webhooks/{made['id']}", b"", if_match=given), 412, "webhook_moved")
    assert ok(await town.office.get(f"/v1/webhooks/{made['id']}"))["description"] == "two"


async def test_each_front_office_has_its_own_and_operators_all(town: Town) -> None:
    mine, theirs = await added(town.office), await added(town.by("other-key"))
    assert [w["id"] for w in ok(await town.office.get("/v1/webhooks"))["items"]] == [mine["id"]]
    assert {w["id"] for w in ok(await town.operator.get("/v1/webhooks"))["items"]} == {mine["id"], theirs["id"]}
    path = f"/v1/webhooks/{theirs['id']}"
    since = datetime.now(UTC).isoformat()
    answers = [
        await town.office.get(path),
        await town.office.get(f"{path}/deliveries"),
        await town.office.post(f"{path}/test"),
        await town.office.post(f"{path}/rotate", {}),
        await town.office.post(f"{path}/pause", {"reason": "mine"}),
        await town.office.post(f"{path}/resume"),
        await town.office.post(f"{path}/recover", {"since": since}),
        await town.office.post(f"{path}/deliveries/{NOBODY}/resend"),
        await town.office.call("DELETE", path, b""),
        await patched(town.office, theirs["id"], {"description": "mine"}),
    ]
    for answer in answers:
        problem(answer, 404, "not_found")
    assert ok(await town.by("other-key").get(path))["version"] == 1
    problem(await town.office.post("/v1/webhooks", {"url": "http://127.0.0.1:9/", "client": "kosonsoy"}), 403, "forbidden")
    assert (await added(town.operator, client="kosonsoy"))["client"] == "kosonsoy"
    wrong = await town.operator.post("/v1/webhooks", {"url": "http://127.0.0.1:9/", "client": "nobody"})
    problem(wrong, 422, "bad_input")
    assert rules(wrong) == {("/client", "no_such_name")}
    problem(await town.by("clerk-key").get("/v1/webhooks"), 403, "forbidden")


async def test_what_is_wrong_is_named_and_nothing_is_kept(town: Town) -> None:
    body = {"url": "https://169.254.169.254/latest", "events": ["*", "Case"], "filter": {"service": "no", "office": "no"}}
    answer = await town.office.post("/v1/webhooks", body, accept_language="ru")
    problem(answer, 422, "bad_input")
    assert rules(answer) == {
        ("/url", "webhook_url"),
        ("/events/1", "webhook_type"),
        ("/filter/service", "no_such_name"),
        ("/filter/office", "no_such_name"),
    }
    said = answer.json()["errors"][0]["message"]
    assert "link-local" in said and "внешний адрес" in said
    for wrong, pointer in (
        ({}, "/url"),
        ({"url": 5}, "/url"),
        ({"url": "http://127.0.0.1:9/", "events": []}, "/events"),
        ({"url": "http://127.0.0.1:9/", "events": ["case.x"] * 51}, "/events"),
        ({"url": "http://127.0.0.1:9/", "secret": "mine"}, "/secret"),
        ({"url": "h" * 2001}, "/url"),
    ):
        answer = await town.office.post("/v1/webhooks", wrong)
        problem(answer, 422, "bad_input")
        assert pointer in {at for at, _ in rules(answer)}
    assert ok(await town.office.get("/v1/webhooks"))["items"] == []
    made = await added(town.office)
    for wrong in ({"url": "https://localhost/"}, {"events": ["x y"]}, {"filter": {"service": "no"}}, {"state": "active"}):
        problem(await patched(town.office, made["id"], wrong), 422, "bad_input")
    for overlap in (-1, 10**9, 1.5):
        problem(await town.office.post(f"/v1/webhooks/{made['id']}/rotate", {"overlap_secs": overlap}), 422, "bad_input")
    problem(await town.office.post(f"/v1/webhooks/{made['id']}/pause", {"reason": " "}), 422, "bad_input")
    problem(await town.office.post(f"/v1/webhooks/{made['id']}/recover", {"since": "yesterday"}), 422, "bad_input")
    problem(await town.office.get(f"/v1/webhooks/{made['id']}/deliveries?state=lost"), 422, "bad_input")
    problem(await town.office.get(f"/v1/webhooks/{made['id']}/deliveries?after=x"), 422, "bad_input")
    assert ok(await town.office.get(f"/v1/webhooks/{made['id']}"))["version"] == 1


async def test_there_is_an_end_to_webhooks(town: Town) -> None:
    for _ in range(MOST_WEBHOOKS):
        await added(town.office)
    problem(await town.office.post("/v1/webhooks", {"url": "http://127.0.0.1:9/"}), 409, "webhooks_full")
    page = await town.office.get("/v1/webhooks?limit=30")
    assert len(ok(page)["items"]) == 30 and 'rel="next"' in page.headers["link"]


async def test_deliveries_are_seen_and_sent_again(town: Town, extract: dict[str, Any]) -> None:
    made = await added(town.office)
    path = f"/v1/webhooks/{made['id']}"
    case = ok(await town.office.post("/v1/applications", extract, idempotency_key="k1"), 202)["id"]
    while not (items := ok(await town.office.get(f"{path}/deliveries"))["items"]):
        await town.store.tell_webhooks(100)
    page = shapes.WebhookDeliveryPage.model_validate({"items": items, "after": ""})
    assert {str(d.case) for d in page.items} == {case} and {d.state for d in page.items} == {"pending"}
    webhook, (first,) = await town.store.claim_webhook(UUID(made["id"]), 60)
    problem(await town.office.post(f"{path}/deliveries/{first.id}/resend"), 409, "delivery_under_way")
    await town.store.settle_webhook(webhook.id, [Tried(first, Told(500))], settle)
    failed = ok(await town.office.get(f"{path}/deliveries?state=pending&limit=1"))
    assert failed["items"] and (len(items) == 1 or failed["after"])
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert ok(await town.office.post(f"{path}/recover", {"since": since})) == {"count": 1}
    again = ok(await town.office.post(f"{path}/deliveries/{first.id}/resend"))
    shapes.WebhookDeliveryOut.model_validate(again)
    assert (again["state"], again["attempts"], again["status"], again["message"]) == ("pending", 1, 500, f"msg_{first.id.hex}")
    problem(await town.office.post(f"{path}/deliveries/{NOBODY}/resend"), 404, "not_found")


def test_every_word_is_there_in_four_languages() -> None:
    for texts in (*WEBHOOK_TITLES.values(), *WEBHOOK_RULES.values()):
        assert len(set(texts)) == 4 and all(texts)
