"""Posting in sets: checks once per statement, adjustments that name their original, accounts that switch their mode.

SQL beside this file. Backwards it restores what 0002 made.
"""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

SQL = Path(__file__).parent / "sql"


def _part(name: str, begin: str, end: str) -> str:
    """The statements of an earlier file from the one that starts with `begin` up to the one that starts with `end`."""
    text = (SQL / name).read_text()
    start = text.index(begin)
    return text[start : text.index(end, start)] if end else text[start:]


DROP_POSTING = """
DROP FUNCTION ledger_post(jsonb);
DROP FUNCTION ledger_apply_holds(jsonb);
DROP FUNCTION ledger_replayed(ledger_new_posting, jsonb);
DROP FUNCTION ledger_difference(ledger_ledgertransaction, jsonb);
DROP FUNCTION ledger_original(text, boolean);
DROP FUNCTION ledger_check_reversal(ledger_ledgertransaction, ledger_lines);
DROP FUNCTION ledger_book(ledger_new_posting[], ledger_lines, ledger_guarded, text);
DROP FUNCTION ledger_move_balances(ledger_guarded);
DROP FUNCTION ledger_judge(ledger_new_posting[], boolean, ledger_lines, ledger_guarded);
DROP FUNCTION ledger_with_holds(ledger_guarded, ledger_lines, ledger_hold_change[]);
DROP FUNCTION ledger_lock_guarded(uuid[]);
DROP FUNCTION ledger_resolve_lines(ledger_new_posting[], uuid[]);
DROP FUNCTION ledger_resolve_few(ledger_new_posting);
DROP FUNCTION ledger_refuse_overdraft(text, numeric, numeric, numeric, text);
DROP FUNCTION ledger_read_posting(jsonb, integer);
DROP TYPE ledger_lines;
DROP TYPE ledger_guarded;
DROP TYPE ledger_new_posting;
DROP FUNCTION ledger_content(jsonb);
"""
DROP_BATCH = """
DROP FUNCTION ledger_post_batch(jsonb);
DROP FUNCTION ledger_without(integer[], ledger_new_posting[], ledger_lines);
DROP FUNCTION ledger_screen_accounts(ledger_new_posting[]);
DROP FUNCTION ledger_screen_batch(ledger_new_posting[], jsonb);
"""
DROP_MODES = "DROP FUNCTION ledger_set_guarded(jsonb);"
DROP_BOOK = """
DROP TRIGGER check_new_postings ON ledger_ledgertransaction;
DROP FUNCTION ledger_check_new_postings();
ALTER TABLE ledger_entry ADD FOREIGN KEY (transaction_id) REFERENCES ledger_ledgertransaction (id);
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_is_in_the_asset_of_its_account
    FOREIGN KEY (account_id, asset_id) REFERENCES ledger_account (id, asset_id);
"""


def _before() -> dict[str, str]:
    """What 0002 had, to be put back: (this part's name -> its SQL)."""
    return {
        "posting": _part("0002_posting.sql", "CREATE TYPE ledger_line", "")
        + _part("0002_holds.sql", "CREATE FUNCTION ledger_hold_accounts", "-- Siblings are locked").replace(
            "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
        ),
        "book": _part("0002_book.sql", "-- What a transaction says of its own birth", "-- At once, for every statement")
        + _part("0002_book.sql", "CREATE FUNCTION ledger_check_new_entries", "-- Statement triggers are not").replace(
            "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
        )
        + _part("0002_periods.sql", "CREATE FUNCTION ledger_check_period", "-- {month, status")
        + _part("0002_chart.sql", "CREATE FUNCTION ledger_close_account", "REVOKE").replace(
            "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
        )
        + "DROP FUNCTION ledger_lock_chart(boolean);",
        "modes": _part("0002_chart.sql", "CREATE FUNCTION ledger_keep_account_identity", "CREATE TRIGGER keep_account").replace(
            "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
        ),
    }


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_many_events"), ("ledger", "0007_snapshots")]

    operations = [
        migrations.AddField(
            "ledgertransaction",
            "adjusts",
            models.ForeignKey(
                "ledger.ledgertransaction", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="adjusted_by"
            ),
        ),
        migrations.AddConstraint(
            "ledgertransaction",
            models.CheckConstraint(
                condition=Q(adjusts=None) | (~Q(adjusts=F("id")) & Q(reverses=None)), name="ledger_transaction_adjusts_another"
            ),
        ),
        migrations.RunSQL((SQL / "0008_book.sql").read_text(), DROP_BOOK + _before()["book"]),
        migrations.RunSQL((SQL / "0008_modes.sql").read_text(), DROP_MODES + _before()["modes"]),
        migrations.RunSQL((SQL / "0008_posting.sql").read_text(), DROP_POSTING + _before()["posting"]),
        migrations.RunSQL((SQL / "0008_batch.sql").read_text(), DROP_BATCH),
    ]
