"""``docs/webhooks.md`` and ``docs/sdk.md`` do what they say: their programs are written to files and their commands are run, in
order, beside a gateway with its simulated agencies. The settings and types they name are there."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.bootstrap.settings import Settings
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import Town
from gateway.client.webhooks import WebhookCalls
from tests.acceptance.snippets import follow, snippets
from tests.path.gateway import quiet_port

ROOT = Path(__file__).parents[2]
WEBHOOKS, SDK = ROOT / "docs" / "webhooks.md", ROOT / "docs" / "sdk.md"
EXAMPLE = ROOT / "schemas/services/business-registration/examples/granted-two-founders.json"
_PROGRAM = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """The embedded gateway with its simulated agencies; webhooks may go to this machine."""
    catalogue = load_catalogue(ROOT, environ={}, adapters=find_adapters())
    settings = {"DARCHA_BROKER_URL": "memory://", "DARCHA_DATABASE_URL": "", "DARCHA_WEBHOOK_ALLOW": "127.0.0.1"}
    town = Town(tmp_path / "town", ROOT, catalogue, settings)
    try:
        await town.start_simulators()
        await town.start_gateway()
        yield town
    finally:
        await town.stop()


def _write(page: Path, folder: Path) -> None:
    """The page's programs, and an application for them."""
    folder.mkdir()
    for name, program in _PROGRAM.findall(page.read_text("utf-8")):
        (folder / name).write_text(program, "utf-8")
    application = json.loads(EXAMPLE.read_text("utf-8"))["application"]
    (folder / "application.json").write_text(json.dumps(application), "utf-8")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", [WEBHOOKS, SDK], ids=lambda page: page.name)
async def test_every_command_of_the_page(page: Path, town: Town, tmp_path: Path) -> None:
    folder = tmp_path / "counter"
    _write(page, folder)
    wanted = snippets(page)
    assert len(wanted) >= 2
    given = {"DARCHA_URL": town.address, "DARCHA_KEY": town.key, "PORT": str(quiet_port()), "PYTHONPATH": str(ROOT)}
    await follow(page, folder, given)


def test_the_settings_that_are_named_are_there() -> None:
    named = set(re.findall(r"DARCHA_(WEBHOOK_[A-Z_]+)", WEBHOOKS.read_text("utf-8")))
    assert named == {name.upper() for name in Settings.model_fields if name.startswith("webhook_")}


def test_the_calls_that_are_named_are_there() -> None:
    text = SDK.read_text("utf-8")
    listed = set(re.findall(r"`(\w+)`", text.split("has the calls:")[1].split(". `verify`")[0]))
    assert listed == {name for name in vars(WebhookCalls) if not name.startswith("_")}
