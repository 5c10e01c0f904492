"""Replays: seen, started on exactly that, paused, stopped; and never a request that was not in the set that was seen."""

from __future__ import annotations

import copy
import random
from typing import Any
from uuid import UUID

import pytest

from gateway.api import replays as shapes
from gateway.application.redo import Action
from gateway.application.replaying import Replaying
from gateway.application.replays import Wanted
from gateway.domain.applied import park
from gateway.domain.case_file import CaseFile
from gateway.domain.incident import IncidentKind
from gateway.domain.progress import make_ready
from gateway.domain.rules import Rules
from tests.integration.api.conftest import Town, ok
from tests.integration.api.test_cases import now
from tests.integration.api.test_repairs import FOUND, REASON, events, parked
from tests.unit.api.test_bad_input import problem, rules


async def work(town: Town) -> int:
    """One look of the loop."""
    parts = town.parts
    return await Replaying(parts.deployment, town.store, town.store, town.store, parts.bus).run_once()


async def see(town: Town, **body: Any) -> dict[str, Any]:
    given = {"filter": {"agency": "civil-registry"}, **REASON} | body
    seen: dict[str, Any] = ok(await town.operator.post("/v1/replays?dry_run=true", given))
    shapes.SeenOut.model_validate(seen)
    return seen


async def start(town: Town, seen: dict[str, Any], per_minute: int = 0) -> str:
    begun = ok(await town.operator.post("/v1/replays", {"set": seen["id"], "per_minute": per_minute}), 201)
    shapes.ReplayOut.model_validate(begun)
    return str(begun["id"])


async def items(town: Town, replay: str, result: str = "") -> list[dict[str, Any]]:
    page = ok(await town.operator.get(f"/v1/replays/{replay}/items?result={result}"))
    shapes.ItemPage.model_validate(page)
    return list(page["items"])


async def test_a_replay_works_on_what_was_seen_and_says_what_became_of_it(town: Town, preschool: dict[str, Any]) -> None:
    cases = [await parked(town, preschool, person) for person in range(1, 5)]
    seen = await see(town)
    assert [(i["request"], i["status"], i["result"]) for i in seen["items"]] == [(r, "parked", "waiting") for _, r in cases]
    assert (seen["state"], seen["progress"]["waiting"], seen["left_off"]) == ("seen", 4, False)
    for case, _ in cases:
        assert await events(town, case, "request.retried") == [], "nothing was changed by looking"
    await parked(town, preschool, 5)  # comes too late to be seen
    moved = cases[1][0]
    ok(await town.office.post(f"/v1/cases/{moved}/facts", {"kind": "original_seen", "at": now(minutes=-1)}))
    replay = await start(town, seen)
    problem(await town.operator.post("/v1/replays", {"set": replay}), 409, "not_seen")
    assert await work(town) == 4
    assert await work(town) == 0
    shown = ok(await town.operator.get(f"/v1/replays/{replay}"))
    assert (shown["state"], shown["progress"]["under_way"], shown["progress"]["skipped"]) == ("done", 3, 1)
    (skipped,) = await items(town, replay, "skipped")
    assert (skipped["case"], skipped["code"]) == (moved, "moved")
    for case, _ in (cases[0], cases[2], cases[3]):
        (event,) = await events(town, case, "request.retried")
        assert (event["actor"], event["data"]["reason"]) == ("operator:dilnoza", f"{REASON['reason']} (replay {replay})")
    assert (await town.step(cases[0][0], "child"))["attempts"] == 0
    await town.said(cases[0][0], "child", FOUND)
    await give_up(town, cases[2][0])
    (failed,) = await items(town, replay, "failed_again")
    assert (failed["request"], failed["now"]) == (cases[2][1], "parked")
    assert [i["case"] for i in await items(town, replay, "completed_again")] == [cases[0][0]]
    listed = ok(await town.operator.get("/v1/replays"))
    shapes.ReplayPage.model_validate(listed)
    assert listed["items"][0]["progress"] == ok(await town.operator.get(f"/v1/replays/{replay}"))["progress"]


async def give_up(town: Town, case: str) -> None:
    def act(file: CaseFile, _rules: Rules) -> None:
        request = file.live("child")
        assert request is not None
        park(file, request, IncidentKind.EXHAUSTED, "connection refused")

    await town.parts.acts.run(UUID(case), act)


async def test_a_dry_run_says_why_not(town: Town, preschool: dict[str, Any]) -> None:
    cases = [await parked(town, preschool, person) for person in (1, 2)]

    def sent(file: CaseFile, _rules: Rules) -> None:
        request = file.live("child")
        assert request is not None
        file.touch(request)
        request.sent_at = file.now
        file.event("request.noted", {})

    await town.parts.acts.run(UUID(cases[0][0]), sent)
    seen = await see(town, action="supersede")
    assert [(i["result"], i["code"]) for i in seen["items"]] == [("refused", "effect_possible"), ("waiting", "")]
    assert "may have acted" in seen["items"][0]["text"]
    replay = await start(town, seen)
    await work(town)
    (done,) = await items(town, replay, "under_way")
    assert done["made"] == (await town.step(cases[1][0], "child"))["id"] != cases[1][1]
    assert (await town.step(cases[0][0], "child"))["id"] == cases[0][1]


async def test_pause_resume_and_stop_with_a_rate(town: Town, preschool: dict[str, Any]) -> None:
    for person in range(1, 4):
        await parked(town, preschool, person)
    replay = await start(town, await see(town), per_minute=1)
    url = f"/v1/replays/{replay}"
    assert (await work(town), await work(town)) == (1, 0), "one a minute"
    problem(await town.operator.post(f"{url}/resume", REASON), 409, "replay_state")
    problem(await town.operator.post(f"{url}/pause", {}), 422, "bad_input")
    paused = ok(await town.operator.post(f"{url}/pause", {"reason": "they have called"}))
    assert (paused["state"], paused["changed_by"], paused["changed_reason"]) == ("paused", "operator:dilnoza", "they have called")
    assert await work(town) == 0
    ok(await town.operator.post(f"{url}/resume", REASON))
    assert await work(town) == 1
    stopped = ok(await town.operator.post(f"{url}/stop", REASON))
    assert (stopped["state"], stopped["progress"]["waiting"], stopped["progress"]["under_way"]) == ("stopped", 1, 2)
    assert await work(town) == 0
    problem(await town.operator.post(f"{url}/resume", REASON), 409, "replay_state")


async def test_what_is_wanted_has_to_be_said(town: Town, preschool: dict[str, Any]) -> None:
    await parked(town, preschool)
    dry = "/v1/replays?dry_run=true"
    assert rules(await town.operator.post(dry, REASON)) == {("/filter", "required")}
    assert rules(await town.operator.post(dry, {"filter": {"agency": "tax"}})) == {("/reason", "required")}
    assert rules(await town.operator.post("/v1/replays", REASON)) == {("/set", "required")}
    assert rules(await town.operator.post("/v1/replays", {"set": "x"})) == {("/set", "uuid")}
    wrong = await town.operator.post(dry, {"filter": {"requests": ["x"]}, **REASON})
    assert rules(wrong) == {("/filter/requests/0", "uuid")}
    problem(await town.office.post(dry, REASON), 403, "forbidden")
    empty = await see(town, filter={"agency": "tax"})
    assert empty["items"] == []
    problem(await town.operator.post("/v1/replays", {"set": empty["id"]}), 409, "nothing_to_do")
    problem(await town.operator.get("/v1/replays/00000000-0000-0000-0000-000000000001"), 404, "not_found")


@pytest.mark.parametrize("by", ["group", "kind", "requests", "service", "step"])
async def test_every_way_to_choose(town: Town, preschool: dict[str, Any], by: str) -> None:
    case, request = await parked(town, preschool, 1)
    other, _ = await parked(town, preschool, 2, "unreadable", "invalid")
    (group,) = [g["group"] for g in ok(await town.operator.get("/v1/incidents/groups?kind=exhausted"))["items"]]
    chosen: dict[str, dict[str, Any]] = {
        "group": {"incidents": {"group": group}},
        "kind": {"incidents": {"kind": "exhausted", "agency": "civil-registry"}},
        "requests": {"filter": {"requests": [request]}},
        "service": {"filter": {"service": "preschool-enrolment", "office": preschool["office"]}},
        "step": {"filter": {"step": "child", "operation": "FindBirthRecord", "statuses": ["parked"]}},
    }
    seen = await see(town, **({"filter": None} | chosen[by]))
    wanted = [case] if by in ("group", "kind", "requests") else [case, other]
    assert [i["case"] for i in seen["items"]] == wanted


async def test_a_filter_that_finds_more_than_a_set_may_have_says_so(town: Town, preschool: dict[str, Any]) -> None:
    for person in (1, 2):
        await parked(town, preschool, person)
    seen = await town.parts.replays.see(Wanted(agency="civil-registry"), Action.RETRY, "why", "operator:x", most=1)
    assert (seen.left_off, seen.progress["waiting"]) == (True, 1)


async def test_requests_of_one_case_go_one_after_the_other(town: Town, preschool: dict[str, Any]) -> None:
    """The second is taken once the first has reached its agency, although the case has moved by that."""
    case, child = await parked(town, preschool)
    queue = (await town.step(case, "queue"))["id"]

    def park_both(file: CaseFile, rules: Rules) -> None:
        request = file.live("queue")
        assert request is not None
        make_ready(file, rules, rules.service.step("queue"), request)
        park(file, request, IncidentKind.EXHAUSTED, "connection refused")

    await town.parts.acts.run(UUID(case), park_both)
    seen = await see(town, filter={"service": "preschool-enrolment"})
    assert [i["request"] for i in seen["items"]] == sorted([child, queue])
    first, second = (i["step"] for i in seen["items"])
    replay = await start(town, seen)
    assert await work(town) == 1
    assert (await town.step(case, first))["status"] == "ready"
    assert (await town.step(case, second))["status"] == "parked"
    ready = (await town.step(case, first))["id"]
    body = {"outcome": {"outcome": "accepted", "reference": "R-1"}, **REASON}
    ok(await town.operator.post(f"/v1/requests/{ready}/resolve", body))
    await town.operator.post(f"/v1/replays/{replay}/pause", REASON)  # resuming lets it look at once
    await town.operator.post(f"/v1/replays/{replay}/resume", REASON)
    assert await work(town) == 1
    assert [i["result"] for i in await items(town, replay)] == ["completed_again", "under_way"]


async def test_sets_that_nobody_starts_are_forgotten(town: Town, preschool: dict[str, Any]) -> None:
    await parked(town, preschool)
    seen = await see(town)
    assert await town.store.forget_sets(await town.store.now()) == 1
    problem(await town.operator.post("/v1/replays", {"set": seen["id"]}), 404, "not_found")


@pytest.mark.parametrize("seed", range(4))
async def test_a_replay_never_acts_on_what_was_not_seen(town: Town, preschool: dict[str, Any], seed: int) -> None:
    """Whatever happens between looking and doing: what was done is a part of the set, and none of it had moved."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    person = iter(range(1000))
    known = [await parked(town, copy.deepcopy(preschool), next(person)) for _ in range(6)]
    seen = await see(town)
    wanted = {i["request"] for i in seen["items"] if i["result"] == "waiting"}
    moved: set[str] = set()
    for _ in range(8):
        case, request = chance.choice(known)
        match chance.randrange(5):
            case 0:
                known.append(await parked(town, copy.deepcopy(preschool), next(person)))
            case 1:
                await town.office.post(f"/v1/cases/{case}/withdraw", REASON)
                moved.add(request)
            case 2:
                fact = {"kind": "original_seen", "at": now(minutes=-1)}
                moved |= {request} if (await town.office.post(f"/v1/cases/{case}/facts", fact)).status == 200 else set()
            case 3:
                answer = await town.operator.post(f"/v1/requests/{request}/retry", REASON)
                moved |= {request} if answer.status == 200 else set()
            case 4:
                await town.operator.post(f"/v1/requests/{request}/cancel", REASON)
                moved.add(request)
    replay = await start(town, seen)
    while await work(town):
        pass
    settled = await items(town, replay)
    assert {i["request"] for i in settled if i["result"] == "skipped"} == wanted & moved
    assert {i["code"] for i in settled if i["result"] == "skipped"} <= {"moved"}
    done = set()
    for case, request in known:
        told = [e for e in await events(town, case, "request.retried") if f"(replay {replay})" in e["data"]["reason"]]
        assert len(told) <= 1
        done |= {request} if told else set()
    assert done == wanted - moved
