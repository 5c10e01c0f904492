"""The client: one method a call, plain JSON in and out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

import aiohttp

from gateway.client.errors import GatewayRefused, GatewayUnreachable
from gateway.client.streams import SILENCE_SECS, stream

Json = dict[str, Any]


class GatewayClient:
    """Use as ``async with``. ``address`` is the gateway's, ``key`` an API key. Every call may raise ``ClientError``."""

    def __init__(self, address: str, key: str, *, timeout_secs: float = 30.0, language: str = "en") -> None:
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        self._timeout = aiohttp.ClientTimeout(total=timeout_secs)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """Make one call and return the JSON of the answer, ``None`` when it is empty."""
        raw = await self._raw(method, path, body, headers, params)
        return json.loads(raw) if raw else None

    async def _raw(
        self, method: str, path: str, body: Any, headers: Mapping[str, str] | None, params: Mapping[str, str] | None
    ) -> bytes:
        if self._session is None:
            raise RuntimeError("use the client as: async with GatewayClient(...) as client")
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {**({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})}
        try:
            async with self._session.request(method, self._address + path, data=data, headers=sent, params=params) as answer:
                raw = await answer.read()
                if answer.status >= 400:
                    raise GatewayRefused(answer.status, _problem(raw))
                return raw
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise GatewayUnreachable(f"{self._address} cannot be reached: {error or type(error).__name__}") from error

    async def submit(self, application: Mapping[str, Any], key: str, *, dry_run: bool = False) -> Json:
        """Hand over an application under an idempotency key; the same key and body give the same case."""
        params = {"dry_run": "true"} if dry_run else None
        answer: Json = await self.call("POST", "/v1/applications", application, headers={"Idempotency-Key": key}, params=params)
        return answer

    async def case(self, case: str) -> Json:
        """Return a case by id or number."""
        answer: Json = await self.call("GET", f"/v1/cases/{case}")
        return answer

    async def listed(self, path: str, params: Mapping[str, str] | None = None) -> list[Json]:
        """Return all items of a paged list."""
        found: list[Json] = []
        after = ""
        while True:
            page = await self.call("GET", path, params={**(params or {}), **({"after": after} if after else {})})
            found += page["items"]
            after = page.get("after") or ""
            if not after:
                return found

    async def facts(self, case: str, body: Mapping[str, Any]) -> Json:
        """Confirm a fact of a case."""
        answer: Json = await self.call("POST", f"/v1/cases/{case}/facts", body)
        return answer

    async def supplement(self, case: str, body: Mapping[str, Any]) -> Json:
        """Add what the applicant was asked for."""
        answer: Json = await self.call("POST", f"/v1/cases/{case}/supplement", body)
        return answer

    async def withdraw(self, case: str, reason: str) -> Json:
        """Withdraw an application."""
        answer: Json = await self.call("POST", f"/v1/cases/{case}/withdraw", {"reason": reason})
        return answer

    async def issue_certificate(self, case: str, language: str) -> Json:
        """Issue the certificate of a tacit decision; what was issued before in this language is returned."""
        answer: Json = await self.call("POST", f"/v1/cases/{case}/certificate", {"language": language})
        return answer

    async def certificate(self, case: str, language: str) -> bytes:
        """Return a certificate that was issued: an HTML page to print."""
        return await self._raw("GET", f"/v1/cases/{case}/certificate", None, None, {"language": language})

    async def answer_desk(self, request: str, body: Mapping[str, Any]) -> Json:
        """Answer a request that stands in an inbox of people."""
        answer: Json = await self.call("POST", f"/v1/desk/{request}/answer", body)
        return answer

    async def events(self, after: str = "", *, wait_secs: float = 0) -> AsyncIterator[tuple[Json, str]]:
        """Yield events of all cases this key may see, with the cursor behind each page; ends when there are no more."""
        while True:
            params = {"after": after, "wait": str(wait_secs)} if after else {"wait": str(wait_secs)}
            page = await self.call("GET", "/v1/events", params=params)
            for item in page["items"]:
                yield item, page["after"]
            if not page["items"]:
                return
            after = page["after"]

    def stream(
        self, path: str, after: str = "", params: Mapping[str, str] | None = None
    ) -> AsyncGenerator[tuple[Json, str], None]:
        """Yield what a stream (``…/events/stream``) brings, each with its id, for ever: see ``streams.stream``."""
        session = self._session
        if session is None:
            raise RuntimeError("use the client as: async with GatewayClient(...) as client")
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout.total, sock_read=SILENCE_SECS)

        def open_(headers: Mapping[str, str], query: Mapping[str, str]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
            return session.get(self._address + path, headers=headers, params=query, timeout=timeout)

        return stream(open_, after, params or {})

    async def wait_until(self, case: str, done: Callable[[Json], bool], *, polls: Sequence[float]) -> Json:
        """Return the case once ``done`` says so, asked after each of ``polls`` seconds; the last state when it never does."""

        state = await self.case(case)
        for delay in polls:
            if done(state):
                break
            await asyncio.sleep(delay)
            state = await self.case(case)
        return state


def _problem(raw: bytes) -> Json:
    try:
        value = json.loads(raw)
    except ValueError:
        return {"title": "not a problem document", "detail": raw[:200].decode(errors="replace")}
    return value if isinstance(value, dict) else {"title": "not a problem document"}
