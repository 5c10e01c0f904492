"""The statements that write many rows, one a table and a purpose. ``rows.py`` makes their values in the same order."""

from __future__ import annotations

from typing import Final

from gateway.storage import bulk
from gateway.storage import content_tables as c
from gateway.storage import tables as t

INSERT_CASE: Final = bulk.insert(t.cases, t.cases.c.keys(), now_tx="feed_tx")
INSERT_REQUEST: Final = bulk.insert(t.requests, t.requests.c.keys())
INSERT_CLOCK: Final = bulk.insert(t.clocks, t.clocks.c.keys())
INSERT_FACT: Final = bulk.insert(t.facts, t.facts.c.keys()[1:])
INSERT_DECISION: Final = bulk.insert(t.decisions, t.decisions.c.keys()[1:])
INSERT_EVENT: Final = bulk.insert(t.events, t.events.c.keys()[1:], now_tx="tx")
INSERT_ATTEMPT: Final = bulk.insert(t.attempts, t.attempts.c.keys()[1:])
INSERT_DISCLOSURE: Final = bulk.insert(t.disclosures, t.disclosures.c.keys()[1:])
INSERT_DELIVERY: Final = bulk.insert(t.deliveries, t.deliveries.c.keys()[1:])
INSERT_MESSAGE: Final = bulk.insert(t.messages, t.messages.c.keys(), on_conflict="(request_id, purpose) DO NOTHING")
INSERT_BLOB: Final = bulk.insert(c.blobs, c.blobs.c.keys(), on_conflict="(digest) DO NOTHING")
INSERT_PIN: Final = bulk.insert(c.pins, c.pins.c.keys(), on_conflict="(digest) DO NOTHING")
SET_TIMER: Final = bulk.insert(
    t.timers,
    t.timers.c.keys(),
    on_conflict="(kind, subject) DO UPDATE SET due_at = excluded.due_at, case_id = excluded.case_id",
)
CLEAR_TIMER: Final = bulk.delete(t.timers, ("kind", "subject"))

UPDATE_CASE: Final = bulk.update(
    t.cases,
    (
        "status",
        "outcome",
        "version",
        "seq",
        "chain",
        "needs_attention",
        "waiting_on",
        "due_at",
        "due_provisional",
        "withdrawing",
        "decided_at",
        "closed_at",
        "fact_count",
        "decision_count",
        "feed_tx",
    ),
    {"id": "=", "version": "="},
    now_tx="feed_tx",
)
UPDATE_REQUEST: Final = bulk.update(
    t.requests,
    (
        "agency",
        "status",
        "branch",
        "lane",
        "next_at",
        "due_at",
        "attempts",
        "lookups",
        "lease_id",
        "lease_until",
        "lease_work",
        "contract",
        "reference",
        "data",
        "outcome",
        "reason",
        "until",
        "ready_at",
        "released_at",
        "sent_at",
        "finished_at",
        "rank_at",
    ),
    {"id": "=", "status": "="},
)
UPDATE_CLOCK: Final = bulk.update(
    t.clocks,
    (
        "state",
        "calendar",
        "calendar_version",
        "started_at",
        "due_at",
        "provisional",
        "warn_at",
        "warned_at",
        "ended_at",
        "explanation",
        "escalate_at",
        "events",
        "lapses_at",
        "closing",
        "levels_told",
    ),
    {"id": "="},
)
