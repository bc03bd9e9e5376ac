"""The postings of a conversion and of the cashback beside it, worked out from their facts alone.

Both sides of a conversion pass the position accounts of the pair, which are the same two for both directions: what is left in
them is the house's open position. Each posting balances per asset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ledger import chart
from ledger.commands import Line, Posting, SettleHold
from transfers.conversion.terms import Split

PRODUCT = "conversion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionFacts:
    """`principal` and `fee` in minor units of the source asset, `split` in those of the target asset."""

    transfer_id: UUID
    reference: str
    client_id: str
    source_asset: str
    target_asset: str
    principal: int
    fee: int
    split: Split
    hold_reference: str
    dimensions: Mapping[str, str] = field(default_factory=dict)


def conversion(facts: ConversionFacts, *, value_at: datetime) -> Posting:
    """The client's source balance pays, its target balance gets; spread, fee and the rest of the rounding are the house's."""
    source, target = facts.source_asset, facts.target_asset
    ours, theirs = (chart.client_account_code(facts.client_id, asset) for asset in (target, source))
    lines = (
        Line.debit(theirs, facts.principal + facts.fee),
        Line.credit(position(source, target, source), facts.principal),
        *_credit(chart.fee_account_code(PRODUCT, source), facts.fee),
        Line.debit(position(source, target, target), facts.split.market),
        *_credit(ours, facts.split.client),
        *_credit(chart.spread_account_code(source, target, target), facts.split.spread),
        *_credit(chart.rounding_account_code(target), facts.split.rounding),
    )
    return Posting(
        reference=reference_of(facts.reference),
        kind="conversion",
        value_at=value_at,
        lines=lines,
        holds=(SettleHold(facts.hold_reference, facts.principal + facts.fee),),
        description=f"Conversion {facts.reference}",
        transaction_id=facts.transfer_id,
        dimensions=facts.dimensions,
    )


def cashback(facts: ConversionFacts, *, amount: int, promotion: str, value_at: datetime) -> Posting:
    """A promotion pays the client: an expense of the house, out of money that was set aside for it and is used up by it."""
    asset = facts.target_asset
    return Posting(
        reference=f"cashback/{facts.reference}",
        kind="cashback",
        value_at=value_at,
        lines=(
            Line.debit(chart.expense_account_code("promotional", asset), amount),
            Line.credit(chart.client_account_code(facts.client_id, asset), amount),
            Line.debit(chart.promotion_account_code(promotion, asset), amount),
            Line.credit(chart.house_account_code("funding", asset), amount),
        ),
        description=f"Cashback of {promotion} on {facts.reference}",
        transaction_id=facts.transfer_id,
        metadata={"promotion": promotion},
        dimensions=facts.dimensions,
    )


def funding(*, promotion: str, asset: str, amount: int, reference: str, value_at: datetime) -> Posting:
    """House money is set aside for a promotion: no more than this can ever be paid out by it."""
    return Posting(
        reference=f"promotion-funding/{promotion}/{reference}",
        kind="promotion_funding",
        value_at=value_at,
        lines=(
            Line.debit(chart.house_account_code("funding", asset), amount),
            Line.credit(chart.promotion_account_code(promotion, asset), amount),
        ),
        description=f"Budget of {promotion}",
    )


def reference_of(reference: str) -> str:
    return f"conversion/{reference}"


def position(source: str, target: str, asset: str) -> str:
    """The position account of the pair in `asset`, whichever way the conversion goes: the token stands first."""
    first, second = sorted((source, target), key=lambda one: ("." not in one, one))
    return chart.position_account_code(first, second, asset)


def _credit(code: str, amount: int) -> tuple[Line, ...]:
    return (Line.credit(code, amount),) if amount else ()
