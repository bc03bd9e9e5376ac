"""Guards, monthly partitions, cluster epochs and the audit trail itself. The SQL is beside this file."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"

DROP_GUARDS = """
DROP FUNCTION audit_missing_guards(regclass, boolean);
DROP FUNCTION audit_guard_table(regclass, boolean);
DROP FUNCTION audit_refuse_change();
"""
DROP_PARTITIONS = """
DROP FUNCTION audit_ensure_partitions(regclass, integer, boolean);
DROP FUNCTION audit_new_id();
"""
DROP_EPOCHS = """
DROP FUNCTION audit_ensure_epoch();
DROP FUNCTION audit_current_epoch();
DROP TABLE audit_cluster_epoch;
"""
DROP_EVENTS = """
DROP FUNCTION audit_record(jsonb);
DROP FUNCTION audit_ensure_event_partitions();
DROP TABLE audit_event;
DROP FUNCTION audit_stamp_event();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL((SQL / "0002_guards.sql").read_text(), DROP_GUARDS),
        migrations.RunSQL((SQL / "0002_partitions.sql").read_text(), DROP_PARTITIONS),
        migrations.RunSQL((SQL / "0002_epochs.sql").read_text(), DROP_EPOCHS),
        migrations.RunSQL((SQL / "0002_events.sql").read_text(), DROP_EVENTS),
    ]
