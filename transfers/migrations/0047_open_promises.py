"""Indexes of what is open, for what is asked again and again however much has ended: promises, nonces, calls, doubts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0009_limit_returns"),
        ("ledger", "0014_holds_of_many"),
        ("transfers", "0046_synthetic"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="chaintransaction",
            index=models.Index(
                condition=models.Q(("status__in", ["signed", "broadcast"])),
                fields=["wallet", "nonce", "attempt"],
                name="transfers_chain_tx_open",
            ),
        ),
        migrations.AddIndex(
            model_name="providercall",
            index=models.Index(
                condition=models.Q(("outcome__in", ["intent", "unknown"])), fields=["operation"], name="transfers_call_unanswered"
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("money_state", "exception")),
                fields=["state_entered_at"],
                name="transfers_transfer_in_doubt",
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("last_error__startswith", "nodes_disagree")),
                fields=["state_entered_at"],
                name="transfers_transfer_two_stories",
            ),
        ),
        migrations.AddIndex(
            model_name="walletreservation",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["wallet"], name="transfers_reservation_open"
            ),
        ),
    ]
