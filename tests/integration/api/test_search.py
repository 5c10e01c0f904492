"""Finding cases through the door: the identifier, the filters and orders, counts, the overview; and what stays hidden."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.api import shapes
from gateway.api.search_shapes import CountsOut, OverviewOut
from gateway.application.feed import cursor_of
from tests.integration.api.conftest import Town, ok
from tests.unit.api.asgi import Answer

MOTHER = "41203857100011"


def codes(answer: Answer, status: int = 422) -> set[tuple[str, str]]:
    assert answer.status == status, answer.body
    return {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


def another(application: dict[str, Any], place: int, **changes: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(application))
    copy["parties"][1]["identifier"] = str(51205227100200 + place)
    return copy | changes


async def found(town: Town, body: dict[str, Any], key: str = "operator-key") -> list[str]:
    answer = await town.by(key).post("/v1/cases/search", body)
    return [str(case.id) for case in shapes.CasePage.model_validate_json(json.dumps(ok(answer))).items]


async def test_a_case_is_found_by_the_applicants_identifier(town: Town, preschool: dict[str, Any]) -> None:
    applicant = preschool["parties"][0]["identifier"]
    subject = preschool["parties"][1]["identifier"]
    made = [(await town.submit(another(preschool, n)))["id"] for n in range(2)]
    made.append((await town.submit(preschool))["id"])
    spelt = f"{applicant[:4]} {applicant[4:9]}-{applicant[9:]}"
    for value in (applicant, spelt):
        assert await found(town, {"identifier": {"value": value}}) == made[::-1]
    assert await found(town, {"identifier": {"value": applicant}}, "office-key") == made[::-1]
    assert await found(town, {"identifier": {"value": applicant}}, "other-key") == []
    assert await found(town, {"identifier": {"value": applicant, "kind": "organisation"}}) == []
    assert await found(town, {"identifier": {"value": subject}}) == []
    assert await found(town, {"identifier": {"value": subject, "role": "subject"}}) == [made[2]]
    assert await found(town, {"identifier": {"value": subject, "role": "any"}, "status": "received"}) == [made[2]]
    first = ok(await town.operator.post("/v1/cases/search", {"identifier": {"value": applicant}, "limit": 2}))
    rest = await found(town, {"identifier": {"value": applicant}, "limit": 2, "after": first["after"]})
    assert [case["id"] for case in first["items"]] + rest == made[::-1]


async def test_an_identifier_stands_in_no_index_and_no_address(town: Town, preschool: dict[str, Any]) -> None:
    await town.submit(preschool)
    answer = await town.operator.get(f"/v1/cases?identifier={MOTHER}")
    assert codes(answer) == {("/identifier", "unknown_field")}
    assert codes(await town.operator.post("/v1/cases/search", {"identifier": {"value": "'; --"}})) == {
        ("/identifier/value", "pattern")
    }


async def test_the_new_filters(town: Town, preschool: dict[str, Any]) -> None:
    made = [await town.submit(another(preschool, n)) for n in range(3)]
    ids = [one["id"] for one in made]
    await town.office.post(f"/v1/cases/{ids[0]}/withdraw", {"reason": "changed my mind"})
    number = made[1]["number"]
    for query, must in (
        (f"number={number}", [ids[1]]),
        (f"number={number.lower().replace('-', '%20')}", [ids[1]]),
        (f"number={number[:4].lower()}", [ids[1]]),
        ("clock_status=running", ids[:0:-1]),
        ("clock_status=breached", []),
        ("incident=in_doubt", []),
        ("retrying=true", []),
        ("retrying=false&limit=2", ids[:0:-1]),
        ("status=withdrawn&sort=received", ids[:1]),
        ("client=namangan&status=received", ids[:0:-1]),
        ("client=kosonsoy", []),
    ):
        page = ok(await town.operator.get(f"/v1/cases?{query}"))
        assert [case["id"] for case in page["items"]] == must, query
    by_due = ok(await town.operator.get("/v1/cases?sort=due"))["items"]
    assert [case["id"] for case in by_due] == sorted(ids[1:]), "the withdrawn one has no time left to run out"


@pytest.mark.parametrize(
    ("query", "broken"),
    [
        ("number=7K", ("/number", "case_number")),
        ("number=7K3M-9XYZ-U", ("/number", "case_number")),
        ("clock_status=lost", ("/clock_status", "enum")),
        ("incident=lost", ("/incident", "enum")),
        ("sort=name", ("/sort", "enum")),
        ("retrying=perhaps", ("/retrying", "type")),
        ("after=nonsense", ("/after", "cursor")),
    ],
)
async def test_what_is_no_filter_is_told(town: Town, query: str, broken: tuple[str, str]) -> None:
    assert codes(await town.operator.get(f"/v1/cases?{query}")) == {broken}


async def test_a_cursor_of_another_list_is_refused(town: Town, preschool: dict[str, Any]) -> None:
    for n in range(2):
        await town.submit(another(preschool, n))
    after = ok(await town.office.get("/v1/cases?limit=1"))["after"]
    for query in ("sort=due", "status=received"):
        answer = await town.office.get(f"/v1/cases?limit=1&after={after}&{query}", accept_language="uz")
        assert codes(answer) == {("/after", "other_list")}
        assert answer.json()["errors"][0]["message"].startswith("sahifa belgisi")
    assert codes(await town.operator.get(f"/v1/cases?limit=1&after={after}")) == {("/after", "other_list")}, "another's list"


async def test_a_front_office_sees_and_counts_its_own(town: Town, preschool: dict[str, Any]) -> None:
    await town.submit(preschool)
    refused = await town.by("other-key").get("/v1/cases?client=namangan")
    assert refused.status == 403
    groups = "status,service,agency,office,outcome"
    for key, seen in (("operator-key", 1), ("office-key", 1), ("other-key", 0)):
        answer = await town.by(key).get(f"/v1/cases/counts?by={groups}")
        counts = CountsOut.model_validate_json(answer.body)
        assert counts.status is not None and counts.agency is not None
        assert [c.count for c in counts.status.values()] == [1] * seen, key
        assert counts.outcome == {}
    assert ok(await town.operator.get("/v1/cases/counts?number=7K3"))["status"] == {}
    assert codes(await town.operator.get("/v1/cases/counts?by=colour")) == {("/by", "enum")}


async def test_the_overview_is_for_operators(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    seen = OverviewOut.model_validate_json((await town.operator.get("/v1/overview")).body)
    assert seen.oldest is not None and str(seen.oldest.id) == made["id"]
    assert (seen.open["received"].count, seen.hours[-1].received + seen.hours[-2].received) == (1, 1)
    assert (await town.office.get("/v1/overview")).status == 403


async def test_what_has_not_changed_is_not_sent_again(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    url = f"/v1/cases/{made['id']}/requests"
    tag = (await town.office.get(url)).headers["etag"]
    assert (await town.office.get(url, if_none_match=tag)).status == 304
    await town.office.post(f"/v1/cases/{made['id']}/withdraw", {"reason": "changed my mind"})
    assert (await town.office.get(url, if_none_match=tag)).status == 200


async def test_a_stream_wants_a_place_that_the_feed_gave(town: Town, preschool: dict[str, Any]) -> None:
    made = await town.submit(preschool)
    for answer in (
        await town.office.get("/v1/events/stream?after=nonsense"),
        await town.office.get("/v1/events/stream", last_event_id="1"),
        await town.office.get(f"/v1/cases/{made['id']}/events/stream", last_event_id=cursor_of((1, 2))),
    ):
        assert {code for _, code in codes(answer)} == {"cursor"}
    assert (await town.by("other-key").get(f"/v1/cases/{made['id']}/events/stream")).status == 404
    assert (await town.by("other-key").get("/v1/events/stream?client=namangan")).status == 403
