"""The privacy vault. The SQL is beside this file."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import audit.identity

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0007_anchor_refusals"),
    ]

    operations = [
        migrations.CreateModel(
            name="VaultSubject",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "name",
                    models.TextField(help_text="Opaque, given by the floor that knows it: `destination:0192...`.", unique=True),
                ),
                ("sealed_key", models.BinaryField(null=True)),
                ("created_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("erased_at__isnull", False), ("sealed_key__isnull", True)),
                            models.Q(("erased_at__isnull", True), ("sealed_key__isnull", False)),
                            _connector="OR",
                        ),
                        name="audit_vaultsubject_has_a_key_until_erased",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VaultValue",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("field", models.TextField()),
                ("version", models.PositiveIntegerField()),
                ("sealed", models.BinaryField()),
                ("commitment", models.TextField()),
                (
                    "hint",
                    models.TextField(
                        blank=True, default="", help_text="What may be shown without revealing it, such as the last four digits."
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "subject",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="values", to="audit.vaultsubject"),
                ),
            ],
            options={
                "permissions": [("reveal_vaultvalue", "Can reveal what the vault keeps")],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("subject", "field", "version"), name="audit_vaultvalue_version_once")
                ],
            },
        ),
        migrations.RunSQL((SQL / "0008_vault.sql").read_text(), (SQL / "0008_vault_reverse.sql").read_text()),
    ]
