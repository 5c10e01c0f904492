"""The tables. Words as in DESIGN section 2; every row that belongs to a case carries its id.

``rank_at`` is the legal deadline or a far day, so that one index gives "earliest legal deadline first" on both databases.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from gateway.storage.columns import Instant, Json, Position

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _int(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _json(name: str) -> Column[Any]:
    return Column(name, Json, nullable=False)


def _at(name: str, *, null: bool = True) -> Column[Any]:
    return Column(name, Instant, nullable=null)


def _uuid(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Uuid, nullable=null)


def _id() -> Column[Any]:
    return Column("id", Uuid, primary_key=True)


def _position() -> Column[int]:
    return Column("position", Position, Identity(), primary_key=True, autoincrement=True)


def _case(*, checked: bool = True) -> Column[Any]:
    # A foreign key costs a look-up a row; what is written only together with its case, under its lock, goes without.
    return Column("case_id", Uuid, *([ForeignKey("cases.id")] if checked else []), nullable=False)


def _partial(name: str, where: str, *columns: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


# The columns of ``cases``, ``requests`` and ``clocks`` stand in the order of the domain's records (``rows.py`` relies on it).
cases: Final = Table(
    "cases",
    metadata,
    _id(),
    _text("number"),
    _text("client"),
    _text("service"),
    _text("service_version"),
    _text("pin"),
    _text("office"),
    _text("channel"),
    _text("reference"),
    _text("language"),
    _text("territory"),
    _json("envelope"),
    _text("status"),
    _at("taken_at", null=False),
    _at("received_at", null=False),
    Column("outcome", Text),
    _int("version"),
    _int("seq"),
    _text("chain"),
    _flag("needs_attention"),
    _json("waiting_on"),
    _at("due_at"),
    _flag("due_provisional"),
    _flag("withdrawing"),
    _at("decided_at"),
    _at("closed_at"),
    _text("traceparent"),
    # Storage's own: what need not be asked for when it is 0, and where the case's events stand in the feed.
    _int("fact_count"),
    _int("decision_count"),
    Column("feed_tx", BigInteger, nullable=False),
    UniqueConstraint("number"),
    Index("ix_cases_received", "received_at", "id"),
    Index("ix_cases_client", "client", "received_at", "id"),
    Index("ix_cases_reference", "reference"),
    _partial("ix_cases_attention", "needs_attention", "received_at", "id"),
    _partial("ix_cases_due", "closed_at IS NULL", "due_at"),
)

requests: Final = Table(
    "requests",
    metadata,
    _id(),
    _case(),
    _text("step"),
    _text("agency"),
    _text("operation"),
    _uuid("message_id"),
    _text("status"),
    _at("created_at", null=False),
    _text("branch"),
    _text("lane"),
    _at("next_at"),
    _at("due_at"),
    _int("attempts"),
    _int("lookups"),
    _uuid("lease_id", null=True),
    _at("lease_until"),
    Column("lease_work", Text),
    _text("contract"),
    _text("reference"),
    _json("data"),
    Column("outcome", Json),
    _text("reason"),
    _at("until"),
    _uuid("supersedes", null=True),
    _at("ready_at"),
    _at("released_at"),
    _at("sent_at"),
    _at("finished_at"),
    _at("rank_at", null=False),
    UniqueConstraint("message_id"),
    Index("ix_requests_case", "case_id"),
    _partial("ix_requests_rank", "next_at IS NOT NULL", "lane", "rank_at", "id", "next_at"),
    # Only for who asks "since when": its condition on the lane keeps planners from taking it, and sorting a whole
    # backlog, for who asks "which first".
    _partial("ix_requests_next", "next_at IS NOT NULL AND lane <> ''", "lane", "next_at"),
    _partial("ix_requests_leases", "lease_id IS NOT NULL", "lane", "lease_until"),
    _partial("ix_requests_reference", "reference <> ''", "agency", "reference"),
    _partial("ix_requests_waiting", "status IN ('awaiting_reply', 'awaiting_applicant')", "agency", "rank_at", "id"),
)

clocks: Final = Table(
    "clocks",
    metadata,
    _id(),
    _case(),
    _text("kind"),
    _text("state"),
    _json("term"),
    _text("calendar"),
    _text("calendar_version"),
    _text("time_zone"),
    _text("step"),
    _at("started_at"),
    _at("due_at"),
    _flag("provisional"),
    _at("warn_at"),
    _at("warned_at"),
    _at("ended_at"),
    _json("explanation"),
    Index("ix_clocks_case", "case_id"),
)

timers: Final = Table(
    "timers",
    metadata,
    _text("kind"),
    _uuid("subject"),
    _uuid("case_id", null=True),
    _at("due_at", null=False),
    PrimaryKeyConstraint("kind", "subject"),
    Index("ix_timers_due", "due_at"),
)

facts: Final = Table(
    "facts",
    metadata,
    _position(),
    _case(),
    _text("kind"),
    _at("at", null=False),
    _at("recorded_at", null=False),
    _text("by"),
    _json("data"),
    Index("ix_facts_case", "case_id"),
)

decisions: Final = Table(
    "decisions",
    metadata,
    _position(),
    _case(),
    _text("outcome"),
    _text("authority"),
    _at("date_given", null=False),
    _at("date_recorded", null=False),
    _text("ground"),
    _text("legal_basis"),
    _json("documents"),
    _json("appeal"),
    Index("ix_decisions_case", "case_id"),
)

# ``tx`` is at least the id of the writing transaction and never less than that of the case's event before it: readers
# that stop below the oldest open transaction see each case's events in order, and none can appear behind them.
events: Final = Table(
    "events",
    metadata,
    _position(),
    Column("tx", BigInteger, nullable=False),
    _uuid("id"),
    _case(checked=False),
    _int("seq"),
    _text("type"),
    _at("time", null=False),
    _text("actor"),
    _json("payload"),
    _text("salt"),
    _text("payload_digest"),
    _text("prev"),
    _text("hash"),
    UniqueConstraint("case_id", "seq"),
    Index("ix_events_feed", "tx", "position"),
    sqlite_autoincrement=True,
)

attempts: Final = Table(
    "attempts",
    metadata,
    _position(),
    _case(checked=False),
    _uuid("request_id"),
    _int("number"),
    _text("work"),
    _text("outcome"),
    _json("detail"),
    _at("released_at"),
    _at("finished_at", null=False),
    Index("ix_attempts_case", "case_id"),
)

messages: Final = Table(
    "messages",
    metadata,
    _uuid("request_id"),
    _text("purpose"),
    Column("content", LargeBinary, nullable=False),
    _json("meta"),
    PrimaryKeyConstraint("request_id", "purpose"),
)

disclosures: Final = Table(
    "disclosures",
    metadata,
    _position(),
    _case(checked=False),
    _uuid("request_id"),
    _text("agency"),
    _text("branch"),
    _json("fields"),
    _at("at", null=False),
    Index("ix_disclosures_case", "case_id"),
)

incidents: Final = Table(
    "incidents",
    metadata,
    _id(),
    _text("kind"),
    _text("fingerprint"),
    _text("state"),
    _at("opened_at", null=False),
    _at("last_at", null=False),
    _int("count"),
    _json("detail"),
    _uuid("case_id", null=True),
    _uuid("request_id", null=True),
    _text("agency"),
    _text("lane"),
    _at("closed_at"),
    _text("closed_by"),
    _text("close_reason"),
    _partial("uq_incidents_open", "state = 'open'", "fingerprint", unique=True),
    Index("ix_incidents_case", "case_id"),
    Index("ix_incidents_list", "state", "opened_at", "id"),
)

# ``next_at`` is when a delivery is due; of a claimed one, when its claim ends.
deliveries: Final = Table(
    "deliveries",
    metadata,
    _position(),
    _uuid("id"),
    _text("kind"),
    _text("target"),
    _uuid("case_id", null=True),
    _int("seq_from"),
    _int("seq_to"),
    _json("payload"),
    _text("state"),
    _int("attempts"),
    _at("next_at"),
    _text("error"),
    _at("created_at", null=False),
    _at("settled_at"),
    UniqueConstraint("id"),
    _partial("ix_deliveries_due", "state IN ('pending', 'claimed')", "next_at", "position"),
    _partial("ix_deliveries_undelivered", "state <> 'delivered'", "state"),
    _partial("ix_deliveries_order", "state IN ('pending', 'claimed')", "case_id", "kind", "target", "position"),
)

inbox: Final = Table(
    "inbox",
    metadata,
    _id(),
    _text("agency"),
    _text("name"),
    _text("key"),
    _text("reference"),
    _text("message_id"),
    _json("outcome"),
    _at("received_at", null=False),
    _json("answer"),
    _json("headers"),
    Column("body", LargeBinary, nullable=False),
    _json("blobs"),
    _uuid("request_message_id", null=True),
    _text("state"),
    _at("next_at", null=False),
    _text("result"),
    _at("settled_at"),
    UniqueConstraint("agency", "key"),
    _partial("ix_inbox_new", "state = 'new'", "next_at"),
    _partial("ix_inbox_unmatched", "state = 'unmatched'", "agency", "reference"),
)

lanes: Final = Table(
    "lanes",
    metadata,
    Column("name", Text, primary_key=True),
    _text("agency"),
    _flag("paused"),
    _text("paused_reason"),
    _text("paused_by"),
    _at("paused_at"),
    Column("tokens", Float, nullable=False),
    _at("filled_at"),
    _int("failures"),
    _at("rests_until"),
    _json("suspects"),
)

idempotency_keys: Final = Table(
    "idempotency_keys",
    metadata,
    _text("client"),
    _text("key"),
    _text("body_hash"),
    _uuid("case_id"),
    _json("answer"),
    _at("created_at", null=False),
    PrimaryKeyConstraint("client", "key"),
    Index("ix_idempotency_keys_case", "case_id"),
)

# An open claim without ``linked_to`` is the one that counts; a linked case keeps a row that points to it.
unique_claims: Final = Table(
    "unique_claims",
    metadata,
    _uuid("case_id"),
    _text("hash"),
    _at("claimed_at", null=False),
    _at("released_at"),
    _uuid("linked_to", null=True),
    PrimaryKeyConstraint("case_id"),
    _partial("uq_unique_claims_open", "released_at IS NULL AND linked_to IS NULL", "hash", unique=True),
)

documents: Final = Table(
    "documents",
    metadata,
    _id(),
    _text("digest"),
    _text("name"),
    _text("media_type"),
    _int("size"),
    _text("kind"),
    _text("origin"),
    _text("client"),
    _at("created_at", null=False),
    _text("compared_by"),
    _uuid("case_id", null=True),
    Index("ix_documents_digest", "digest"),
    Index("ix_documents_case", "case_id"),
)

blobs: Final = Table(
    "blobs",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

pins: Final = Table(
    "pins",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("hash", Text, primary_key=True),
    _text("name"),
    _json("scopes"),
    _text("bound_to"),
)
