"""``darcha alert``: what is sent to the gateway, what is printed, and a test of the channels themselves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import alert
from gateway.cli.output import BAD_CALL, DONE, WRONG
from tests.unit.catalogue.small import files, write
from tests.unit.cli.conftest import Calls, Darcha, FakeClient

ALERT = {
    "id": "a1", "kind": "lane_down", "agency": "tax", "service": "", "count": 201,
    "opened_at": "2026-12-07T05:00:00+00:00", "told_to": ["operators"], "acknowledged_by": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert, "GatewayClient", FakeClient)


def test_list(darcha: Darcha, calls: Calls) -> None:
    shown = darcha("alert", "list", "--agency", "tax", answers={"/v1/alerts": [ALERT]})
    assert shown.exit_code == DONE and "lane_down" in shown.output and "201" in shown.output
    assert calls == [("GET", "/v1/alerts", {"state": "open", "agency": "tax"})]
    assert json.loads(darcha("alert", "list", "--json", answers={"/v1/alerts": [ALERT]}).output) == [ALERT]


def test_ack(darcha: Darcha, calls: Calls) -> None:
    answers = {"/v1/alerts/a1/acknowledge": ALERT}
    shown = darcha("alert", "ack", "a1", "--by", "Dilnoza", "--note", "called", answers=answers)
    assert shown.output.strip() == "Dilnoza has taken on: a1"
    assert calls == [("POST", "/v1/alerts/a1/acknowledge", {"by": "Dilnoza", "note": "called"})]
    assert darcha("alert", "ack", "a1", answers=answers).exit_code == BAD_CALL, "who is asked for"


def test_silence(darcha: Darcha, calls: Calls) -> None:
    answers = {"/v1/silences": {"id": "s1", "ends_at": "2026-12-07T11:00:00+05:00"}, "/v1/silences/s1/end": {}}
    words = ("alert", "silence", "--by", "Dilnoza", "--reason", "works", "--agency", "tax", "--for", "120")
    assert darcha(*words, "--from", "2026-12-07T09:00:00+05:00", answers=answers).exit_code == DONE
    assert calls[0][2] == {
        "by": "Dilnoza", "reason": "works", "agency": "tax", "kind": "", "service": "",
        "starts_at": "2026-12-07T09:00:00+05:00", "ends_at": "2026-12-07T11:00:00+05:00",
    }  # fmt: skip
    assert darcha(*words, answers=answers).exit_code == DONE and "starts_at" not in calls[1][2]
    for wrong in ("tomorrow", "2026-12-07T09:00:00"):
        assert darcha(*words, "--from", wrong, answers=answers).exit_code == BAD_CALL
    assert darcha("alert", "unsilence", "s1", "--by", "Bekzod", answers=answers).exit_code == DONE
    assert calls[-1] == ("POST", "/v1/silences/s1/end", {"by": "Bekzod"})


class _Hook(BaseHTTPRequestHandler):
    came: list[Any] = []  # noqa: RUF012 - one for the class: the server makes a handler for each call

    def do_POST(self) -> None:
        self.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[str]:
    _Hook.came.clear()
    server = HTTPServer(("127.0.0.1", 0), _Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str) -> Path:
    from tests.unit.catalogue.small import ADAPTERS  # noqa: PLC0415 - only here

    monkeypatch.setattr("gateway.bootstrap.alerts.find_adapters", lambda: ADAPTERS)
    monkeypatch.setenv("DARCHA_CATALOGUE", str(write(tmp_path, files())))
    monkeypatch.setenv("DARCHA_ALERT_URLS", f"json://user:s3cr3t@{hook}/")
    monkeypatch.setenv("DARCHA_ALERT_LANGUAGE", "uz")
    return tmp_path


def test_test_sends_through_every_channel_and_shows_no_secret(darcha: Darcha, catalogue: Path) -> None:
    text = 'receivers: {head: {urls: ["alertmanager://a:s3cr3t@127.0.0.1:9", "${NOT_SET}"]}}'
    (catalogue / "alerts.yaml").write_text(text)
    shown = darcha("alert", "test", "--json")
    tried = json.loads(shown.stdout)
    assert shown.exit_code == WRONG, "one of them was not taken"
    assert [(one["target"], bool(one["error"])) for one in tried] == [("default/1", False), ("head/1", True)]
    assert "s3cr3t" not in shown.output and "NOT_SET" in shown.stderr
    assert [came["message"].splitlines()[0] for came in _Hook.came] == ["Bu sinov xabari. Ogohlantirishlar yetib kelmoqda."]


def test_test_of_one_receiver(darcha: Darcha, catalogue: Path) -> None:
    (catalogue / "alerts.yaml").write_text('receivers: {head: {urls: ["alertmanager://127.0.0.1:9"]}}')
    shown = darcha("alert", "test", "--to", "default")
    assert shown.exit_code == DONE and "taken" in shown.output and len(_Hook.came) == 1
    shown = darcha("alert", "test", "--to", "nobody")
    assert shown.exit_code == BAD_CALL and "default, head" in shown.stderr


def test_test_says_when_nobody_can_be_told(darcha: Darcha, catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARCHA_ALERT_URLS", "")
    shown = darcha("alert", "test")
    assert shown.exit_code == WRONG and "DARCHA_ALERT_URLS" in shown.stderr
    (catalogue / "alerts.yaml").write_text("routes: [{}]")
    shown = darcha("alert", "test")
    assert shown.exit_code == WRONG and "alerts.yaml:1: routes[0].ladder" in shown.stderr
