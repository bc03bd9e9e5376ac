"""The card provider is a counterpart like the bank: with a breaker, and with a quota where somebody sets one."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def _begin(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("transfers", "Provider").objects.get_or_create(code="psp", defaults={"name": "Card provider", "kind": "psp"})


class Migration(migrations.Migration):
    dependencies = [("transfers", "0042_payees")]
    operations = [migrations.RunPython(_begin, migrations.RunPython.noop)]
