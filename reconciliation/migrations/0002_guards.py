"""Evidence is append-only: what was read keeps its facts, and only its end may be written. See sql/grants.sql for who may write."""

from django.db import migrations

# Columns that may change, per table, and the constraint's name. Tables that are not here are append-only.
MUTABLE = {
    "reconciliation_externalitem": ("reconciliation_item_facts_never_change", ["status"]),
    "reconciliation_indexedblock": ("reconciliation_block_never_changes", ["canonical"]),
    "reconciliation_break": ("reconciliation_break_facts_never_change", ["status", "severity", "resolved_at", "resolution"]),
}
APPEND_ONLY = ["reconciliation_statementfile", "reconciliation_statement", "reconciliation_match"]


def _guards() -> str:
    statements = []
    for table, (constraint, columns) in MUTABLE.items():
        arguments = ", ".join(f"'{argument}'" for argument in [constraint, *columns])
        statements += [
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns({arguments});",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep;",
            f"SELECT audit_guard_table('{table}', true);",
        ]
    statements += [f"SELECT audit_guard_table('{table}');" for table in APPEND_ONLY]
    return "\n".join(statements)


def _undo() -> str:
    drops = [f"DROP TRIGGER {table}_keep ON {table};" for table in MUTABLE]
    drops += [
        f"DROP TRIGGER {guard} ON {table};" for table in [*MUTABLE, *APPEND_ONLY] for guard in ("refuse_change", "refuse_truncate")
    ]
    return "\n".join(drops)


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0001_initial"), ("audit", "0002_event_table"), ("transfers", "0003_guards")]
    operations = [migrations.RunSQL(_guards(), _undo())]
