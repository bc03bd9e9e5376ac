"""Promotions as people look at them: what each promises, what was set aside for it, what it has paid, and what is left."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from audit import clock
from ledger import chart
from ledger.queries import balance
from transfers.models import Cashback, Promotion


@dataclass(frozen=True, slots=True)
class Standing:
    """`budget`, `spent` and `left` are minor units of the promotion's asset; `payments` counts the conversions it was paid on."""

    promotion: Promotion
    budget: int
    spent: int
    left: int
    payments: int

    @property
    def state(self) -> str:
        """running, waiting (begins later), ended, or empty: it pays nothing any more until it gets money."""
        now = clock.now()
        if now >= self.promotion.ends_at:
            return "ended"
        if now < self.promotion.starts_at:
            return "waiting"
        return "running" if self.left > 0 else "empty"


def standings() -> list[Standing]:
    """The newest first."""
    paid = {
        row["promotion_id"]: (int(row["spent"]), int(row["payments"]))
        for row in Cashback.objects.values("promotion_id").annotate(spent=Sum("amount"), payments=Count("pk")).order_by()
    }
    rows = Promotion.objects.select_related("corridor", "asset").order_by("-created_at", "code")
    return [_standing(one, *paid.get(one.pk, (0, 0))) for one in rows]


def _standing(promotion: Promotion, spent: int, payments: int) -> Standing:
    kept = balance(chart.promotion_account_code(promotion.pk, promotion.asset_id))
    return Standing(promotion, kept.credits, spent, kept.available, payments)
