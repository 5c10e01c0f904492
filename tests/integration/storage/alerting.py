"""A notifier's alerts over a store whose time a test moves; messages are kept by whom they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from gateway.application.alerts import Alerting
from gateway.application.notify import Notify
from gateway.domain.alerting import AlertRules, Receiver, Route, Rung
from gateway.domain.incident import Incident, IncidentKind
from gateway.storage import DatabaseStore
from tests.integration.storage.moving import MovingClock

RULES = AlertRules(
    {name: Receiver(name, (f"json://{name}.test",)) for name in ("default", "operators", "head")},
    (Route((Rung(("operators",)), Rung(("head",), 600))),),
    wait_secs=5,
    unsure_secs=60,
    calm_secs=30,
    repeat_secs=4 * 3600,
    more_secs=1800,
)


class Exchange:
    """A broker that takes all events."""

    async def publish_events(self, events: list[Any]) -> list[bool]:
        return [True] * len(events)


@dataclass
class Told:
    """One notifier. ``down`` are targets that take nothing; ``heard`` is what the others took: (target, what)."""

    store: DatabaseStore
    clock: MovingClock
    rules: AlertRules = RULES
    down: set[str] = field(default_factory=set)
    heard: list[tuple[str, str]] = field(default_factory=list)
    payloads: list[Mapping[str, Any]] = field(default_factory=list)
    ids: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        bus: Any = Exchange()
        alerting = Alerting(self.store, self.rules, self.clock, every_secs=0)
        self._notify = Notify(self.store, bus, self._send, alerting, self.clock)

    async def _send(self, id_: UUID, target: str, payload: Mapping[str, Any]) -> str:
        if target in self.down:
            return "503"
        self.ids.append(id_)
        self.heard.append((target, payload["what"]))
        self.payloads.append(payload)
        return ""

    async def run(self, **later: float) -> list[tuple[str, str]]:
        """Move time, do what is due, and return what was heard since the last run."""
        self.clock.forward(**later)
        before = len(self.heard)
        while await self._notify.run_once():
            pass
        return self.heard[before:]

    async def slowly(self, minutes: int) -> list[tuple[str, str]]:
        """Let time pass minute by minute, as a notifier sees it."""
        heard = []
        for _ in range(minutes):
            heard += await self.run(minutes=1)
        return heard


def down(agency: str = "tax-office") -> Incident:
    kind = IncidentKind.LANE_DOWN
    return Incident(kind, f"{kind}:{agency}", {"failures": 5}, agency=agency, lane=agency)


def exhausted(number: int, agency: str = "tax-office") -> Incident:
    kind = IncidentKind.EXHAUSTED
    return Incident(kind, f"{kind}:{number}", {"step": "tax", "reason": "Amina Invented"}, agency=agency, lane=agency)
