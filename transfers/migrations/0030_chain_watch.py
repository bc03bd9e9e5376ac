"""Attempts that pay nobody, when to look at a confirmed one again, and what operators asked of a wallet's promise."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transfers", "0029_card_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="chaintransaction",
            name="purpose",
            field=models.TextField(choices=[("payment", "Payment"), ("cancel", "Cancel")], default="payment"),
        ),
        migrations.AddField(
            model_name="chaintransaction",
            name="watch_at",
            field=models.DateTimeField(help_text="When to look whether its block is still there; null when final.", null=True),
        ),
        migrations.AddField(
            model_name="walletreservation",
            name="hurried_at",
            field=models.DateTimeField(help_text="When somebody asked to outbid what waits, whatever its age.", null=True),
        ),
        migrations.AddField(
            model_name="walletreservation",
            name="recalled_at",
            field=models.DateTimeField(help_text="When somebody asked to use up its nonce without paying.", null=True),
        ),
        migrations.AlterField(
            model_name="chaintransaction",
            name="status",
            field=models.TextField(
                choices=[
                    ("signed", "Signed"),
                    ("broadcast", "Broadcast"),
                    ("mined", "Mined"),
                    ("confirmed", "Confirmed"),
                    ("reverted", "Reverted"),
                    ("replaced", "Replaced"),
                ],
                default="signed",
            ),
        ),
        migrations.AddIndex(
            model_name="chaintransaction",
            index=models.Index(
                condition=models.Q(("watch_at__isnull", False)), fields=["watch_at"], name="transfers_chain_tx_watch"
            ),
        ),
    ]
