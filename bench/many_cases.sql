-- Statements of many_cases.py, in order. :count is how many cases, :days over how many days, :envelope the text of each.

CREATE UNLOGGED TABLE made WITH (autovacuum_enabled = off) AS
SELECT n, at, r, q, 5 + s % 25 AS term,
  (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid AS id,
  lpad(upper(to_hex((n * 2654435761) % 4294967296)), 8, '0') AS digits,
  CASE WHEN s < 3 THEN 'ended-service' WHEN s < 400 THEN 'service-1' WHEN s < 600 THEN 'service-2'
    WHEN s < 999 THEN 'service-' || 3 + s % 7 ELSE 'rare-service' END AS service,
  CASE WHEN o < 250 THEN 'office-1' WHEN o < 400 THEN 'office-2' WHEN o < 999 THEN 'office-' || 3 + o % 60
    ELSE 'rare-office' END AS office,
  CASE WHEN c < 620 THEN 'counter' WHEN c < 900 THEN 'portal' WHEN c < 998 THEN 'mobile' ELSE 'post' END AS channel,
  CASE WHEN c % 100 < 70 THEN 'counter-software' WHEN c % 100 < 99 THEN 'portal' ELSE 'small-client' END AS client,
  CASE WHEN age > 20 THEN r < 990 WHEN age > 5 THEN r < 700 ELSE r < 200 END AS is_decided,
  CASE WHEN age > 25 THEN q < 985 ELSE q < 800 END AS is_closed
FROM (
  SELECT n, now() - ((:count - n) * interval ':days days' / :count) AS at, md5(n::text) AS h, (:count - n) * :days / :count AS age,
    -- The service that ended took a tenth of the cases of the first tenth of the time.
    CASE WHEN n < :count / 10 AND n % 10 = 0 THEN 0 ELSE 3 + (n * 7919) % 997 END AS s,
    (n * 104729) % 1000 AS o, (n * 1299709) % 1000 AS c, (n * 15485863) % 1000 AS r, (n * 32452843) % 1000 AS q
  FROM generate_series(1::bigint, :count::bigint) AS n
) AS drawn;

INSERT INTO cases
SELECT id, substr(digits, 1, 4) || '-' || substr(digits, 5) || '-0', client, service, '1', repeat('p', 64), office, channel,
  'REF-' || n, 'uz', '1714401', ':envelope',
  CASE WHEN NOT is_decided THEN CASE WHEN r % 10 = 0 THEN 'awaiting_applicant' ELSE 'in_progress' END
    WHEN r % 100 = 7 THEN 'withdrawn' WHEN is_closed THEN 'closed' ELSE 'decided' END,
  at, at,
  CASE WHEN is_decided AND r % 100 <> 7
    THEN (ARRAY['granted', 'granted', 'granted', 'refused', 'partly_granted', 'returned'])[1 + q % 6] END,
  9, 9, repeat('c', 64), NOT is_decided AND q < 30,
  '[{"holder": "agency:agency-1", "what": "Register", "since": "2026-01-01T00:00:00+00:00", "until": null}]',
  date_trunc('day', at + term * interval '1 day'), false, false,
  CASE WHEN is_decided AND r % 100 <> 7 THEN at + interval '3 days' END,
  CASE WHEN is_decided AND (is_closed OR r % 100 = 7) THEN at + interval '4 days' END,
  '', 0, 1, 0
FROM made ORDER BY id;

INSERT INTO requests
SELECT gen_random_uuid(), id, 'step-' || k,
  CASE WHEN k = 1 THEN 'agency-' || 1 + term % 4 WHEN q = 500 THEN 'rare-agency'
    WHEN service = 'ended-service' THEN 'ended-agency' ELSE 'agency-' || 5 + q % 9 END,
  'Register', gen_random_uuid(),
  CASE WHEN is_decided THEN 'completed' WHEN r % 200 = 3 AND k = 1 THEN 'ready' ELSE 'awaiting_reply' END,
  at, '', 'lane', NULL, NULL, 1, 0, NULL, NULL, NULL, repeat('a', 64), 'R-' || n || '-' || k, '{}', NULL, '', NULL, NULL,
  at, at, at, NULL, 'infinity'
FROM made, generate_series(1, 2) AS k ORDER BY id;

INSERT INTO clocks
SELECT gen_random_uuid(), id, 'statutory',
  CASE WHEN is_decided AND r % 50 = 9 THEN 'met_late' WHEN is_decided AND q = 77 THEN 'tacitly_granted'
    WHEN is_decided AND r % 100 = 7 THEN 'cancelled' WHEN is_decided THEN 'met'
    WHEN at + term * interval '1 day' < now() THEN 'breached' WHEN q = 13 THEN 'disputed'
    WHEN r % 10 = 0 THEN 'suspended' ELSE 'running' END,
  '{}', 'UZ-5', '1', 'Asia/Tashkent', '', at, at + term * interval '1 day', false, NULL, NULL, NULL, '[]',
  NULL, NULL, NULL, NULL, NULL
FROM made ORDER BY id;

INSERT INTO incidents
SELECT gen_random_uuid(), CASE WHEN q < 25 THEN 'clock_breached' WHEN q < 29 THEN 'exhausted' ELSE 'in_doubt' END,
  'i:' || n, 'open', at, at, 1, '{}', id, NULL, '', '', NULL, '', ''
FROM made WHERE NOT is_decided AND q < 30;
