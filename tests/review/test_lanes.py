"""What a worker did not even begin is no failure of the agency."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from gateway.application.deliver import Deliver
from gateway.application.release import Release, WorkerReply
from gateway.application.track import lane_news
from gateway.domain.outcomes import RetryLater
from gateway.domain.request import Work
from gateway.sdk.adapter import Message
from tests.unit.application.small import NOW

RELEASE = Release(
    UUID(int=1), UUID(int=2), UUID(int=3), Work.SEND, NOW, "registry", "registry", "Find", "c1", "http://registry.test", 10,
    Message("m1", "Find", b"{}", "application/json"),
)  # fmt: skip


def deliver() -> Deliver:
    nobody: Any = None
    return Deliver(nobody, nobody, "w1", lambda: NOW)


async def test_stopping_workers_and_late_releases_do_not_open_a_breaker() -> None:
    late = await deliver().run(RELEASE, redelivered=False)
    stopped = deliver().given_back(RELEASE)
    assert isinstance(late.outcome, RetryLater) and isinstance(stopped.outcome, RetryLater)
    told = [WorkerReply.from_bytes(reply.to_bytes()) for reply in (late, stopped)]
    assert lane_news(told) == {}


def test_what_was_begun_counts() -> None:
    begun = replace(deliver().given_back(RELEASE), detail={"seconds": 0.2})
    assert lane_news([begun])["registry"].failures == 1
