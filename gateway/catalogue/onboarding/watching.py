"""Plays an agency in a thread that may be given up: a plug-in that never returns takes its own operation down and no other.

What hangs while it waits is ended by its own time limit (``trial``). Here it is code that computes for ever: the event loop no
longer turns, so it is watched from outside.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Thread
from typing import Final

from gateway.catalogue.onboarding.trial import AT_ONCE, EACH_SECS, Board, Tried, play
from gateway.domain.agency import Agency
from gateway.sdk.adapter import Manifest

#: So long may the loop stand still, in seconds: a large contract is compiled at first use.
STILL_SECS: Final = 60.0
#: After so many operations that never end the others are not worth the wait.
_MOST_HUNG: Final = 3
_BEAT_SECS: Final = 0.1


def try_agency(
    agency: Agency,
    manifest: Manifest,
    *,
    one_way: Sequence[str] = (),
    each_secs: float = EACH_SECS,
    still_secs: float = STILL_SECS,
) -> dict[str, Tried]:
    """Return what came of each operation, in the order of the agency's file. Never raises for what an adapter does."""
    done: dict[str, Tried] = {}
    left, at_once, hung = list(agency.operations), AT_ONCE, 0
    while left:
        run = _Run(agency, manifest, left, one_way, each_secs, at_once)
        stuck = run.watch(still_secs)
        done |= run.board.done
        left = [name for name in left if name not in done]
        if stuck is None:
            break
        if len(stuck) == 1 or at_once == 1:
            hung += 1
            why = f"it computes without end: nothing came of it in {still_secs:g} s"
            done |= {name: replace(tried, reason=why) for name, tried in stuck.items()}
            left = [name for name in left if name not in stuck]
        if not stuck or hung >= _MOST_HUNG:
            why = "not tried: the contract cannot be loaded in reasonable time" if not stuck else "not tried: too many hang"
            done |= {name: Tried(name, reason=why) for name in left}
            break
        at_once = 1  # whoever it was among those that were under way is found one by one
    return {name: done.get(name, Tried(name, reason=run.failed or "it was not tried")) for name in agency.operations}


class _Run:
    """One event loop in a thread of its own."""

    def __init__(
        self, agency: Agency, manifest: Manifest, names: Sequence[str], one_way: Sequence[str], each_secs: float, at_once: int
    ) -> None:
        self.board = Board()
        self.failed = ""
        self._beat = time.monotonic()
        self._playing = play(agency, manifest, names, self.board, one_way=one_way, each_secs=each_secs, at_once=at_once)
        self._thread = Thread(target=self._work, name="trial", daemon=True)

    def watch(self, still_secs: float) -> dict[str, Tried] | None:
        """Wait for the end and return ``None``; or what was under way when the loop stood still for so long."""
        self._thread.start()
        while self._thread.is_alive():
            self._thread.join(_BEAT_SECS)
            if time.monotonic() - self._beat > still_secs and self._thread.is_alive():
                return dict(self.board.busy)
        return None

    def _work(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception as error:  # noqa: BLE001 - told for every operation that has no result of its own
            self.failed = f"the trial broke off: {type(error).__name__}: {error}"

    async def _main(self) -> None:
        beating = asyncio.create_task(self._keep_beating())
        try:
            await self._playing
        finally:
            beating.cancel()

    async def _keep_beating(self) -> None:
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(_BEAT_SECS)
