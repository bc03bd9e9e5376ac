SELECT (lpad(to_hex(number * 3 + event.place), 12, '0') || '7' || substr(md5(number::text), 1, 19))::uuid, booked_at, %(txid)s::bigint,
       epoch, session_user::text, 1::smallint, event.type, 'succeeded', 'system', 'bench', '', '', 'bench past', '', '', event.on_a,
       event.on_this, past.id, booked_at, '', event.diff, event.metadata, ''
  FROM past
  JOIN (SELECT number, min(code) FILTER (WHERE ordinal = 1) AS client_code, min(debit) FILTER (WHERE ordinal = 1)::text AS amount,
               jsonb_agg(jsonb_build_object('account', code, 'debit', debit::text, 'credit', credit::text) ORDER BY ordinal) AS lines
          FROM line GROUP BY number) AS said USING (number)
 CROSS JOIN LATERAL (VALUES
       (1, 'ledger.hold_placed', 'hold', reference, '{}'::jsonb,
        jsonb_build_object('op', 'place', 'reference', reference, 'account', client_code, 'amount', amount)),
       (2, 'ledger.hold_settled', 'hold', reference, '{"status": ["placed", "settled"]}'::jsonb,
        jsonb_build_object('op', 'settle', 'reference', reference, 'amount', amount)),
       (3, 'ledger.posted', 'ledger_transaction', past.id::text, '{}'::jsonb,
        jsonb_build_object('reference', reference, 'kind', 'bench.withdrawal', 'description', '', 'value_at', booked_at,
                           'settled_at', NULL, 'reverses', NULL, 'forced_kind', '', 'metadata', '{}'::jsonb, 'lines', lines,
                           'holds', '[]'::jsonb))) AS event (place, type, on_a, on_this, diff, metadata)
