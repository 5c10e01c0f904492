"""The audit at the console: acts of people across cases, newest first; narrowed, page by page, by an index of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from gateway.application.audit import ActFilter
from gateway.application.calendars import Calendars
from gateway.application.deployment import Deployment
from gateway.catalogue.calendars import seed, seed_version
from gateway.console.audit import KINDS, types_of
from gateway.storage import tables as t
from tests.integration.api.conftest import Town, ok
from tests.integration.console.conftest import Browser, House
from tests.integration.console.reading import read_in_all_languages

PATH = "/console/audit"


@pytest.fixture
def deployment(deployment: Deployment) -> Deployment:
    """With calendars of this test alone."""
    return Deployment(deployment.catalogue, deployment.manifests, Calendars(seed, ("UZ-5",), seed_version()))


async def _history(town: Town, application: dict[str, Any]) -> str:
    """A case on which an operator, a front office and an inspector have acted."""
    case = await town.submit(application)
    await town.said(case["id"], "child", {"outcome": "refused", "code": "X", "reason": "not theirs"})
    return str(case["number"])


async def test_the_page_is_there_in_four_languages(operator: Browser, house: House, preschool: dict[str, Any]) -> None:
    await _history(house.town, preschool)
    await read_in_all_languages(operator, PATH)
    await read_in_all_languages(operator, f"{PATH}?actor=dilnoza&kind=requests&since=2020-01-01&until=2099-01-01")
    await read_in_all_languages(operator, f"{PATH}?actor=nobody")


async def test_acts_of_people_are_told_and_those_of_the_gateway_are_not(
    operator: Browser, house: House, preschool: dict[str, Any]
) -> None:
    number = await _history(house.town, preschool)
    await operator.get(PATH)
    assert number in operator.text()
    assert "operator dilnoza" in operator.text()
    acts = (await house.town.store.acts(ActFilter(), "", 50)).items
    assert acts
    assert all(act.event.actor.partition(":")[0] in ("operator", "client", "clerk") for act in acts)
    assert all(act.event.type != "case.received" for act in acts)
    assert [a.event.time for a in acts] == sorted((a.event.time for a in acts), reverse=True)


async def test_a_look_at_a_message_stands_out(operator: Browser, house: House, preschool: dict[str, Any]) -> None:
    number = await _history(house.town, preschool)
    town = house.town
    case = ok(await town.operator.get(f"/v1/cases/{number}"))

    def act(file: Any, _rules: Any) -> None:
        file.event("message.revealed", {"reason": "a complaint", "what": "sent"}, "operator:inspector")

    await town.parts.acts.run(UUID(case["id"]), act)
    await operator.get(f"{PATH}?kind=revealed")
    assert 'class="revealed"' in operator.page
    assert "personal data shown A message was looked at" in operator.text()
    assert "a complaint" in operator.text()
    assert operator.text().count("operator inspector") == 1
    await operator.get(f"{PATH}?kind=requests")
    assert 'class="revealed"' not in operator.page


async def test_the_list_is_narrowed_by_person_kind_and_days(operator: Browser, house: House, preschool: dict[str, Any]) -> None:
    await _history(house.town, preschool)
    store, now = house.town.store, datetime.now(UTC)
    everything = (await store.acts(ActFilter(), "", 50)).items
    assert len((await store.acts(ActFilter(actor="dilnoza"), "", 50)).items) == len(everything)
    assert len((await store.acts(ActFilter(actor="operator:dilnoza"), "", 50)).items) == len(everything)
    for nothing in (
        ActFilter(actor="dilnoz"),
        ActFilter(actor="clerk:dilnoza"),
        ActFilter(types=types_of("certificates")),
        ActFilter(since=now + timedelta(hours=1)),
        ActFilter(until=now - timedelta(hours=1)),
    ):
        assert not (await store.acts(nothing, "", 50)).items, nothing
    found = await store.acts(
        ActFilter("dilnoza", types_of("requests"), now - timedelta(hours=1), now + timedelta(hours=1)), "", 50
    )
    assert found.items
    assert {act.event.type.partition(".")[0] for act in found.items} <= {"request", "reply"}


async def test_pages_follow_each_other_without_gap_or_repeat(house: House, preschool: dict[str, Any]) -> None:
    case = await house.town.submit(preschool)

    def act(file: Any, _rules: Any) -> None:
        for n in range(7):
            file.event("message.revealed", {"reason": str(n)}, "operator:inspector")

    await house.town.parts.acts.run(UUID(case["id"]), act)
    seen, after = [], ""
    while True:
        page = await house.town.store.acts(ActFilter(actor="inspector"), after, 3)
        seen += [item.event.payload["reason"] for item in page.items]
        after = page.after
        if not after:
            break
    assert seen == [str(n) for n in reversed(range(7))]


async def test_what_is_done_beside_cases_stands_there_and_what_is_not_recorded_is_said(operator: Browser, house: House) -> None:
    await house.town.parts.deployment.calendars.start(house.town.store)
    body = {"decree": "PQ-1, 10.12.2026", "off": [{"date": "2027-01-04"}]}
    ok(await house.town.operator.post("/v1/calendars/UZ-5/amendments", body))
    ok(await house.town.operator.post("/v1/agencies/cadastre/pause", {"reason": "their night of maintenance"}))
    await operator.get(PATH)
    told = operator.text()
    assert "dilnoza Amended a calendar UZ-5 PQ-1, 10.12.2026" in told
    assert "dilnoza Holds a lane paused cadastre" in told
    assert "Who changed webhooks and accounts is not recorded" in told
    await operator.get(f"{PATH}?actor=dilnoza")
    assert "Beside cases" not in operator.text()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("until=2026-13-01", "until"),
        ("kind=gossip", "kind"),
        ("since=2026-05-02&until=2026-05-01", "until"),
        ("after=nonsense", "after"),
        ("after=2026-05-01T00:00:00%2B00:00~x", "after"),
    ],
)
async def test_what_cannot_be_read_names_the_field(operator: Browser, query: str, field: str) -> None:
    assert (await operator.get(f"{PATH}?{query}")).status == 422
    assert f'href="#f-{field}"' in operator.page


async def test_the_audit_is_for_operators(house: House) -> None:
    for name in ("reader", "clerk"):
        browser = house.browser()
        await browser.sign_in(name)
        assert (await browser.get(PATH)).status == 403


def test_every_kind_has_types_and_each_type_one_kind() -> None:
    found = [type_ for kind in KINDS for type_ in types_of(kind)]
    assert len(found) == len(set(found))
    assert all(types_of(kind) for kind in KINDS if kind != "certificates")


async def test_the_list_is_read_by_its_own_index(house: House) -> None:
    """Ordinary events never enter the index, so what the list reads does not grow with the cases."""
    db = house.town.store.db
    # So small a table is read as a whole unless that is forbidden; what is asked is whether the index can answer.
    before, plan = ("SET LOCAL enable_seqscan = off", "EXPLAIN") if db.postgres else ("SELECT 1", "EXPLAIN QUERY PLAN")
    query = f"SELECT * FROM events WHERE ({t.BY_PEOPLE}) ORDER BY time DESC, position DESC LIMIT 50"  # noqa: S608 - our own text
    async with db.write() as tx:
        await tx.run(text(before))
        told = " ".join(str(row[-1]) for row in await tx.rows(text(f"{plan} {query}")))
    assert "ix_events_people" in told
    assert "SORT" not in told.upper()
    assert "TEMP B-TREE" not in told
