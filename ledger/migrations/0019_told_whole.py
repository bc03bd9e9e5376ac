"""Events that tell the whole of what they tell of. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0018_refused_here_too")]
    operations = [migrations.RunSQL((SQL / "0019_told_whole.sql").read_text(), (SQL / "0019_told_whole_reverse.sql").read_text())]
