"""Somebody at the console: a context of the browser of their own, signed in by the form, and what the browser complains of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response

PASSWORD = "a window with a view"
#: What the browser says of each answer that is an error, beside the answer itself, which is looked at.
_ECHO = "Failed to load resource"


@dataclass
class Person:
    """``page`` is the open page. ``expected``: statuses of answers that the test has announced. ``finished``: what was loaded."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    navigations: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    finished: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"a script threw: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("requestfinished", self.finished.append)
        self.page.on("response", self._answered)
        self.page.on("framenavigated", lambda frame: self.navigations.append(frame.url))

    async def open(self, path: str) -> Response:
        """Open a page of the console; ``path`` begins below ``/console``."""
        answer = await self.page.goto(f"{self.address}/console{path}")
        assert answer is not None, path
        return answer

    async def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in by the form of the page that asks for it."""
        await self.open("/login")
        await self.page.fill("[name=name]", name)
        await self.page.fill("[name=password]", password)
        await self.page.click("main button.main")
        await self.page.wait_for_url(lambda url: "/login" not in url)

    def expect_answer(self, status: int) -> None:
        """Announce that an answer with an error is part of the test."""
        self.expected.add(status)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_ECHO):
            self.complaints.append(f"{message.type} on {self.page.url}: {message.text}")

    def _failed(self, request: Request) -> None:
        # A stream, and a piece that refreshes itself, end with the page that they belong to.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.request.method} {response.url}: {response.status}")


@asynccontextmanager
async def somebody(browser: Browser, address: str, name: str = "", **context: Any) -> AsyncIterator[Person]:
    """Somebody in a fresh context, signed in when ``name`` is given. At the end nothing may have been complained of."""
    given = {"locale": "en-GB", "timezone_id": "Asia/Tashkent", "viewport": {"width": 1280, "height": 900}, **context}
    made = await browser.new_context(**given)
    try:
        made.set_default_timeout(20_000)
        person = Person(await made.new_page(), address)
        if name:
            await person.sign_in(name)
        yield person
        assert not person.complaints, "\n".join(person.complaints)
    finally:
        await made.close()
