"""What a receiver asks before it believes a message: the reference library's messages pass, all others are named errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Reference  # type: ignore[import-untyped]

from gateway.client import NotAnEvent, NotSigned, WebhookRefused, WrongSignature, WrongTime, verify
from gateway.domain.webhook_signature import derived

SECRET, OTHER = derived(b"a", "w", 1), derived(b"a", "w", 2)
EVENT = {"specversion": "1.0", "id": "1", "type": "uz.darcha.case.received.v1", "source": "/darcha", "data": {"name": "Zulfiya"}}
BODY = json.dumps(EVENT, ensure_ascii=False)
NOW = datetime(2026, 9, 1, 5, 0, tzinfo=UTC)


def signed(body: str = BODY, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    """As the reference library signs."""
    signature = Reference(secret).sign("msg_1", at, body)
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(int(at.timestamp())), "Webhook-Signature": signature}


@pytest.mark.parametrize("secrets", [SECRET, [SECRET], [OTHER, SECRET], [SECRET.removeprefix("whsec_")]])
@pytest.mark.parametrize("payload", [BODY, BODY.encode()])
def test_a_message_of_the_reference_library(payload: str | bytes, secrets: str | list[str]) -> None:
    assert verify(payload, signed(), secrets, now=NOW) == EVENT


@pytest.mark.parametrize("apart", [timedelta(minutes=-5), timedelta(minutes=5)])
def test_clocks_may_be_five_minutes_apart_and_no_more(apart: timedelta) -> None:
    assert verify(BODY, signed(), SECRET, now=NOW + apart)
    with pytest.raises(WrongTime):
        verify(BODY, signed(), SECRET, now=NOW + apart * 1.01)
    assert verify(BODY, signed(), SECRET, now=NOW + apart * 1.01, tolerance_secs=600)


def test_a_body_that_was_changed_and_a_secret_that_is_anothers() -> None:
    for payload, secret in ((BODY + " ", SECRET), (BODY.replace("Zulfiya", "Zuhra"), SECRET), (BODY, OTHER)):
        with pytest.raises(WrongSignature):
            verify(payload, signed(), secret, now=NOW)
    with pytest.raises(WrongSignature):
        verify(BODY, signed(), [], now=NOW)
    with pytest.raises(WrongSignature):
        verify(BODY, signed() | {"Webhook-Id": "msg_2"}, SECRET, now=NOW)


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_header_that_is_missing(name: str) -> None:
    with pytest.raises(NotSigned):
        verify(BODY, {k: v for k, v in signed().items() if k != name}, SECRET, now=NOW)
    with pytest.raises(WebhookRefused):
        verify(BODY, signed() | {name: "ü"}, SECRET, now=NOW)


@pytest.mark.parametrize("written", ["", "-1", "1.5", "1e9", "٣", "9" * 40])
def test_a_time_that_cannot_be_read(written: str) -> None:
    with pytest.raises(NotSigned):
        verify(BODY, signed() | {"Webhook-Timestamp": written}, SECRET, now=NOW)


@pytest.mark.parametrize("body", ["", "[]", "null", "{}", '{"specversion": "0.3", "data": {}}', '{"specversion": "1.0"}', "{"])
def test_what_is_signed_and_no_event(body: str) -> None:
    with pytest.raises(NotAnEvent):
        verify(body, signed(body), SECRET, now=NOW)
