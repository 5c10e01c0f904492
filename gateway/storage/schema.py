"""The words that ``tables.py`` is written in."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Boolean, Column, ForeignKey, Identity, Index, Integer, MetaData, Text, Uuid, text

from gateway.storage.columns import Instant, Json, Position

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def text_column(name: str) -> Column[str]:
    """Text, never NULL: absence is empty."""
    return Column(name, Text, nullable=False)


def int_column(name: str) -> Column[int]:
    """A number, never NULL."""
    return Column(name, Integer, nullable=False)


def flag_column(name: str) -> Column[bool]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False)


def json_column(name: str) -> Column[Any]:
    """A JSON value as text."""
    return Column(name, Json, nullable=False)


def at_column(name: str, *, null: bool = True) -> Column[Any]:
    """An instant; NULL where ``null``: it has not come yet."""
    return Column(name, Instant, nullable=null)


def uuid_column(name: str, *, null: bool = False) -> Column[Any]:
    """An id of something else."""
    return Column(name, Uuid, nullable=null)


def id_column() -> Column[Any]:
    """The row's own id, a UUIDv7 of ours."""
    return Column("id", Uuid, primary_key=True)


def position_column() -> Column[int]:
    """A number that counts up by itself: the order of writing."""
    return Column("position", Position, Identity(), primary_key=True, autoincrement=True)


def case_column(*, checked: bool = True) -> Column[Any]:
    """The case that the row belongs to."""
    # A foreign key costs a look-up a row; what is written only together with its case, under its lock, goes without.
    return Column("case_id", Uuid, *([ForeignKey("cases.id")] if checked else []), nullable=False)


def partial_index(name: str, where: str, *columns: str, unique: bool = False) -> Index:
    """An index over the rows that meet ``where`` alone."""
    condition = text(where)
    return Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)
