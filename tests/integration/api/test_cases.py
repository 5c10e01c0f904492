"""What a front office does, over a real store."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.api import shapes
from gateway.api.clock_shapes import ClockList
from gateway.domain.events import verify
from tests.integration.api.conftest import Town, ok
from tests.unit.api.test_bad_input import problem, rules


def now(**shift: float) -> str:
    return (datetime.now(UTC) + timedelta(**shift)).isoformat()


async def test_submit_and_read_everything_of_it(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    office = town.office
    shapes.SubmittedOut.model_validate(made)
    shown = await office.get(f"/v1/cases/{made['number']}?include=application")
    case = shapes.CaseOut.model_validate_json(shown.body)
    assert (str(case.id), case.status) == (made["id"], "received")
    assert shown.json()["application"] == preschool
    assert [s.step for s in case.steps] == ["child", "queue", "place"]
    assert "application" not in (await office.get(f"/v1/cases/{made['id']}")).json()
    shapes.EventPage.model_validate_json((await office.get(f"/v1/cases/{made['id']}/events")).body)
    shapes.RequestList.model_validate_json((await office.get(f"/v1/cases/{made['id']}/requests")).body)
    clocks = ClockList.model_validate_json((await office.get(f"/v1/cases/{made['id']}/clocks")).body)
    assert clocks.items
    assert clocks.items[0].explanation
    told = await office.get(f"/v1/cases/{made['id']}/clocks", accept_language="ru")
    assert told.json()["items"][0]["explanation"][0]["text"].startswith("Срок: 5 рабочих дней")
    assert told.json()["items"][0]["name"] == "Срок по закону"
    shapes.DisclosureList.model_validate_json((await office.get(f"/v1/cases/{made['id']}/disclosures")).body)
    for path in ("", "/events", "/requests", "/clocks", "/disclosures"):
        problem(await town.by("other-key").get(f"/v1/cases/{made['id']}{path}"), 404, "not_found")


async def test_the_same_key_is_the_same_case(town: Town, preschool: dict[str, Any]) -> None:
    answers = await asyncio.gather(
        *(town.office.post("/v1/applications", preschool, idempotency_key="one") for _ in range(5)),
        *(town.by("other-key").post("/v1/applications", preschool | {"reference": "x"}, idempotency_key="one") for _ in range(1)),
    )
    mine, theirs = [a.json() for a in answers[:5]], answers[5]
    assert all(a == mine[0] for a in mine)
    assert theirs.status in (202, 409)
    problem(
        await town.office.post("/v1/applications", preschool | {"channel": "portal"}, idempotency_key="one"), 422, "key_reused"
    )


async def test_the_same_application_at_two_centres(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    answer = await town.by("other-key").post("/v1/applications", preschool | {"reference": "other"}, idempotency_key="k")
    body = problem(answer, 409, "already_open")
    problem(await town.by("other-key").post("/v1/applications?dry_run=true", preschool), 409, "already_open")
    assert made["number"] not in json.dumps(body)
    assert made["id"] not in json.dumps(body)


async def test_a_dry_run_keeps_nothing(town: Town, preschool: dict[str, Any]) -> None:
    shown = ok(await town.office.post("/v1/applications?dry_run=true", preschool))
    shapes.CaseOut.model_validate(shown)
    problem(await town.office.get(f"/v1/cases/{shown['id']}"), 404, "not_found")
    assert ok(await town.office.get("/v1/cases"))["items"] == []


async def test_lists_pages_and_filters(town: Town, preschool: dict[str, Any]) -> None:
    made = []
    for i in range(5):
        child = json.loads(json.dumps(preschool))
        child["reference"] = f"R-{i}"
        child["parties"][1]["identifier"] = f"5120522710002{i}"
        made.append((await town.submit(child))["id"])
    seen: list[str] = []
    url = "/v1/cases?limit=2&service=preschool-enrolment"
    while url:
        answer = await town.office.get(url)
        page = shapes.CasePage.model_validate_json(answer.body)
        seen += [str(c.id) for c in page.items]
        link = answer.headers.get("link", "")
        assert bool(link) == bool(page.after)
        url = link.removeprefix("<").partition(">")[0]
    assert seen == made[::-1]
    assert [c["reference"] for c in ok(await town.office.get("/v1/cases?reference=R-3"))["items"]] == ["R-3"]
    assert ok(await town.office.get("/v1/cases?status=closed"))["items"] == []
    assert len(ok(await town.operator.get("/v1/cases?agency=civil-registry"))["items"]) == 5
    assert ok(await town.by("other-key").get("/v1/cases"))["items"] == []
    answer = await town.office.get("/v1/cases?after=nonsense")
    problem(answer, 422, "bad_input")
    assert rules(answer) == {("/after", "cursor")}


async def test_a_case_to_its_decision(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    id_ = made["id"]
    data = {"found": True, "child": {"identifier": "51205227100018"}}
    await town.said(id_, "child", {"outcome": "completed", "data": data})
    await town.said(id_, "queue", {"outcome": "completed", "data": {"entry": "Q-1", "position": 4}})
    offer = {"outcome": "needs_applicant", "what": "accept the place offered", "until": now(days=3), "reference": "Q-1"}
    shown = await town.said(id_, "place", offer)
    assert shown["status"] == "awaiting_applicant"
    assert [a["what"] for a in shown["asked"]] == ["accept the place offered"]
    office = town.office
    url = f"/v1/cases/{id_}/supplement"
    problem(await office.post(url, {"data": {"accept": True}}, if_match='"1"'), 412, "moved")
    problem(await office.post(url, {"data": {"accept": True}}, if_match="nonsense"), 412, "moved")
    problem(await office.post(url, {"data": {}, "documents": [{"digest": "ab" * 32}]}), 422, "bad_input")
    answer = await office.post(url, {"data": {"accept": True}}, if_match=f'"{shown["version"]}"')
    shapes.CaseOut.model_validate(ok(answer))
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    problem(await office.post(url, {"data": {"accept": True}}), 409, "nothing_asked")
    ended = await town.said(id_, "place", {"outcome": "completed", "data": {"institution": "17014", "decision": "D-1"}})
    shapes.CaseOut.model_validate(ended)
    assert ended["decisions"], ended
    history = [e["type"] for e in ok(await office.get(f"/v1/cases/{id_}/events"))["items"]]
    assert history[0] == "uz.darcha.case.received.v1"
    assert "uz.darcha.case.decided.v1" in history


async def test_the_chain_can_be_verified_from_outside(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    await town.said(made["id"], "child", {"outcome": "refused", "code": "NotFound", "reason": "no such record"})
    page = ok(await town.office.get(f"/v1/cases/{made['id']}/events?limit=2"))
    items = page["items"]
    while page["after"]:
        page = ok(await town.office.get(f"/v1/cases/{made['id']}/events?limit=2&after={page['after']}"))
        items += page["items"]
    stored = await town.store.events_of(UUID(made["id"]))
    assert [i["hash"] for i in items] == [e.hash for e in stored]
    assert verify(stored) is None


async def test_facts(town: Town, extract: dict[str, Any]) -> None:
    made = await town.submit(extract)
    url = f"/v1/cases/{made['id']}/facts"
    paid = {"kind": "payment", "at": now(minutes=-1), "data": {"receipt": "R-1"}}
    shown = ok(await town.office.post(url, paid))
    assert shown["facts"][0]["kind"] == "payment"
    again = ok(await town.office.post(url, paid))
    assert again["version"] == shown["version"]
    problem(await town.office.post(url, paid | {"data": {}}), 409, "fact_known")
    future = await town.office.post(url, {"kind": "completeness", "at": now(hours=1)})
    problem(future, 422, "bad_input")
    assert rules(future) == {("/at", "future")}
    problem(await town.by("other-key").post(url, paid), 404, "not_found")


async def test_withdraw(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    shown = ok(await town.office.post(f"/v1/cases/{made['number']}/withdraw", {"reason": "moved to another town"}))
    assert shown["status"] == "withdrawn"
    late = await town.office.post(f"/v1/cases/{made['id']}/withdraw", {"reason": "again"})
    problem(late, 409, "case_decided")


async def test_the_feed_of_events(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    # It waits: on PostgreSQL the feed is behind the oldest transaction of the server, and other tests have theirs there.
    first = shapes.EventPage.model_validate_json((await town.office.get("/v1/events?limit=1&wait=20")).body)
    assert first.items[0].subject == made["id"]
    cursor = ok(await town.office.get(f"/v1/events?after={first.after}"))["after"]
    empty = ok(await town.office.get(f"/v1/events?after={cursor}"))
    assert empty == {"items": [], "after": cursor}
    assert ok(await town.by("other-key").get("/v1/events"))["items"] == []
    waiting = asyncio.create_task(town.office.get(f"/v1/events?after={cursor}&wait=20"))
    await town.office.post(f"/v1/cases/{made['id']}/withdraw", {"reason": "changed my mind"})
    assert ok(await waiting)["items"]
    problem(await town.office.get("/v1/events?after=nonsense"), 422, "bad_input")


async def test_a_batch_is_resumed(town: Town, preschool: dict[str, Any]) -> None:
    def line(i: int) -> bytes:
        child = json.loads(json.dumps(preschool))
        child["parties"][1]["identifier"] = f"5120522710{i:04}"
        return json.dumps({"key": f"b-{i}", "application": child}).encode()

    lines = [line(i) for i in range(40)]
    half = await town.office.post("/v1/applications/batch", b"\n".join(lines[:20]), content_type="application/x-ndjson")
    whole = await town.office.post("/v1/applications/batch", b"\n".join([*lines, b"broken"]), content_type="application/x-ndjson")
    first, told = ([json.loads(x) for x in a.body.splitlines()] for a in (half, whole))
    assert [t["status"] for t in told] == [202] * 40 + [400]
    assert [t["answer"] for t in told[:20]] == [t["answer"] for t in first]
    assert [t["repeated"] for t in told[:40]] == [True] * 20 + [False] * 20
    assert len(ok(await town.office.get("/v1/cases?limit=200"))["items"]) == 40
