"""Rooms on the right side of the equation and client money that is guarded, by constraint; and what only the callers in Python
refused is refused by the functions themselves. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0017_events_together")]
    operations = [
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["wallet", "nostro", "clearing", "receivable", "gas_inventory", "overdraft_receivable"]),
                        ("type", "asset"),
                    ),
                    models.Q(("kind__in", ["client_money", "payable", "quarantine"]), ("type", "liability")),
                    models.Q(("kind__in", ["position", "house_funding"]), ("type", "equity")),
                    models.Q(("kind__in", ["fee_income", "spread"]), ("type", "revenue")),
                    models.Q(
                        (
                            "kind__in",
                            [
                                "rounding",
                                "network_fee_expense",
                                "processing_fee_expense",
                                "chargeback_loss",
                                "promotional",
                                "write_off",
                            ],
                        ),
                        ("type", "expense"),
                    ),
                    _connector="OR",
                ),
                name="ledger_account_is_on_the_side_of_its_room",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("guarded", True),
                    models.Q(("kind__in", ["client_money", "overdraft_receivable"]), _negated=True),
                    _connector="OR",
                ),
                name="ledger_account_is_guarded_where_it_must_be",
            ),
        ),
        migrations.RunSQL((SQL / "0018_refused_here_too.sql").read_text(), (SQL / "0018_refused_here_too_reverse.sql").read_text()),
    ]
