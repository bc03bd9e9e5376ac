-- What a loaded past is called by, one row for each transfer of a lane, in order: pieces of ids that sort by their number, of references
-- and of hashes, into which the place of a name among the transfer's own is put, and moments spread over this month. They are made once
-- here, because each is said some hundred times.
CREATE UNLOGGED TABLE bench_name (
    place bigint NOT NULL, number bigint NOT NULL, id_head text NOT NULL, id_tail text NOT NULL, reference text NOT NULL,
    hash text NOT NULL, moment timestamptz NOT NULL
);

CREATE FUNCTION bench_name_lane(lane bigint, lanes bigint, many bigint, until timestamptz) RETURNS void LANGUAGE sql BEGIN ATOMIC
    INSERT INTO bench_name
    SELECT place, number, substr(stamp, 1, 8) || '-' || substr(stamp, 9, 4) || '-7', '-8' || substr(hash, 1, 3) || '-' || substr(hash, 4, 12),
           upper(substr(hash, 1, 23)), hash || substr(md5(hash), 1, 29),
           month + (until - month) * (number::float8 / (many * lanes))
      FROM generate_series(0, many - 1) AS place,
           LATERAL (SELECT place * lanes + lane AS number, date_trunc('month', until, 'UTC') AS month OFFSET 0) AS counted,
           LATERAL (SELECT lpad(to_hex(1700000000000 + number), 12, '0') AS stamp, md5(number::text) AS hash OFFSET 0) AS said;
END;
