"""What is kept of proofs: runs, checkpoints and the sums they proved. The functions that write them are beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import ledger.fields

SQL = Path(__file__).parent / "sql"


def _checkpoint(related_name: str, *, null: bool) -> models.ForeignKey:
    return models.ForeignKey(
        to="ledger.proofcheckpoint",
        on_delete=django.db.models.deletion.PROTECT,
        null=null,
        related_name=related_name,
        db_index=False,
    )


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_event_table"), ("ledger", "0002_book")]

    operations = [
        migrations.CreateModel(
            name="ProofCheckpoint",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("as_of_epoch", models.IntegerField()),
                ("as_of_txid", models.BigIntegerField()),
                ("entries", models.BigIntegerField()),
                ("postings", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("taken_at", models.DateTimeField()),
            ],
            options={
                "db_table": "ledger_proof_checkpoint",
                "constraints": [models.CheckConstraint(condition=Q(number__gt=0), name="ledger_proof_checkpoint_counts_from_one")],
            },
        ),
        migrations.CreateModel(
            name="ProofSum",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "checkpoint_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        to="ledger.account", on_delete=django.db.models.deletion.PROTECT, related_name="+", db_index=False
                    ),
                ),
                ("checkpoint", _checkpoint("sums", null=False)),
                ("debits", ledger.fields.MinorUnitsField()),
                ("credits", ledger.fields.MinorUnitsField()),
                ("entries", models.BigIntegerField()),
            ],
            options={"db_table": "ledger_proof_sum"},
        ),
        migrations.CreateModel(
            name="ProofRun",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("is_full", models.BooleanField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("since", _checkpoint("+", null=True)),
                ("taken", _checkpoint("+", null=True)),
                ("broken", models.JSONField()),
                ("results", models.JSONField()),
            ],
            options={
                "db_table": "ledger_proof_run",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(is_full=True, since=None) | Q(is_full=False, since__isnull=False),
                        name="ledger_proof_run_full_has_no_since",
                    )
                ],
            },
        ),
        migrations.RunSQL((SQL / "0003_proofs.sql").read_text(), (SQL / "0003_proofs_reverse.sql").read_text()),
    ]
