"""Transitions are counted once, not whenever somebody asks how many there were. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0059_settled_holdings")]

    operations = [
        migrations.CreateModel(
            name="TransitionCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "route",
                        "is_synthetic",
                        "source",
                        "target",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("route", models.TextField()),
                ("is_synthetic", models.BooleanField()),
                ("source", models.TextField(help_text="Empty where a transfer begins.")),
                ("target", models.TextField()),
                ("times", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TransitionMark",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
                ("next_xid", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(id=1), name="transfers_transition_mark_is_one")],
            },
        ),
        migrations.RunSQL(
            (SQL / "0060_counted_transitions.sql").read_text(encoding="utf-8"),
            (SQL / "0060_counted_transitions_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
