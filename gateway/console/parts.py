"""What the console is built from. ``bootstrap`` makes it; nothing in this package is global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from gateway.application.accounts import Accounts
from gateway.application.acts import Acts
from gateway.application.agency_history import AgencyHistory
from gateway.application.alerts import AlertStore
from gateway.application.audit import AuditReads
from gateway.application.bus import Bus
from gateway.application.calendar_reach import CalendarReach
from gateway.application.deployment import Deployment
from gateway.application.incident_groups import IncidentGroups
from gateway.application.kept_versions import KeptVersions
from gateway.application.reads import Reads
from gateway.application.replays import Replays
from gateway.application.spans import SpanReads
from gateway.application.store import Store
from gateway.application.timeline import TimelineReads
from gateway.application.webhooks import Webhooks
from gateway.domain.case_file import Mint

#: The largest form, in bytes. Documents that a clerk hands in come as ``multipart`` and may be larger.
FORM_BYTES = 256 * 1024


def _never() -> bool:
    return False


class History(TimelineReads, SpanReads, Protocol):
    """What the trace of a case is read from."""


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """``now`` is UTC; times are shown in ``zone``, those of a case in its office's zone.

    ``secure``: the gateway is reached over https, so cookies are for https only. ``stopping`` ends open streams.
    """

    deployment: Deployment
    store: Store
    reads: Reads
    alerts: AlertStore
    acts: Acts
    accounts: Accounts
    bus: Bus
    webhooks: Webhooks
    history: History
    audit: AuditReads
    versions: KeptVersions
    reach: CalendarReach
    now: Callable[[], datetime]
    zone: ZoneInfo
    agency_history: AgencyHistory
    groups: IncidentGroups
    replays: Replays
    mint: Mint
    secret: bytes = b""
    secure: bool = False
    document_bytes: int = 20 * 1024 * 1024
    stopping: Callable[[], bool] = _never
