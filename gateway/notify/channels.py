"""The channels of a deployment: each message goes to one address, through apprise or to an Alertmanager.

Addresses hold secrets: they are never logged, stored or shown. A message's row names its receiver and the address's place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from gateway.domain.alerting import Receiver, Telling
from gateway.notify import alertmanager
from gateway.notify.messages import Message, message_of

if TYPE_CHECKING:
    from apprise import Apprise, AppriseResult

log = structlog.get_logger(__name__)

#: What ``send`` answers when nobody is to be told.
SKIPPED: Final = "skipped"
_LONGEST_ERROR: Final = 300
#: apprise blocks; a channel that hangs must not hold up the others, nor use up the threads of everything else.
_THREADS: Final = 4
#: Beyond the limit that apprise itself keeps, in case that a channel does not heed it.
_MARGIN_SECS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What a test of one address showed. ``address`` is without its secrets; ``error`` is empty when it was taken."""

    target: str
    address: str
    error: str


class Channels:
    """Sends messages to the addresses of ``receivers``. ``send`` is the ``SendNotice`` of the notifier.

    Times are shown in ``zone``; ``source`` is the gateway's public address.
    """

    def __init__(
        self, receivers: Mapping[str, Receiver], zone: ZoneInfo, *, source: str = "", timeout_secs: float = 20.0
    ) -> None:
        self._receivers = dict(receivers)
        self._zone = zone
        self._source = source
        self._timeout = timeout_secs
        self._made: dict[str, Apprise] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="alerts")

    async def send(self, id_: UUID, target: str, payload: Mapping[str, Any]) -> str:
        """Send one message to the address ``target`` (``receiver/place``). Returns an empty text when it was taken,
        ``skipped`` when there is no such address, else what went wrong. Never raises for what a channel does, and takes
        at most the time-out."""
        name, _, place = target.partition("/")
        receiver = self._receivers.get(name)
        if receiver is None or not place.isdecimal() or not 0 < int(place) <= len(receiver.addresses):
            return SKIPPED
        address = receiver.addresses[int(place) - 1]
        language = str(payload.get("language") or receiver.language)
        message = message_of(payload, language, self._zone, str(id_))
        if alertmanager.is_alertmanager(address):
            why = alertmanager.problem(address)
            return why or await alertmanager.post(address, payload, message, self._source, self._timeout)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout + _MARGIN_SECS):
                return await loop.run_in_executor(self._threads, self._send, address, message)
        except TimeoutError:
            return f"no answer within {self._timeout + _MARGIN_SECS:g} s"

    async def test(self, id_: UUID, only: str = "") -> list[Tried]:
        """Send a test to every address (of the receiver ``only``) and return what happened at each, in order."""
        targets = [
            (f"{receiver.name}/{place}", address)
            for receiver in self._receivers.values()
            if only in ("", receiver.name)
            for place, address in enumerate(receiver.addresses, start=1)
        ]
        errors = await asyncio.gather(*(self.send(id_, target, {"what": Telling.TEST}) for target, _ in targets))
        return [Tried(target, self._shown(address), error) for (target, address), error in zip(targets, errors, strict=True)]

    def problems(self) -> list[str]:
        """Return what is wrong with the addresses: whose and which one, never the address itself."""
        return [
            f"address {place} of {len(receiver.addresses)} of the receiver {receiver.name}: {why}"
            for receiver in self._receivers.values()
            for place, address in enumerate(receiver.addresses, start=1)
            if (why := self._problem(address))
        ]

    def close(self) -> None:
        """Let the threads go; one that hangs in a channel ends with its socket's time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _problem(self, address: str) -> str:
        if alertmanager.is_alertmanager(address):
            return alertmanager.problem(address)
        return "" if len(self._apprise(address)) else "it is none that apprise understands"

    def _shown(self, address: str) -> str:
        if alertmanager.is_alertmanager(address):
            return alertmanager.shown(address)
        made = self._apprise(address)
        if not len(made):
            return "(not understood)"
        plugin: Any = made[0]
        return str(plugin.url(privacy=True)).split("?", 1)[0]

    def _send(self, address: str, message: Message) -> str:
        from apprise import NotifyType  # noqa: PLC0415 # 4 MiB, needed by the notifier alone

        kind = NotifyType.SUCCESS if message.over else NotifyType.FAILURE if message.grave else NotifyType.WARNING
        made = self._apprise(address)
        if not len(made):
            return "the address cannot be understood"
        try:
            with made.notify(message.body, message.title, kind, timeout=self._timeout) as result:
                return _told(result)
        except Exception as error:  # a channel's plug-in is third-party code: its bug is a failed delivery, not ours
            log.exception("an alert channel broke")
            return f"{type(error).__name__} in an alert channel"

    def _apprise(self, address: str) -> Apprise:
        if address not in self._made:
            from apprise import Apprise  # noqa: PLC0415 # as above

            made = Apprise()
            made.add(address)
            self._made[address] = made  # only now: another thread must not see it half filled
        return self._made[address]


def _told(result: AppriseResult) -> str:
    """Return what failed; channels are named by the address that apprise has cleared of secrets."""
    failed = [f"{one.name} ({one.url.split('?', 1)[0]}): {one.status.name.lower()}{_last(one)}" for one in result if not one]
    return "; ".join(failed)[:_LONGEST_ERROR]


def _last(one: Any) -> str:
    entries = [entry.message for entry in one.logs()]
    return f", {entries[-1]}" if entries else ""
