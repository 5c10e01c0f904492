"""The console over a real store (SQLite and PostgreSQL), beside the api of the same parts, called as a browser calls it."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from gateway.application.accounts import Accounts
from gateway.application.kept_versions import KeptVersions
from gateway.console.app import build_console
from gateway.console.parts import ConsoleParts
from gateway.security.passwords import Argon2Passwords
from tests.integration.api.conftest import Town, deployment, extract, moving, preschool, store_url, town
from tests.unit.api.asgi import Answer, Caller

__all__ = ["deployment", "extract", "moving", "preschool", "store_url", "town"]

PASSWORD = "a window with a view"


@dataclass
class Browser:
    """Keeps cookies, follows nothing by itself, and sends each form with the token of the page that was read last."""

    app: Any
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""
    address: str = "127.0.0.1"
    set_cookies: list[str] = field(default_factory=list)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._call("GET", path, b"", headers)

    async def post(self, path: str, form: dict[str, str] | None = None, *, token: str | None = None, **headers: str) -> Answer:
        found = re.search(r'name="csrf" value="([^"]*)"', self.page)
        given = {"csrf": (found.group(1) if found else "") if token is None else token, **(form or {})}
        headers.setdefault("content_type", "application/x-www-form-urlencoded")
        return await self._call("POST", path, urlencode(given).encode(), headers)

    async def sign_in(self, name: str = "dilnoza", password: str = PASSWORD, **form: str) -> Answer:
        await self.get("/console/login")
        answer = await self.post("/console/login", {"name": name, "password": password, **form})
        if answer.status == 303:
            await self.get("/console/cases")
        return answer

    def text(self) -> str:
        """What the page says, without its marks."""
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.page)))

    def field(self, name: str) -> str:
        """What a hidden field of the page carries."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        assert found, name
        return html.unescape(found.group(1))

    async def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        sent = dict(headers)
        if self.cookies:
            sent["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        answer = await _Caller(self.app, self).call(method, path, body, **sent)
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.body.decode()
        return answer


class _Caller(Caller):
    """Reads each cookie of an answer, of which the header has several."""

    def __init__(self, app: Any, browser: Browser) -> None:
        super().__init__(self._watched)
        self._inner, self._browser = app, browser

    async def _watched(self, scope: Any, receive: Any, send: Any) -> None:
        scope["client"] = (self._browser.address, 1)

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                for name, value in message["headers"]:
                    if name == b"set-cookie":
                        self._keep(value.decode())
            await send(message)

        await self._inner(scope, receive, sending)

    def _keep(self, header: str) -> None:
        self._browser.set_cookies.append(header)
        for name, morsel in SimpleCookie(header).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self._browser.cookies.pop(name, None)
            else:
                self._browser.cookies[name] = morsel.value


@dataclass(frozen=True)
class House:
    """The console, the town whose cases it shows, and its accounts."""

    app: Any
    town: Town
    accounts: Accounts
    parts: ConsoleParts

    def browser(self) -> Browser:
        return Browser(self.app)

    async def submit(self, application: dict[str, Any]) -> str:
        """Hand an application in; return the case's number."""
        return str((await self.town.submit(application))["number"])


@pytest.fixture
async def house(town: Town) -> AsyncIterator[House]:
    accounts = Accounts(town.store, Argon2Passwords(memory_kib=64, rounds=1), town.parts.now)
    parts = ConsoleParts(
        deployment=town.parts.deployment,
        store=town.store,
        reads=town.store,
        alerts=town.store,
        acts=town.parts.acts,
        accounts=accounts,
        bus=town.parts.bus,
        webhooks=town.parts.webhooks,
        history=town.store,
        agency_history=town.store,
        audit=town.store,
        versions=KeptVersions(town.store),
        reach=town.store,
        groups=town.parts.groups,
        replays=town.parts.replays,
        mint=town.parts.mint,
        secret=town.parts.secret,
        now=town.parts.now,
        zone=ZoneInfo("Asia/Tashkent"),
    )
    await accounts.add("dilnoza", PASSWORD, {"operate"})
    await accounts.add("inspector", PASSWORD, {"read", "reveal"})
    await accounts.add("reader", PASSWORD, {"read"})
    await accounts.add("kosonsoy-reader", PASSWORD, {"read"}, bound_to="kosonsoy")
    await accounts.add("clerk", PASSWORD, {"desk"}, bound_to="namangan-center")
    app = Starlette(routes=[Mount("/console", build_console(parts))])
    yield House(app, town, accounts, parts)


@pytest.fixture
async def operator(house: House) -> Browser:
    browser = house.browser()
    assert (await browser.sign_in()).status == 303
    return browser
