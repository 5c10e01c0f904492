"""The client: one method a call, plain JSON in and out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, Literal, Self, cast, overload

import aiohttp

from gateway.client.errors import GatewayRefused, GatewayUnreachable, StillWaiting
from gateway.client.streams import SILENCE_SECS, stream
from gateway.client.types import Case, Submitted
from gateway.client.webhooks import WebhookCalls

Json = dict[str, Any]
#: Seconds between two looks at a case that is waited for: soon at first, then as often as the gateway can bear of everybody.
_LOOKS: Final = (0.2, 0.2, 0.5, 0.5, 1.0, 1.0, 2.0)
_LOOK_SECS: Final = 5.0


class GatewayClient:
    """Use as ``async with``. ``address`` is the gateway's, ``key`` an API key. Every call may raise ``ClientError``."""

    def __init__(self, address: str, key: str, *, timeout_secs: float = 30.0, language: str = "en") -> None:
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        self._timeout = aiohttp.ClientTimeout(total=timeout_secs)
        self._session: aiohttp.ClientSession | None = None
        #: The calls of webhooks.
        self.webhooks = WebhookCalls(self.call, self.listed)

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

    @overload
    async def submit(self, application: Mapping[str, Any], key: str, *, dry_run: Literal[False] = False) -> Submitted: ...
    @overload
    async def submit(self, application: Mapping[str, Any], key: str, *, dry_run: Literal[True]) -> Case: ...
    @overload
    async def submit(self, application: Mapping[str, Any], key: str, *, dry_run: bool) -> Submitted | Case: ...

    async def submit(self, application: Mapping[str, Any], key: str, *, dry_run: bool = False) -> Submitted | Case:
        """Hand over an application under an idempotency key; the same key and body give the same case.

        After ``GatewayUnreachable`` send the same again: it becomes no second case. ``dry_run`` checks everything, keeps nothing
        and returns the case as it would be.
        """
        params = {"dry_run": "true"} if dry_run else None
        answer = await self.call("POST", "/v1/applications", application, headers={"Idempotency-Key": key}, params=params)
        return cast("Submitted | Case", answer)

    async def case(self, case: str) -> Case:
        """Return a case by id or number."""
        return cast(Case, await self.call("GET", f"/v1/cases/{case}"))

    async def wait(self, case: str, until: str | Callable[[Case], bool] = "closed", *, timeout_secs: float = 3600.0) -> Case:
        """Return the case once it is as wanted: a status, or whatever ``until`` says of it.

        A case that has gone further than a status has reached it (``decided`` is also said of a closed one). Raises
        ``StillWaiting`` after ``timeout_secs``, and at once when the case was withdrawn. Who waits for many cases takes
        webhooks, or follows the events.
        """
        done = until if callable(until) else _reached(until)
        loop = asyncio.get_running_loop()
        end, looks = loop.time() + timeout_secs, iter(_LOOKS)
        while True:
            state = await self.case(case)
            if done(state):
                return state
            pause = min(next(looks, _LOOK_SECS), end - loop.time())
            if pause <= 0 or state["status"] == "withdrawn":
                raise StillWaiting(state)
            await asyncio.sleep(pause)

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


def _reached(status: str) -> Callable[[Case], bool]:
    """Whether a case is at a status or behind it. Raises ``ValueError`` for a word that is none."""
    order = ("received", "in_progress", "awaiting_applicant", "decided", "closed")
    if status not in {*order, "withdrawn"}:
        raise ValueError(f"a case is {', '.join(order)} or withdrawn, never {status!r}")
    if status in {"awaiting_applicant", "withdrawn"}:  # no step on the way: a case may never be there
        return lambda case: case["status"] == status
    return lambda case: case["status"] in order and order.index(case["status"]) >= order.index(status)


def _problem(raw: bytes) -> Json:
    try:
        value = json.loads(raw)
    except ValueError:
        return {"title": "not a problem document", "detail": raw[:200].decode(errors="replace")}
    return value if isinstance(value, dict) else {"title": "not a problem document"}
