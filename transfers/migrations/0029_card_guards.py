"""What a batch or a dispute said never changes, only how it stands; and the machine of card deposits."""

from django.db import migrations

from transfers.machines.install import install, keep

TABLES = {
    "transfers_cardbatch": "transfers_card_batch_report_never_changes",
    "transfers_carddispute": "transfers_card_dispute_never_changes",
}
GUARDS = "\n".join(
    f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns('{constraint}', 'status', 'version');"
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep; SELECT audit_guard_table('{table}', true);"
    for table, constraint in TABLES.items()
)
UNDO = "\n".join(
    f"DROP TRIGGER {table}_keep ON {table}; DROP TRIGGER refuse_change ON {table}; DROP TRIGGER refuse_truncate ON {table};"
    for table in TABLES
)


class Migration(migrations.Migration):
    dependencies = [("transfers", "0028_cards"), ("audit", "0002_event_table")]
    operations = [migrations.RunSQL(GUARDS, UNDO), migrations.RunPython(install, keep)]
