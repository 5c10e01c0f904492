"""Keys are told once, kept as a hash, and open exactly what they are for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app


def test_a_key_is_made_and_listed_without_being_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARCHA_DATA", str(tmp_path))
    run = CliRunner()
    assert run.invoke(app, ["db", "upgrade"]).exit_code == 0
    made = run.invoke(app, ["key", "new", "namangan", "--scope", "submit", "--scope", "read", "--json"])
    assert made.exit_code == 0, made.output
    key = json.loads(made.output)["key"]
    listed = run.invoke(app, ["key", "list", "--json"])
    assert json.loads(listed.output) == [{"client": "namangan", "scopes": ["read", "submit"], "bound_to": ""}]
    assert key not in listed.output
    assert key.encode() not in (tmp_path / "darcha.db").read_bytes()


def test_an_unknown_scope_is_a_wrong_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARCHA_DATA", str(tmp_path))
    refused = CliRunner().invoke(app, ["key", "new", "namangan", "--scope", "everything"])
    assert refused.exit_code == 2
    assert "there is no scope 'everything'" in refused.output
