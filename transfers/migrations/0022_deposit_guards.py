"""What was seen arriving never changes, where a client's money may come in neither; and the machines of the deposit routes."""

from django.db import migrations

from transfers.machines.install import install, keep

_ARRIVAL = ", ".join(
    f"'{argument}'"
    for argument in (
        "transfers_arrival_sight_never_changes",
        "status",
        "transfer_id",
        "block_number",
        "block_hash",
        "credits",
        "reason",
        "version",
    )
)
GUARDS = f"""
CREATE TRIGGER transfers_arrival_keep BEFORE UPDATE ON transfers_arrival
    FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns({_ARRIVAL});
ALTER TABLE transfers_arrival ENABLE ALWAYS TRIGGER transfers_arrival_keep;
SELECT audit_guard_table('transfers_arrival', true);
SELECT audit_guard_table('transfers_depositaddress');
"""
UNDO = """
DROP TRIGGER transfers_arrival_keep ON transfers_arrival;
DROP TRIGGER refuse_change ON transfers_arrival;
DROP TRIGGER refuse_truncate ON transfers_arrival;
DROP TRIGGER refuse_change ON transfers_depositaddress;
DROP TRIGGER refuse_truncate ON transfers_depositaddress;
"""


class Migration(migrations.Migration):
    dependencies = [("transfers", "0021_deposits"), ("audit", "0002_event_table")]
    operations = [migrations.RunSQL(GUARDS, UNDO), migrations.RunPython(install, keep)]
