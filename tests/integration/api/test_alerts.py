"""Alerts and silences at the door, over a real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.api import alerts as shapes
from gateway.application.alerts import Alerting
from gateway.domain.alerting import AlertRules, Receiver
from gateway.domain.incident import Incident, IncidentKind
from tests.integration.api.conftest import Town, ok
from tests.unit.api.test_bad_input import problem, rules

NOBODY = str(uuid4())
RULES = AlertRules({"default": Receiver("default", ("json://a.test", "json://b.test"))}, wait_secs=0)


async def told(town: Town, *agencies: str) -> None:
    """Let these agencies be down, and the notifier have gathered and told it."""
    kind = IncidentKind.LANE_DOWN
    await town.store.open_incidents([Incident(kind, f"{kind}:{a}", {}, agency=a, lane=a) for a in agencies])
    alerting = Alerting(town.store, RULES, lambda: datetime.now(UTC), every_secs=0)
    await alerting.gather([d for d in await town.store.claim_deliveries(50, 60) if d.kind == "alert"])
    await alerting.run_once()


def later(**step: float) -> str:
    return (datetime.now(UTC) + timedelta(**step)).isoformat()


async def test_an_alert_is_listed_shown_and_taken_on_once(town: Town) -> None:
    await told(town, "tax", "justice")
    page = shapes.AlertPage.model_validate_json((await town.operator.get("/v1/alerts?agency=tax")).body)
    (alert,) = page.items
    assert (alert.kind, alert.count, alert.is_over, alert.told_to) == ("lane_down", 1, False, ["default"])
    assert len(ok(await town.operator.get("/v1/alerts?limit=1"))["items"]) == 1
    assert ok(await town.operator.get("/v1/alerts?state=over"))["items"] == []
    shown = shapes.AlertWithNotices.model_validate_json((await town.operator.get(f"/v1/alerts/{alert.id}")).body)
    assert [(n.target, n.what, n.state) for n in shown.notices] == [
        ("default/1", "opened", "pending"),
        ("default/2", "opened", "pending"),
    ]
    body = {"by": " Dilnoza ", "note": "they are called"}
    taken = ok(await town.operator.post(f"/v1/alerts/{alert.id}/acknowledge", body))
    shapes.AlertOut.model_validate(taken)
    assert (taken["acknowledged_by"], taken["note"]) == ("Dilnoza", "they are called")
    problem(await town.operator.post(f"/v1/alerts/{alert.id}/acknowledge", {"by": "Bekzod"}), 409, "acknowledged")
    problem(await town.operator.post(f"/v1/alerts/{alert.id}/acknowledge", {"by": "  "}), 422, "bad_input")
    problem(await town.operator.post(f"/v1/alerts/{NOBODY}/acknowledge", {"by": "Bekzod"}), 404, "not_found")
    problem(await town.operator.get(f"/v1/alerts/{NOBODY}"), 404, "not_found")
    problem(await town.office.get("/v1/alerts"), 403, "forbidden")


async def test_what_is_over_cannot_be_taken_on(town: Town) -> None:
    await told(town, "tax")
    (alert,) = ok(await town.operator.get("/v1/alerts"))["items"]

    def end(found: Any, now: datetime) -> None:
        found.is_over, found.over_at = True, now

    await town.store.change_alert(UUID(alert["id"]), end)
    problem(await town.operator.post(f"/v1/alerts/{alert['id']}/acknowledge", {"by": "Bekzod"}), 409, "alert_over")
    assert [a["id"] for a in ok(await town.operator.get("/v1/alerts?state=over"))["items"]] == [alert["id"]]


async def test_a_silence_is_made_listed_and_ended_once(town: Town) -> None:
    body = {"ends_at": later(hours=2), "by": "Dilnoza", "reason": "announced works", "agency": "tax", "kind": "lane_down"}
    made = ok(await town.operator.post("/v1/silences", body), 201)
    shapes.SilenceOut.model_validate(made)
    assert (made["agency"], made["kind"], made["service"], made["by"]) == ("tax", "lane_down", "", "Dilnoza")
    page = shapes.SilencePage.model_validate_json((await town.operator.get("/v1/silences")).body)
    assert [str(s.id) for s in page.items] == [made["id"]]
    await told(town, "tax")
    (alert,) = ok(await town.operator.get("/v1/alerts"))["items"]
    assert (alert["silence"], alert["told_at"]) == (made["id"], None)
    ended = ok(await town.operator.post(f"/v1/silences/{made['id']}/end", {"by": "Bekzod"}))
    assert ended["ended_by"] == "Bekzod" and ended["ends_at"] < made["ends_at"]
    problem(await town.operator.post(f"/v1/silences/{made['id']}/end", {"by": "Bekzod"}), 409, "silence_ended")
    problem(await town.operator.post(f"/v1/silences/{NOBODY}/end", {"by": "Bekzod"}), 404, "not_found")


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"ends_at": later(hours=-1)}, [("/ends_at", "silence_order")]),
        ({"starts_at": later(hours=3)}, [("/ends_at", "silence_order")]),
        ({"ends_at": later(days=40)}, [("/ends_at", "silence_long")]),
        (
            {"agency": "nobody", "kind": "nothing", "service": "none"},
            [(f"/{f}", "no_such_name") for f in ("agency", "kind", "service")],
        ),
        ({"reason": " "}, [("/reason", "empty")]),
        ({"by": ""}, [("/by", "too_short")]),
    ],
)
async def test_a_silence_that_cannot_be(town: Town, change: dict[str, str], broken: list[tuple[str, str]]) -> None:
    body = {"ends_at": later(hours=2), "by": "Dilnoza", "reason": "works"} | change
    answer = await town.operator.post("/v1/silences", body)
    assert sorted(rules(answer)) == sorted(broken)


async def test_the_rules_speak_the_callers_language(town: Town) -> None:
    body = {"ends_at": later(days=40), "by": "Dilnoza", "reason": "works"}
    answer = await town.operator.with_headers(accept_language="ru").post("/v1/silences", body)
    assert answer.json()["errors"][0]["message"] == "приостановка длится не больше 31 дн."
