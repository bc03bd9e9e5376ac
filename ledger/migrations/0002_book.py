"""The book itself: entries, their guards, and the functions by which everything on this floor is written. SQL beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"

DROP_CHART = """
DROP FUNCTION ledger_close_account(jsonb);
DROP FUNCTION ledger_open_account(jsonb);
DROP FUNCTION ledger_register_asset(jsonb);
DROP FUNCTION ledger_json_difference(jsonb, jsonb);
DROP TRIGGER keep_account_identity ON ledger_account;
DROP FUNCTION ledger_keep_account_identity();
DROP TRIGGER refuse_change ON ledger_account;
DROP TRIGGER refuse_truncate ON ledger_account;
DROP TRIGGER refuse_change ON ledger_asset;
DROP TRIGGER refuse_truncate ON ledger_asset;
DROP FUNCTION ledger_fail(text, text, jsonb);
"""
DROP_BOOK = """
DROP TRIGGER keep_hold ON ledger_hold;
DROP FUNCTION ledger_keep_hold();
DROP TRIGGER refuse_change ON ledger_hold;
DROP TRIGGER refuse_truncate ON ledger_hold;
DROP TRIGGER refuse_change ON ledger_period;
DROP TRIGGER refuse_truncate ON ledger_period;
DROP TRIGGER refuse_change ON ledger_balance;
DROP TRIGGER refuse_truncate ON ledger_balance;
DROP TRIGGER refuse_change ON ledger_ledgertransaction;
DROP TRIGGER refuse_truncate ON ledger_ledgertransaction;
DROP FUNCTION ledger_ensure_partitions();
DROP TABLE ledger_entry;
DROP FUNCTION ledger_check_new_entries();
DROP TRIGGER check_transaction ON ledger_ledgertransaction;
DROP FUNCTION ledger_check_transaction();
DROP TRIGGER stamp_transaction ON ledger_ledgertransaction;
DROP FUNCTION ledger_stamp_transaction();
"""
DROP_PERIODS = """
DROP FUNCTION ledger_set_period(jsonb);
DROP TRIGGER check_period ON ledger_ledgertransaction;
DROP FUNCTION ledger_check_period();
DROP FUNCTION ledger_lock_month(date, boolean);
DROP FUNCTION ledger_month(timestamptz);
"""
DROP_BALANCES = """
DROP FUNCTION ledger_advance_checkpoints();
DROP VIEW ledger_account_balance;
"""
DROP_HOLDS = """
DROP FUNCTION ledger_change_holds(jsonb, uuid, jsonb);
DROP FUNCTION ledger_end_hold(jsonb, jsonb);
DROP FUNCTION ledger_place_hold(jsonb, uuid, jsonb);
DROP FUNCTION ledger_lock_balances(uuid[]);
DROP FUNCTION ledger_hold_accounts(jsonb);
DROP FUNCTION ledger_amount(text);
DROP TYPE ledger_hold_change;
"""
DROP_POSTING = """
DROP FUNCTION ledger_apply_holds(jsonb);
DROP FUNCTION ledger_post(jsonb);
DROP FUNCTION ledger_difference(ledger_ledgertransaction, jsonb);
DROP FUNCTION ledger_content(jsonb);
DROP FUNCTION ledger_check_reversal(ledger_ledgertransaction, ledger_line[]);
DROP FUNCTION ledger_move_balances(ledger_line[], ledger_hold_change[], boolean);
DROP FUNCTION ledger_write_entries(ledger_ledgertransaction, ledger_line[]);
DROP FUNCTION ledger_resolve_lines(jsonb);
DROP TYPE ledger_line;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_event_table"), ("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL((SQL / "0002_book.sql").read_text(), DROP_BOOK),
        migrations.RunSQL((SQL / "0002_periods.sql").read_text(), DROP_PERIODS),
        migrations.RunSQL((SQL / "0002_balances.sql").read_text(), DROP_BALANCES),
        migrations.RunSQL((SQL / "0002_chart.sql").read_text(), DROP_CHART),
        migrations.RunSQL((SQL / "0002_holds.sql").read_text(), DROP_HOLDS),
        migrations.RunSQL((SQL / "0002_posting.sql").read_text(), DROP_POSTING),
    ]
