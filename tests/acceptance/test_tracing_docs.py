"""``docs/tracing.md`` does what it says: its commands are run, in order, against a gateway with simulated agencies; and its
tables name every kind, wait, setting and metric that there is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.application.timeline import _WAITS, Kind
from gateway.bootstrap.settings import Settings
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import Town
from tests.acceptance.snippets import follow, snippets
from tests.unit.test_monitoring_files import exposed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tracing.md"
TEXT = PAGE.read_text("utf-8")


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
async def town(tmp_path: Path, fresh_store: Callable[[str], str]) -> AsyncIterator[Town]:
    """One process over PostgreSQL, so that ``darcha key`` can make a key while it runs."""
    catalogue = load_catalogue(ROOT, environ={}, adapters=find_adapters())
    settings = {"DARCHA_BROKER_URL": "memory://", "DARCHA_DATABASE_URL": fresh_store("postgres")}
    town = Town(tmp_path / "town", ROOT, catalogue, settings)
    try:
        await town.start_simulators()
        await town.start_gateway()
        yield town
    finally:
        await town.stop()


@pytest.mark.timeout(600)
async def test_every_command_of_the_page(town: Town, tmp_path: Path) -> None:
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    wanted = snippets(PAGE)
    assert len(wanted) == 5
    given = {"DARCHA_URL": town.address, "DARCHA_KEY": town.key, "DARCHA_DATABASE_URL": town.environ["DARCHA_DATABASE_URL"]}
    await follow(PAGE, tmp_path, given)


def test_every_kind_and_wait_is_told() -> None:
    (table,) = re.findall(r"^\| kind \|.*?\n\n", TEXT, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == sorted(Kind, key=lambda k: table.index(f"`{k}`"))
    waits = re.findall(r"`(\w+)`", next(line for line in table.splitlines() if line.startswith("| `wait`")))[1:]
    assert set(waits) == set(_WAITS.values())


def test_every_setting_is_told_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(DARCHA_TRACE_[A-Z_]+)` \| ([^|]*?) ?\|", TEXT, re.MULTILINE))
    fields = {name: f"{field.default:g}" for name, field in Settings.model_fields.items() if name.startswith("trace_")}
    assert rows == {f"DARCHA_{name.upper()}": value for name, value in fields.items()}


def test_every_metric_of_ours_is_told_and_no_other() -> None:
    told = set(re.findall(r"`(darcha_[a-z_]+)`", TEXT))
    ours = {re.sub(r"_(created|bucket|count|sum)$", "", name) for name in exposed() if name.startswith("darcha_")}
    counters = {name for name in ours if name.endswith("_total")}
    assert told == {name for name in ours if f"{name}_total" not in counters}
