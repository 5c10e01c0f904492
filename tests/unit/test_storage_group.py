"""The gatherer: no waiting without load, one commit for what gathered, and everyone gets their own result."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.storage.group import GroupCommit


class Commits:
    """A commit that ends when the test says so."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gate = asyncio.Semaphore(0)

    async def __call__(self, items: Sequence[int]) -> list[str | Exception]:
        self.groups.append(list(items))
        await self.gate.acquire()
        return [ValueError(f"{item} is odd") if item % 2 else f"done {item}" for item in items]

    def end(self, count: int = 1) -> None:
        for _ in range(count):
            self.gate.release()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_first_goes_at_once_and_what_comes_meanwhile_goes_together() -> None:
    commits = Commits()
    gatherer: GroupCommit[int, str] = GroupCommit(commits)
    first = asyncio.create_task(gatherer.submit(0))
    await settle()
    assert commits.groups == [[0]]
    rest = [asyncio.create_task(gatherer.submit(n)) for n in (2, 4, 6)]
    await settle()
    assert commits.groups == [[0]]
    commits.end(2)
    assert await asyncio.gather(first, *rest) == ["done 0", "done 2", "done 4", "done 6"]
    assert commits.groups == [[0], [2, 4, 6]]


async def test_a_group_has_a_bound_and_several_may_fly() -> None:
    commits = Commits()
    gatherer: GroupCommit[int, str] = GroupCommit(commits, most=2, flights=2)
    tasks = [asyncio.create_task(gatherer.submit(n)) for n in (0, 2, 4, 6, 8)]
    await settle()
    assert len(commits.groups) == 2
    commits.end(5)
    assert await asyncio.gather(*tasks) == [f"done {n}" for n in (0, 2, 4, 6, 8)]
    assert max(len(group) for group in commits.groups) == 2


async def test_each_failure_is_its_own() -> None:
    commits = Commits()
    commits.end(9)
    gatherer: GroupCommit[int, str] = GroupCommit(commits)
    results = await asyncio.gather(*(gatherer.submit(n) for n in (2, 3, 4)), return_exceptions=True)
    assert [str(result) for result in results] == ["done 2", "3 is odd", "done 4"]


async def test_a_commit_that_fails_as_a_whole_is_told_to_everyone_and_the_next_goes_on() -> None:
    calls = 0

    async def commit(items: Sequence[int]) -> list[str | Exception]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConnectionError("away")
        return [str(item) for item in items]

    gatherer: GroupCommit[int, str] = GroupCommit(commit)
    with pytest.raises(ConnectionError):
        await gatherer.submit(1)
    assert await gatherer.submit(2) == "2"


async def test_a_caller_that_leaves_takes_nobody_along() -> None:
    commits = Commits()
    gatherer: GroupCommit[int, str] = GroupCommit(commits)
    leaves, stays = (asyncio.create_task(gatherer.submit(n)) for n in (0, 2))
    await settle()
    leaves.cancel()
    commits.end(2)
    assert await stays == "done 2"
    assert leaves.cancelled() or leaves.cancelling()
    await gatherer.drain()


async def test_a_caller_may_submit_again_as_soon_as_it_has_its_answer() -> None:
    commits = Commits()
    commits.end(100)
    gatherer: GroupCommit[int, str] = GroupCommit(commits)

    async def caller() -> list[str]:
        return [await gatherer.submit(n) for n in range(0, 40, 2)]

    assert len(await asyncio.wait_for(caller(), 5)) == 20
