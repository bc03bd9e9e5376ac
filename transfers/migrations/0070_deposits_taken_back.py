"""Version 2 of deposits at a bank, which a sender's bank may take back; those credited before stay in version 1."""

from django.db import migrations, models

from transfers.machines.install import install, keep


class Migration(migrations.Migration):
    dependencies = [("transfers", "0069_calendar_permission")]
    operations = [
        migrations.AlterField(
            model_name="arrival",
            name="status",
            field=models.TextField(
                choices=[
                    ("seen", "Seen"),
                    ("credited", "Credited"),
                    ("unallocated", "Unallocated"),
                    ("gone", "Gone"),
                    ("returning", "Returning"),
                    ("returned", "Returned"),
                    ("taken_back", "Taken Back"),
                ],
                default="seen",
            ),
        ),
        migrations.RunPython(install, keep),
    ]
