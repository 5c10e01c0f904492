"""Alerts for tests of their rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.domain.alert_groups import Signal
from gateway.domain.alerting import Alert, AlertRules, Receiver, Route, Rung, Silence

NOW = datetime(2026, 12, 7, 4, 0, tzinfo=UTC)
LADDER = (Rung(("operators",)), Rung(("shift",), 600), Rung(("head", "operators"), 3600))
RULES = AlertRules(
    {name: Receiver(name, (f"json://{name}.test",)) for name in ("default", "operators", "shift", "head")},
    (Route(LADDER),),
    wait_secs=5,
    unsure_secs=60,
    calm_secs=30,
    repeat_secs=4 * 3600,
    more_secs=1800,
)


def at(**after: float) -> datetime:
    """An instant after ``NOW``."""
    return NOW + timedelta(**after)


def alert(kind: str = "lane_down", agency: str = "registry", **fields: Any) -> Alert:
    given: dict[str, Any] = {"id": UUID(int=1), "key": f"{kind}:{agency}", "kind": kind, "agency": agency}
    return Alert(**(given | {"opened_at": NOW, "last_at": NOW, "count": 1} | fields))


def silence(number: int = 7, **fields: Any) -> Silence:
    given: dict[str, Any] = {
        "id": UUID(int=number),
        "starts_at": NOW,
        "ends_at": at(hours=2),
        "by": "Dilnoza",
        "reason": "announced works",
    }
    return Silence(**(given | fields))


def signal(number: int, kind: str = "exhausted", agency: str = "registry", **fields: Any) -> Signal:
    given: dict[str, Any] = {"fingerprint": f"{kind}:{number}", "at": NOW, "agency": agency, "service": "permit"}
    return Signal(UUID(int=1000 + number), kind, **(given | {"case_number": f"0000-{number:04}-0"} | fields))


def minting() -> Callable[[], UUID]:
    numbers = iter(range(1, 1000))
    return lambda: UUID(int=next(numbers))
