"""Callbacks of a simulated agency: each is a supervised task that posts, and tries again when it is not taken."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from gateway.sdk.link import Secrets
from gateway.sdk.simulation.calls import Post
from gateway.sdk.simulation.errors import RulesInvalid

_log = logging.getLogger(__name__)

#: Waits between the tries to post one callback, in seconds: patient enough for a gateway that is just being restarted.
RETRY_AFTER: Sequence[float] = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)

#: Answers after which another try may help.
_TRY_AGAIN = frozenset({404, 408, 409, 425, 429})


@dataclass(slots=True)
class CallbackCount:
    """How many callbacks were scheduled, were taken (2xx), and were given up."""

    scheduled: int = 0
    delivered: int = 0
    failed: int = 0


class Callbacks:
    """Posts callbacks later. ``stop`` ends what still waits."""

    def __init__(self, retry_after: Sequence[float] = RETRY_AFTER) -> None:
        self.count = CallbackCount()
        self._retry_after = retry_after
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def schedule(self, after: float, make: Callable[[], Post], times: int = 1) -> None:
        """Post what ``make`` returns ``times`` times, ``after`` seconds from now."""
        self.count.scheduled += times
        task = asyncio.create_task(self._run(after, make, times), name="simulator-callback")
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def now(self, make: Callable[[], Post], times: int = 1) -> None:
        """Post before returning (a callback that overtakes the answer)."""
        self.count.scheduled += times
        await self._run(0, make, times)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.count.failed += 1
            _log.error("simulator: a callback could not be made: %s", error)

    async def _run(self, after: float, make: Callable[[], Post], times: int) -> None:
        await asyncio.sleep(after)
        post = make()
        for _ in range(times):
            await self._deliver(post)

    async def _deliver(self, post: Post) -> None:
        for wait in (*self._retry_after, None):
            status, reason = await self._post(post)
            if 200 <= status < 300:
                self.count.delivered += 1
                return
            if wait is None or (status and status < 500 and status not in _TRY_AGAIN):
                break
            await asyncio.sleep(wait)
        self.count.failed += 1
        _log.warning("simulator: callback to %s given up: %s", post.url, reason)

    async def _post(self, post: Post) -> tuple[int, str]:
        assert self._session is not None  # noqa: S101  - schedule before start is a mistake of the caller's
        try:
            async with self._session.post(post.url, data=post.body, headers=dict(post.headers)) as answer:
                text = (await answer.read())[:500].decode("utf-8", "replace")
                return answer.status, f"{answer.status} {text}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, repr(error)


def auth_headers(auth: Mapping[str, Any], secrets: Secrets | None) -> dict[str, str]:
    """Return the headers that ``callbacks.auth`` of a contract asks for. Raises ``RulesInvalid``."""
    kind = auth.get("kind", "none")
    if kind == "none":
        return {}
    if secrets is None:
        raise RulesInvalid("callbacks.auth", "the simulator was given no secrets to authenticate its callbacks with")
    try:
        secret = secrets.get(str(auth.get("secret", "")))
    except KeyError as error:
        raise RulesInvalid("callbacks.auth.secret", f"there is no secret {error}") from error
    if kind == "bearer":
        return {"Authorization": f"Bearer {secret}"}
    if kind == "api_key":
        return {str(auth.get("header", "X-API-Key")): secret}
    if kind == "basic":
        token = base64.b64encode(f"{auth.get('user', '')}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {token}"}
    raise RulesInvalid("callbacks.auth.kind", f"{kind!r} is none of none, basic, bearer, api_key")
