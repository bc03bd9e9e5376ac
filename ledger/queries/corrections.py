"""From a posting to what corrected it, and back; and when a correction counts."""

from dataclasses import dataclass
from datetime import datetime

from ledger.errors import UnknownPosting
from ledger.models import LedgerTransaction
from ledger.queries.periods import is_closed


@dataclass(frozen=True, slots=True)
class Corrections:
    """References of postings: what this one corrects (at most one of the two), and what corrects it, the oldest first."""

    reverses: str
    adjusts: str
    reversed_by: str
    adjusted_by: tuple[str, ...]

    @property
    def corrects(self) -> str:
        return self.reverses or self.adjusts


def corrections_of(reference: str) -> Corrections:
    """Raises UnknownPosting."""
    posting = _posting(reference)
    adjustments = LedgerTransaction.objects.filter(adjusts=posting).order_by("booked_at", "id")
    reversal = LedgerTransaction.objects.filter(reverses=posting).values_list("reference", flat=True).first()
    return Corrections(
        reverses=posting.reverses.reference if posting.reverses else "",
        adjusts=posting.adjusts.reference if posting.adjusts else "",
        reversed_by=reversal or "",
        adjusted_by=tuple(adjustments.values_list("reference", flat=True)),
    )


def value_time_of_correction(reference: str, *, now: datetime) -> datetime:
    """When a correction of that posting counts if it is booked now: with its original while the month of that is open, else now.

    A closed month keeps its figures; the link says which month the correction is about. Raises UnknownPosting.
    """
    posting = _posting(reference)
    return max(now, posting.value_at) if is_closed(posting.value_at) else posting.value_at


def _posting(reference: str) -> LedgerTransaction:
    posting: LedgerTransaction | None = (
        LedgerTransaction.objects.select_related("reverses", "adjusts").filter(reference=reference).first()
    )
    if posting is None:
        raise UnknownPosting(reference)
    return posting
