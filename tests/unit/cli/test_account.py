"""Accounts on the command line: a password is told once, kept as argon2id, and nothing that is wrong changes anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DARCHA_DATA", str(tmp_path))
    runner = CliRunner()
    assert runner.invoke(app, ["db", "upgrade"]).exit_code == 0
    return lambda *words, **more: runner.invoke(app, ["account", *words], **more)


def listed(run: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("list", "--json").output)
    return found


def test_an_account_is_made_and_its_password_is_told_once(run: Any, tmp_path: Path) -> None:
    made = run("add", "Dilnoza", "--scope", "operate", "--scope", "reveal", "--language", "ru", "--json")
    assert made.exit_code == 0, made.output
    password = json.loads(made.output)["password"]
    (account,) = listed(run)
    assert (account["name"], account["scopes"], account["state"]) == ("dilnoza", ["operate", "reveal"], "active")
    assert password not in run("list").output
    stored = (tmp_path / "darcha.db").read_bytes()
    assert password.encode() not in stored
    assert b"$argon2id$" in stored


def test_a_password_can_be_given_and_is_then_not_told(run: Any) -> None:
    made = run(
        "add", "clerk", "--scope", "desk", "--bound-to", "namangan-center", "--password-stdin", input="a window with a view\n"
    )
    assert made.exit_code == 0, made.output
    assert "window" not in made.output
    changed = run("password", "clerk")
    assert changed.exit_code == 0
    assert "told only now" in changed.output


def test_accounts_are_disabled_enabled_and_removed(run: Any) -> None:
    run("add", "dilnoza", "--scope", "read")
    assert run("disable", "dilnoza").exit_code == 0
    assert listed(run)[0]["state"] == "disabled"
    assert run("enable", "dilnoza").exit_code == 0
    assert run("remove", "dilnoza").exit_code == 0
    assert listed(run) == []


@pytest.mark.parametrize(
    ("words", "given", "code", "says"),
    [
        (("add", "x", "--scope", "everything"), None, 2, "there is no scope 'everything'"),
        (("add", "not a name", "--scope", "read"), None, 2, "a name is 1 to 63"),
        (("add", "x", "--scope", "desk"), None, 2, "a desk needs to be bound"),
        (("add", "x", "--scope", "read", "--language", "de"), None, 2, "there is no language 'de'"),
        (("add", "x", "--scope", "read", "--password-stdin"), "short\n", 2, "a password has 12 to 200 characters"),
        (("password", "nobody"), None, 1, "there is no account 'nobody'"),
        (("remove", "nobody"), None, 1, "there is no account 'nobody'"),
        (("disable", "nobody"), None, 1, "there is no account 'nobody'"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(
    run: Any, words: tuple[str, ...], given: str | None, code: int, says: str
) -> None:
    refused = run(*words, input=given)
    assert refused.exit_code == code, refused.output
    assert says in refused.output.replace("\n", " ")
    assert listed(run) == []


def test_a_name_is_given_once(run: Any) -> None:
    assert run("add", "dilnoza", "--scope", "read").exit_code == 0
    assert run("add", "DILNOZA", "--scope", "operate").exit_code == 1
    assert [account["scopes"] for account in listed(run)] == [["read"]]
