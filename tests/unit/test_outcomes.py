"""The closed set of outcomes and its JSON form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.domain import outcomes as o

AT = datetime(2026, 11, 2, 4, 30, tzinfo=UTC)
ALL: list[o.LookupOutcome] = [
    o.Completed({"n": 1}, (o.DocumentRef("a" * 64, "extract.pdf", "application/pdf", "extract", 10),), AT),
    o.Completed(),
    o.Refused("R1", "no record", "Law, article 3", AT),
    o.Accepted("ref-1", 30.0),
    o.Accepted("ref-1"),
    o.Progress("position", "third", {"position": 3}),
    o.NeedsApplicant("a certificate", AT, "ref-1"),
    o.Redirected("south", "not ours"),
    o.RetryLater("busy", 5.0),
    o.Unknown("reset"),
    o.Invalid("/a", "no"),
    o.Misconfigured("key", probe_agrees=True),
    o.NotThere("nothing"),
]


@pytest.mark.parametrize("outcome", ALL, ids=lambda x: type(x).__name__)
def test_round_trip(outcome: o.LookupOutcome) -> None:
    assert o.outcome_from_json(o.outcome_to_json(outcome)) == outcome
    assert o.outcome_to_json(outcome)["outcome"] == o.name_of(outcome)


def test_every_outcome_is_tried_and_named() -> None:
    assert {type(x) for x in ALL} == set(o.OUTCOMES.values())
    assert {v: k for k, v in o.OUTCOMES.items()} == o.NAMES


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "is not one of"),
        ({"outcome": "done"}, "is not one of"),
        ({"outcome": 3}, "is not one of"),
        ({"outcome": "completed", "result": 1}, "has no field 'result'"),
        ({"outcome": "refused", "code": "x"}, "reason"),
        ({"outcome": "refused", "code": 3, "reason": "x"}, "refused.code must be text"),
        ({"outcome": "completed", "decided_at": "2026-11-02"}, "has no offset"),
        ({"outcome": "completed", "decided_at": "soon"}, "not an RFC 3339 time"),
        ({"outcome": "completed", "data": []}, "data must be an object"),
        ({"outcome": "completed", "documents": [{"name": "x"}]}, "documents"),
        ({"outcome": "retry_later", "reason": "x", "after": True}, "number of seconds"),
        ({"outcome": "retry_later", "reason": "x", "after": -1}, "number of seconds"),
        ({"outcome": "accepted"}, "reference"),
    ],
)
def test_what_is_no_outcome_is_refused_with_its_key(value: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        o.outcome_from_json(value)


def test_null_counts_as_left_out() -> None:
    assert o.outcome_from_json({"outcome": "completed", "data": None, "decided_at": None}) == o.Completed()
