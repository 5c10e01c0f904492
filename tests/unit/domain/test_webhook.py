"""What is told to whom, and what a failed try leads to: the schedule, Retry-After, 410, and the rest of a dead receiver."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from gateway.domain.incident import IncidentKind
from gateway.domain.webhook import (
    FAILURES,
    LONGEST_LIFE,
    MOST_SECRETS,
    SCHEDULE,
    DeliveryState,
    SecretUse,
    Told,
    Webhook,
    WebhookDelivery,
    WebhookState,
    delivery_id,
    message_id,
    rotate,
    settle,
    short_type,
)

NOW = datetime(2026, 9, 1, 5, 0, tzinfo=UTC)
DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"


def webhook(*events: str, **fields: object) -> Webhook:
    first = SecretUse(1, NOW)
    return Webhook(UUID(int=1), "window", "https://a.uz/", events or ("*",), NOW, NOW, (first,), **fields)  # type: ignore[arg-type]


def delivery(**fields: object) -> WebhookDelivery:
    made = WebhookDelivery(
        UUID(int=2), UUID(int=1), UUID(int=3), 1, "case.received", DeliveryState.CLAIMED, 1, 0, NOW, 0, "", NOW
    )
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("wanted", "type_", "fits"),
    [
        (("*",), "case.received", True),
        (("case.decided",), "case.decided", True),
        (("case.decided",), "case.decided_again", False),
        (("case.*",), "case.decided", True),
        (("case.*",), "casework.begun", False),
        (("clock.*", "case.closed"), "case.closed", True),
        (("clock.*", "case.closed"), "request.ready", False),
    ],
)
def test_types(wanted: tuple[str, ...], type_: str, fits: bool) -> None:
    assert webhook(*wanted).wants(type_, "any", "any") is fits


def test_filters() -> None:
    both = webhook("*", service="extract", office="north")
    assert both.wants("case.received", "extract", "north")
    assert not both.wants("case.received", "extract", "south") and not both.wants("case.received", "other", "north")


@pytest.mark.parametrize(("written", "short"), [("uz.darcha.case.decided.v1", "case.decided"), ("case.*", "case.*"), ("*", "*")])
def test_a_type_may_be_written_as_on_the_wire(written: str, short: str) -> None:
    assert short_type(written) == short


@pytest.mark.parametrize(
    "written", ["", "case", "Case.decided", "case.", "*.decided", "case.**", "case.decided\n", "ca*", "a" * 99]
)
def test_a_type_that_cannot_be_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="event type"):
        short_type(written)


def test_a_dead_receiver_is_tried_by_the_schedule_and_then_given_up_once_visibly() -> None:
    hook, one, now, waits = webhook(), delivery(), NOW, []
    for _ in SCHEDULE:
        assert settle(hook, one, Told(0, "no connection"), now, 0.0) == []
        assert one.next_at is not None and one.state is DeliveryState.PENDING and one.error == "no connection"
        waits.append((one.next_at - now).total_seconds())
        now = one.next_at
    assert waits == list(SCHEDULE) == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    (incident,) = settle(hook, one, Told(500), now, 0.0)
    assert incident.kind is IncidentKind.WEBHOOK_EXHAUSTED and str(hook.id) in incident.fingerprint
    assert (one.state, one.next_at, one.settled_at, one.status) == (DeliveryState.EXHAUSTED, None, now, 500)
    assert "https" not in str(incident.detail), "an address may hold a key"


def test_the_schedule_is_the_published_one() -> None:
    table = re.findall(r"^\| (\d+) \| (\d+) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    elapsed = [0]
    for wait in SCHEDULE:
        elapsed.append(elapsed[-1] + wait)
    assert [(int(number), int(secs)) for number, secs in table] == [(n, at) for n, at in enumerate(elapsed, start=1)]


def test_jitter_makes_a_wait_longer_and_never_shorter() -> None:
    one = delivery()
    settle(webhook(), one, Told(500), NOW, 0.999)
    assert one.next_at is not None and timedelta(seconds=5) < one.next_at - NOW <= timedelta(seconds=6)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("asked", "secs"), [(0.0, 1), (120.0, 120), (10_000_000.0, 86_400)])
def test_retry_after_is_honoured_for_a_day_at_most_and_lets_the_receiver_rest(status: int, asked: float, secs: int) -> None:
    hook, one = webhook(), delivery()
    assert settle(hook, one, Told(status, retry_after=asked), NOW, 0.5) == []
    assert one.next_at == hook.rests_until == NOW + timedelta(seconds=secs)
    assert one.failures == 0, "to be asked for patience is no step of the schedule"


def test_a_receiver_that_asks_for_patience_for_ever_is_given_up_after_all() -> None:
    hook, one, now, tries = webhook(), delivery(), NOW, 0
    while one.state is not DeliveryState.EXHAUSTED:
        settle(hook, one, Told(503, retry_after=3600.0), now, 0.0)
        now, tries = one.next_at or now, tries + 1
    assert LONGEST_LIFE < now - NOW < LONGEST_LIFE * 2.2 and tries < 200


def test_retry_after_means_nothing_with_another_status() -> None:
    one = delivery()
    settle(webhook(), one, Told(500, retry_after=9999.0), NOW, 0.0)
    assert one.next_at == NOW + timedelta(seconds=5)


def test_410_disables_and_loses_nothing() -> None:
    hook, one = webhook(), delivery()
    (incident,) = settle(hook, one, Told(410), NOW, 0.0)
    assert (hook.state, hook.version, incident.kind) == (WebhookState.DISABLED, 2, IncidentKind.WEBHOOK_DISABLED)
    assert one.state is DeliveryState.PENDING, "it goes when the webhook is resumed"


def test_a_redirect_is_a_failure_that_says_what_to_do() -> None:
    one = delivery()
    settle(webhook(), one, Told(302), NOW, 0.0)
    assert "redirects are not followed" in one.error


def test_after_some_failures_the_receiver_rests_and_is_tried_with_one_at_a_time() -> None:
    hook = webhook()
    for _ in range(FAILURES - 1):
        settle(hook, delivery(), Told(0, "no connection"), NOW, 0.0)
    assert hook.rests_until is None and hook.at_once > 1
    rests = []
    for _ in range(9):
        settle(hook, delivery(), Told(0, "no connection"), NOW, 0.0)
        assert hook.rests_until is not None and hook.at_once == 1
        rests.append((hook.rests_until - NOW).total_seconds())
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    settle(hook, delivery(), Told(204), NOW, 0.0)
    assert (hook.failures, hook.rests_until) == (0, None) and hook.at_once > 1


def test_secrets_overlap_and_retire() -> None:
    hook = webhook()
    hook.secrets = rotate(hook.secrets, NOW, timedelta(hours=24))
    assert hook.signing(NOW) == [2, 1] and hook.signing(NOW + timedelta(hours=24)) == [2]
    later = NOW + timedelta(hours=1)
    hook.secrets = rotate(hook.secrets, later, timedelta(hours=24))
    assert hook.signing(later) == [3, 2, 1]
    assert hook.signing(NOW + timedelta(hours=24)) == [3, 2], "a rotation does not prolong what was to retire"
    hook.secrets = rotate(hook.secrets, later, timedelta(0))
    assert hook.signing(later) == [4], "a secret that got out is dropped at once"
    for _ in range(9):
        hook.secrets = rotate(hook.secrets, later, timedelta(hours=24))
    assert hook.signing(later) == [13, 12, 11, 10] and len(hook.secrets) == MOST_SECRETS


def test_one_event_has_one_id_at_one_webhook() -> None:
    ids = {delivery_id(UUID(int=hook), UUID(int=event)) for hook in (1, 2) for event in (1, 2)}
    assert len(ids) == 4 and delivery_id(UUID(int=1), UUID(int=1)) in ids
    assert "." not in message_id(min(ids))
