SELECT past.id, reference, account.id, line.debit::numeric(78, 0), line.debit::numeric(78, 0), 'settled', past.id, 'bench past', booked_at,
       booked_at
  FROM past JOIN line USING (number) JOIN ledger_account AS account USING (code)
 WHERE line.ordinal = 1
