"""The pages as people read them: languages, the overview, the list with its filters, the case, headers and weight."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from gateway.console.headers import POLICY
from gateway.console.static_files import address_of, weight_of
from gateway.domain.incident import Incident, IncidentKind
from tests.integration.console.conftest import Browser, House
from tests.unit.api.asgi import Caller

ASSETS = ("console.css", "console.js", "htmx.min.js", "darcha.svg")
TITLES = {"uz": "Arizalar", "ru": "Заявления", "ky": "Арыздар", "en": "Cases"}


def flat(extract: dict[str, Any], place: int) -> dict[str, Any]:
    """The same application about another flat: one about each is open at a time."""
    flat = extract["form"]["properties"][0] | {"cadastral_number": f"14:01:03:02:{place:04}"}
    return extract | {"reference": str(place), "form": extract["form"] | {"properties": [flat]}}


@pytest.mark.parametrize("language", TITLES)
async def test_a_language_is_chosen_with_a_link_and_stays(house: House, operator: Browser, language: str) -> None:
    answer = await operator.get(f"/console/cases?status=received&lang={language}")
    assert (answer.status, answer.headers["location"]) == (303, "/console/cases?status=received")
    await operator.get("/console/cases")
    assert f'<html lang="{language}"' in operator.page
    assert f"<h1>{TITLES[language]}</h1>" in operator.page


async def test_without_a_choice_the_account_or_the_browser_decides(house: House, operator: Browser) -> None:
    await operator.get("/console/cases", accept_language="ky,ru;q=0.8")
    assert '<html lang="ky"' in operator.page
    await house.accounts.speak("dilnoza", "uz")
    await operator.get("/console/cases", accept_language="ky,ru;q=0.8")
    assert '<html lang="uz"' in operator.page


async def test_the_theme_is_chosen_with_a_link(operator: Browser) -> None:
    assert 'data-theme="auto"' in operator.page
    await operator.get("/console/cases?theme=dark")
    await operator.get("/console/cases")
    assert 'data-theme="dark"' in operator.page


async def test_every_answer_has_the_headers_of_a_page_and_static_files_are_kept(house: House, operator: Browser) -> None:
    for path in ("/console/cases", "/console/login", "/console/nowhere", "/console/find?number=zz"):
        answer = await operator.get(path)
        assert answer.headers["content-security-policy"] == POLICY, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
    style = await operator.get(f"/console{address_of('console.css')}")
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await operator.get("/console/static/..%2fapp.py")).status == 404


async def test_what_is_not_there_is_a_page_that_says_so(operator: Browser) -> None:
    for path in ("/console/nowhere", "/console/cases/AAAA-AAAA-A", "/console/find?number=12", "/console/cases/0000-0000-0/dance"):
        assert (await operator.get(path)).status == 404, path
        assert "<h1>Not found</h1>" in operator.page
        assert 'class="side"' in operator.page


async def test_the_overview_shows_what_needs_a_person(house: House, operator: Browser, preschool: dict[str, Any]) -> None:
    assert (await operator.get("/console/")).status == 200
    assert "Nothing needs a person now." in operator.text()
    await house.submit(preschool)
    opened = Incident(IncidentKind.LANE_DOWN, "lane_down:tax", {}, agency="tax", lane="tax")
    await house.town.store.open_incidents([opened])

    def pause(row: Any, _now: Any) -> list[Incident]:
        row.paused, row.paused_reason = True, "they asked us to"
        return []

    await house.town.store.change_lane("tax", pause)
    assert (await operator.get("/console/")).status == 200
    text = operator.text()
    assert "An agency does not answer" in text
    assert "paused they asked us to" in text
    assert re.search(r"<dt>Received, the last 24 hours</dt><dd>1</dd>", operator.page)
    assert ": 1 applications, 0 decided</title>" in operator.page


async def test_cases_are_listed_filtered_and_paged(
    house: House, operator: Browser, preschool: dict[str, Any], extract: dict[str, Any]
) -> None:
    first = await house.submit(preschool)
    second = await house.submit(extract | {"reference": "NAM-7"})
    await operator.get("/console/cases")
    assert first in operator.page
    assert second in operator.page
    assert operator.page.index(second) < operator.page.index(first)  # newest first
    for query, there, absent in (
        ("service=preschool-enrolment", first, second),
        ("agency=cadastre", second, first),
        ("reference=NAM-7", second, first),
        ("status=closed", "There are no such cases.", first),
        ("needs_attention=yes", "There are no such cases.", first),
        ("needs_attention=no", first, "There are no such cases."),
        ("due_before=2001-01-01", "There are no such cases.", first),
        ("office=kosonsoy-center", "There are no such cases.", second),
    ):
        assert (await operator.get(f"/console/cases?{query}")).status == 200
        assert there in operator.page, query
        assert absent not in operator.page, query
    assert '<option value="closed" selected>' not in operator.page
    await operator.get("/console/cases?status=closed")
    assert '<option value="closed" selected>' in operator.page


async def test_a_filter_that_cannot_be_read_is_told_beside_its_field(operator: Browser) -> None:
    for query, field in (("due_before=tomorrow", "due_before"), ("needs_attention=perhaps", "needs_attention")):
        assert (await operator.get(f"/console/cases?{query}")).status == 422
        assert f'href="#f-{field}"' in operator.page
        assert f'id="e-{field}"' in operator.page
    assert (await operator.get("/console/cases?after=elsewhere")).status == 422


async def test_older_cases_stand_on_the_next_page(
    house: House, operator: Browser, extract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.console.cases._PAGE", 1)
    numbers = [await house.submit(flat(extract, n)) for n in range(2)]
    await operator.get("/console/cases?channel=" + extract["channel"])
    older = re.search(r'rel="next" href="([^"]+)"', operator.page)
    assert older
    assert numbers[1] in operator.page
    assert numbers[0] not in operator.page
    await operator.get(older.group(1).replace("&amp;", "&"))
    assert numbers[0] in operator.page
    assert "Newest" in operator.page


async def test_a_filter_is_kept_replaced_and_removed(house: House, operator: Browser) -> None:
    await operator.get("/console/cases?status=received&nonsense=1")
    kept = await operator.post("/console/cases/filters", {"name": " Mine & new ", "query": operator.field("query") + "&evil=1"})
    assert kept.headers["location"] == "/console/cases?status=received&done=filter_saved"
    await operator.get(kept.headers["location"])
    assert "The filter is saved." in operator.text()
    assert ">Mine &amp; new</a>" in operator.page
    assert 'href="/console/cases?status=received"' in operator.page
    assert not await house.accounts.filters("reader", "cases")
    assert (await operator.post("/console/cases/filters", {"name": "", "query": ""})).status == 422
    await operator.get("/console/cases")
    assert (await operator.post("/console/cases/filters/remove", {"name": "Mine & new"})).status == 303
    assert not await house.accounts.filters("dilnoza", "cases")


async def test_a_case_is_found_however_its_number_is_typed(house: House, operator: Browser, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)
    answer = await operator.get(f"/console/find?number={number.lower().replace('-', '%20')}")
    assert answer.headers["location"] == f"/console/cases/{number}"


async def test_the_page_of_a_case_tells_all_that_is_known(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    number = await house.submit(extract)
    case = await house.town.case(number)
    assert (await operator.get(f"/console/cases/{number}")).status == 200
    text = operator.text()
    for part in (
        "Extract from the cadastre",
        "Statutory term",
        "verified:",
        "the chain holds",
        "Application received",
    ):
        assert part in text, part
    assert 'aria-labelledby="seq-title seq-desc"' in operator.page
    assert "The messages as a list" in text
    for step in case["steps"]:
        assert step["title"]["en"] in text
    for document in case["documents"]:
        assert f"/console/cases/{number}/documents/{document['digest']}" in operator.page
    assert extract["parties"][0]["identifier"] not in operator.page


@pytest.mark.parametrize("language", TITLES)
async def test_a_decided_case_reads_in_every_language(
    house: House, operator: Browser, preschool: dict[str, Any], language: str
) -> None:
    number = await house.submit(preschool)
    await house.town.said(number, "child", {"outcome": "completed", "data": {"found": False}})
    operator.cookies["darcha_language"] = language
    answer = await operator.get(f"/console/cases/{number}")
    assert answer.status == 200
    outcome = {"uz": "rad etildi", "ru": "отказано", "ky": "баш тартылды", "en": "refused"}[language]
    assert outcome in operator.text()
    assert "{" not in operator.text()


async def test_a_document_is_saved_and_never_opened(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    sent = await house.town.office.post("/v1/documents?name=plan.html", b"<script>alert(1)</script>", content_type="text/html")
    digest = sent.json()["digest"]
    document = {"digest": digest, "name": 'plän "1".html', "media_type": "text/html", "kind": "plan"}
    number = await house.submit(extract | {"documents": [document]})
    await operator.get(f"/console/cases/{number}")
    assert digest in operator.page
    answer = await operator.get(f"/console/cases/{number}/documents/{digest}")
    assert (answer.status, answer.body) == (200, b"<script>alert(1)</script>")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''pl%C3%A4n")
    assert (await operator.get(f"/console/cases/{number}/documents/{'0' * 64}")).status == 404


async def test_the_raw_case_holds_no_personal_data_without_the_scope(
    house: House, operator: Browser, extract: dict[str, Any]
) -> None:
    number = await house.submit(extract)
    answer = await operator.get(f"/console/cases/{number}.json")
    shown = json.loads(answer.body)
    assert shown["case"]["number"] == number
    assert shown["case"]["envelope"] is None
    assert len(shown["events"]) == shown["case"]["seq"]
    assert extract["parties"][0]["identifier"] not in answer.body.decode()
    inspector = house.browser()
    await inspector.sign_in("inspector")
    revealed = json.loads((await inspector.get(f"/console/cases/{number}.json")).body)
    assert revealed["case"]["envelope"]["parties"] == extract["parties"]


async def test_who_is_bound_to_a_client_sees_its_cases_alone(house: House, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)  # of the client namangan
    bound = house.browser()
    await bound.sign_in("kosonsoy-reader")
    await bound.get("/console/cases")
    assert number not in bound.page
    for path in ("", ".json", "/stream", f"/documents/{'0' * 64}"):
        assert (await bound.get(f"/console/cases/{number}{path}")).status == 404, path
    reader = house.browser()
    await reader.sign_in("reader")
    assert (await reader.get(f"/console/cases/{number}")).status == 200
    assert "/withdraw" not in reader.page
    assert (await reader.get(f"/console/cases/{number}/withdraw")).status == 403
    assert (await reader.post(f"/console/cases/{number}/withdraw", {"reason": "x", "version": "1"})).status == 403


async def test_no_page_is_heavier_than_it_may_be(house: House, operator: Browser, extract: dict[str, Any]) -> None:
    for n in range(50):
        await house.submit(flat(extract, n))
    number = await house.submit(extract)
    for path in (
        "/console/",
        "/console/cases",
        f"/console/cases/{number}",
        f"/console/cases/{number}/withdraw",
        "/console/login",
    ):
        await operator.get(f"/console{path}")
        assert len(operator.page.encode()) + weight_of(*ASSETS) < 300_000, path


async def test_an_open_page_is_told_when_the_case_moves(house: House, operator: Browser, preschool: dict[str, Any]) -> None:
    number = await house.submit(preschool)
    heard: list[str] = []
    moved = asyncio.Event()

    async def send(message: Any) -> None:
        heard.append(message.get("body", b"").decode())
        if "event: moved" in heard[-1]:
            moved.set()

    async def receive() -> Any:
        await moved.wait()
        return {"type": "http.disconnect"}

    cookie = "; ".join(f"{k}={v}" for k, v in operator.cookies.items())
    scope = Caller(house.app).scope("GET", f"/console/cases/{number}/stream", {"cookie": cookie})
    stream = asyncio.create_task(house.app(scope, receive, send))
    while not heard:
        await asyncio.sleep(0)
    await house.town.said(number, "child", {"outcome": "completed", "data": {"found": False}})
    async with asyncio.timeout(20):
        await moved.wait()
        await stream
    assert any(line.startswith("event: moved\ndata: ") for line in heard)
