"""Corrections. A posting is never changed: a reversal undoes it whole, an adjustment adds what it lacked or takes back what it had
too much. Both are linked to it, and say why.

When a correction counts is said by whoever books it; `value_time_of_correction` gives the rule: with its original while the month
of that is open, else now. It never counts before its original, and never inside a closed month.

The `*_posting` functions say what would be booked; the verbs book exactly that.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from ledger.commands import overdrafts
from ledger.commands.postings import post
from ledger.errors import BadPosting, UnknownPosting
from ledger.models import Entry, LedgerTransaction
from ledger.posting import HoldOp, Line, Posted, Posting
from ledger.queries.archived import refuse_reading_from


def reversal_posting(
    *,
    reference_of: str,
    reference: str,
    reason: str,
    value_at: datetime,
    holds: tuple[HoldOp, ...] = (),
    forced_kind: str = "",
    metadata: dict[str, Any] | None = None,
) -> Posting:
    """The mirror image of posting `reference_of`. Raises UnknownPosting, BadPosting, MonthArchived."""
    original = _original(reference_of, reason, value_at)
    refuse_reading_from(original.booked_at)
    entries = Entry.objects.filter(transaction=original, booked_at=original.booked_at).select_related("account").order_by("ordinal")
    return Posting(
        reference=reference,
        kind=f"{original.kind}.reversal",
        value_at=value_at,
        lines=tuple(Line(entry.account.code, debit_minor=entry.credit, credit_minor=entry.debit) for entry in entries),
        holds=holds,
        description=reason.strip(),
        transaction_id=original.transaction_id,
        reverses=reference_of,
        forced_kind=forced_kind,
        metadata=metadata or {},
        dimensions=original.metadata.get("dimensions", {}),
    )


def reverse(
    *,
    reference_of: str,
    reference: str,
    reason: str,
    value_at: datetime,
    holds: tuple[HoldOp, ...] = (),
    forced_kind: str = "",
) -> Posted:
    """Book the mirror image of posting `reference_of`, linked to it, once. Voluntary unless `forced_kind` says why it must pass.

    `holds` runs in the same breath: a reorg gives the money back and reserves it again. Raises what `post` raises, and
    StillAdjusted while adjustments of it stand.
    """
    return post(
        reversal_posting(
            reference_of=reference_of,
            reference=reference,
            reason=reason,
            value_at=value_at,
            holds=holds,
            forced_kind=forced_kind,
        )
    )


def adjustment_posting(
    *,
    reference_of: str,
    reference: str,
    lines: tuple[Line, ...],
    reason: str,
    value_at: datetime,
    metadata: dict[str, Any] | None = None,
) -> Posting:
    """Lines of one's own, linked to posting `reference_of`. Raises UnknownPosting, BadPosting."""
    original = _original(reference_of, reason, value_at)
    return Posting(
        reference=reference,
        kind=f"{original.kind}.adjustment",
        value_at=value_at,
        lines=lines,
        description=reason.strip(),
        transaction_id=original.transaction_id,
        adjusts=reference_of,
        metadata=metadata or {},
        dimensions=original.metadata.get("dimensions", {}),
    )


def adjust(*, reference_of: str, reference: str, lines: tuple[Line, ...], reason: str, value_at: datetime) -> Posted:
    """Correct posting `reference_of` by `lines`, linked to it; there may be any number of adjustments, but none of what was
    reversed.

    Raises UnknownPosting, AlreadyReversed, BadPosting (no reason, or it would count before its original), and what `post` raises.
    """
    return post(adjustment_posting(reference_of=reference_of, reference=reference, lines=lines, reason=reason, value_at=value_at))


def book_correction(given: Posting) -> Posted:
    """Book what a `*_posting` function of this module or of `overdrafts` made. Raises what its verb raises."""
    return overdrafts.book_step(given) if given.kind in overdrafts.KINDS else post(given)


def rehearse_correction(given: Posting) -> None:
    """Raises what `book_correction` would raise now. Nothing of it stays."""
    with transaction.atomic():
        book_correction(given)
        transaction.set_rollback(True)


def _original(reference: str, reason: str, value_at: datetime) -> LedgerTransaction:
    if not reason.strip():
        raise BadPosting("a correction has a reason")
    original: LedgerTransaction | None = LedgerTransaction.objects.filter(reference=reference).first()
    if original is None:
        raise UnknownPosting(reference)
    if value_at < original.value_at:
        raise BadPosting(f"a correction does not count before what it corrects, which is {original.value_at:%Y-%m-%d %H:%M} UTC")
    return original
