"""Whether a move has its event, and only one, is read off the outbox, where each has its row: one index in the place of one for
each month. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0074_taking_turns")]
    operations = [
        migrations.AddConstraint(
            "outboxevent",
            models.UniqueConstraint(fields=["transfer", "seq", "client"], name="transfers_event_once_per_version"),
        ),
        migrations.RemoveIndex("outboxevent", "transfers_outbox_by_transfer"),
        migrations.RunSQL(
            (SQL / "0075_once_in_the_outbox.sql").read_text(encoding="utf-8"),
            (SQL / "0075_once_in_the_outbox_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
