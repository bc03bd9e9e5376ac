"""What a transfer must have is checked by a trigger, under the names of the constraints that it replaces. The SQL is beside this
file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
REPLACED = (
    "transfers_transfer_amounts_positive",
    "transfers_transfer_fee_within_bound",
    "transfers_transfer_debit_bound_covers_fee",
    "transfers_transfer_withdrawal_has_its_terms",
    "transfers_transfer_order_has_its_terms",
    "transfers_transfer_open_has_a_deadline",
    "transfers_transfer_internal_has_a_receiver",
)


class Migration(migrations.Migration):
    dependencies = [("transfers", "0061_a_piece_at_a_time")]
    operations = [
        migrations.RunSQL(
            (SQL / "0062_terms_in_a_trigger.sql").read_text(encoding="utf-8"),
            (SQL / "0062_terms_in_a_trigger_reverse.sql").read_text(encoding="utf-8"),
        ),
        *(migrations.RemoveConstraint(model_name="transfer", name=name) for name in REPLACED),
    ]
