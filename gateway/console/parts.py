"""What the console is built from. ``bootstrap`` makes it; nothing in this package is global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.application.accounts import Accounts
from gateway.application.acts import Acts
from gateway.application.agency_history import AgencyHistory
from gateway.application.alerts import AlertStore
from gateway.application.bus import Bus
from gateway.application.deployment import Deployment
from gateway.application.incident_groups import IncidentGroups
from gateway.application.reads import Reads
from gateway.application.replays import Replays
from gateway.application.store import Store
from gateway.domain.case_file import Mint

#: The largest form, in bytes. Documents that a clerk hands in come as ``multipart`` and may be larger.
FORM_BYTES = 256 * 1024


def _never() -> bool:
    return False


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
    now: Callable[[], datetime]
    zone: ZoneInfo
    history: AgencyHistory
    groups: IncidentGroups
    replays: Replays
    mint: Mint
    secret: bytes = b""
    secure: bool = False
    document_bytes: int = 20 * 1024 * 1024
    stopping: Callable[[], bool] = _never
