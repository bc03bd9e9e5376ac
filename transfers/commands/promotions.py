"""Cashback: what a promotion adds to a conversion, out of house money that was set aside for it.

The budget is a guarded account of the ledger: it cannot be overdrawn, whoever pays from it and however many at once. A promotion
whose budget does not cover a cashback any more pays none; the conversion itself is never touched by it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from audit import clock
from audit.commands import record
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import open_account, post
from ledger.queries import balance
from transfers.conversion import postings, terms
from transfers.conversion.postings import ConversionFacts
from transfers.errors import Refused
from transfers.models import Cashback, Promotion, Transfer

CREATED, FUNDED = "promotion.created", "promotion.funded"
AUDIT_TYPES = (CREATED, FUNDED)


@dataclass(frozen=True, slots=True)
class Gift:
    """`amount` in minor units of the conversion's target asset."""

    promotion: str
    amount: int


@transaction.atomic
def create_promotion(
    *, code: str, title: str, corridor_id: str, asset_id: str, bps: int, starts_at: datetime, ends_at: datetime
) -> Promotion:
    """A promotion on conversions of one corridor, with no money yet. The same code again returns the first."""
    terms_given = {"title": title, "corridor_id": corridor_id, "asset_id": asset_id, "bps": bps}
    found, is_new = Promotion.objects.get_or_create(
        code=code, defaults={**terms_given, "starts_at": starts_at, "ends_at": ends_at, "created_at": clock.now()}
    )
    if is_new:
        open_account(
            code=chart.promotion_account_code(code, asset_id),
            name=f"Set aside for {title}",
            kind=AccountKind.HOUSE_FUNDING,
            asset_id=asset_id,
            guarded=True,
        )
        record(type=CREATED, resource_type="promotion", resource_id=code, metadata=terms_given)
    return found


@transaction.atomic
def fund_promotion(*, code: str, amount: int, reference: str) -> None:
    """Set `amount` minor units of house money aside. Repeating the reference changes nothing.

    Raises Refused when there is no such promotion, or the house has less of its own: no budget is made of nothing.
    """
    promotion = Promotion.objects.select_for_update().filter(pk=code).first()
    if promotion is None:
        raise Refused("not_found", f"There is no promotion {code}.")
    own = balance(chart.house_account_code("funding", promotion.asset_id)).posted
    if own < amount:
        raise Refused("insufficient_funds", f"The house has {max(own, 0)} minor units of {promotion.asset_id} of its own.")
    asset = promotion.asset_id
    posted = post(postings.funding(promotion=code, asset=asset, amount=amount, reference=reference, value_at=promotion.created_at))
    if not posted.replayed:
        record(type=FUNDED, resource_type="promotion", resource_id=code, metadata={"amount": str(amount), "reference": reference})


def cashback_for(transfer: Transfer, client_gets: int) -> Gift | None:
    """What the promotion in force adds now, None where there is none or its budget does not cover it."""
    return gift_on(transfer.corridor_id or "", transfer.target_asset_id, client_gets)


def gift_on(corridor_id: str, asset_id: str, client_gets: int) -> Gift | None:
    """The same for a conversion that nobody has ordered yet: by the time it is carried out another may have used the budget up."""
    now = clock.now()
    in_force = Promotion.objects.filter(
        Q(starts_at__lte=now, ends_at__gt=now), corridor_id=corridor_id, asset_id=asset_id
    ).order_by("-bps", "code")
    for promotion in in_force:
        amount = terms.cashback(client_gets, promotion.bps)
        if 0 < amount <= balance(chart.promotion_account_code(promotion.code, promotion.asset_id)).available:
            return Gift(promotion.code, amount)
    return None


def pay(gift: Gift, transfer: Transfer, facts: ConversionFacts, *, value_at: datetime) -> None:
    """In the conversion's transaction. Raises InsufficientFunds when another has used the budget up meanwhile: the step is then
    taken again, without it."""
    post(postings.cashback(facts, amount=gift.amount, promotion=gift.promotion, value_at=value_at))
    Cashback.objects.create(
        transfer=transfer,
        promotion_id=gift.promotion,
        asset_id=transfer.target_asset_id,
        amount=gift.amount,
        paid_at=value_at,
    )
