"""Alerts: who is told of what, when again, when somebody higher, when that it is over. Pure.

Incidents are many, what a person has to hear is one thing: an ``Alert`` gathers the incidents of one cause
(``alert_groups.py`` says which belong together), and ``advance`` says what to tell about it now. An alert is told once when it
opens, again at most every so often, to the next rung of its ladder while nobody acknowledges it, and once when it is over.
All times are UTC instants, all lengths are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from gateway.domain.calling import calls_of, named
from gateway.domain.incident import IncidentKind as K
from gateway.domain.service import Text

#: The receiver that the settings name (``DARCHA_ALERT_URLS``); it is always there, perhaps without an address.
DEFAULT_RECEIVER: Final = "default"
#: Kinds that concern a whole lane: while one is open, the agency cannot be reached, whatever becomes of single requests.
LANE_KINDS: Final = frozenset({K.LANE_DOWN, K.LANE_MISCONFIGURED})
#: What single requests suffer when an agency cannot be reached.
SUFFERED: Final = frozenset({K.EXHAUSTED, K.IN_DOUBT, K.NO_REPLY})


class Telling(StrEnum):
    """Why somebody is told."""

    OPENED = "opened"
    MORE = "more"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    OVER = "over"
    SUMMARY = "summary"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who can be told. ``addresses`` are apprise URLs or ``alertmanager://``; they hold secrets and are never shown."""

    name: str
    addresses: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of a ladder: ``tell`` these receivers once the alert has been known for ``after_secs`` unacknowledged."""

    tell: tuple[str, ...]
    after_secs: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """Which alerts go up which ladder. An empty field fits any. ``text`` stands before the usual words, by language."""

    ladder: tuple[Rung, ...]
    services: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    text: Text = field(default_factory=dict)

    def fits(self, alert: Alert) -> bool:
        """Return whether the route is this alert's."""
        asked = ((self.services, alert.service), (self.kinds, alert.kind), (self.agencies, alert.agency))
        return all(not wanted or is_ in wanted for wanted, is_ in (*asked, (self.levels, alert.level)))


@dataclass(frozen=True, slots=True)
class AlertRules:
    """What a deployment has set.

    ``wait_secs``: how long an alert gathers before it is told; ``unsure_secs`` the same for what may turn out to be part of an
    outage. ``calm_secs``: so long its cause has to be gone before it is over. ``repeat_secs``: an alert that nobody
    acknowledges is told again; ``more_secs``: so long lies between two messages that it has grown.
    """

    receivers: Mapping[str, Receiver]
    routes: tuple[Route, ...] = ()
    wait_secs: float = 5.0
    unsure_secs: float = 60.0
    calm_secs: float = 30.0
    repeat_secs: float = 4 * 3600.0
    more_secs: float = 1800.0

    def route(self, alert: Alert) -> Route:
        """Return the first route that fits, else the one to the default receiver."""
        return next((route for route in self.routes if route.fits(alert)), _DEFAULT_ROUTE)

    def ladder(self, alert: Alert) -> tuple[Rung, ...]:
        """Return who is told of the alert, and who when nobody acknowledges it.

        Whom the service's own ladder names is told instead of the route's people, at once; who is called when nobody comes
        is the next level of that ladder. Where one of its rungs names nobody, the route's people are told as well.
        """
        calls = calls_of(alert.detail)
        if calls and all(call.to for call in calls):
            return (Rung(named(calls)),)
        first, *rest = self.route(alert).ladder
        return (Rung(tuple(dict.fromkeys((*first.tell, *named(calls)))), first.after_secs), *rest)

    def wait(self, alert: Alert) -> float:
        """Return how long the alert gathers before it is told."""
        return self.unsure_secs if alert.kind in SUFFERED and alert.agency else self.wait_secs


_DEFAULT_ROUTE: Final = Route((Rung((DEFAULT_RECEIVER,)),))


@dataclass(frozen=True, slots=True)
class Silence:
    """A window in which some alerts are held back. ``by`` is a person's name; empty ``agency``, ``kind``, ``service``: any."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    by: str
    reason: str
    agency: str = ""
    kind: str = ""
    service: str = ""

    def covers(self, alert: Alert, at: datetime) -> bool:
        """Return whether the alert is to be held back at ``at``; the end does not belong to the window."""
        asked = ((self.agency, alert.agency), (self.kind, alert.kind), (self.service, alert.service))
        return self.starts_at <= at < self.ends_at and all(not wanted or wanted == is_ for wanted, is_ in asked)


@dataclass(slots=True)
class Alert:
    """One thing that a person has to know, and what has been told of it.

    ``count`` is how many incidents it has gathered, ``told_count`` how many there were when somebody was last told.
    ``rung`` is the number of rungs told so far; ``told_to`` who they were, in order. ``cases`` are a few case numbers.
    ``silence_id`` is the silence that holds something back. ``next_at`` is when to look again.
    """

    id: UUID
    key: str
    kind: str
    opened_at: datetime
    last_at: datetime
    agency: str = ""
    lane: str = ""
    service: str = ""
    step: str = ""
    level: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    cases: tuple[str, ...] = ()
    is_over: bool = False
    count: int = 0
    told_count: int = 0
    rung: int = 0
    told_to: tuple[str, ...] = ()
    first_told_at: datetime | None = None
    told_at: datetime | None = None
    over_since: datetime | None = None
    over_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    note: str = ""
    silence_id: UUID | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """How the alert's incidents stand: how many are open, and how many of those and of all concern a whole lane."""

    open: int
    lane_open: int = 0
    lane_all: int = 0

    @property
    def gone(self) -> bool:
        """Whether the cause is gone: of an outage when the lane works again, though its requests may still wait for a person."""
        return self.lane_open == 0 if self.lane_all else self.open == 0


@dataclass(frozen=True, slots=True)
class Told:
    """What to tell to whom."""

    what: Telling
    to: tuple[str, ...]


def advance(alert: Alert, members: Members, rules: AlertRules, silences: Sequence[Silence], now: datetime) -> list[Told]:
    """Do what is due for an alert: change it, set ``next_at``, and return what is to be told."""
    if alert.is_over:
        alert.next_at = None
        return []
    alert.over_since = (alert.over_since or now) if members.gone else None
    told: list[Told] = []
    silence = next((silence for silence in silences if silence.covers(alert, now)), None)
    calm = alert.over_since is not None and now >= alert.over_since + timedelta(seconds=rules.calm_secs)
    if silence is not None:
        _hold(alert, silence, rules, now, calm=calm)
        return []
    if alert.silence_id is not None:  # its silence has ended: the summary tells it, and comes first
        return []
    ladder = rules.ladder(alert)
    if alert.told_at is None:
        if now >= alert.opened_at + timedelta(seconds=rules.wait(alert)):
            told.append(_tell(alert, Telling.OPENED, ladder[0].tell, now))
            alert.first_told_at, alert.rung = now, 1
    elif calm:
        told.append(_tell(alert, Telling.OVER, alert.told_to, now))
        _end(alert, now)
        return told
    elif alert.over_since is None:
        told += _again(alert, ladder, rules, now)
    alert.next_at = _next(alert, rules, now)
    return told


def acknowledge(alert: Alert, by: str, note: str, now: datetime) -> None:
    """A person (``by``) takes it on: no repeats and no escalation from now on. Looked at again at once."""
    alert.acknowledged_at, alert.acknowledged_by, alert.note = now, by, note
    alert.next_at = now


def summarise(
    silence: Silence, held: Sequence[Alert], rules: AlertRules, silences: Sequence[Silence], now: datetime
) -> tuple[list[Alert], tuple[str, ...]]:
    """A silence has ended: return the alerts that its summary tells, and whom. What another silence covers stays held.

    What is open and was never told counts as told by the summary: its ladder begins now.
    """
    told: list[Alert] = []
    to: dict[str, None] = {}
    for alert in held:
        cover = next((s for s in silences if s.id != silence.id and s.covers(alert, now)), None)
        if cover is not None:
            alert.silence_id = cover.id
            alert.next_at = None if alert.is_over else now
            continue
        alert.silence_id = None
        told.append(alert)
        first = rules.ladder(alert)[0].tell
        to |= dict.fromkeys((*first, *alert.told_to))
        if not alert.is_over:
            _tell(alert, Telling.SUMMARY, first, now)
            alert.first_told_at, alert.rung = alert.first_told_at or now, max(1, alert.rung)
            alert.next_at = now
    return told, tuple(to)


def _tell(alert: Alert, what: Telling, to: tuple[str, ...], now: datetime) -> Told:
    alert.told_at, alert.told_count = now, alert.count
    alert.told_to = tuple(dict.fromkeys((*alert.told_to, *to)))
    return Told(what, to)


def _end(alert: Alert, now: datetime) -> None:
    alert.is_over, alert.over_at, alert.next_at = True, now, None


def _again(alert: Alert, ladder: Sequence[Rung], rules: AlertRules, now: datetime) -> list[Told]:
    """Every rung whose time has come; else that it has grown, or is still there."""
    told: list[Told] = []
    while (at := _escalates_at(alert, ladder)) is not None and now >= at:
        told.append(_tell(alert, Telling.ESCALATED, ladder[alert.rung].tell, now))
        alert.rung += 1
    if told:
        return told
    if (at := _grows_at(alert, rules)) is not None and now >= at:
        return [_tell(alert, Telling.MORE, alert.told_to, now)]
    if (at := _repeats_at(alert, rules)) is not None and now >= at:
        return [_tell(alert, Telling.REPEATED, alert.told_to, now)]
    return []


def _escalates_at(alert: Alert, ladder: Sequence[Rung]) -> datetime | None:
    if alert.acknowledged_at is not None or alert.first_told_at is None or alert.rung >= len(ladder):
        return None
    return alert.first_told_at + timedelta(seconds=ladder[alert.rung].after_secs)


def _grows_at(alert: Alert, rules: AlertRules) -> datetime | None:
    """That more cases suffer from an outage is no news; that one more term has run out is."""
    if alert.told_at is None or alert.kind in LANE_KINDS or alert.count <= alert.told_count:
        return None
    return alert.told_at + timedelta(seconds=rules.more_secs)


def _repeats_at(alert: Alert, rules: AlertRules) -> datetime | None:
    if alert.told_at is None or alert.acknowledged_at is not None:
        return None
    return alert.told_at + timedelta(seconds=rules.repeat_secs)


def _hold(alert: Alert, silence: Silence, rules: AlertRules, now: datetime, *, calm: bool) -> None:
    """Note what the silence keeps from being told: its summary tells it."""
    due = _next(alert, rules, now)
    if calm or (alert.over_since is None and due is not None and due <= now):
        alert.silence_id = alert.silence_id or silence.id
    if calm:
        _end(alert, now)
        return
    held = alert.silence_id is not None and alert.over_since is None
    alert.next_at = silence.ends_at if held or due is None else min(due, silence.ends_at)


def _next(alert: Alert, rules: AlertRules, now: datetime) -> datetime | None:
    if alert.told_at is None:
        return max(now, alert.opened_at + timedelta(seconds=rules.wait(alert)))
    if alert.over_since is not None:
        return alert.over_since + timedelta(seconds=rules.calm_secs)
    ladder = rules.ladder(alert)
    times = (_escalates_at(alert, ladder), _grows_at(alert, rules), _repeats_at(alert, rules))
    return min((at for at in times if at is not None), default=None)
