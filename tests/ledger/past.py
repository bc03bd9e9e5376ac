"""Books with a past. The database books now and nothing else, so its guards are taken off while a posting is moved back."""

from datetime import datetime

from django.db import connection

_GUARDED = ("ledger_ledgertransaction", "ledger_entry", "audit_event")
_TOLD = (
    "UPDATE audit_event SET metadata = metadata || jsonb_build_object('booked_at', %s::timestamptz)"
    " WHERE type = 'ledger.posted' AND resource_id = %s"
)


def ensure_month(month: datetime, table: str = "ledger_entry") -> str:
    """The partition of a month gone by, with its guards."""
    first = month.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    name = f"{table}_{first:y%Ym%m}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [name])
        if cursor.fetchone()[0]:
            cursor.execute(f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{first:%F}+00') TO ('{after:%F}+00')")
        cursor.execute("SELECT ledger_ensure_partitions(), audit_ensure_event_partitions()")
    return name


def booked_at(reference: str, moment: datetime) -> None:
    """As if posting `reference` had been booked at `moment`."""
    rebook({reference: moment})


def rebook(moments: dict[str, datetime]) -> None:
    """As if each posting had been booked at its moment, and told so."""
    for month in {(moment.year, moment.month): moment for moment in moments.values()}.values():
        ensure_month(month)
    with connection.cursor() as cursor:
        for table in _GUARDED:
            triggers(cursor, table, on=False)
        for reference, moment in moments.items():
            cursor.execute(
                "UPDATE ledger_ledgertransaction SET booked_at = %s WHERE reference = %s RETURNING id", [moment, reference]
            )
            posting = cursor.fetchone()[0]
            cursor.execute("UPDATE ledger_entry SET booked_at = %s WHERE transaction_id = %s", [moment, posting])
            cursor.execute(_TOLD, [moment, str(posting)])
        for table in _GUARDED:
            triggers(cursor, table, on=True)


def triggers(cursor, table: str, *, on: bool) -> None:
    # Deferred checks of this very transaction would keep the table from being altered.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) UNION SELECT %s", [table, table])
    relations = [relation for (relation,) in cursor.fetchall()]
    for relation in relations:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgparentid = 0", [relation]
        )
        for (trigger,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {relation} {'ENABLE ALWAYS' if on else 'DISABLE'} TRIGGER {trigger}")
