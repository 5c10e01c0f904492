"""The watch over background tasks: none of them dies silently.

A task that raises, or ends although nobody asked it to, is a log line, a metric and a restart with back-off. A fatal
one, or one that dies too often, ends the process's work: everything else is stopped in order and the cause is raised,
so that whoever started the process sees it end with an error instead of half alive.

    DarchaError
    └── TaskGaveUp    a supervised task cannot be kept alive
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import structlog

from gateway.domain.errors import DarchaError
from gateway.telemetry.metrics import METRICS

log = structlog.get_logger(__name__)

_LARGEST_EXPONENT: Final = 30


class TaskGaveUp(DarchaError):
    """A task was fatal, or died more often than allowed. ``__cause__`` is its last error."""

    def __init__(self, name: str, deaths: int) -> None:
        super().__init__(f"the task {name!r} died {deaths} times and is not started again")
        self.name = name


class EndedUnasked(DarchaError):
    """A task that should run for ever returned."""


class Job(Protocol):
    """What is supervised. ``run`` returns after ``stop`` was called, with its work finished or given back."""

    async def run(self) -> None: ...
    async def stop(self) -> None: ...


class Loop:
    """A job made of a coroutine function that runs until the event it is given is set."""

    def __init__(self, body: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        self._body = body
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Run the body."""
        await self._body(self._stopped)

    async def stop(self) -> None:
        """Set the event."""
        self._stopped.set()


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """After the n-th death in a row the wait is ``base_secs · 2ⁿ⁻¹``, at most ``cap_secs``.

    More than ``deaths`` within ``within_secs`` is too often; a task that lived longer than that starts from anew.
    """

    base_secs: float = 0.5
    cap_secs: float = 15.0
    deaths: int = 8
    within_secs: float = 120.0


@dataclass(slots=True)
class _Kept:
    name: str
    factory: Callable[[], Job]
    fatal: bool
    may_end: bool
    job: Job | None = None
    task: asyncio.Task[None] | None = None
    alive: bool = False
    deaths: deque[float] = field(default_factory=deque)


class Supervisor:
    """Keeps named jobs running. Each (re)start makes a new job, so nothing of a broken one is used again.

    ``sleep`` and ``clock`` (monotonic seconds) are given by tests; ``on_death`` is told the name of what died.
    """

    def __init__(
        self,
        policy: RestartPolicy | None = None,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        on_death: Callable[[str], None] = METRICS.task_died,
    ) -> None:
        self._policy = policy or RestartPolicy()
        self._sleep = sleep
        self._clock = clock
        self._on_death = on_death
        self._kept: dict[str, _Kept] = {}
        self._stopping = asyncio.Event()
        self._stopped: asyncio.Task[None] | None = None

    def add(self, name: str, factory: Callable[[], Job], *, fatal: bool = False, may_end: bool = False) -> None:
        """Add a job before ``run``. ``fatal``: its first death ends everything. ``may_end``: returning is no death."""
        if name in self._kept:
            raise ValueError(f"a task {name!r} is supervised already")
        self._kept[name] = _Kept(name, factory, fatal, may_end)

    @property
    def down(self) -> list[str]:
        """The names of the jobs that are not running now, for the readiness check."""
        return [k.name for k in self._kept.values() if not k.alive]

    @property
    def unhealthy(self) -> list[str]:
        """The names of running jobs that say of themselves (``healthy``) that they cannot do their work now."""
        return [k.name for k in self._kept.values() if k.alive and not getattr(k.job, "healthy", True)]

    @property
    def stopping(self) -> asyncio.Event:
        """Set once ``stop`` was called, also before ``run``: whatever comes before the work ends then, too."""
        return self._stopping

    async def run(self) -> None:
        """Run all jobs until ``stop``. Raises ``TaskGaveUp`` once everything else has been stopped in order."""
        for kept in self._kept.values():
            kept.task = asyncio.create_task(self._keep(kept), name=kept.name)
        tasks = [kept.task for kept in self._kept.values() if kept.task is not None]
        if not tasks:
            return
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            await self.stop()
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def stop(self, grace_secs: float = 30.0) -> None:
        """Ask every job to stop, wait at most ``grace_secs``, then cancel what is left. May be called again."""
        if self._stopped is None:
            self._stopping.set()
            self._stopped = asyncio.create_task(self._stop(grace_secs), name="supervisor-stop")
        await asyncio.shield(self._stopped)

    async def _stop(self, grace_secs: float) -> None:
        tasks = {kept.task for kept in self._kept.values() if kept.task is not None}
        asked = await asyncio.gather(
            *(kept.job.stop() for kept in self._kept.values() if kept.job is not None), return_exceptions=True
        )
        for error in asked:
            if isinstance(error, BaseException):
                log.warning("a task could not be asked to stop", error=repr(error))
        left = {t for t in tasks if not t.done()}
        if left:
            _, left = await asyncio.wait(left, timeout=grace_secs)
        for task in left:
            log.warning("a task did not stop in time and is cancelled", task=task.get_name(), seconds=grace_secs)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, kept: _Kept) -> None:
        while not self._stopping.is_set():
            error = await self._run_once(kept)
            if error is None:
                return
            self._on_death(kept.name)
            deaths = self._count(kept)
            if self._stopping.is_set():
                log.error("task died while it was stopping", task=kept.name, exc_info=error)
                return
            if kept.fatal or deaths > self._policy.deaths:
                log.error("task gave up", task=kept.name, deaths=deaths, exc_info=error)
                raise TaskGaveUp(kept.name, deaths) from error
            wait = min(self._policy.cap_secs, self._policy.base_secs * 2.0 ** min(deaths - 1, _LARGEST_EXPONENT))
            log.error("task died", task=kept.name, deaths=deaths, restart_in_secs=wait, exc_info=error)
            await self._pause(wait)

    async def _run_once(self, kept: _Kept) -> Exception | None:
        """Run the job to its end; return what it died of, or ``None`` when it was to end."""
        try:
            kept.job = kept.factory()
            kept.alive = True
            await kept.job.run()
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is None or current.cancelling():
                raise
            # Something within the job was cancelled and nobody caught it there: a death like any other.
            return EndedUnasked(f"{kept.name} was cancelled from within")
        except Exception as error:  # noqa: BLE001 # the border: whatever a job dies of is told and survived here
            return error
        finally:
            kept.alive = False
            kept.job = None
        if kept.may_end or self._stopping.is_set():
            return None
        return EndedUnasked(f"{kept.name} ended although nobody stopped it")

    def _count(self, kept: _Kept) -> int:
        now = self._clock()
        kept.deaths.append(now)
        while kept.deaths[0] < now - self._policy.within_secs:
            kept.deaths.popleft()
        return len(kept.deaths)

    async def _pause(self, secs: float) -> None:
        slept = asyncio.ensure_future(self._sleep(secs))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((slept, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (slept, stopping):
                task.cancel()
            await asyncio.gather(slept, stopping, return_exceptions=True)
