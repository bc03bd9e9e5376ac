-- The client's entries carry the balance after them: so many withdrawals of the same client came earlier.
SELECT (lpad(to_hex(number * 3 + line.ordinal), 12, '0') || '7' || substr(md5(number::text), 1, 19))::uuid, booked_at, booked_at, past.id,
       line.ordinal, account.id, account.asset_id, line.debit::numeric(78, 0), line.credit::numeric(78, 0),
       (line.funds - (earlier + 1) * line.debit)::numeric(78, 0), CASE WHEN line.funds > 0 THEN earlier + 2 END::bigint,
       %(txid)s::bigint, epoch
  FROM past JOIN line USING (number) JOIN ledger_account AS account USING (code)
