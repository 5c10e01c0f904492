"""Gathers concurrent callers into one commit.

Without load nothing waits: an item goes at once. While a commit runs, what arrives gathers and goes as one with the
next. So the size of a group follows the load by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """``commit`` stores a group and returns a result or an exception for each item, in order.

    ``most`` bounds a group; ``flights`` is how many commits may run at once (1 on SQLite, where there is one writer).
    """

    def __init__(
        self, commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]], *, most: int = 200, flights: int = 1
    ) -> None:
        self._commit = commit
        self._most = most
        self._flights = flights
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """Return the item's result, or raise what its own storing raised.

        A caller that is cancelled does not take the item back: it may be stored.
        """
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if len(self._running) < self._flights:
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await done

    async def drain(self) -> None:
        """Return when everything submitted so far is settled."""
        while self._running:
            await asyncio.wait(tuple(self._running))

    async def _run(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                results = await self._commit([item for item, _ in group])
            except Exception as error:  # noqa: BLE001 - the group's failure is each caller's, and the gatherer goes on
                results = [error] * len(group)
            except BaseException:
                for _, done in group:
                    done.cancel()
                raise
            for (_, done), result in zip(group, results, strict=True):
                if done.done():
                    continue
                if isinstance(result, Exception):
                    done.set_exception(result)
                else:
                    done.set_result(result)
        # Here and not in a callback of the task: a caller that wakes first and submits again must find that nobody runs.
        task = asyncio.current_task()
        if task is not None:
            self._running.discard(task)
