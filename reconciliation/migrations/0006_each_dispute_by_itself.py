"""A payment may be disputed more than once, and each dispute has its own lines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0005_card_lines")]
    operations = [
        migrations.AddField(
            model_name="match",
            name="subject",
            field=models.TextField(
                db_default="", default="", help_text="Which dispute of the leg; empty for all that a leg has once."
            ),
        ),
        migrations.RemoveConstraint(model_name="match", name="reconciliation_match_proves_a_role_once"),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(
                fields=("leg_reference", "role", "subject"), name="reconciliation_match_proves_a_subject_once"
            ),
        ),
    ]
