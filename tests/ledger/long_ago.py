"""A house whose first business was months ago, so that the month can be archived and dropped with what the trail tells of it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from audit.archive.commands import archive_month, drop_month
from ledger.commands import Line, PlaceHold, SettleHold, apply_holds, close_account, close_period
from tests.audit.log import House, rows
from tests.ledger.horizon import prove_all
from tests.ledger.house import ACME, GLOBEX, HOT, SETTLEMENT, book, deposit, open_house
from tests.ledger.past import ensure_month, triggers

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
_TABLES = ("audit_event", "ledger_ledgertransaction", "ledger_entry", "ledger_hold", "ledger_account", "ledger_balance")
# Of what an event tells, the times that the database gave a row.
_BACK = """
    UPDATE audit_event SET recorded_at = recorded_at - %(by)s, occurred_at = occurred_at - %(by)s, metadata = metadata || coalesce((
           SELECT jsonb_object_agg(key, (value #>> '{}')::timestamptz - %(by)s) FROM jsonb_each(metadata)
            WHERE key IN ('booked_at', 'placed_at', 'ended_at', 'opened_at', 'closed_at') AND value <> 'null'), '{}');
    UPDATE ledger_ledgertransaction SET booked_at = booked_at - %(by)s;
    UPDATE ledger_entry SET booked_at = booked_at - %(by)s;
    UPDATE ledger_hold SET placed_at = placed_at - %(by)s, ended_at = ended_at - %(by)s;
    UPDATE ledger_account SET opened_at = opened_at - %(by)s, closed_at = closed_at - %(by)s;
"""


def some_time_ago() -> None:
    """Accounts, holds and postings of March, and a hold of March that ends today."""
    open_house()
    deposit("march-1", ACME, 1_000)
    deposit("march-2", GLOBEX, 500)
    apply_holds(PlaceHold("open", ACME, 100), PlaceHold("paid", ACME, 100), PlaceHold("later", ACME, 50))
    book("march-paid", Line.debit(ACME, 90), Line.credit(HOT, 90), holds=(SettleHold("paid", 90),))
    close_account(code=SETTLEMENT, reason="unused")
    _into_march()
    book("today", Line.debit(ACME, 50), Line.credit(HOT, 50), holds=(SettleHold("later", 50),))


def _into_march() -> None:
    for table in ("audit_event", "ledger_entry"):
        ensure_month(MARCH, table)
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', now()) - timestamptz '2026-03-05 12:00+00'")
        by = cursor.fetchone()[0]
        for table in _TABLES:
            triggers(cursor, table, on=False)
        for statement in _BACK.split(";"):
            if statement.strip():
                cursor.execute(statement, {"by": by})
        for table in _TABLES:
            triggers(cursor, table, on=True)


def archive(house: House, directory: Path) -> dict[str, Any]:
    """The entries of March leave, then what the trail tells of March. Returns what was done, per table."""
    close_period(month=date(2026, 3, 1), reason="month end")
    assert prove_all(full=True).run.broken == []
    seal(house)
    return {
        name: archive_month(name, MARCH.date(), directory=directory, reason="policy") for name in ("ledger_entry", "audit_event")
    }


def drop(house: House) -> None:
    drop_month("audit_event", MARCH.date(), reason="policy")
    seal(house)


def seal(house: House) -> None:
    """Everything there is up to now."""
    house.seal(int(rows("SELECT count(*) FROM audit_event")[0][0]))
