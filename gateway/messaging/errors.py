"""Turns what the AMQP library raises into ``BusUnavailable``, in one place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika.exceptions import AMQPError

from gateway.application.bus import BusUnavailable

# RuntimeError is what the library raises for a channel or connection that is closed already.
_LOST = (AMQPError, OSError, RuntimeError, TimeoutError, EOFError)


@asynccontextmanager
async def broker_errors(what: str) -> AsyncIterator[None]:
    """Raise ``BusUnavailable`` for every way in which a broker can be gone. ``what`` says what was being done.

    When a connection closes, the library ends all that wait on it with ``CancelledError``, although nobody cancelled them;
    the task's own count of cancellations tells the two apart.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BusUnavailable(f"{what}: the connection closed") from error
    except _LOST as error:
        raise BusUnavailable(f"{what}: {reason(error)}") from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        # So the library ends what waits on a channel that closes without a reason.
        raise BusUnavailable(f"{what}: the channel closed") from error


def reason(error: BaseException | None) -> str:
    """Say in one line why a connection or channel ended."""
    if error is None or isinstance(error, asyncio.CancelledError):
        return "closed"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return " ".join(str(error).split()) or type(error).__name__
