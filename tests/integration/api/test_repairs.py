"""Repairs of a request and of a case through the api: each with a reason, as an event, refused when the case has moved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from gateway.api import shapes
from gateway.api.incident_groups import GroupPage
from gateway.domain.applied import park
from gateway.domain.case_file import CaseFile
from gateway.domain.incident import IncidentKind
from gateway.domain.rules import Rules
from tests.integration.api.conftest import Town, ok
from tests.integration.api.test_cases import now
from tests.unit.api.test_bad_input import problem, rules

REASON = {"reason": "the agency asked for it"}
FOUND = {"outcome": "completed", "data": {"found": True, "child": {"identifier": "51205227100018"}}}
NO = {"outcome": "refused", "code": "PersonDead", "reason": "a record of death was found", "legal_basis": "item 41"}
WORDS = {"authority": "preschool-ministry", "ground": "a mistake was found", "legal_basis": "an invented law, article 9"}


async def parked(
    town: Town, application: dict[str, Any], person: int = 18, why: str = "connection refused", kind: str = "exhausted"
) -> tuple[str, str]:
    """A case whose first request is parked: (case, request)."""
    subject = next(p for p in application["parties"] if p["role"] == "subject")
    subject["identifier"] = f"512052271{person:05}"
    made = await town.submit(application)

    def give_up(file: CaseFile, _rules: Rules) -> None:
        request = file.live("child")
        assert request is not None
        park(file, request, IncidentKind(kind), why)

    await town.parts.acts.run(UUID(made["id"]), give_up)
    return made["id"], (await town.step(made["id"], "child"))["id"]


async def version(town: Town, case: str) -> str:
    return (await town.operator.get(f"/v1/cases/{case}")).headers["etag"]


async def events(town: Town, case: str, type_: str) -> list[dict[str, Any]]:
    items = ok(await town.operator.get(f"/v1/cases/{case}/events"))["items"]
    return [e for e in items if e["type"] == f"uz.darcha.{type_}.v1"]


@pytest.mark.parametrize("call", ["retry", "cancel", "resolve", "supersede", "late-reply"])
async def test_an_act_on_a_request_is_refused_when_the_case_has_moved(town: Town, preschool: dict[str, Any], call: str) -> None:
    case, request = await parked(town, preschool)
    if call == "late-reply":
        await town.said(case, "child", FOUND)
        await town.said(case, "child", NO)
    seen = await version(town, case)
    bodies: dict[str, dict[str, Any]] = {
        "resolve": {"outcome": FOUND},
        "supersede": {"mapping": "current"},
        "late-reply": {"verdict": "dismiss"},
    }
    body, url = bodies.get(call, {}) | REASON, f"/v1/requests/{request}/{call}"
    ok(await town.office.post(f"/v1/cases/{case}/facts", {"kind": "original_seen", "at": now(minutes=-1)}))
    stale = problem(await town.operator.post(url, body, if_match=seen), 412, "moved")
    assert (await version(town, case)).strip('"') in str(stale["detail"]), "it says where the case is now"
    problem(await town.operator.post(url, {**body, "reason": " "}), 422, "bad_input")
    done = await town.operator.post(url, body, if_match=await version(town, case))
    shapes.CaseOut.model_validate(ok(done))
    assert done.headers["etag"] == await version(town, case)


async def test_a_step_is_sent_anew_by_the_current_mapping(town: Town, preschool: dict[str, Any]) -> None:
    case, request = await parked(town, preschool, kind="invalid")
    url = f"/v1/requests/{request}/supersede"
    assert rules(await town.operator.post(url, REASON)) == {("/branch", "required")}
    before = await version(town, case)
    tried = ok(await town.operator.post(f"{url}?dry_run=true", {"mapping": "current", **REASON}))
    assert (tried["would"], tried["code"], f'"{tried["version"]}"') == (True, "", before)
    assert await version(town, case) == before, "a dry run changes nothing"
    ok(await town.operator.post(url, {"mapping": "current", **REASON}))
    anew = await town.step(case, "child")
    assert (anew["supersedes"], anew["status"]) == (request, "ready")
    (event,) = await events(town, case, "request.superseded")
    digest = town.parts.deployment.catalogue.services["preschool-enrolment"].digest
    assert event["data"]["mapping"] == {"from": digest, "to": digest}
    assert event["actor"] == "operator:dilnoza"
    again = ok(await town.operator.post(f"{url}?dry_run=true", {"mapping": "current", **REASON}))
    assert (again["would"], again["code"]) == (False, "transition")


async def test_a_late_reply_is_applied_or_dismissed(town: Town, preschool: dict[str, Any]) -> None:
    case, request = await parked(town, preschool)
    await town.said(case, "child", NO)
    assert (await town.case(case))["outcome"] == "refused"
    url = f"/v1/requests/{request}/late-reply"
    problem(await town.operator.post(url, {"verdict": "apply", **REASON}), 409, "nothing_late")
    await town.said(case, "child", {"outcome": "completed", "data": {"found": False}})
    (incident,) = ok(await town.operator.get(f"/v1/incidents?case={case}"))["items"]
    assert (incident["kind"], incident["way_out"]["code"]) == ("contradiction", "apply_or_dismiss")
    shown = ok(await town.operator.post(url, {"verdict": "apply", **REASON}))
    assert [s["status"] for s in shown["steps"] if s["step"] == "child"] == ["completed"]
    assert [d["kind"] for d in shown["decisions"]] == ["decision"], "the rule says the same: nothing further is decided"
    assert ok(await town.operator.get(f"/v1/incidents?case={case}"))["items"] == []
    await town.said(case, "child", NO)
    ok(await town.operator.post(url, {"verdict": "dismiss", **REASON}))
    assert (await town.step(case, "child"))["status"] == "completed"
    assert [len(await events(town, case, t)) for t in ("reply.applied", "reply.dismissed")] == [1, 1]


async def test_a_decision_by_hand_with_its_document_and_a_case_reopened(town: Town, preschool: dict[str, Any]) -> None:
    case, _ = await parked(town, preschool)
    sent = ok(await town.operator.post("/v1/documents?name=order.pdf", b"%PDF", content_type="application/pdf"), 201)
    document = {"digest": sent["digest"], "name": "order.pdf", "media_type": "application/pdf", "kind": "order"}
    body = {**WORDS, "outcome": "refused", "date_given": now(minutes=-1), "documents": [document], **REASON}
    url = f"/v1/cases/{case}"
    strange = await town.operator.post(f"{url}/decide", {**body, "documents": [{**document, "digest": "ab" * 32}]})
    assert rules(strange) == {("/documents/0/digest", "unknown_document")}
    future = await town.operator.post(f"{url}/decide", {**body, "date_given": now(days=1)})
    assert rules(future) == {("/date_given", "future")}
    problem(await town.office.post(f"{url}/decide", body), 403, "forbidden")
    problem(await town.operator.post(f"{url}/decide", body, if_match='"1"'), 412, "moved")
    shown = ok(await town.operator.post(f"{url}/decide", body, if_match=await version(town, case)))
    shapes.CaseOut.model_validate(shown)
    assert (shown["outcome"], shown["decisions"][0]["documents"][0]["digest"]) == ("refused", sent["digest"])
    problem(await town.operator.post(f"{url}/decide", body), 409, "case_decided")
    undo = {**WORDS, "kind": "annulment", "date_given": now(minutes=-1), "steps": ["child"], **REASON}
    problem(await town.operator.post(f"{url}/reopen", undo), 409, "step_under_way")
    request = (await town.step(case, "child"))["id"]
    ok(await town.operator.post(f"/v1/requests/{request}/cancel", REASON))
    shown = ok(await town.operator.post(f"{url}/reopen", undo, if_match=await version(town, case)))
    shapes.CaseOut.model_validate(shown)
    assert (shown["outcome"], shown["decided_at"], shown["closed_at"]) == (None, None, None)
    assert [(d["kind"], d["outcome"]) for d in shown["decisions"]] == [("decision", "refused"), ("annulment", "refused")]
    anew = await town.step(case, "child")
    assert (anew["status"], anew["supersedes"]) == ("ready", request)
    (event,) = await events(town, case, "case.reopened")
    assert event["data"]["reason"] == REASON["reason"]
    problem(await town.operator.post(f"{url}/reopen", undo), 409, "not_decided")
    await town.said(case, "child", NO)
    assert [(d["kind"], d["outcome"]) for d in (await town.case(case))["decisions"]][2:] == [("decision", "refused")]


async def test_incidents_are_grouped_by_cause_and_closed_together(town: Town, preschool: dict[str, Any]) -> None:
    for person, why in enumerate(("connection refused by 10.0.0.1:80", "connection refused by 10.0.0.7:80", "bad answer"), 1):
        await parked(town, preschool, person, why)
    page = ok(await town.operator.get("/v1/incidents/groups", accept_language="ky"))
    GroupPage.model_validate(page)
    assert [(g["count"], g["cases"], g["agency"]) for g in page["items"]] == [(2, 2, "civil-registry"), (1, 1, "civil-registry")]
    first = page["items"][0]
    assert first["way_out"]["code"] == "retry_when_back" and "кайра" in first["way_out"]["text"]
    assert {"retry", "replay"} <= set(first["way_out"]["actions"])
    inside = ok(await town.operator.get(f"/v1/incidents?group={first['group']}"))["items"]
    assert {i["group"] for i in inside} == {first["group"]} and len(inside) == 2
    paged = ok(await town.operator.get("/v1/incidents/groups?limit=1"))
    rest = ok(await town.operator.get(f"/v1/incidents/groups?limit=1&after={paged['after']}"))
    assert [g["count"] for g in (*paged["items"], *rest["items"])] == [2, 1] and rest["after"] == ""
    seen_at = now()
    late, _ = await parked(town, preschool, 9, "connection refused by 10.0.0.9:80")
    url = f"/v1/incidents/groups/{first['group']}/resolve"
    closed = ok(await town.operator.post(url, {"seen_at": seen_at, "reason": "they will be asked on paper"}))
    assert closed == {"closed": 2, "left": 0}
    (left,) = ok(await town.operator.get(f"/v1/incidents?group={first['group']}"))["items"]
    assert left["case"] == late, "what was opened later stays open"
    problem(await town.operator.post(url, {"seen_at": seen_at, **REASON}), 409, "group_empty")


async def test_incidents_of_the_release_before_get_their_group(town: Town, preschool: dict[str, Any]) -> None:
    from sqlalchemy import update  # noqa: PLC0415 - only here a row is made as the release before makes it

    from gateway.storage import tables as t  # noqa: PLC0415 - as above

    await parked(town, preschool)
    (known,) = ok(await town.operator.get("/v1/incidents/groups"))["items"]
    async with town.store.db.write() as tx:
        await tx.run(update(t.incidents).values(group_key=None))
    assert ok(await town.operator.get("/v1/incidents"))["items"][0]["group"] == known["group"]
    assert ok(await town.operator.get("/v1/incidents/groups"))["items"] == []
    assert await town.store.fill_groups(10) == 1
    assert ok(await town.operator.get("/v1/incidents/groups"))["items"] == [known]
