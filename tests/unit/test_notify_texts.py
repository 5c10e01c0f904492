"""What alerts say: every kind, every language, and nothing that does not belong outside."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from gateway.domain.incident import IncidentKind
from gateway.notify.alerts import SKIPPED, Alerts
from gateway.notify.texts import GRAVE, LANGUAGES, WHAT, Alert, alert_of

ZONE = ZoneInfo("Asia/Tashkent")
PAYLOAD = {
    "incident": "0192aaaa-0000-7000-8000-000000000001",
    "kind": "clock_warning",
    "fingerprint": "clock_warning:x",
    "case_id": "0192aaaa-0000-7000-8000-000000000002",
    "case_number": "0000-0001-2",
    "agency": "preschool-ministry",
    "lane": "preschool-ministry.1714401",
    "opened_at": "2026-12-12T04:00:00+00:00",
    "detail": {
        "number": "0000-0001-2",
        "step": "place",
        "due_at": "2026-12-14T19:00:00+00:00",
        "waiting_on": [{"holder": "agency:preschool-ministry", "what": "place"}, {"holder": "applicant", "what": "offer"}],
        "reason": "Amina Invented lives elsewhere",
        "said": {"data": {"pin": "31412956789012"}},
    },
}


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_has_a_short_text_in_every_language(kind: IncidentKind) -> None:
    assert set(WHAT[kind]) == set(LANGUAGES)
    assert all(0 < len(text) <= 120 for text in WHAT[kind].values())
    assert len(set(WHAT[kind].values())) == len(LANGUAGES)
    alert = alert_of({"kind": kind}, "ru", ZONE)
    assert alert.body == WHAT[kind]["ru"] and alert.grave == (kind in GRAVE)


def test_an_alert_names_what_a_person_needs() -> None:
    alert = alert_of(PAYLOAD, "en", ZONE)
    assert alert.title == "Darcha: 0000-0001-2" and not alert.grave
    assert alert.body.splitlines() == [
        "A term is about to end.",
        "Case: 0000-0001-2",
        "Agency: preschool-ministry",
        "Lane: preschool-ministry.1714401",
        "Step: place",
        "Due: 2026-12-15 00:00 +0500",
        "Held by: agency:preschool-ministry, applicant",
        "Incident: 0192aaaa-0000-7000-8000-000000000001",
    ]


@pytest.mark.parametrize("language", [*LANGUAGES, "de"])
def test_nothing_that_a_person_wrote_leaves_the_gateway(language: str) -> None:
    alert = alert_of(PAYLOAD, language, ZONE)
    assert "Amina" not in alert.title + alert.body and "31412956789012" not in alert.body


def test_what_is_unknown_is_still_told() -> None:
    assert alert_of({"kind": "something_new", "agency": "tax", "lane": "tax"}, "de", ZONE) == Alert(
        "Darcha: tax", "An operator is needed.\nAgency: tax"
    )
    assert alert_of({}, "uz", ZONE).body == "Operator eʼtibori kerak."


@pytest.mark.parametrize("due_at", ["soon", "2026-12-14T19:00:00", "", None, 5])
def test_a_time_that_cannot_be_read_is_left_out(due_at: object) -> None:
    assert alert_of({"kind": "clock_breached", "detail": {"due_at": due_at}}, "en", ZONE).body == "A term has run out."


async def test_without_addresses_nobody_is_told() -> None:
    assert await Alerts([], "en", ZONE)(PAYLOAD) == SKIPPED


async def test_an_address_that_means_nothing_is_a_problem_and_never_shown() -> None:
    alerts = Alerts(["s3cr3t-nonsense"], "en", ZONE)
    assert alerts.problems() == ["alert address 1 of 1 is none that apprise understands"]
    answer = await alerts(PAYLOAD)
    assert answer == "1 of the alert addresses cannot be understood"
    alerts.close()
