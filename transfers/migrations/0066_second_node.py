"""The second node is a counterpart like the first: with a breaker, a quota and a page, wherever one is configured."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def _begin(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    providers = apps.get_model("transfers", "Provider").objects
    providers.get_or_create(code="node-2", defaults={"name": "Second network node", "kind": "chain"})


class Migration(migrations.Migration):
    dependencies = [("transfers", "0065_exchanges")]
    operations = [migrations.RunPython(_begin, migrations.RunPython.noop)]
