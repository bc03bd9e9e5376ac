-- What a loaded past is called by: ids that sort by their number, references, hashes, and moments spread over this month.
CREATE FUNCTION bench_id(number bigint, place integer) RETURNS text LANGUAGE sql IMMUTABLE RETURN
    substr(lpad(to_hex(1700000000000 + number), 12, '0'), 1, 8) || '-' || substr(lpad(to_hex(1700000000000 + number), 12, '0'), 9, 4)
    || '-7' || lpad(to_hex(place), 3, '0') || '-8' || substr(md5(number::text), 1, 3) || '-' || substr(md5(number::text), 4, 12);
CREATE FUNCTION bench_reference(number bigint, place integer) RETURNS text LANGUAGE sql IMMUTABLE RETURN
    upper(substr(md5(number || '/' || place), 1, 26));
CREATE FUNCTION bench_hash(number bigint, place integer) RETURNS text LANGUAGE sql IMMUTABLE RETURN
    '0x' || md5(number || '/' || place) || md5(place || '/' || number);
CREATE FUNCTION bench_moment(number bigint, total bigint, until timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE RETURN
    date_trunc('month', until, 'UTC') + (until - date_trunc('month', until, 'UTC')) * (number::float8 / total);
