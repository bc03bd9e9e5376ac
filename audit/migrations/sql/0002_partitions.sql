-- Monthly partitions, in UTC, for every floor's booked facts.

-- A UUIDv7 made from a random v4: the first 48 bits become the time in milliseconds, the version nibble 0100 becomes 0111.
-- PostgreSQL 18 has uuidv7(); this one gives the same on 15 to 17.
CREATE FUNCTION audit_new_id() RETURNS uuid
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid
$$;

-- Makes the partitions of this month and `months_ahead` more, and a default one, each with the guards of its parent.
-- A month whose rows already sit in the default partition is left there: moving them would need the UPDATE that the guards refuse.
-- Returns how many partitions it made.
CREATE FUNCTION audit_ensure_partitions(parent regclass, months_ahead integer DEFAULT 12, keep_updates boolean DEFAULT false)
RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    base text := parent::text;
    this_month timestamp := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC');
    key_column text := (SELECT a.attname FROM pg_partitioned_table p
                          JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
                         WHERE p.partrelid = parent);
    first_day timestamp;
    name text;
    stranded boolean;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_ensure_partitions'), parent::oid::integer);
    IF to_regclass(base || '_default') IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %s DEFAULT', base || '_default', parent);
        made := made + 1;
    END IF;
    FOR ahead IN 0..months_ahead LOOP
        first_day := this_month + make_interval(months => ahead);
        name := base || to_char(first_day, '"_y"YYYY"m"MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I >= $1 AND %I < $2)', base || '_default', key_column, key_column)
           INTO stranded USING first_day AT TIME ZONE 'UTC', (first_day + interval '1 month') AT TIME ZONE 'UTC';
        CONTINUE WHEN stranded;
        EXECUTE format('CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', name, parent,
                       to_char(first_day, 'YYYY-MM-DD"T00:00:00+00"'),
                       to_char(first_day + interval '1 month', 'YYYY-MM-DD"T00:00:00+00"'));
        made := made + 1;
    END LOOP;
    PERFORM audit_guard_table(parent, keep_updates);
    RETURN made;
END
$$;
