"""Wake-ups inside one process: a topic, and who waits for it. No promise rests on them: all waiting work is a row with a time."""

from __future__ import annotations

import asyncio


class WakeUps:
    """Remembers for each topic whether it was woken since the last wait. All that wait at that moment are woken."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def wake(self, topic: str) -> None:
        self._event(topic).set()

    async def wait(self, topic: str, timeout: float) -> None:
        event = self._event(topic)
        if not event.is_set():
            try:
                async with asyncio.timeout(timeout):
                    await event.wait()
            except TimeoutError:
                return
        event.clear()

    def _event(self, topic: str) -> asyncio.Event:
        event = self._events.get(topic)
        if event is None:
            event = self._events[topic] = asyncio.Event()
        return event
