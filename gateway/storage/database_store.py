"""The store as a whole, and the one way to open it."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.case_file import Mint
from gateway.storage.accounts import AccountRows
from gateway.storage.agency_history import AgencyHistoryRows
from gateway.storage.alerts import Alerts
from gateway.storage.audit import AuditRows
from gateway.storage.calendar_reach import ReachRows
from gateway.storage.calendars import CalendarVersions
from gateway.storage.case_lists import CaseLists
from gateway.storage.claims import Claims
from gateway.storage.contents import Contents
from gateway.storage.deliveries import Deliveries
from gateway.storage.engine import Clock, Database
from gateway.storage.engine_postgres import PostgresDatabase
from gateway.storage.engine_sqlite import SqliteDatabase
from gateway.storage.feed import Feed
from gateway.storage.inbox import Inbox
from gateway.storage.incident_groups import Groups
from gateway.storage.intake import Intakes
from gateway.storage.lanes import Lanes
from gateway.storage.migrate import check_schema
from gateway.storage.mint import SystemMint
from gateway.storage.reads import Reading
from gateway.storage.reindex import Reindex
from gateway.storage.replays import ReplayRows
from gateway.storage.spans import Spans
from gateway.storage.timeline_reads import TimelineReading
from gateway.storage.timers import Timers
from gateway.storage.urls import driver_url
from gateway.storage.webhook_sending import WebhookSending


class DatabaseStore(
    Intakes,
    Claims,
    Lanes,
    Inbox,
    Timers,
    Deliveries,
    CalendarVersions,
    Contents,
    Alerts,
    AuditRows,
    ReachRows,
    AccountRows,
    AgencyHistoryRows,
    ReplayRows,
    Groups,
    WebhookSending,
    CaseLists,
    Feed,
    Reindex,
    Spans,
    TimelineReading,
    Reading,
):
    """Implements the ports of storage of ``gateway.application``.

    One a process is enough: it holds a pool.
    """

    async def open(self) -> None:
        """Connect. Raises ``StoreUnavailable``, ``StoreLocked``, or ``SchemaOutdated`` when the schema is not this version's."""
        await self.db.open()
        try:
            async with self.db.glance() as tx:
                await check_schema(tx)
        except BaseException:
            await self.db.close()
            raise

    async def close(self) -> None:
        """Let all connections and the SQLite file's lock go."""
        await self.db.close()


def open_store(
    url: str,
    *,
    clock: Clock | None = None,
    mint: Mint | None = None,
    connections: int = 8,
    unmatched_after: timedelta = timedelta(hours=1),
) -> DatabaseStore:
    """Return the store at ``url`` (``postgresql://…`` or ``sqlite:///path``), to be opened with ``await store.open()``.

    ``clock`` replaces the database's time (tests that move it). ``unmatched_after``: how long a callback waits for its
    reference before it becomes an incident.
    """
    db = database_of(url, clock=clock, connections=connections)
    store = DatabaseStore(db, mint or SystemMint())
    store.unmatched_after = unmatched_after
    return store


def database_of(url: str, *, clock: Clock | None = None, connections: int = 8) -> Database:
    """Return the database that ``url`` names: ``postgresql://…`` or ``sqlite:///path``. Raises ``ValueError`` for others."""
    made = driver_url(url)
    if made.get_backend_name() == "postgresql":
        return PostgresDatabase(made, clock=clock, connections=connections)
    return SqliteDatabase(made, clock=clock)
