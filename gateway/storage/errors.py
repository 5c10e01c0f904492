"""What storage raises inside, and the one place where the drivers' errors get our names.

DarchaError
└── StoreError
    ├── StoreUnavailable   no connection; nothing was changed, or (a commit cut off) a repeat will find what was
    ├── GuardLost          a row was not in the state it was loaded in; the unit of work is repeated
    ├── TryAgain           the database chose this transaction as the victim (deadlock, serialisation)
    ├── RowRefused         the database refuses a row (a value out of range, a constraint)
    ├── StoreLocked        another process holds this SQLite file
    └── SchemaOutdated     the schema is not the one this version needs
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from asyncpg import InterfaceError, InternalClientError, PostgresConnectionError, PostgresError  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.application.store import StoreError, StoreUnavailable


class GuardLost(StoreError):
    """A guarded UPDATE met fewer rows than it named. The transaction is rolled back."""


class TryAgain(StoreError):
    """A deadlock or serialisation failure. The transaction was rolled back; the same again may succeed."""


class RowRefused(StoreError):
    """The database refuses what was to be written."""


class StoreLocked(StoreError):
    """The SQLite file belongs to another running process."""


class SchemaOutdated(StoreError):
    """The database's schema is older or newer than this version of the gateway."""


_REPEATABLE: Final = frozenset({"40001", "40P01"})
#: Classes of SQLSTATE that say "not now": connection, resources, operator intervention, system, and a refused start-up.
_AWAY: Final = ("08", "53", "57", "58", "28", "3D")
#: SQLite's words for the same.
_AWAY_WORDS: Final = ("disk i/o", "is locked", "unable to open", "disk is full", "connection is closed", "connection was closed")

#: After one of these a connection of PostgreSQL's is of no more use.
LOST: Final = (PostgresConnectionError, InterfaceError, InternalClientError, OSError)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the drivers' errors into ours."""
    try:
        yield
    except DBAPIError as error:
        raise _named(error, error.orig or error, lost=error.connection_invalidated) from error
    except (PostgresError, InterfaceError, InternalClientError) as error:  # the driver itself was asked
        raise _named(error, error, lost=_lost(error)) from error
    except (DisconnectionError, PoolTimeout, OSError) as error:
        raise StoreUnavailable(f"the database cannot be reached: {error or type(error).__name__}") from error


def _lost(error: BaseException) -> bool:
    """Whether the driver says that the connection is gone. A value that it cannot encode is an InterfaceError too."""
    return isinstance(error, InterfaceError | InternalClientError) and not isinstance(error, ValueError)


def _named(error: BaseException, origin: BaseException, *, lost: bool) -> StoreError:
    text = (str(origin) or type(error).__name__).splitlines()[0]
    state = str(getattr(origin, "sqlstate", None) or "")
    if state in _REPEATABLE:
        return TryAgain(text)
    words = text.lower()
    if lost or state.startswith(_AWAY) or any(word in words for word in _AWAY_WORDS):
        return StoreUnavailable(f"the database cannot be reached: {text}")
    return RowRefused(text)
