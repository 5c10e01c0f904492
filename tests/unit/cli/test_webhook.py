"""``darcha webhook``: what the commands ask of the gateway, what they print, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import webhook
from gateway.cli.main import app
from gateway.client.webhooks import WebhookCalls
from tests.unit.cli.conftest import Calls, FakeClient

SHOWN: dict[str, Any] = {
    "id": "w1", "client": "north", "url": "https://a.uz/", "events": ["case.*"], "filter": {"service": "extract", "office": ""},
    "description": "", "state": "active", "reason": "", "version": 1, "failures": 0, "rests_until": None,
    "secrets": [{"generation": 1, "created_at": "x", "retires_at": "tomorrow"}],
}  # fmt: skip
DELIVERY = {
    "id": "d1",
    "type": "case.decided",
    "case": "c1",
    "state": "pending",
    "attempts": 2,
    "next_at": "soon",
    "error": "500",
}
Run = Callable[..., Result]


class Client(FakeClient):
    """The gateway that is not there, with its calls of webhooks."""

    def __init__(self, address: str, key: str) -> None:
        super().__init__(address, key)
        self.webhooks = WebhookCalls(self.call, self.listed)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> Run:
    monkeypatch.setattr(webhook, "GatewayClient", Client)

    def invoke(*words: str, **answers: Any) -> Result:
        monkeypatch.setattr(FakeClient, "answers", {f"/v1/webhooks{path}": answer for path, answer in answers["answers"].items()})
        return CliRunner().invoke(app, ["webhook", *words])

    return invoke


def test_add_shows_the_secret_once(run: Run, calls: Calls) -> None:
    words = ("add", "https://a.uz/", "--event", "case.*", "--event", "clock.*", "--service", "extract", "--client", "north")
    result = run(*words, answers={"": SHOWN | {"secret": "whsec_x"}})
    assert result.exit_code == 0 and "w1" in result.output and "whsec_x" in result.output
    assert calls == [
        (
            "POST",
            "/v1/webhooks",
            {
                "url": "https://a.uz/",
                "events": ["case.*", "clock.*"],
                "description": "",
                "client": "north",
                "filter": {"service": "extract", "office": ""},
            },
        )
    ]
    assert json.loads(run(*words, "--json", answers={"": SHOWN | {"secret": "whsec_x"}}).output)["secret"] == "whsec_x"


def test_list_show_and_deliveries_in_words_and_json(run: Run) -> None:
    for words, answers, wanted in (
        (("list",), {"": [SHOWN]}, ("north", "case.*", "active")),
        (("show", "w1"), {"/w1": SHOWN}, ("extract", "1 until tomorrow")),
        (("deliveries", "w1", "--state", "pending"), {"/w1/deliveries": [DELIVERY]}, ("case.decided", "soon", "500")),
    ):
        result = run(*words, answers=answers)
        assert result.exit_code == 0 and all(word in result.output for word in wanted), result.output
        assert json.loads(run(*words, "--json", answers=answers).output)


def test_a_test_that_the_receiver_refuses_ends_with_1(run: Run) -> None:
    told = {"message": "m", "status": 200, "error": "", "secs": 0.01}
    assert run("test", "w1", answers={"/w1/test": told}).exit_code == 0
    result = run("test", "w1", answers={"/w1/test": told | {"status": 500, "error": "the receiver answered 500"}})
    assert result.exit_code == 1 and "the receiver answered 500" in result.output


def test_rotate_says_how_long_the_old_secret_signs(run: Run, calls: Calls) -> None:
    assert "whsec_y" in run("rotate", "w1", "--hours", "0.5", answers={"/w1/rotate": SHOWN | {"secret": "whsec_y"}}).output
    assert calls[-1][2] == {"overlap_secs": 1800}


def test_one_is_sent_again_or_all_since_a_time(run: Run, calls: Calls) -> None:
    assert "Sent again: 1" in run("resend", "w1", "d1", answers={"/w1/deliveries/d1/resend": DELIVERY}).output
    since = "2026-09-01T09:00:00+05:00"
    assert "Sent again: 7" in run("resend", "w1", "--since", since, answers={"/w1/recover": {"count": 7}}).output
    assert calls[-1] == ("POST", "/v1/webhooks/w1/recover", {"since": since})


@pytest.mark.parametrize(
    "words", [(), ("d1", "--since", "2026-09-01T09:00:00+05:00"), ("--since", "monday"), ("--since", "2026-09-01")]
)
def test_a_wrong_call_asks_nothing(run: Run, calls: Calls, words: tuple[str, ...]) -> None:
    assert run("resend", "w1", *words, answers={}).exit_code == 2 and calls == []


def test_pause_resume_and_remove(run: Run, calls: Calls) -> None:
    for words, answers in (
        (("pause", "w1", "--reason", "moving"), {"/w1/pause": SHOWN}),
        (("resume", "w1"), {"/w1/resume": SHOWN}),
        (("remove", "w1"), {"/w1": None}),
    ):
        assert run(*words, answers=answers).exit_code == 0
    assert [(method, path) for method, path, _ in calls] == [
        ("POST", "/v1/webhooks/w1/pause"), ("POST", "/v1/webhooks/w1/resume"), ("DELETE", "/v1/webhooks/w1"),
    ]  # fmt: skip
