"""The migrations and the tables are the same, on both databases, forwards and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

from gateway.storage import current, head, upgrade
from gateway.storage import tables as defined
from gateway.storage.migrate import connected, downgrade


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'darcha.db'}"
    make: Callable[[], str] = request.getfixturevalue("fresh_database")
    return make()


def test_upgrade_leads_to_the_tables_and_back_to_nothing(empty: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), defined.cases.metadata))

    def tables(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    assert current(empty) == ""
    assert upgrade(empty) == head() == current(empty)
    assert connected(empty, differences) == []
    assert connected(empty, tables) == {*defined.cases.metadata.tables, "alembic_version"}
    assert upgrade(empty) == head()
    downgrade(empty, "base")
    assert connected(empty, tables) == {"alembic_version"}
    assert upgrade(empty) == head()
