"""What the database itself refuses, whoever types it: see sql/0003_guards.sql."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"

# Columns that may change, per table, and the constraint's name. Tables that are not here are append-only.
MUTABLE = {
    "transfers_leg": ("transfers_leg_order_never_changes", ["request_state", "money_state", "evidence_state"]),
    "transfers_providercall": ("transfers_provider_call_request_never_changes", ["outcome", "response", "summary", "answered_at"]),
    "transfers_walletreservation": ("transfers_wallet_reservation_never_changes", ["ended_at"]),
    "transfers_chaintransaction": (
        "transfers_chain_transaction_bytes_never_change",
        ["status", "broadcast_at", "block_number", "block_hash", "confirmations", "gas_cost"],
    ),
    "transfers_idempotencykey": (
        "transfers_idempotency_key_never_changes",
        ["response_status", "response_body", "transfer_id", "completed_at"],
    ),
    "transfers_inboundwebhook": (
        "transfers_inbound_webhook_body_never_changes",
        ["status", "detail", "transfer_id", "deliveries", "processed_at"],
    ),
}
APPEND_ONLY = ["transfers_machinerow", "transfers_externalreference", "transfers_quote"]
CHECKED = ["transfers_transfer", "transfers_leg", "transfers_providercall", "transfers_idempotencykey"]
TRIGGERS = [
    *((f"{table}_keep", table) for table in ["transfers_transfer", *MUTABLE]),
    *((f"{table}_check", table) for table in CHECKED),
    ("transfers_transfer_event", "transfers_transfer"),
]
FUNCTIONS = ["keep_columns", "check_transfer", "demand_event", "check_leg", "check_call", "check_key"]


def _statements() -> list[str]:
    found = []
    for table, (constraint, columns) in MUTABLE.items():
        arguments = ", ".join(f"'{argument}'" for argument in [constraint, *columns])
        found.append(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION transfers_keep_columns({arguments});"
        )
    found += [f"SELECT audit_guard_table('{table}', true);" for table in ["transfers_transfer", *MUTABLE]]
    found += [f"SELECT audit_guard_table('{table}');" for table in APPEND_ONLY]
    found += [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};" for name, table in TRIGGERS]
    return found


def _undo() -> list[str]:
    guards = [
        (guard, table) for table in ["transfers_transfer", *MUTABLE, *APPEND_ONLY] for guard in ("refuse_change", "refuse_truncate")
    ]
    drops = [f"DROP TRIGGER {name} ON {table};" for name, table in [*TRIGGERS, *guards]]
    return drops + [f"DROP FUNCTION transfers_{name}();" for name in FUNCTIONS]


class Migration(migrations.Migration):
    dependencies = [("transfers", "0002_events")]
    operations = [
        migrations.RunSQL((SQL / "0003_guards.sql").read_text() + "\n".join(_statements()), "\n".join(_undo())),
    ]
