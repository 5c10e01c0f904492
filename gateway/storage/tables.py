"""The tables. Words as in DESIGN section 2; every row that belongs to a case carries its id.

``rank_at`` is the legal deadline or a far day, so that one index gives "earliest legal deadline first" on both databases.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from gateway.storage.columns import Json, SharedJson
from gateway.storage.schema import (
    at_column,
    case_column,
    flag_column,
    id_column,
    int_column,
    json_column,
    metadata,
    partial_index,
    position_column,
    text_column,
    uuid_column,
)

#: Time runs on these cases: neither decided nor closed.
UNDECIDED: Final = "decided_at IS NULL AND closed_at IS NULL"
#: Requests that went out before and wait to go out again.
RETRYING: Final = "status = 'ready' AND released_at IS NOT NULL"
#: Acts of people: rare among events, for a receipt (one a case) is left out. Ordinary events never enter their index.
BY_PEOPLE: Final = (
    "substr(actor, 1, 9) = 'operator:' OR substr(actor, 1, 6) = 'clerk:'"
    " OR (substr(actor, 1, 7) = 'client:' AND type <> 'case.received')"
)

# The columns of ``cases``, ``requests`` and ``clocks`` stand in the order of the domain's records (``rows.py`` relies on it).
cases: Final = Table(
    "cases",
    metadata,
    id_column(),
    # Compared by its bytes, whatever the database's language: its beginning is searched in its unique index.
    Column("number", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    text_column("client"),
    text_column("service"),
    text_column("service_version"),
    text_column("pin"),
    text_column("office"),
    text_column("channel"),
    text_column("reference"),
    text_column("language"),
    text_column("territory"),
    json_column("envelope"),
    text_column("status"),
    at_column("taken_at", null=False),
    at_column("received_at", null=False),
    Column("outcome", Text),
    int_column("version"),
    int_column("seq"),
    text_column("chain"),
    flag_column("needs_attention"),
    json_column("waiting_on"),
    at_column("due_at"),
    flag_column("due_provisional"),
    flag_column("withdrawing"),
    at_column("decided_at"),
    at_column("closed_at"),
    text_column("traceparent"),
    # Storage's own: what need not be asked for when it is 0, and where the case's events stand in the feed.
    int_column("fact_count"),
    int_column("decision_count"),
    Column("feed_tx", BigInteger, nullable=False),
    UniqueConstraint("number"),
    Index("ix_cases_received", "received_at", "id"),
    # A case's id is a UUIDv7 made at its receipt: its order is the order of receipt. Every list goes by it, so that what
    # several conditions meet together is found by merging their indexes (``searching.py``).
    Index("ix_cases_by_client", "client", "id"),
    Index("ix_cases_by_service", "service", "id"),
    Index("ix_cases_by_office", "office", "id"),
    Index("ix_cases_by_channel", "channel", "id"),
    Index("ix_cases_by_status", "status", "id"),
    partial_index("ix_cases_by_outcome", "outcome IS NOT NULL", "outcome", "id"),
    partial_index("ix_cases_by_reference", "reference <> ''", "reference", "id"),
    partial_index("ix_cases_troubled", "needs_attention", "id"),
    partial_index("ix_cases_undecided", UNDECIDED, "id", "due_at"),
    partial_index("ix_cases_next_due", UNDECIDED, "due_at", "id"),
    partial_index("ix_cases_decided", "decided_at IS NOT NULL", "decided_at"),
)

requests: Final = Table(
    "requests",
    metadata,
    id_column(),
    case_column(),
    text_column("step"),
    text_column("agency"),
    text_column("operation"),
    uuid_column("message_id"),
    text_column("status"),
    at_column("created_at", null=False),
    text_column("branch"),
    text_column("lane"),
    at_column("next_at"),
    at_column("due_at"),
    int_column("attempts"),
    int_column("lookups"),
    uuid_column("lease_id", null=True),
    at_column("lease_until"),
    Column("lease_work", Text),
    text_column("contract"),
    text_column("reference"),
    json_column("data"),
    Column("outcome", Json),
    text_column("reason"),
    at_column("until"),
    uuid_column("supersedes", null=True),
    at_column("ready_at"),
    at_column("released_at"),
    at_column("sent_at"),
    at_column("finished_at"),
    Column("pin", Text),
    at_column("rank_at", null=False),
    UniqueConstraint("message_id"),
    Index("ix_requests_case", "case_id"),
    partial_index("ix_requests_rank", "next_at IS NOT NULL", "lane", "rank_at", "id", "next_at"),
    # Only for who asks "since when": its condition on the lane keeps planners from taking it, and sorting a whole
    # backlog, for who asks "which first".
    partial_index("ix_requests_next", "next_at IS NOT NULL AND lane <> ''", "lane", "next_at"),
    partial_index("ix_requests_leases", "lease_id IS NOT NULL", "lane", "lease_until"),
    partial_index("ix_requests_reference", "reference <> ''", "agency", "reference"),
    partial_index("ix_requests_stuck", "status IN ('parked', 'in_doubt')", "agency", "id"),
    partial_index("ix_requests_waiting", "status IN ('awaiting_reply', 'awaiting_applicant')", "agency", "rank_at", "id"),
    Index("ix_requests_by_agency", "agency", "case_id"),
    partial_index("ix_requests_retrying", RETRYING, "case_id"),
)

clocks: Final = Table(
    "clocks",
    metadata,
    id_column(),
    case_column(),
    text_column("kind"),
    text_column("state"),
    Column("term", SharedJson, nullable=False),
    text_column("calendar"),
    text_column("calendar_version"),
    text_column("time_zone"),
    text_column("step"),
    at_column("started_at"),
    at_column("due_at"),
    flag_column("provisional"),
    at_column("warn_at"),
    at_column("warned_at"),
    at_column("ended_at"),
    json_column("explanation"),
    at_column("escalate_at"),
    Column("events", Json),
    at_column("lapses_at"),
    Column("closing", Text),
    Column("levels_told", Json),
    Index("ix_clocks_case", "case_id"),
    partial_index("ix_clocks_statutory", "kind = 'statutory'", "state", "case_id"),
    # Which clocks in flight were derived with a calendar's version that is no longer the current one, soonest end first.
    partial_index(
        "ix_clocks_calendar", "state IN ('not_started', 'running', 'suspended')", "calendar", "calendar_version", "due_at"
    ),
)

timers: Final = Table(
    "timers",
    metadata,
    text_column("kind"),
    uuid_column("subject"),
    uuid_column("case_id", null=True),
    at_column("due_at", null=False),
    PrimaryKeyConstraint("kind", "subject"),
    Index("ix_timers_due", "due_at"),
)

facts: Final = Table(
    "facts",
    metadata,
    position_column(),
    case_column(),
    text_column("kind"),
    at_column("at", null=False),
    at_column("recorded_at", null=False),
    text_column("by"),
    json_column("data"),
    Index("ix_facts_case", "case_id"),
)

decisions: Final = Table(
    "decisions",
    metadata,
    position_column(),
    case_column(),
    text_column("outcome"),
    text_column("authority"),
    at_column("date_given", null=False),
    at_column("date_recorded", null=False),
    text_column("ground"),
    text_column("legal_basis"),
    json_column("documents"),
    json_column("appeal"),
    Column("kind", Text),
    Index("ix_decisions_case", "case_id"),
)

# ``tx`` is at least the id of the writing transaction and never less than that of the case's event before it: readers
# that stop below the oldest open transaction see each case's events in order, and none can appear behind them.
events: Final = Table(
    "events",
    metadata,
    position_column(),
    Column("tx", BigInteger, nullable=False),
    uuid_column("id"),
    case_column(checked=False),
    int_column("seq"),
    text_column("type"),
    at_column("time", null=False),
    text_column("actor"),
    json_column("payload"),
    text_column("salt"),
    text_column("payload_digest"),
    text_column("prev"),
    text_column("hash"),
    UniqueConstraint("case_id", "seq"),
    Index("ix_events_feed", "tx", "position"),
    partial_index("ix_events_people", BY_PEOPLE, "time", "position", "actor", "type"),
    sqlite_autoincrement=True,
)

attempts: Final = Table(
    "attempts",
    metadata,
    position_column(),
    case_column(checked=False),
    uuid_column("request_id"),
    int_column("number"),
    text_column("work"),
    text_column("outcome"),
    json_column("detail"),
    at_column("released_at"),
    at_column("finished_at", null=False),
    Index("ix_attempts_case", "case_id"),
)

messages: Final = Table(
    "messages",
    metadata,
    uuid_column("request_id"),
    text_column("purpose"),
    Column("content", LargeBinary, nullable=False),
    json_column("meta"),
    PrimaryKeyConstraint("request_id", "purpose"),
)

disclosures: Final = Table(
    "disclosures",
    metadata,
    position_column(),
    case_column(checked=False),
    uuid_column("request_id"),
    text_column("agency"),
    text_column("branch"),
    json_column("fields"),
    at_column("at", null=False),
    Index("ix_disclosures_case", "case_id"),
)

incidents: Final = Table(
    "incidents",
    metadata,
    id_column(),
    text_column("kind"),
    text_column("fingerprint"),
    text_column("state"),
    at_column("opened_at", null=False),
    at_column("last_at", null=False),
    int_column("count"),
    json_column("detail"),
    uuid_column("case_id", null=True),
    uuid_column("request_id", null=True),
    text_column("agency"),
    text_column("lane"),
    at_column("closed_at"),
    text_column("closed_by"),
    text_column("close_reason"),
    Column("group_key", Text),
    partial_index("ix_incidents_group", "state = 'open'", "group_key", "opened_at", "id"),
    partial_index("uq_incidents_open", "state = 'open'", "fingerprint", unique=True),
    Index("ix_incidents_case", "case_id"),
    Index("ix_incidents_list", "state", "opened_at", "id"),
    partial_index("ix_incidents_by_kind", "state = 'open'", "kind", "case_id"),
)

# ``next_at`` is when a delivery is due; of a claimed one, when its claim ends.
deliveries: Final = Table(
    "deliveries",
    metadata,
    position_column(),
    uuid_column("id"),
    text_column("kind"),
    text_column("target"),
    uuid_column("case_id", null=True),
    int_column("seq_from"),
    int_column("seq_to"),
    json_column("payload"),
    text_column("state"),
    int_column("attempts"),
    at_column("next_at"),
    text_column("error"),
    at_column("created_at", null=False),
    at_column("settled_at"),
    UniqueConstraint("id"),
    partial_index("ix_deliveries_due", "state IN ('pending', 'claimed')", "next_at", "position"),
    partial_index("ix_deliveries_undelivered", "state <> 'delivered'", "state"),
    partial_index("ix_deliveries_order", "state IN ('pending', 'claimed')", "case_id", "kind", "target", "position"),
)

inbox: Final = Table(
    "inbox",
    metadata,
    id_column(),
    text_column("agency"),
    text_column("name"),
    text_column("key"),
    text_column("reference"),
    text_column("message_id"),
    json_column("outcome"),
    at_column("received_at", null=False),
    json_column("answer"),
    json_column("headers"),
    Column("body", LargeBinary, nullable=False),
    json_column("blobs"),
    uuid_column("request_message_id", null=True),
    text_column("state"),
    at_column("next_at", null=False),
    text_column("result"),
    at_column("settled_at"),
    UniqueConstraint("agency", "key"),
    partial_index("ix_inbox_new", "state = 'new'", "next_at"),
    partial_index("ix_inbox_unmatched", "state = 'unmatched'", "agency", "reference"),
)

lanes: Final = Table(
    "lanes",
    metadata,
    Column("name", Text, primary_key=True),
    text_column("agency"),
    flag_column("paused"),
    text_column("paused_reason"),
    text_column("paused_by"),
    at_column("paused_at"),
    Column("tokens", Float, nullable=False),
    at_column("filled_at"),
    int_column("failures"),
    at_column("rests_until"),
    json_column("suspects"),
)

idempotency_keys: Final = Table(
    "idempotency_keys",
    metadata,
    text_column("client"),
    text_column("key"),
    text_column("body_hash"),
    uuid_column("case_id"),
    json_column("answer"),
    at_column("created_at", null=False),
    PrimaryKeyConstraint("client", "key"),
    Index("ix_idempotency_keys_case", "case_id"),
)

# An open claim without ``linked_to`` is the one that counts; a linked case keeps a row that points to it.
unique_claims: Final = Table(
    "unique_claims",
    metadata,
    uuid_column("case_id"),
    text_column("hash"),
    at_column("claimed_at", null=False),
    at_column("released_at"),
    uuid_column("linked_to", null=True),
    PrimaryKeyConstraint("case_id"),
    partial_index("uq_unique_claims_open", "released_at IS NULL AND linked_to IS NULL", "hash", unique=True),
)
