-- A past that was never lived, as the head of each select beside this file: `past` has one row per withdrawal, `line` one per entry.
-- Keys sort by time, as the real ones do: the number of the withdrawal, and a hash for the rest.
WITH this AS (
    SELECT date_trunc('month', %(until)s::timestamptz, 'UTC') AS first, %(until)s::timestamptz AS until, audit_current_epoch() AS epoch
), past AS (
    SELECT number, (lpad(to_hex(number), 12, '0') || '7' || substr(md5(number::text), 1, 19))::uuid AS id,
           'past-' || number AS reference,
           this.first + (this.until - this.first) * (number::numeric / %(postings)s)::float8 AS booked_at,
           number %% %(clients)s AS client, number / %(clients)s AS earlier, number %% %(house)s AS house, this.epoch
      FROM this, generate_series(0, %(postings)s - 1) AS number
), line AS (
    SELECT past.number, given.ordinal, given.code || ':' || %(asset)s AS code, given.debit::numeric, given.credit::numeric, given.funds::numeric
      FROM past
     CROSS JOIN LATERAL (VALUES (1, 'client:bench-' || client, %(amount)s + %(fee)s, 0, %(funds)s),
                                (2, 'wallet:bench-' || house, 0, %(amount)s, NULL),
                                (3, 'fees:bench-' || house, 0, %(fee)s, NULL)) AS given (ordinal, code, debit, credit, funds)
)
