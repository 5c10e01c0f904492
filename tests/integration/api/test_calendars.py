"""Calendars through the door: read, amended with a decree, compared; what is wrong is refused with its rule."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.api import calendar_shapes as shapes
from gateway.application.calendars import Calendars
from gateway.application.deployment import Deployment
from gateway.catalogue.calendars import seed, seed_version
from tests.integration.api.conftest import Town, ok
from tests.unit.api.test_bad_input import problem, rules

PATH = "/v1/calendars/UZ-5"
AMEND = f"{PATH}/amendments"
DECREE = "PQ-1, 10.12.2026"


@pytest.fixture
def deployment(deployment: Deployment) -> Deployment:
    """With calendars of this test alone."""
    return Deployment(deployment.catalogue, deployment.manifests, Calendars(seed, ("KG-5", "UZ-5", "UZ-6"), seed_version()))


@pytest.fixture
async def town(town: Town) -> Town:
    """With the calendars kept, as every process does at its start."""
    await town.parts.deployment.calendars.start(town.store)
    return town


async def test_calendars_are_listed_and_a_year_is_shown(town: Town) -> None:
    listed = shapes.CalendarList.model_validate_json((await town.operator.get("/v1/calendars")).body)
    assert [(c.id, c.number, c.behind) for c in listed.items] == [("KG-5", 1, 0), ("UZ-5", 1, 0), ("UZ-6", 1, 0)]
    answer = await town.operator.get(f"{PATH}?year=2026")
    shown = shapes.CalendarOut.model_validate_json(answer.body)
    assert (shown.year, shown.provisional, answer.headers["etag"]) == (2026, False, '"1"')
    assert {d.date.year for d in shown.days_off} == {2026}
    saturday = next(d for d in shown.working_days if str(d.date) == "2026-12-12")
    assert str(saturday.moved_to) == "2026-12-31"
    assert ok(await town.operator.get(f"{PATH}?year=2030"))["provisional"] is True
    assert (await town.operator.get(PATH, if_none_match='"1"')).status == 304


async def test_an_amendment_is_a_version_and_the_old_one_stays(town: Town) -> None:
    body = {"decree": DECREE, "off": [{"date": "2027-01-04"}], "decided": [2027], "note": "the gazette"}
    tried = shapes.AmendedOut.model_validate_json((await town.operator.post(f"{AMEND}?dry_run=true", body)).body)
    assert (tried.dry_run, tried.version, [str(d.date) for d in tried.changes.days]) == (True, "2", ["2027-01-04"])
    assert len(ok(await town.operator.get(f"{PATH}/versions"))["items"]) == 1
    made = await town.operator.post(AMEND, body, if_match='"1"')
    assert (ok(made)["changes"]["decided"], made.headers["etag"]) == ([2027], '"2"')
    versions = shapes.VersionList.model_validate_json((await town.operator.get(f"{PATH}/versions")).body)
    assert [(v.number, v.made_by, v.decree, v.note) for v in versions.items] == [
        (2, "operator:dilnoza", DECREE, "the gazette"),
        (1, "seed", "", ""),
    ]
    assert "2027-01-04" in str(ok(await town.operator.get(f"{PATH}?year=2027"))["days_off"])
    assert "2027-01-04" not in str(ok(await town.operator.get(f"{PATH}?year=2027&version=1"))["days_off"])
    diff = shapes.DiffOut.model_validate_json((await town.operator.get(f"{PATH}/diff?from=1&to=2")).body)
    assert [(d.was["kind"], d.now["kind"], d.now["decree"]) for d in diff.days] == [("working", "additional", DECREE)]
    problem(await town.operator.post(AMEND, body, if_match='"1"'), 412, "calendar_moved")
    problem(await town.operator.post(AMEND, body, if_match='W/"x"'), 412, "calendar_moved")
    assert rules(await town.operator.post(AMEND, {"decree": DECREE, "plain": ["2027-01-05"]})) == {("/plain/0", "day_plain")}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"off": [{"date": "2027-01-04"}]}, "/decree", "required"),
        ({"decree": " ", "off": [{"date": "2027-01-04"}]}, "/decree", "empty"),
        ({"decree": DECREE}, "", "nothing_changes"),
        ({"decree": DECREE, "off": [{"date": "2026-12-08"}]}, "/off/0", "day_rests"),
        ({"decree": DECREE, "off": [{"date": "2027-01-04"}, {"date": "2027-01-04"}]}, "/off/1", "day_twice"),
        ({"decree": DECREE, "off": [{"date": "2027-02-30"}]}, "/off/0/date", "date"),
        ({"decree": DECREE, "off": [{"date": 20270204}]}, "/off/0/date", "date"),
        ({"decree": DECREE, "working": ["2026-12-07"]}, "/working/0", "day_works"),
        ({"decree": DECREE, "working": ["1826-12-06"]}, "/working/0", "year_range"),
        ({"decree": DECREE, "moved": [{"from": "2026-12-07", "to": "2026-12-09"}]}, "/moved/0/from", "day_works"),
        ({"decree": DECREE, "moved": [{"from": "2026-12-13", "to": "2026-12-08"}]}, "/moved/0/to", "day_rests"),
        ({"decree": DECREE, "working_days": [{"date": "2027-02-06", "moved_to": "2027-02-10"}]}, "/working_days/0", "half_moved"),
        ({"decree": DECREE, "decided": [3000]}, "/decided/0", "maximum"),
        ({"decree": DECREE, "holiday": []}, "/holiday", "unknown_field"),
    ],
)
async def test_what_contradicts_is_refused_and_nothing_changes(town: Town, body: dict[str, Any], pointer: str, code: str) -> None:
    answer = await town.operator.post(AMEND, body, accept_language="ru")
    assert (pointer, code) in rules(answer)
    assert answer.status == 422
    assert len(ok(await town.operator.get(f"{PATH}/versions"))["items"]) == 1
    if code.startswith("day_"):
        assert any("а" in error["message"] for error in answer.json()["errors"]), "told in Russian"


async def test_what_is_not_there(town: Town) -> None:
    for path in (
        "/v1/calendars/XX-5",
        f"{PATH}?version=9",
        f"{PATH}?version=x",
        "/v1/calendars/XX-5/versions",
        f"{PATH}/diff?to=9",
    ):
        problem(await town.operator.get(path), 404, "not_found")
    problem(await town.operator.post("/v1/calendars/XX-5/amendments", {"decree": DECREE, "decided": [2027]}), 404, "not_found")
    problem(await town.office.get(PATH), 403, "forbidden")


async def test_the_next_application_counts_with_the_new_version(
    town: Town, preschool: dict[str, Any], extract: dict[str, Any]
) -> None:
    before = await town.submit(preschool)
    clocks = ok(await town.operator.get(f"/v1/cases/{before['id']}/clocks"))["items"]
    (calendar, version) = next((k["calendar"], k["calendar_version"]) for k in clocks)
    body = {"decree": DECREE, "decided": [2031]}
    ok(await town.operator.post(f"/v1/calendars/{calendar}/amendments", body))
    after = await town.submit(extract)
    clocks = ok(await town.operator.get(f"/v1/cases/{after['id']}/clocks"))["items"]
    assert (version, {k["calendar_version"] for k in clocks}) == (
        town.parts.deployment.calendars(calendar).history[0].since,
        {"2"},
    )
    listed = {c["id"]: c["behind"] for c in ok(await town.operator.get("/v1/calendars"))["items"]}
    assert listed[calendar] >= 1
