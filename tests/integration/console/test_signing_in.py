"""Who may come in, for how long, and what a form has to carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from gateway.console.app import build_console
from tests.integration.console.conftest import PASSWORD, Browser, House


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **much: float) -> None:
        self.at += timedelta(**much)


@pytest.fixture
def moving() -> Callable[[], datetime]:
    return Clock()


async def test_a_stranger_is_sent_to_sign_in_and_comes_back_to_the_page(house: House) -> None:
    browser = house.browser()
    sent = await browser.get("/console/cases?status=received")
    assert (sent.status, sent.headers["location"]) == (303, "/console/login?next=/console/cases%3Fstatus%3Dreceived")
    page = await browser.get(sent.headers["location"])
    assert page.status == 200
    assert "dilnoza" not in browser.page
    answer = await browser.post(
        "/console/login", {"name": "Dilnoza ", "password": PASSWORD, "next": "/console/cases?status=received"}
    )
    assert (answer.status, answer.headers["location"]) == (303, "/console/cases?status=received")
    assert (await browser.get("/console/cases")).status == 200


@pytest.mark.parametrize(
    "foreign", ["https://evil.example/", "//evil.example", "/v1/cases", "/console\\evil", "/consolex", "/console/\nx"]
)
async def test_after_signing_in_nobody_is_sent_elsewhere(house: House, foreign: str) -> None:
    browser = house.browser()
    await browser.get("/console/login")
    answer = await browser.post("/console/login", {"name": "dilnoza", "password": PASSWORD, "next": foreign})
    assert answer.headers["location"] == "/console/start"


@pytest.mark.parametrize("secure", [False, True])
async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_pages(house: House, secure: bool) -> None:
    browser = Browser(Starlette(routes=[Mount("/console", build_console(replace(house.parts, secure=secure)))]))
    assert (await browser.sign_in()).status == 303
    cookie = next(header for header in browser.set_cookies if header.startswith("darcha_session="))
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/console", "max-age=86400"} <= attributes
    assert ("secure" in attributes) is secure


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(house: House) -> None:
    known, unknown = house.browser(), house.browser()
    assert (await known.sign_in("dilnoza", "not the password")).status == 403
    assert (await unknown.sign_in("nobody", "not the password")).status == 403
    assert known.text().replace("dilnoza", "") == unknown.text().replace("nobody", "")
    assert "too many tries in a row" in known.text()
    assert "darcha_session" not in known.cookies


async def test_after_some_wrong_passwords_the_account_rests_and_then_lets_in_again(house: House, moving: Clock) -> None:
    browser = house.browser()
    for _ in range(5):
        assert (await browser.sign_in("dilnoza", "wrong again, surely")).status == 403
    assert (await browser.sign_in()).status == 403  # the right one, during the rest
    moving.move(seconds=2)
    assert (await browser.sign_in()).status == 303
    account = await house.town.store.account("dilnoza")
    assert account is not None
    assert (account.failures, account.locked_until) == (0, None)


async def test_nobody_is_locked_out_for_more_than_a_minute(house: House, moving: Clock) -> None:
    for n in range(40):
        attacker = Browser(house.app, address=f"10.0.0.{n}")
        await attacker.sign_in("dilnoza", "wrong again, surely")
        moving.move(seconds=61)
    assert (await house.browser().sign_in()).status == 303
    for n in range(6):
        await Browser(house.app, address=f"10.0.1.{n}").sign_in("dilnoza", "wrong again, surely")
    moving.move(seconds=61)  # the longest rest; guessing on during it has not lengthened it
    assert (await house.browser().sign_in()).status == 303


async def test_unknown_names_rest_like_known_ones(house: House) -> None:
    for n in range(7):
        browser = Browser(house.app, address=f"10.0.2.{n}")
        assert (await browser.sign_in("nobody", "wrong again, surely")).status == 403


async def test_an_address_that_guesses_has_to_wait_and_is_told_how_long(house: House, moving: Clock) -> None:
    browser = Browser(house.app, address="10.9.9.9")
    for n in range(20):
        assert (await browser.sign_in(f"name-{n}", "wrong again, surely")).status == 403
    answer = await browser.sign_in()
    assert answer.status == 429
    assert answer.headers["retry-after"] == "15"
    assert "15" in browser.text()
    assert (await house.browser().sign_in()).status == 303  # another address
    moving.move(seconds=15)
    assert (await browser.sign_in()).status == 303


async def test_signing_in_makes_a_new_session_and_signing_out_ends_it(house: House) -> None:
    browser = house.browser()
    browser.cookies["darcha_session"] = "chosen-by-somebody-else"
    await browser.sign_in()
    first = browser.cookies["darcha_session"]
    assert first != "chosen-by-somebody-else"
    answer = await browser.post("/console/logout")
    assert answer.headers["location"] == "/console/login"
    assert "darcha_session" not in browser.cookies
    browser.cookies["darcha_session"] = first
    assert (await browser.get("/console/cases")).status == 303


async def test_a_session_ends_idle_and_ends_old(house: House, moving: Clock) -> None:
    idle, busy = house.browser(), house.browser()
    await idle.sign_in()
    await busy.sign_in()
    for _ in range(3):
        moving.move(hours=7, minutes=30)
        assert (await busy.get("/console/cases")).status == 200
    assert (await idle.get("/console/cases")).status == 303
    moving.move(hours=2)
    assert (await busy.get("/console/cases")).status == 303


async def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(house: House, moving: Clock) -> None:
    browser = house.browser()
    await browser.sign_in()
    for _ in range(2):
        moving.move(hours=3)
        assert (await browser.get("/console/?live=1")).status == 200
    moving.move(hours=2, minutes=30)
    answer = await browser.get("/console/?live=1", hx_request="true")
    assert answer.status == 401
    assert answer.headers["hx-redirect"].startswith("/console/login?next=")


async def test_a_disabled_account_is_out_at_once_and_a_new_password_ends_its_sessions(house: House) -> None:
    browser, other = house.browser(), house.browser()
    await browser.sign_in()
    await other.sign_in("reader")
    await house.accounts.set_state("dilnoza", "disabled")
    assert (await browser.get("/console/cases")).status == 303
    assert (await house.browser().sign_in()).status == 403
    await house.accounts.set_password("reader", "another long password")
    assert (await other.get("/console/cases")).status == 303
    assert (await house.browser().sign_in("reader", "another long password")).status == 303


@pytest.mark.parametrize("token", ["", "made-up"])
async def test_a_form_without_the_token_of_its_session_changes_nothing(house: House, operator: Browser, token: str) -> None:
    answer = await operator.post("/console/cases/filters", {"name": "mine", "query": "status=received"}, token=token)
    assert answer.status == 403
    assert "Nothing was changed" in operator.text()
    assert not await house.accounts.filters("dilnoza", "cases")


async def test_a_form_that_a_foreign_page_sends_is_refused_even_with_the_token(house: House, operator: Browser) -> None:
    form = {"name": "mine", "query": "status=received"}
    assert (await operator.post("/console/cases/filters", form, sec_fetch_site="cross-site")).status == 403
    assert (await operator.post("/console/cases/filters", form, sec_fetch_site="same-origin")).status == 303
    stranger = house.browser()
    await stranger.get("/console/login")
    stranger.cookies.pop("darcha_login")
    assert (await stranger.post("/console/login", {"name": "dilnoza", "password": PASSWORD})).status == 403
    assert "darcha_session" not in stranger.cookies


async def test_what_an_account_may_not_do_is_refused_and_not_shown(house: House, operator: Browser) -> None:
    assert operator.page.count('href="/console/"') == 1
    reader, bound, clerk = house.browser(), house.browser(), house.browser()
    await reader.sign_in("reader")
    assert (await reader.get("/console/")).status == 200
    await bound.sign_in("kosonsoy-reader")
    assert 'href="/console/"' not in bound.page
    assert (await bound.get("/console/")).status == 403
    assert (await bound.get("/console/start")).headers["location"] == "/console/cases"
    await clerk.sign_in("clerk")
    assert (await clerk.get("/console/cases")).status == 403
    assert (await clerk.get("/console/start")).headers["location"] == "/console/desk"


async def test_a_form_that_is_larger_than_forms_are_is_refused(house: House, operator: Browser) -> None:
    answer = await operator.post("/console/cases/filters", {"name": "x" * 300_000, "query": ""})
    assert answer.status == 413
    assert "Nothing was changed" in operator.text()
    broken = await operator.post("/console/cases/filters", {}, content_type="multipart/form-data; boundary=x")
    assert broken.status in (400, 403)
