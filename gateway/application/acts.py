"""What people do to a case, as use cases: one change under the case's lock, then the case advances and others wake."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from gateway.application.bus import Bus
from gateway.application.deployment import Deployment
from gateway.application.feed import FEED
from gateway.application.store import Store
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict
from gateway.domain.progress import advance
from gateway.domain.rules import Rules

Act = Callable[[CaseFile, Rules], None]


class Acts:
    """Runs an act of ``gateway.domain.acts`` on one case."""

    def __init__(self, deployment: Deployment, store: Store, bus: Bus) -> None:
        self._deployment = deployment
        self._store = store
        self._bus = bus

    async def run(self, case_id: UUID, act: Act, version: int | None = None) -> CaseFile:
        """Do it and return the file as saved. ``version`` is what the caller read (If-Match).

        Raises what the act raises, ``Conflict`` with code ``moved`` when the case has moved since, ``NotFound``.
        """
        done: list[CaseFile] = []

        def decide(file: CaseFile) -> None:
            if version is not None and file.case.version != version:
                raise Conflict("moved", f"the case has moved to version {file.case.version}; read it again and decide anew")
            rules = self._deployment.rules(file.case.pin)
            act(file, rules)
            advance(file, rules)
            done[:] = [file]

        results = await self._deployment.change(self._store, [case_id], decide)
        error = results[case_id]
        if error is not None:
            raise error
        await self._bus.wake("dispatcher")
        await self._bus.wake("notifier")
        await self._bus.wake(FEED)
        return done[0]
