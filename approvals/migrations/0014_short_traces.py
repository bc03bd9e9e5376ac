"""The trace of a decision may be kept in its short form where the order was let go; the column stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0013_looked_at_once")]
    operations = [
        migrations.AlterField(model_name="policydecision", name="trace", field=models.JSONField(db_column="trace")),
        migrations.RenameField(model_name="policydecision", old_name="trace", new_name="kept"),
        migrations.RunSQL(
            "ALTER TABLE approvals_policydecision ADD CONSTRAINT approvals_decision_stopped_keeps_its_whole_trace"
            " CHECK (outcome = 'allow' OR jsonb_typeof(trace) = 'array')",
            "ALTER TABLE approvals_policydecision DROP CONSTRAINT approvals_decision_stopped_keeps_its_whole_trace",
        ),
    ]
