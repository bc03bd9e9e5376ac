"""The new columns may change, a reorg brings a new hold, and version 2 of the withdrawal machines. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

from transfers.machines.install import install, keep

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transfers", "0030_chain_watch")]
    operations = [
        migrations.RunSQL((SQL / "0031_chain_guards.sql").read_text(), (SQL / "0031_chain_guards_reverse.sql").read_text()),
        migrations.RunPython(install, keep),
    ]
