"""The alerts' use case: incidents gathered into alerts, and messages about them, each a row for one address.

A row is written in the commit that changes the alert, so nothing is told that is not known and nothing known stays untold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from gateway.application.reads import Page
from gateway.application.store import OutboundDelivery
from gateway.domain.alerting import (
    DEFAULT_RECEIVER,
    Alert,
    AlertRules,
    Members,
    Receiver,
    Silence,
    Telling,
    Told,
    advance,
    summarise,
)
from gateway.domain.calling import Call, calls_of, calls_to, places

#: The kind of the deliveries that this use case writes.
NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to one address. ``target`` is ``receiver/place``, places counted from 1, or the receiver that has no address."""

    target: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """A silence as stored. ``summarised_at``: when what it held back was told."""

    silence: Silence
    created_at: datetime
    ended_by: str = ""
    summarised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """What became of one message: to whom, why, how often tried, when next."""

    id: UUID
    target: str
    what: str
    state: str
    attempts: int
    next_at: datetime | None
    error: str
    created_at: datetime
    settled_at: datetime | None


Advance = Callable[[Alert, Members, Sequence[Silence], datetime], list[Notice]]
Summarise = Callable[[Silence, Sequence[Alert], Sequence[Silence], datetime], list[Notice]]


class AlertStore(Protocol):
    """What alerts ask of the database. Functions passed in are pure and may be called again (see ``store.py``)."""

    async def gather_alerts(self, deliveries: Sequence[OutboundDelivery]) -> None:
        """Put the incidents of claimed ``alert`` deliveries into their alerts and settle the deliveries, in one commit."""
        ...

    async def advance_alerts(self, advance: Advance, most: int) -> int:
        """Let ``advance`` change the alerts that are due, or whose cause is gone; write its notices. Returns how many."""
        ...

    async def end_silences(self, summarise: Summarise) -> int:
        """Let ``summarise`` work on what each silence that has ended held back; write its notices. Returns how many."""
        ...

    async def alerts(self, *, state: str, kind: str, agency: str, after: str, limit: int) -> Page:
        """Return alerts, newest first. ``state``: open, over, or empty for all."""
        ...

    async def alert(self, id_: UUID) -> Alert | None: ...
    async def notices(self, alert_id: UUID) -> list[NoticeRow]:
        """Return the messages about an alert, oldest first."""
        ...

    async def change_alert(self, id_: UUID, change: Callable[[Alert, datetime], None]) -> Alert:
        """Lock an alert and change it. Raises ``NotFound``, and what ``change`` raises."""
        ...

    async def silences(self, after: str, limit: int) -> Page:
        """Return silences, newest first."""
        ...

    async def add_silence(self, silence: Silence) -> SilenceRow: ...
    async def end_silence(self, id_: UUID, by: str) -> SilenceRow:
        """End a silence now. Raises ``NotFound``, or ``Conflict`` when it has ended."""
        ...


class Alerting:
    """The use case; any number of processes may run it at once. ``every_secs``: so often at most it looks what is due."""

    def __init__(
        self, store: AlertStore, rules: AlertRules, now: Callable[[], datetime], *, every_secs: float = 0.5, most: int = 200
    ) -> None:
        self._store = store
        self._rules = rules
        self._now = now
        self._every = timedelta(seconds=every_secs)
        self._most = most
        self._looked_at: datetime | None = None

    async def gather(self, deliveries: Sequence[OutboundDelivery]) -> None:
        """Take in new incidents; what is due with them is seen to by the next ``run_once``."""
        await self._store.gather_alerts(deliveries)
        self._looked_at = None

    async def run_once(self) -> int:
        """Write the messages that are due. Returns how many alerts and silences were seen to; 0 when it looked just now."""
        now = self._now()
        if self._looked_at is not None and self._looked_at <= now < self._looked_at + self._every:
            return 0
        done = await self._store.end_silences(self._summary)
        done += await self._store.advance_alerts(self._advance, self._most)
        self._looked_at = now
        return done

    def _advance(self, alert: Alert, members: Members, silences: Sequence[Silence], now: datetime) -> list[Notice]:
        told = advance(alert, members, self._rules, silences, now)
        payload = {"alert": alert_facts(alert, members), "text": dict(self._rules.route(alert).text)}
        calls = calls_of(alert.detail)
        return [n for one in told for n in notices(one, payload, self._rules.receivers, calls)]

    def _summary(self, silence: Silence, held: Sequence[Alert], silences: Sequence[Silence], now: datetime) -> list[Notice]:
        told, to = summarise(silence, held, self._rules, silences, now)
        if not told:
            return []
        facts = {"by": silence.by, "reason": silence.reason, "starts_at": silence.starts_at, "ends_at": silence.ends_at}
        payload = {"silence": facts, "alerts": [alert_facts(alert) for alert in told]}
        return notices(Told(Telling.SUMMARY, to), payload, self._rules.receivers)


def notices(told: Told, payload: dict[str, Any], receivers: Mapping[str, Receiver], calls: Sequence[Call] = ()) -> list[Notice]:
    """Return a message for each address of those who are told; a name that nobody has goes to the default receiver.

    ``calls`` is what a service's ladder says: which addresses of a receiver, in which language, with which words before the
    usual ones.
    """
    made: dict[str, Notice] = {}
    for name in told.to:
        receiver = receivers.get(name) or receivers.get(DEFAULT_RECEIVER) or Receiver(DEFAULT_RECEIVER)
        own = calls_to(name, calls)
        reached = [(f"{receiver.name}/{place}", call) for place, call in places(receiver.addresses, own)]
        for target, call in reached or [(receiver.name, own[0] if own else Call())]:
            made.setdefault(target, Notice(target, {"what": str(told.what)} | payload | _said(call)))
    return list(made.values())


def _said(call: Call) -> dict[str, Any]:
    """What a call changes in a message; its words stand instead of the route's."""
    made: dict[str, Any] = {"text": dict(call.text)} if call.text else {}
    return made | ({"language": call.language} if call.language else {})


def alert_facts(alert: Alert, members: Members | None = None) -> dict[str, Any]:
    """Return what a message may say of an alert: plain values, and nothing that an agency or an applicant wrote."""
    facts: dict[str, Any] = {
        name: getattr(alert, name)
        for name in ("id", "key", "kind", "agency", "lane", "service", "step", "level", "detail", "count", "opened_at", "over_at")
    }
    facts["detail"] = {name: value for name, value in alert.detail.items() if name != "calls"}
    return facts | {"cases": list(alert.cases), "open": members.open if members is not None else None, "is_over": alert.is_over}
