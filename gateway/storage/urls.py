"""Database URLs as people write them, and as the drivers need them."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS: Final = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}


def driver_url(url: str) -> URL:
    """Return the URL with our driver. Raises ``ValueError`` for a database that is not ours."""
    way_out = "use postgresql://user@host/name or sqlite:///path/to/file.db"
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"this is not a database URL; {way_out}") from error
    driver = _DRIVERS.get(made.drivername.partition("+")[0])
    if driver is None:
        raise ValueError(f"{made.drivername} is no database of ours; {way_out}")
    return made.set(drivername=driver)
