"""What belongs to one case does not divide a group; what names a cause does."""

from __future__ import annotations

import pytest

from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.incident_groups import group_of, normalised

ID = "0192aaaa-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("connection refused by 10.0.0.1:8080", "connection refused by 10.0.0.22:80"),
        (f"message {ID} is unknown", "message 0192bbbb-0000-7000-8000-000000000002 is unknown"),
        ("input.jsonata: 'Zulfiya opa' is too long", "input.jsonata: 'Karim aka' is too long"),
        ("POST https://a.example/x?y=1 gave 500", "POST https://b.example/z gave 502"),
        ("due at 2026-12-14T19:00:00+00:00", "due at 2027-01-02T08:30:00+05:00"),
        ("digest " + "ab1" * 10, "digest " + "cd2" * 9),
    ],
)
def test_reasons_of_one_cause(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.jsonata: 'name' is a required property", "a.jsonata: 'district' is a required property"),
        ("services/a/input.jsonata: too long", "services/b/input.jsonata: too long"),
        ("connection refused", "certificate expired"),
    ],
)
def test_reasons_of_different_causes(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def incident(kind: IncidentKind = IncidentKind.EXHAUSTED, agency: str = "registry", lane: str = "", **detail: str) -> str:
    return group_of(Incident(kind, "any", detail, agency=agency, lane=lane))


def test_a_group_is_of_one_kind_agency_and_lane() -> None:
    same = incident(number="1", step="birth", reason="closed")
    assert same == incident(number="2", step="permit", reason="closed")
    others = {
        incident(IncidentKind.IN_DOUBT, reason="closed"),
        incident(agency="ministry", reason="closed"),
        incident(lane="registry.north", reason="closed"),
        incident(reason="full"),
        incident(rule="decision.jsonata", reason="closed"),
    }
    assert len(others) == 5 and same not in others
    waits = [incident(IncidentKind.NO_REPLY, step=step) for step in ("birth", "permit")]
    assert len(set(waits)) == 2, "one waits at each step for itself"


def test_a_key_is_short_and_any_detail_gives_one() -> None:
    odd = group_of(Incident(IncidentKind.DEAD_LETTER, "any", {"reason": None, "queue": 7, "rule": ["x"]}))
    assert len(odd) == 16 == len(group_of(Incident(IncidentKind.DEAD_LETTER, "any")))
