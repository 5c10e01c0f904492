"""The feed of all events: how far it may be read. ``(tx, position)`` is a place in it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, literal_column

#: Below this no transaction is open any more: what has a lower id is committed or gone. It is the whole server's: a long
#: transaction in another of its databases delays the feed (and loses nothing).
HORIZON: Final[ColumnElement[int]] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
#: A position that lies behind every event of its transaction.
END: Final = 2**63 - 1
