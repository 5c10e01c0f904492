"""Which incidents are one alert: the same cause at the same place. Pure.

an agency that cannot be reached     the agency; what its single requests suffer meanwhile belongs to it
a mapping that makes no message      agency, service and step: the mapping's own place
a term                               service, clock and step, for one rule governs them all
a level of a service's ladder        service, clock, step and level (80%, 1wd, …), and what the rung there says
a rule or a branch of a service      service and step
a webhook                            the webhook, for each has its own front office
everything else                      kind, agency and service
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from gateway.domain.alerting import LANE_KINDS, SUFFERED, Alert
from gateway.domain.calling import mark_of
from gateway.domain.incident import IncidentKind as K

#: So many case numbers a message names; the others are counted.
NAMED: Final = 5
_OF_STEP: Final = frozenset({K.INVALID, K.RENDER_FAILED, K.RULE_FAILED, K.NO_DECISION, K.NO_BRANCH})
_OF_WEBHOOK: Final = frozenset({K.WEBHOOK_DISABLED, K.WEBHOOK_EXHAUSTED})
_OF_CLOCK: Final = frozenset({K.CLOCK_WARNING, K.CLOCK_LEVEL, K.CLOCK_BREACHED, K.CLOCK_MOVED_INTO_PAST})
#: What a message may say of a single incident: never what an agency or an applicant wrote.
_TELLABLE: Final = ("step", "due_at", "waiting_on", "level", "clock", "at", "calls")


@dataclass(frozen=True, slots=True)
class Signal:
    """An incident that was opened, as alerts see it. ``id`` is the incident's."""

    id: UUID
    kind: str
    fingerprint: str
    at: datetime
    agency: str = ""
    lane: str = ""
    service: str = ""
    case_number: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def step(self) -> str:
        """The step that it is about."""
        return str(self.detail.get("step") or "")

    @property
    def level(self) -> str:
        """The level of the ladder that a term has reached; empty for everything else."""
        return str(self.detail.get("level") or "")


def outage_key(agency: str) -> str:
    """Return the key of the alert that an agency cannot be reached."""
    return f"{K.LANE_DOWN}:{agency}"


def key_of(signal: Signal) -> str:
    """Return what signals of one alert have in common."""
    kind, detail = signal.kind, signal.detail
    if kind == K.LANE_DOWN:
        return outage_key(signal.agency or signal.lane)
    if kind in _OF_CLOCK:
        clock = str(detail.get("clock") or "")
        return ":".join((kind, signal.service, clock, signal.step, signal.level, mark_of(detail))).rstrip(":")
    if kind in _OF_STEP:
        return ":".join((kind, signal.agency, signal.service, signal.step))
    if kind == K.DEAD_LETTER:
        return f"{kind}:{detail.get('queue') or ''}"
    if kind in _OF_WEBHOOK:
        return signal.fingerprint
    if kind == K.FOREIGN_WORKER:
        return f"{kind}:{signal.lane}"
    if kind in SUFFERED and not signal.agency:  # a delivery of ours that nobody took: its own kind and target
        return signal.fingerprint
    if kind in SUFFERED or kind in LANE_KINDS:
        return f"{kind}:{signal.agency}"
    return ":".join((kind, signal.agency, signal.service))


def wanted_keys(signals: Iterable[Signal]) -> set[str]:
    """Return the keys of the alerts that the signals may join or take in."""
    keys: set[str] = set()
    for signal in signals:
        keys.add(key_of(signal))
        if signal.agency and (signal.kind in SUFFERED or signal.kind == K.LANE_DOWN):
            keys |= {outage_key(signal.agency), *(f"{kind}:{signal.agency}" for kind in SUFFERED)}
    return keys


@dataclass(slots=True)
class Gathered:
    """Where the signals went: alerts that are new or have grown, and the untold ones (by id) that another has taken in."""

    joined: list[tuple[Alert, Signal]] = field(default_factory=list)
    new: dict[str, Alert] = field(default_factory=dict)
    merged: dict[UUID, Alert] = field(default_factory=dict)


def gather(signals: Iterable[Signal], known: Mapping[str, Alert], mint: Callable[[], UUID], now: datetime) -> Gathered:
    """Put each signal into its alert. ``known`` are the open alerts by key; those that grow are changed in place.

    What single requests suffer joins the outage of their agency while there is one, and an outage takes in what was not
    told yet, so that an outage is one alert and not one a case.
    """
    made = Gathered()
    alerts = dict(known)
    for signal in sorted(signals, key=lambda s: (s.kind not in LANE_KINDS, s.at, s.id)):
        key = key_of(signal)
        if signal.kind in SUFFERED and signal.agency and outage_key(signal.agency) in alerts:
            key = outage_key(signal.agency)
        alert = alerts.get(key)
        if alert is None:
            alert = alerts[key] = made.new[key] = _opened(mint(), key, signal)
            if signal.kind == K.LANE_DOWN:
                _take_in(alert, alerts, made)
        made.joined.append((alert, signal))
        _add(alert, signal, now)
    return made


def _opened(id_: UUID, key: str, signal: Signal) -> Alert:
    detail = {name: signal.detail[name] for name in _TELLABLE if signal.detail.get(name)}
    if "delivery" in signal.detail:
        detail["target"] = signal.detail.get("target", "")
    return Alert(
        id_,
        key,
        signal.kind,
        signal.at,
        signal.at,
        agency=signal.agency,
        lane=signal.lane,
        service=signal.service,
        step=signal.step,
        level=signal.level,
        detail=detail,
    )


def _add(alert: Alert, signal: Signal, now: datetime) -> None:
    alert.count += 1
    alert.last_at = max(alert.last_at, signal.at)
    if signal.case_number and signal.case_number not in alert.cases and len(alert.cases) < NAMED:
        alert.cases = (*alert.cases, signal.case_number)
    if alert.service != signal.service and alert.kind not in LANE_KINDS:
        alert.service = alert.service if alert.count == 1 else ""  # several services: none speaks for the others
    alert.next_at = now


def _take_in(outage: Alert, alerts: dict[str, Alert], made: Gathered) -> None:
    for kind in SUFFERED:
        other = alerts.get(f"{kind}:{outage.agency}")
        if other is None or other.told_at is not None or other.key in made.new or other.silence_id is not None:
            continue
        del alerts[other.key]
        made.merged[other.id] = outage
        outage.count += other.count
        outage.opened_at = min(outage.opened_at, other.opened_at)
        outage.cases = tuple(dict.fromkeys((*outage.cases, *other.cases)))[:NAMED]
