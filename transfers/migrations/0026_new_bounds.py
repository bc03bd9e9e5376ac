"""New terms for an order whose market has moved: see sql/0026_new_bounds.sql."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0025_within")]
    operations = [
        migrations.RunSQL((SQL / "0026_new_bounds.sql").read_text(), (SQL / "0026_new_bounds_reverse.sql").read_text()),
    ]
