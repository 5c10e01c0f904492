"""Alerts through apprise: e-mail, Telegram, Slack and every other channel that has an address of its kind.

At least once: when one of several channels fails, the row is tried again and the others hear of it twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import structlog

from gateway.notify.texts import Alert, alert_of

if TYPE_CHECKING:
    from apprise import Apprise, AppriseResult

log = structlog.get_logger(__name__)

#: What ``Alerts`` answers when nobody is to be told.
SKIPPED: Final = "skipped"
_LONGEST_ERROR: Final = 300
#: apprise blocks; a channel that hangs must not hold up the others, nor use up the threads of everything else.
_THREADS: Final = 2
#: Beyond the limit that apprise itself keeps, in case that a channel does not heed it.
_MARGIN_SECS: Final = 5.0


class Alerts:
    """Sends alerts to the addresses of a deployment. An instance is the ``SendAlert`` of the notifier.

    ``urls`` are apprise addresses (``mailto://…``, ``tgram://…``, ``json://…``); they hold secrets and are never
    logged. ``language`` is one of uz, ru, ky, en; times are shown in ``zone``.
    """

    def __init__(self, urls: Sequence[str], language: str, zone: ZoneInfo, *, timeout_secs: float = 20.0) -> None:
        self._urls = tuple(urls)
        self._language = language
        self._zone = zone
        self._timeout = timeout_secs
        self._made: Apprise | None = None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="alerts")

    async def __call__(self, payload: Mapping[str, Any]) -> str:
        """Send the alert of a delivery row; see ``send`` for the answer."""
        return await self.send(alert_of(payload, self._language, self._zone))

    async def send(self, alert: Alert) -> str:
        """Send an alert. Returns an empty text when every channel took it, ``skipped`` without addresses, else what
        went wrong at which channel. Never raises for what a channel does, and takes at most the time-out."""
        if not self._urls:
            return SKIPPED
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout + _MARGIN_SECS):
                return await loop.run_in_executor(self._threads, self._send, alert)
        except TimeoutError:
            return f"no answer within {self._timeout + _MARGIN_SECS:g} s"

    def problems(self) -> list[str]:
        """Return what is wrong with the addresses: their place in the list, never the address itself."""
        from apprise import Apprise  # noqa: PLC0415 # 4 MiB, needed by the notifier alone

        return [
            f"alert address {place} of {len(self._urls)} is none that apprise understands"
            for place, url in enumerate(self._urls, start=1)
            if not Apprise().add(url)
        ]

    def close(self) -> None:
        """Let the threads go; one that hangs in a channel ends with its socket's time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, alert: Alert) -> str:
        from apprise import NotifyType  # noqa: PLC0415 # as above

        kind = NotifyType.FAILURE if alert.grave else NotifyType.WARNING
        try:
            with self._apprise().notify(alert.body, alert.title, kind, timeout=self._timeout) as result:
                return _told(result, broken=len(self._urls) - len(self._apprise()))
        except Exception as error:  # a channel's plug-in is third-party code: its bug is a failed delivery, not ours
            log.exception("an alert channel broke")
            return f"{type(error).__name__} in an alert channel"

    def _apprise(self) -> Apprise:
        if self._made is None:
            from apprise import Apprise  # noqa: PLC0415 # as above

            made = Apprise()
            for url in self._urls:
                made.add(url)
            self._made = made  # only now: another thread must not see it half filled
        return self._made


def _told(result: AppriseResult, broken: int) -> str:
    """Return what failed; channels are named by the address that apprise has cleared of secrets."""
    failed = [f"{one.name} ({one.url.split('?', 1)[0]}): {one.status.name.lower()}{_last(one)}" for one in result if not one]
    if broken:
        failed.append(f"{broken} of the alert addresses cannot be understood")
    return "; ".join(failed)[:_LONGEST_ERROR]


def _last(one: Any) -> str:
    entries = [entry.message for entry in one.logs()]
    return f", {entries[-1]}" if entries else ""
