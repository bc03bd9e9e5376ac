"""When a month of entries may go: when it is closed, proved, and what it came to is carried forward to its end.

From then on balances, as-of balances and statements stand on what was carried; a moment inside an archived month is refused.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction

from audit.archive.months import ends
from audit.archive.registry import ArchivedTable
from audit.archive.vouching import Voucher
from ledger.commands import advance_checkpoints, carry_forward_due
from ledger.commands.carries import carry_forward
from ledger.errors import AlreadyCarried
from ledger.proofs import dropped, trail
from ledger.proofs.registry import START
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


def _figures(month: date) -> dict[str, Any]:
    """How many postings were booked in the month, and their digest."""
    found = [
        row for row in select("SELECT * FROM ledger_postings_digests(%(until)s)", {"until": ends(month)}) if row["month"] == month
    ]
    return {"rows": found[0]["rows"], "sha256": found[0]["sha256"]} if found else {"rows": 0, "sha256": None}


def _contradictions() -> Iterable[str]:
    """What is sealed has to be what the trail tells as long as it tells it."""
    for proof in (*trail.PROOFS, *dropped.PROOFS):
        for subject, message in proof.find(START):
            yield f"{proof.name}: {subject}: {message}"


POSTINGS = Voucher(table="ledger_ledgertransaction", figures=_figures, blockers=_contradictions)
