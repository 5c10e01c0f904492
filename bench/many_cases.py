"""Many cases as they lie in a gateway that has worked for more than a year: most of them closed, the newest still open.

Made by the server itself, without events: lists, counts and searches read none. Whatever is rare somewhere is there: an office
that hardly anybody goes to, a service that ended a year ago, an agency that is asked once in a thousand cases.
"""

from __future__ import annotations

import time
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from gateway.application.identifiers import BlindIndex
from gateway.storage import upgrade

SECRET: Final = b"bench"
DAYS: Final = 450
_FILLER: Final = ", ".join(f'"field_{n}": "a value of some length"' for n in range(30))
_ENVELOPE: Final = f'{{"service": "bench", "form": {{{_FILLER}}}}}'
_COMMON: Final = f"""
CREATE UNLOGGED TABLE made AS
SELECT n, at, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid AS id,
  lpad(upper(to_hex((n::bigint * 2654435761) % 4294967296)), 8, '0') AS digits,
  CASE WHEN s < 3 THEN 'ended-service' WHEN s < 400 THEN 'service-1' WHEN s < 600 THEN 'service-2' WHEN s < 999 THEN 'service-' || 3 + s % 7 ELSE 'rare-service' END AS service,
  CASE WHEN o < 250 THEN 'office-1' WHEN o < 400 THEN 'office-2' WHEN o < 999 THEN 'office-' || 3 + o % 60 ELSE 'rare-office' END AS office,
  CASE WHEN c < 620 THEN 'counter' WHEN c < 900 THEN 'portal' WHEN c < 998 THEN 'mobile' ELSE 'post' END AS channel,
  CASE WHEN c % 100 < 70 THEN 'counter-software' WHEN c % 100 < 99 THEN 'portal' ELSE 'small-client' END AS client,
  CASE WHEN age > 20 THEN r < 990 WHEN age > 5 THEN r < 700 ELSE r < 200 END AS is_decided,
  CASE WHEN age > 25 THEN q < 985 ELSE q < 800 END AS is_closed,
  r, q, 5 + s % 25 AS term
FROM (SELECT n, now() - (($1 - n) * interval '{DAYS} days' / $1) AS at, md5(n::text) AS h, ($1 - n) * {DAYS} / $1 AS age,
  CASE WHEN n < $1 / 10 AND n % 10 = 0 THEN 0 ELSE 3 + (n * 7919) % 997 END AS s, (n * 104729) % 1000 AS o, (n * 1299709) % 1000 AS c,
  (n * 15485863) % 1000 AS r, (n * 32452843) % 1000 AS q FROM generate_series(1, $1) AS n) AS drawn
"""  # noqa: E501 - SQL, a column a line
_STATEMENTS: Final = (
    f"""INSERT INTO cases SELECT id, substr(digits, 1, 4) || '-' || substr(digits, 5) || '-0', client, service, '1', repeat('p', 64), office,
  channel, 'REF-' || n, 'uz', '1714401', '{_ENVELOPE}',
  CASE WHEN NOT is_decided THEN CASE WHEN r % 10 = 0 THEN 'awaiting_applicant' ELSE 'in_progress' END
    WHEN r % 100 = 7 THEN 'withdrawn' WHEN is_closed THEN 'closed' ELSE 'decided' END, at, at,
  CASE WHEN is_decided AND r % 100 <> 7 THEN (ARRAY['granted', 'granted', 'granted', 'refused', 'partly_granted', 'returned'])[1 + q % 6] END,
  9, 9, repeat('c', 64), NOT is_decided AND q < 30,
  '[{{"holder": "agency:agency-1", "what": "Register", "since": "2026-01-01T00:00:00+00:00", "until": null}}]',
  date_trunc('day', at + term * interval '1 day'), false, false,
  CASE WHEN is_decided AND r % 100 <> 7 THEN at + interval '3 days' END, CASE WHEN is_decided AND (is_closed OR r % 100 = 7) THEN at + interval '4 days' END,
  '', 0, 1, 0 FROM made ORDER BY id""",
    """INSERT INTO requests SELECT gen_random_uuid(), id, 'step-' || k, CASE WHEN k = 1 THEN 'agency-' || 1 + term % 4 WHEN q = 500 THEN 'rare-agency'
    WHEN service = 'ended-service' THEN 'ended-agency' ELSE 'agency-' || 5 + q % 9 END, 'Register', gen_random_uuid(),
  CASE WHEN is_decided THEN 'completed' WHEN r % 200 = 3 AND k = 1 THEN 'ready' ELSE 'awaiting_reply' END, at, '', 'lane', NULL, NULL, 1, 0, NULL, NULL, NULL,
  repeat('a', 64), 'R-' || n || '-' || k, '{}', NULL, '', NULL, NULL, at, at, at, NULL, 'infinity' FROM made, generate_series(1, 2) AS k ORDER BY id""",
    """INSERT INTO clocks SELECT gen_random_uuid(), id, 'statutory', CASE WHEN is_decided AND r % 50 = 9 THEN 'met_late' WHEN is_decided AND q = 77 THEN 'tacitly_granted'
    WHEN is_decided AND r % 100 = 7 THEN 'cancelled' WHEN is_decided THEN 'met' WHEN at + term * interval '1 day' < now() THEN 'breached'
    WHEN q = 13 THEN 'disputed' WHEN r % 10 = 0 THEN 'suspended' ELSE 'running' END,
  '{}', 'UZ-5', '1', 'Asia/Tashkent', '', at, at + term * interval '1 day', false, NULL, NULL, NULL, '[]', NULL, NULL, NULL, NULL, NULL FROM made ORDER BY id""",
    """INSERT INTO incidents SELECT gen_random_uuid(), CASE WHEN q < 25 THEN 'clock_breached' WHEN q < 29 THEN 'exhausted' ELSE 'in_doubt' END, 'i:' || n, 'open', at, at, 1,
  '{}', id, NULL, '', '', NULL, '', '' FROM made WHERE NOT is_decided AND q < 30""",
)  # noqa: E501 - as above
_TABLES: Final = ("cases", "requests", "clocks", "incidents", "search_identifiers")


async def fill(url: str, count: int) -> float:
    """Fill an empty PostgreSQL database as its superuser; return how many seconds it took."""
    begun = time.perf_counter()
    connection = await asyncpg.connect(url)
    try:
        for statement in ("SET session_replication_role = replica", "SET synchronous_commit = off"):
            await connection.execute(statement)
        await connection.execute(_COMMON.replace("$1", str(count)), timeout=1800)
        for statement in _STATEMENTS:
            await connection.execute(statement.replace("$1", str(count)), timeout=1800)
        await _identifiers(connection)
        await connection.execute("DROP TABLE made")
        for table in _TABLES:
            await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=1800)
        await connection.execute("CHECKPOINT", timeout=600)
    finally:
        await connection.close()
    return time.perf_counter() - begun


def identifier_of(person: int) -> str:
    """The invented identifier of a person: each has three cases."""
    return f"3{person:013}"


async def _identifiers(connection: asyncpg.Connection) -> None:
    blind = BlindIndex(SECRET)
    rows = await connection.fetch("SELECT n, id FROM made ORDER BY id", timeout=600)
    entries = [(blind.hash("person", identifier_of(row["n"] // 3)), row["id"], "applicant", blind.key) for row in rows]
    await connection.copy_records_to_table("search_identifiers", records=entries, timeout=600)


def prepare(url: str) -> None:
    """Make the tables."""
    upgrade(url)
