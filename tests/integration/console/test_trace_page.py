"""The trace of a case at the console, and a look at a message, which is an event of the case before it is shown."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.application.spans import SpanRecord
from gateway.domain.case_file import Attempt, StoredMessage
from gateway.domain.events import verify
from gateway.domain.request import Work
from tests.integration.console.conftest import Browser, House
from tests.integration.console.reading import HEAVIEST, read_in_all_languages

SENT = b"<applicant><name>Invented Name</name><number>12345678901234</number></applicant>"


@pytest.fixture
async def inspector(house: House) -> Browser:
    browser = house.browser()
    assert (await browser.sign_in("inspector")).status == 303
    return browser


async def _with_message(house: House, application: dict[str, Any]) -> tuple[str, UUID]:
    """A case of which something was made to be sent; return its number and the request."""
    case = await house.town.submit(application)
    request = UUID((await house.town.step(case["id"], "child"))["id"])

    def act(file: Any, _rules: Any) -> None:
        file.messages.append(StoredMessage(request, Work.SEND, SENT, {"content_type": "text/xml"}))

    await house.town.parts.acts.run(UUID(case["id"]), act)
    return str(case["number"]), request


async def test_every_page_is_there_in_four_languages(inspector: Browser, house: House, preschool: dict[str, Any]) -> None:
    number, request = await _with_message(house, preschool)
    for path in (f"{number}/trace", f"{number}/spans", f"{number}/requests/{request}/reveal"):
        await read_in_all_languages(inspector, f"/console/cases/{path}")


async def test_the_bars_say_in_a_list_what_they_draw(operator: Browser, house: House, preschool: dict[str, Any]) -> None:
    number, _ = await _with_message(house, preschool)
    await operator.get(f"/console/cases/{number}")
    assert f'href="/console/cases/{number}/trace"' in operator.page
    await operator.get(f"/console/cases/{number}/trace")
    assert '<svg class="wf"' in operator.page
    assert re.search(r'<rect class="wait" x="[\d.]+" width="[\d.]+"', operator.page)
    text = operator.text()
    assert "Application received" in text
    assert "Waits in the agency's lane" in text
    assert "gateway" in text


async def test_operators_see_the_shape_of_messages_and_no_value(
    operator: Browser, house: House, preschool: dict[str, Any]
) -> None:
    number, request = await _with_message(house, preschool)
    await operator.get(f"/console/cases/{number}/trace")
    assert "what was sent" in operator.text()
    assert "applicant" in operator.text()
    assert "Invented Name" not in operator.page
    assert "/reveal" not in operator.page
    assert (await operator.get(f"/console/cases/{number}/requests/{request}/reveal")).status == 403
    assert (
        await operator.post(f"/console/cases/{number}/requests/{request}/reveal", {"what": "sent", "reason": "x"})
    ).status == 403


async def test_readers_see_no_messages_and_only_their_own_cases(house: House, preschool: dict[str, Any]) -> None:
    number, _ = await _with_message(house, preschool)
    reader, bound = house.browser(), house.browser()
    await reader.sign_in("reader")
    assert (await reader.get(f"/console/cases/{number}/trace")).status == 200
    assert "what was sent" not in reader.text()
    await bound.sign_in("kosonsoy-reader")
    assert (await bound.get(f"/console/cases/{number}/trace")).status == 404
    assert (await bound.get(f"/console/cases/{number}/spans")).status == 404


async def test_a_look_is_recorded_before_it_is_shown_and_kept_nowhere(
    inspector: Browser, house: House, preschool: dict[str, Any]
) -> None:
    number, request = await _with_message(house, preschool)
    await inspector.get(f"/console/cases/{number}/trace")
    link = re.search(r'href="(/console/cases/[^"]+/reveal\?what=sent)"', inspector.page)
    assert link
    await inspector.get(link.group(1))
    assert "Invented Name" not in inspector.page
    path = f"/console/cases/{number}/requests/{request}/reveal"
    shown = await inspector.post(path, {"what": "sent", "reason": "a complaint of the applicant"})
    assert (shown.status, shown.headers["cache-control"]) == (200, "no-store")
    assert "Invented Name" in inspector.text()
    file = await house.town.store.case_file(number)
    assert file is not None
    events = await house.town.store.events_of(file.case.id)
    assert (events[-1].type, events[-1].actor) == ("message.revealed", "operator:inspector")
    assert events[-1].payload["reason"] == "a complaint of the applicant"
    assert "Invented Name" not in str(events[-1].payload)
    assert verify(events) is None
    assert f"event {events[-1].seq} of the case" in inspector.text()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"what": "sent", "reason": " "}, 422),
        ({"what": "sent", "reason": "x" * 2001}, 422),
        ({"what": "lookup", "reason": "why"}, 404),
    ],
)
async def test_without_a_reason_or_a_message_nothing_is_shown_and_nothing_recorded(
    inspector: Browser, house: House, preschool: dict[str, Any], form: dict[str, str], status: int
) -> None:
    number, request = await _with_message(house, preschool)
    file = await house.town.store.case_file(number)
    assert file is not None
    before = len(await house.town.store.events_of(file.case.id))
    await inspector.get(f"/console/cases/{number}/trace")
    assert (await inspector.post(f"/console/cases/{number}/requests/{request}/reveal", form)).status == status
    assert ('href="#f-reason"' in inspector.page) is (status == 422)
    assert "Invented Name" not in inspector.page
    assert len(await house.town.store.events_of(file.case.id)) == before


async def test_a_request_of_another_case_is_not_found(
    inspector: Browser, house: House, preschool: dict[str, Any], extract: dict[str, Any]
) -> None:
    _, request = await _with_message(house, preschool)
    other = await house.submit(extract)
    await inspector.get("/console/cases")
    path = f"/console/cases/{other}/requests/{request}/reveal"
    assert (await inspector.get(path)).status == 404
    assert (await inspector.post(path, {"what": "sent", "reason": "why"})).status == 404
    assert (await inspector.get(f"/console/cases/{other}/requests/x/reveal")).status == 404


async def test_spans_of_the_trace_are_drawn_as_a_tree(operator: Browser, house: House, preschool: dict[str, Any]) -> None:
    answer = await house.town.office.post(
        "/v1/applications", preschool, idempotency_key="a-key", traceparent=f"00-{'a' * 32}-{'b' * 16}-01"
    )
    number, case = answer.json()["number"], UUID(answer.json()["id"])
    file = await house.town.store.case_file(case)
    assert file is not None
    trace, root = file.case.traceparent.split("-")[1:3]
    await house.town.store.keep_spans(
        [
            SpanRecord(trace, root, "", "take in", "server", "api", 1_000_000, 3_000_000, case_id=case),
            SpanRecord(trace, "c" * 16, root, "ask the registry", "client", "worker", 2_000_000, 2_500_000, "error", case),
        ]
    )
    await operator.get(f"/console/cases/{number}/spans")
    assert "take in" in operator.text()
    assert re.search(r'<li class="depth-1"><span class="wf-label">ask the registry', operator.page)
    assert re.search(r'<rect class="bad" x="500.0" width="250.0"', operator.page)
    assert trace in operator.text()
    assert "ask the registry worker" in operator.text()
    reader = house.browser()
    await reader.sign_in("reader")
    await reader.get(f"/console/cases/{number}/spans")
    assert "ask the registry" in reader.text()
    assert "worker" not in reader.text()  # how the gateway is built is for operators


async def test_the_page_of_a_case_that_was_tried_for_weeks_bears_its_weight(
    operator: Browser, house: House, preschool: dict[str, Any]
) -> None:
    case = await house.town.submit(preschool)
    request = UUID((await house.town.step(case["id"], "child"))["id"])

    def act(file: Any, _rules: Any) -> None:
        for number in range(1, 1001):
            at = file.now + timedelta(minutes=number)
            detail = {"seconds": 0.4, "reason": "no connection"}
            file.attempts.append(Attempt(request, number, Work.SEND, "retry_later", detail, at - timedelta(seconds=1), at))
            file.event("request.retrying", {"step": "child", "request": request, "next_at": at}, "gateway")

    await house.town.parts.acts.run(UUID(case["id"]), act)
    answer = await operator.get(f"/console/cases/{case['number']}/trace")
    assert answer.status == 200
    assert len(answer.body) < HEAVIEST
    assert operator.page.count("<rect") <= 310
