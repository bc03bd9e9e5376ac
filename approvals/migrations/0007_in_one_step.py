"""Halts, limits and what an order is judged by, each in one round trip. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0006_more_destinations"), ("audit", "0005_many_events")]
    operations = [migrations.RunSQL((SQL / "0007_in_one_step.sql").read_text(), (SQL / "0007_in_one_step_reverse.sql").read_text())]
