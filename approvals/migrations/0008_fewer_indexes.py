"""Indexes that another one begins with go."""

import django.db.models.deletion
from django.db import migrations, models

PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [("approvals", "0007_in_one_step")]
    operations = [
        migrations.AlterField(
            model_name="limitbucket",
            name="limit",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="buckets", to="approvals.limit"),
        ),
        migrations.AlterField(
            model_name="limituse",
            name="bucket",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="uses", to="approvals.limitbucket"),
        ),
        migrations.AlterField(
            model_name="policydecision",
            name="set",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="decisions", to="approvals.policyset"),
        ),
    ]
