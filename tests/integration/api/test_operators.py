"""What operators and clerks do, over a real store."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

from gateway.api import shapes
from gateway.domain.incident import Incident, IncidentKind
from tests.integration.api.conftest import Town, ok
from tests.integration.api.test_cases import now
from tests.unit.api.test_bad_input import problem, rules

REASON = {"reason": "the agency asked for it"}
NOBODY = str(uuid4())


async def test_agencies_pause_and_resume(town: Town, preschool: dict[str, Any]) -> None:
    await town.submit(preschool)
    listed = shapes.AgencyList.model_validate_json((await town.operator.get("/v1/agencies")).body)
    assert "civil-registry" in {a.id for a in listed.items}
    (lane,) = next(a for a in listed.items if a.id == "civil-registry").lanes
    assert (lane.ready, lane.in_flight, lane.paused) == (1, 0, False)
    paused = ok(await town.operator.post("/v1/agencies/preschool-ministry/pause", REASON))
    shapes.AgencyOut.model_validate(paused)
    assert len(paused["lanes"]) == 2
    assert {(x["paused"], x["paused_by"], x["paused_reason"]) for x in paused["lanes"]} == {
        (True, "operator:dilnoza", REASON["reason"])
    }
    resumed = ok(await town.operator.post("/v1/agencies/preschool-ministry/resume", {"reason": "they are back"}))
    assert not any(x["paused"] for x in resumed["lanes"])
    assert ok(await town.operator.get("/v1/agencies/office"))["people"]
    problem(await town.operator.post("/v1/agencies/nobody/pause", REASON), 404, "not_found")
    problem(await town.operator.post("/v1/agencies/tax/pause", {}), 422, "bad_input")
    shown = ok(await town.operator.get("/v1/agencies/civil-registry"))
    assert "secret" not in str(shown)


async def test_resuming_closes_the_incident_of_the_pause(town: Town) -> None:
    kind = IncidentKind.LANE_MISCONFIGURED
    await town.store.open_incidents([Incident(kind, f"{kind}:tax", {"reason": "401"}, agency="tax", lane="tax")])
    page = shapes.IncidentPage.model_validate_json((await town.operator.get("/v1/incidents")).body)
    assert [i.kind for i in page.items] == [kind]
    ok(await town.operator.post("/v1/agencies/tax/resume", REASON))
    assert ok(await town.operator.get("/v1/incidents"))["items"] == []
    (closed,) = ok(await town.operator.get("/v1/incidents?state=closed&agency=tax"))["items"]
    assert (closed["closed_by"], closed["close_reason"]) == ("operator:dilnoza", REASON["reason"])


async def test_incidents_of_a_case_and_of_none_are_resolved(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    data = {"found": True, "child": {"identifier": "51205227100018"}}
    await town.said(made["id"], "child", {"outcome": "completed", "data": data})
    await town.said(made["id"], "child", {"outcome": "refused", "code": "x", "reason": "on second thoughts"})
    await town.store.open_incidents([Incident(IncidentKind.DEAD_LETTER, "dead:1", {"queue": "replies"})])
    assert ok(await town.office.get(f"/v1/cases/{made['id']}"))["needs_attention"]
    incidents = ok(await town.operator.get("/v1/incidents"))["items"]
    assert {i["kind"] for i in incidents} == {"contradiction", "dead_letter"}
    (of_case,) = ok(await town.operator.get(f"/v1/incidents?case={made['id']}"))["items"]
    assert of_case["case_number"] == made["number"]
    for incident in incidents:
        url = f"/v1/incidents/{incident['id']}"
        assert ok(await town.operator.get(url))["state"] == "open"
        resolved = ok(await town.operator.post(f"{url}/resolve", REASON))
        shapes.IncidentOut.model_validate(resolved)
        assert (resolved["state"], resolved["close_reason"]) == ("closed", REASON["reason"])
        problem(await town.operator.post(f"{url}/resolve", REASON), 409, "incident_closed")
    assert not (await town.case(made["id"]))["needs_attention"]
    problem(await town.operator.post(f"/v1/incidents/{NOBODY}/resolve", REASON), 404, "not_found")
    problem(await town.operator.get("/v1/incidents?after=nonsense"), 422, "bad_input")


async def test_repairs_of_a_request(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    child = (await town.step(made["id"], "child"))["id"]
    retried = ok(await town.operator.post(f"/v1/requests/{child}/retry", REASON))
    shapes.CaseOut.model_validate(retried)
    planned = (await town.step(made["id"], "place"))["id"]
    problem(await town.operator.post(f"/v1/requests/{planned}/retry", REASON), 409, "transition")
    wrong = await town.operator.post(f"/v1/requests/{child}/resolve", {"outcome": {"outcome": "perhaps"}, **REASON})
    problem(wrong, 422, "bad_input")
    assert rules(wrong) == {("/outcome", "invalid")}
    data = {"found": True, "child": {"identifier": "51205227100018"}}
    await town.said(made["id"], "child", {"outcome": "completed", "data": data})
    queue = await town.step(made["id"], "queue")
    other = await town.operator.post(f"/v1/requests/{queue['id']}/supersede", {"branch": "atlantis", **REASON})
    problem(other, 422, "bad_input")
    assert rules(other) == {("/branch", "unknown")}
    ok(await town.operator.post(f"/v1/requests/{queue['id']}/supersede", {"branch": "1714212", **REASON}))
    moved = await town.step(made["id"], "queue")
    assert (moved["branch"], moved["supersedes"]) == ("1714212", queue["id"])
    ok(await town.operator.post(f"/v1/requests/{moved['id']}/cancel", REASON))
    assert (await town.step(made["id"], "queue"))["status"] == "cancelled"
    for call in ("retry", "cancel"):
        problem(await town.operator.post(f"/v1/requests/{NOBODY}/{call}", REASON), 404, "not_found")


async def to_the_desk(town: Town, extract: dict[str, Any]) -> tuple[str, str]:
    """Bring an extract to its hand-over at the counter: as the agency answered, and as the desk's adapter accepts it."""
    made = await town.submit(extract)
    ok(await town.office.post(f"/v1/cases/{made['id']}/facts", {"kind": "payment", "at": now(minutes=-1)}))
    data = {"extract_number": "X-1", "signed_at": now(), "restrictions": []}
    await town.said(made["id"], "extract", {"outcome": "completed", "data": data, "decided_at": now()})
    await town.said(made["id"], "hand-over", {"outcome": "accepted", "reference": ""})
    return made["id"], (await town.step(made["id"], "hand-over"))["id"]


async def test_the_desk(town: Town, extract: dict[str, Any]) -> None:
    case, task = await to_the_desk(town, extract)
    clerk, other = town.by("clerk-key"), town.by("other-clerk-key")
    page = shapes.DeskPage.model_validate_json((await clerk.get("/v1/desk")).body)
    assert [(str(t.request), str(t.case)) for t in page.items] == [(task, case)]
    assert ok(await other.get("/v1/desk"))["items"] == []
    url = f"/v1/desk/{task}/answer"
    done = {"outcome": {"outcome": "completed", "data": {"handed_to": "the applicant"}}, "note": "passport seen"}
    problem(await other.post(url, done), 404, "not_found")
    problem(await clerk.post(f"/v1/desk/{NOBODY}/answer", done), 404, "not_found")
    machine = await clerk.post(url, {"outcome": {"outcome": "unknown", "reason": "?"}})
    problem(machine, 422, "bad_input")
    assert rules(machine) == {("/outcome/outcome", "enum")}
    document = {"digest": "ab" * 32, "name": "act.pdf", "media_type": "application/pdf"}
    missing = await clerk.post(url, {"outcome": {"outcome": "completed", "documents": [document]}})
    assert rules(missing) == {("/outcome/documents/0/digest", "unknown_document")}
    shown = ok(await clerk.post(url, done))
    shapes.CaseOut.model_validate(shown)
    assert shown["status"] == "closed"
    problem(await clerk.post(url, done), 409, "answered")
    assert ok(await clerk.get("/v1/desk"))["items"] == []


async def test_other_steps_are_no_desks_business(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    child = (await town.step(made["id"], "child"))["id"]
    problem(await town.by("clerk-key").post(f"/v1/desk/{child}/answer", {"outcome": {"outcome": "completed"}}), 404, "not_found")


async def test_documents_of_a_clerk(town: Town, extract: dict[str, Any]) -> None:
    """A clerk's key sends its documents itself, and the front office fetches them from the case."""
    case, task = await to_the_desk(town, extract)
    clerk = town.by("clerk-key")
    sent = ok(await clerk.post("/v1/documents?name=act.pdf", b"%PDF act", content_type="application/pdf"), 201)
    document = {"digest": sent["digest"], "name": "act.pdf", "media_type": "application/pdf"}
    ok(await clerk.post(f"/v1/desk/{task}/answer", {"outcome": {"outcome": "completed", "documents": [document]}}))
    fetched = await town.office.get(f"/v1/cases/{case}/documents/{sent['digest']}")
    assert (fetched.status, fetched.body, fetched.headers["content-type"]) == (200, b"%PDF act", "application/pdf")
    strange = hashlib.sha256(b"other").hexdigest()
    problem(await town.office.get(f"/v1/cases/{case}/documents/{strange}"), 404, "not_found")
    problem(await town.by("other-key").get(f"/v1/cases/{case}/documents/{sent['digest']}"), 404, "not_found")


async def test_services_are_enough_to_draw_the_form(town: Town) -> None:
    for brief in ok(await town.office.get("/v1/services"))["items"]:
        shapes.ServiceBrief.model_validate(brief)
        shown = ok(await town.by("clerk-key").get(f"/v1/services/{brief['id']}"))
        shapes.ServiceOut.model_validate(shown)
        assert shown["form"]["properties"]
        assert shown["standard"]["fee"]
        assert shown["labels"]
