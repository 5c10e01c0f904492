"""``darcha case list`` with its filters, ``darcha case follow``, ``darcha db index``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.cli.output import DONE, UNREACHABLE
from tests.unit.cli.conftest import Calls, Darcha

CASE = {"id": "c-1", "number": "7K3M-9XYZ-4", "service": "licence", "status": "received", "outcome": None, "due_at": None}
CASE |= {"waiting_on": []}


def _event(type_: str, seq: int) -> dict[str, Any]:
    return {"type": f"uz.darcha.{type_}.v1", "time": "2026-03-02T05:00:00+00:00", "sequence": seq, "data": {"step": "tax"}}


def test_every_filter_is_sent(darcha: Darcha, calls: Calls) -> None:
    words = ["--number", "7K3", "--channel", "portal", "--clock", "breached", "--incident", "in_doubt", "--retrying"]
    result = darcha("case", "list", *words, "--sort", "due", "--client", "window", answers={"/v1/cases": [CASE]})
    assert result.exit_code == DONE, result.output
    wanted = {"number": "7K3", "channel": "portal", "clock_status": "breached", "incident": "in_doubt", "retrying": "true"}
    assert calls == [("GET", "/v1/cases", wanted | {"sort": "due", "client": "window"})]
    assert "7K3M-9XYZ-4" in result.output


def test_an_identifier_is_asked_for_and_goes_in_a_body(darcha: Darcha, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "31203857100011")
    pages = iter(({"items": [CASE], "after": "x"}, {"items": [], "after": ""}))
    answer = lambda body, _more: next(pages) | {"asked": dict(body)}  # noqa: E731
    result = darcha("case", "list", "--identifier", "--attention", "--json", answers={"/v1/cases/search": answer})
    assert json.loads(result.output) == [CASE]
    assert [(method, path) for method, path, _ in calls] == [("POST", "/v1/cases/search")] * 2
    assert calls[0][2]["identifier"] == {"value": "31203857100011"} and calls[0][2]["needs_attention"] is True


def test_a_case_is_followed_until_it_is_closed(darcha: Darcha, calls: Calls) -> None:
    events = [_event("case.received", 1), _event("case.closed", 2), _event("case.reopened", 3)]
    answers = {"/v1/cases/7K3M-9XYZ-4": CASE, "/v1/cases/c-1/events/stream": events}
    result = darcha("case", "follow", "7K3M-9XYZ-4", "--after", "4", answers=answers)
    assert result.exit_code == DONE, result.output
    assert [line.split()[2] for line in result.output.splitlines()] == ["case.received", "case.closed"]
    assert calls[-1][2] == {"after": "4"}
    lines = darcha("case", "follow", "7K3M-9XYZ-4", "--json", answers=answers).output.splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2]


def test_the_index_is_made_and_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARCHA_DATA", str(tmp_path))
    monkeypatch.delenv("DARCHA_DATABASE_URL", raising=False)
    run = CliRunner().invoke
    missing = run(app, ["db", "index"])
    assert missing.exit_code == UNREACHABLE, missing.output
    assert run(app, ["db", "upgrade"]).exit_code == DONE
    for words in ([], ["--again"]):
        done = run(app, ["db", "index", "--json", *words])
        assert (done.exit_code, json.loads(done.output)) == (DONE, {"cases": 0})
