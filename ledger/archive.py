"""When a month of entries may go: when it is closed, proved, and what it came to is carried forward to its end.

From then on balances, as-of balances and statements stand on what was carried; a moment inside an archived month is refused.
"""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from audit.archive.months import ends
from audit.archive.registry import ArchivedTable
from ledger.commands import advance_checkpoints, carry_forward_due
from ledger.commands.carries import carry_forward
from ledger.errors import AlreadyCarried
from ledger.queries.rows import select


def blockers(month: date) -> Iterable[str]:
    rows = select("SELECT reason FROM ledger_archive_blockers(%(month)s) AS reason", {"month": month})
    return [row["reason"] for row in rows]


def prepare(month: date) -> None:
    """Carry balances forward to the end of the month and move the checkpoints beyond it. Raises StillPosting."""
    carry_forward_due()
    try:
        with transaction.atomic():
            carry_forward(until=ends(month))
    except AlreadyCarried:
        # Points beyond it without one at its end: the blockers say so.
        return
    advance_checkpoints()


ENTRIES = ArchivedTable(
    name="ledger_entry",
    key="booked_at",
    ensure="ledger_ensure_partitions",
    retention="ledger_entries",
    blockers=blockers,
    prepare=prepare,
)
