"""What is in flight, and what no evidence has shown yet, is found without reading what is long done."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0013_quiet_summaries"),
        ("transfers", "0018_provider_health"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="chaintransaction",
            index=models.Index(fields=["block_number"], name="transfers_chain_tx_block"),
        ),
        migrations.AddIndex(
            model_name="leg",
            index=models.Index(
                condition=models.Q(("money_state__in", ["reserved", "exception"])),
                fields=["account_code"],
                name="transfers_leg_in_flight",
            ),
        ),
        migrations.AddIndex(
            model_name="leg",
            index=models.Index(
                condition=models.Q(("evidence_state", "journaled"), ("money_state", "posted")),
                fields=["account_code"],
                name="transfers_leg_not_shown_yet",
            ),
        ),
    ]
