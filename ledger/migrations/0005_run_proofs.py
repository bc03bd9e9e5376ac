"""Who may ask for a run of the proofs."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_carry")]

    operations = [
        migrations.AlterModelOptions(name="proofrun", options={"permissions": [("run_proofs", "Can ask for a run of the proofs")]}),
    ]
