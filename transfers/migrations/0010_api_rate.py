"""What has a rate (API keys first), counted where all web processes see it: see transfers.rates."""

from pathlib import Path

from django.db import migrations

_SQL = (Path(__file__).parent / "sql" / "0010_api_rate.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("transfers", "0004_machine_rows")]
    operations = [migrations.RunSQL(_SQL, "DROP TABLE transfers_api_rate")]
