"""The desk at the console: a clerk sees the tasks of one inbox and answers them, without a script."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import pytest

from gateway.console.language import COOKIE, LANGUAGES
from gateway.domain.case_file import CaseFile
from gateway.domain.request import Request
from tests.integration.api.conftest import ok
from tests.integration.api.test_operators import to_the_desk
from tests.integration.console.conftest import PASSWORD, Browser, House
from tests.unit.api.asgi import Answer

DESK = "/console/desk"
DONE = {"outcome": "completed", "data_received_by": "the applicant", "data_identity_document": "AA 0000000"}


@pytest.fixture
async def clerk(house: House) -> Browser:
    browser = house.browser()
    assert (await browser.sign_in("clerk")).status == 303
    return browser


@pytest.fixture
async def task(house: House, extract: dict[str, Any]) -> str:
    """The page of a hand-over at the counter of Namangan."""
    return f"{DESK}/{(await to_the_desk(house.town, extract))[1]}"


async def send(browser: Browser, page: str, form: dict[str, str], files: dict[str, bytes] | None = None) -> Answer:
    """Answer as the form does: ``multipart/form-data``, with what was seen."""
    fields = {"csrf": browser.field("csrf"), "seen": browser.field("seen"), "note": "", "origin": "scan", **form}
    parts = [f'--x\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    for name, content in (files or {}).items():
        head = f'--x\r\ncontent-disposition: form-data; name="files"; filename="{name}"\r\ncontent-type: application/pdf\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    headers = {"content_type": "multipart/form-data; boundary=x"}
    return await browser._call("POST", f"{page}/answer", b"".join(parts) + b"--x--\r\n", headers)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pages_of_the_desk_in_each_language(clerk: Browser, task: str, language: str) -> None:
    clerk.cookies[COOKIE] = language
    for path in (DESK, task):
        answer = await clerk.get(path)
        assert answer.status == 200, path
        assert len(answer.body) < 300_000
        assert f'<html lang="{language}"' in clerk.page


async def test_a_clerk_sees_nothing_but_the_desk(house: House, clerk: Browser, task: str, extract: dict[str, Any]) -> None:
    assert (await clerk.get("/console/start")).headers["location"] == DESK
    await clerk.get(DESK)
    assert f'href="{task}"' in clerk.page
    links = {part.split('"')[0] for part in clerk.page.split('href="/console/')[1:]}
    assert not {"", "cases", "agencies", "incidents", "replays"} & links
    assert 'action="/console/find"' not in clerk.page
    number = (await file_of(house, task)).case.number
    for path in ("/console/", "/console/cases", f"/console/cases/{number}", f"/console/find?number={number}"):
        assert (await clerk.get(path)).status == 403, path


async def file_of(house: House, task: str) -> CaseFile:
    file = await house.town.store.case_file(await case_of(house, task))
    assert file is not None
    return file


async def request_of(house: House, task: str) -> Request:
    return (await file_of(house, task)).requests[UUID(task.removeprefix(f"{DESK}/"))]


async def case_of(house: House, task: str) -> Any:
    return await house.town.store.case_of_request(UUID(task.removeprefix(f"{DESK}/")))


async def test_a_task_of_another_office_is_not_there(house: House, task: str) -> None:
    await house.accounts.add("far", PASSWORD, {"desk"}, bound_to="kosonsoy-center")
    far = house.browser()
    await far.sign_in("far")
    await far.get(DESK)
    assert task not in far.page
    assert "There are no tasks." in far.text()
    assert (await far.get(task)).status == 404
    token = {"csrf": far.field("csrf"), "seen": "x"}
    assert (await far.post(f"{task}/answer", {**DONE, **token})).status == 404
    assert (await far.get(f"{DESK}/nonsense")).status == 404


async def test_a_task_is_answered_with_data_and_a_document(house: House, clerk: Browser, task: str) -> None:
    await clerk.get(task)
    answer = await send(clerk, task, {**DONE, "note": "passport seen", "document_kind": "act"}, {"act.pdf": b"%PDF act"})
    assert (answer.status, answer.headers["location"]) == (303, f"{DESK}?done=desk_completed"), clerk.text()
    request = await request_of(house, task)
    assert (request.status, request.data["received_by"]) == ("completed", "the applicant")
    digest = hashlib.sha256(b"%PDF act").hexdigest()
    (document,) = (request.outcome or {})["documents"]
    assert (document["digest"], document["name"], document["kind"]) == (digest, "act.pdf", "act")
    assert await house.town.store.get_blob(digest) == b"%PDF act"
    events = await house.town.store.events_of(request.case_id)
    assert any(event.actor == "clerk:clerk" for event in events)
    await clerk.get(DESK)
    assert task not in clerk.page


async def test_the_contract_says_what_the_answer_needs(clerk: Browser, task: str) -> None:
    await clerk.get(task)
    assert 'name="data_power_of_attorney"' in clerk.page
    missing = await send(clerk, task, {"outcome": "completed", "data_received_by": "the applicant"})
    assert missing.status == 422
    assert 'href="#f-data_identity_document"' in clerk.page
    assert 'value="the applicant"' in clerk.page  # what was typed is still there
    assert (await send(clerk, task, {"outcome": ""})).status == 422
    assert 'href="#f-outcome"' in clerk.page
    assert (await send(clerk, task, {"outcome": "refused", "refused_refusal": "no"})).status == 422
    assert 'href="#f-refused_code"' in clerk.page


async def test_documents_go_with_an_answer_that_can_have_them(house: House, clerk: Browser, task: str) -> None:
    await clerk.get(task)
    form = {"outcome": "refused", "refused_code": "R1", "refused_refusal": "nobody came"}
    assert (await send(clerk, task, form, {"act.pdf": b"%PDF"})).status == 422
    assert 'href="#f-files"' in clerk.page
    assert (await send(clerk, task, DONE, {"act.pdf": b""})).status == 422
    assert await house.town.store.get_blob(hashlib.sha256(b"%PDF").hexdigest()) is None
    assert (await send(clerk, task, form)).status == 303


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (
            {"outcome": "refused", "refused_code": "R1", "refused_refusal": "nobody came", "refused_legal_basis": "item 4"},
            "refused",
        ),
        ({"outcome": "needs_applicant", "needs_applicant_what": "a passport"}, "awaiting_applicant"),
        ({"outcome": "progress", "progress_text": "half done"}, "awaiting_reply"),
        ({"outcome": "accepted", "accepted_reference": "D-7"}, "awaiting_reply"),
        ({"outcome": "redirected", "redirected_branch": "kosonsoy-center"}, "superseded"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["outcome"],
)
async def test_every_outcome_can_be_answered(house: House, clerk: Browser, task: str, form: dict[str, str], status: str) -> None:
    await clerk.get(task)
    answer = await send(clerk, task, form)
    assert answer.status == 303, clerk.text()
    assert (await request_of(house, task)).status == status


async def test_a_task_that_has_moved_is_refused_with_its_present_state(house: House, clerk: Browser, task: str) -> None:
    await clerk.get(task)
    other = house.browser()
    await other.sign_in("clerk")
    await other.get(task)
    assert (await send(other, task, {"outcome": "accepted", "accepted_reference": "D-7"})).status == 303
    moved = await send(clerk, task, DONE)
    assert moved.status == 409
    assert "the task has changed meanwhile" in clerk.text()
    assert "D-7" in clerk.text()
    assert (await send(clerk, task, DONE)).status == 303  # read again, and answered
    await other.get(task)
    assert "cannot be answered any more" in other.text()
    await clerk.get("/console/desk")
    again = await clerk.post(f"{task}/answer", {**DONE, "seen": "x"})
    assert again.status == 409
    assert "It stands as: done." in clerk.text()


async def test_an_inbox_of_many_branches_is_narrowed_to_one(house: House, task: str) -> None:
    await house.accounts.add("chief", PASSWORD, {"desk"}, bound_to="office")
    chief = house.browser()
    await chief.sign_in("chief")
    await chief.get(DESK)
    assert task in chief.page
    await chief.get(f"{DESK}?branch=kosonsoy-center")
    assert task not in chief.page
    await chief.get(f"{DESK}?branch=namangan-center")
    assert task in chief.page
    assert (await chief.get(f"{DESK}?after=nonsense")).status == 422


async def test_documents_to_look_at_come_from_the_task_alone(house: House, clerk: Browser, task: str) -> None:
    digest = ok(await house.town.by("clerk-key").post("/v1/documents?name=x.pdf", b"%PDF x", content_type="application/pdf"), 201)
    assert (await clerk.get(f"{task}/documents/{digest['digest']}")).status == 404


async def test_an_account_without_an_inbox_is_told_so(house: House) -> None:
    await house.accounts.add("lost", PASSWORD, {"desk"}, bound_to="tax")
    lost = house.browser()
    await lost.sign_in("lost")
    assert (await lost.get(DESK)).status == 422
    assert "bound to no inbox" in lost.text()
    reader = house.browser()
    await reader.sign_in("reader")
    assert (await reader.get(DESK)).status == 403


async def test_who_may_look_at_cases_can_search_them(operator: Browser) -> None:
    await operator.get("/console/agencies")
    assert 'action="/console/find"' in operator.page
