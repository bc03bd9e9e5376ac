DROP FUNCTION ledger_carry_forward(jsonb);
DROP FUNCTION ledger_carry_hash(timestamptz, bytea);
DROP FUNCTION ledger_carry_text(timestamptz);
DROP FUNCTION ledger_wait_until_closed(timestamptz, interval);
DROP FUNCTION ledger_postings_in_flight();
DROP INDEX ledger_entry_valued;
DROP INDEX ledger_transaction_booked;
DROP TABLE ledger_carry_balance;
DROP TABLE ledger_carry;
