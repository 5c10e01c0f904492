"""Storage: PostgreSQL and SQLite behind the ports of ``gateway.application.store`` and ``reads``.

``open_store(url)`` gives the store, ``upgrade(url)`` brings the schema to this version, ``GroupCommit`` gathers intakes.
"""

from gateway.storage.database_store import DatabaseStore, open_store
from gateway.storage.errors import SchemaOutdated, StoreLocked
from gateway.storage.group import GroupCommit
from gateway.storage.migrate import current, head, upgrade
from gateway.storage.mint import SystemMint

__all__ = [
    "DatabaseStore",
    "GroupCommit",
    "SchemaOutdated",
    "StoreLocked",
    "SystemMint",
    "current",
    "head",
    "open_store",
    "upgrade",
]
