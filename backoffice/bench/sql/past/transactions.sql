SELECT id, reference, sha256(id::text::bytea), 'bench.withdrawal', '', id, 'bench past', booked_at, booked_at, %(txid)s::bigint, epoch, '',
       '{}'::jsonb
  FROM past
