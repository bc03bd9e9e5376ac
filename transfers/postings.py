"""The postings of a transfer, worked out from its facts alone: no database, no clock.

The executor posts what these functions return, and the approval page previews what they return for the approved payload, so both
read from one table. Amounts are minor units; every posting balances per asset, a conversion through the two position accounts of
its pair. References are deterministic: posting the same step again is a no-op in the ledger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger import chart
from ledger.commands import Line, Posting, ReleaseHold, SettleHold


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """`principal`, `fee` of `source_asset`; `target` of `target_asset` for a conversion, 0 otherwise. Accounts are ledger codes.

    `confirmation` counts how often the chain has confirmed the payment: after a reorg the same payment is booked anew, under names
    of its own.
    """

    transfer_id: UUID
    reference: str
    client_id: str
    source_asset: str
    principal: int
    fee: int
    wallet_account: str
    hold_reference: str
    target_asset: str = ""
    target: int = 0
    settlement_account: str = ""
    nostro_account: str = ""
    corridor: str = ""
    confirmation: int = 1
    # The route of our own tokens between two addresses of ours: nobody is paid, and nothing is on hold.
    own_move: str = ""
    # Money that arrived and is nobody's goes back: out of this account, by the wallet or by a bank.
    suspense_account: str = ""

    @property
    def dimensions(self) -> dict[str, str]:
        return dimensions(self.client_id, self.corridor)


def dimensions(client_id: str, corridor: str) -> dict[str, str]:
    """What revenue and expense of a transfer are reported by."""
    return {name: value for name, value in (("client", client_id), ("corridor", corridor)) if value}


def payment(facts: PaymentFacts, *, value_at: datetime) -> tuple[Posting, ...]:
    """What is booked when the chain has confirmed: the withdrawal, or the conversion with the movement of tokens to the partner."""
    if facts.own_move:
        return (_own_move(facts, value_at),)
    if facts.suspense_account:
        return (send_back(facts, value_at=value_at),)
    if not facts.target_asset or facts.target_asset == facts.source_asset:
        return (_withdrawal(facts, value_at),)
    return (_conversion(facts, value_at), _to_partner(facts, value_at))


def _withdrawal(facts: PaymentFacts, value_at: datetime) -> Posting:
    return Posting(
        reference=numbered(f"withdrawal/{facts.reference}", facts.confirmation),
        kind="withdrawal",
        value_at=value_at,
        lines=(*_client_pays(facts), Line.credit(facts.wallet_account, facts.principal), *_fee_earned(facts)),
        holds=(SettleHold(facts.hold_reference, facts.principal + facts.fee),),
        description=f"Withdrawal {facts.reference}",
        transaction_id=facts.transfer_id,
        dimensions=facts.dimensions,
    )


def _conversion(facts: PaymentFacts, value_at: datetime) -> Posting:
    source, target = facts.source_asset, facts.target_asset
    return Posting(
        reference=conversion_reference(facts.reference, facts.confirmation),
        kind="conversion",
        value_at=value_at,
        lines=(
            *_client_pays(facts),
            Line.credit(chart.position_account_code(source, target, source), facts.principal),
            *_fee_earned(facts),
            Line.debit(chart.position_account_code(source, target, target), facts.target),
            Line.credit(chart.payable_account_code("payouts", target), facts.target),
        ),
        holds=(SettleHold(facts.hold_reference, facts.principal + facts.fee),),
        description=f"Conversion {facts.reference}",
        transaction_id=facts.transfer_id,
        dimensions=facts.dimensions,
    )


def _to_partner(facts: PaymentFacts, value_at: datetime) -> Posting:
    return Posting(
        reference=numbered(f"to-partner/{facts.reference}", facts.confirmation),
        kind="wallet_movement",
        value_at=value_at,
        lines=(Line.debit(facts.settlement_account, facts.principal), Line.credit(facts.wallet_account, facts.principal)),
        description=f"Tokens of {facts.reference} to the liquidity partner",
        transaction_id=facts.transfer_id,
        dimensions=facts.dimensions,
    )


def _own_move(facts: PaymentFacts, value_at: datetime) -> Posting:
    name = facts.own_move.replace("_", "-")
    return Posting(
        reference=numbered(f"{name}/{facts.reference}", facts.confirmation),
        kind=facts.own_move,
        value_at=value_at,
        lines=(Line.debit(facts.settlement_account, facts.principal), Line.credit(facts.wallet_account, facts.principal)),
        description=f"{name.capitalize().replace('-', ' ')} {facts.reference}",
        transaction_id=facts.transfer_id,
    )


def send_back(facts: PaymentFacts, *, value_at: datetime) -> Posting:
    """All that arrived leaves the unallocated money: to the wallet that has paid, or the payout that a bank is to make, but for the
    fee that we keep."""
    payer = facts.wallet_account or chart.payable_account_code("payouts", facts.source_asset)
    kept = (Line.credit(chart.fee_account_code("send-back", facts.source_asset), facts.fee),) if facts.fee else ()
    return Posting(
        reference=send_back_reference(facts.reference, facts.confirmation),
        kind="send_back",
        value_at=value_at,
        lines=(Line.debit(facts.suspense_account, facts.principal + facts.fee), Line.credit(payer, facts.principal), *kept),
        description=f"Sent back by {facts.reference}",
        transaction_id=facts.transfer_id,
    )


def send_back_reference(reference: str, confirmation: int = 1) -> str:
    return numbered(f"send-back/{reference}", confirmation)


def _client_pays(facts: PaymentFacts) -> tuple[Line, ...]:
    return (Line.debit(chart.client_account_code(facts.client_id, facts.source_asset), facts.principal + facts.fee),)


def _fee_earned(facts: PaymentFacts) -> tuple[Line, ...]:
    return (Line.credit(chart.fee_account_code("withdrawal", facts.source_asset), facts.fee),) if facts.fee else ()


def payout_reference(reference: str) -> str:
    return f"payout/{reference}"


def conversion_reference(reference: str, confirmation: int = 1) -> str:
    return numbered(f"conversion/{reference}", confirmation)


def numbered(reference: str, confirmation: int) -> str:
    """The name of what is booked at the first, second, ... confirmation of one payment."""
    return reference if confirmation == 1 else f"{reference}/{confirmation}"


def gas(
    *,
    transfer_id: UUID,
    tx_hash: str,
    gas_asset: str,
    gas_account: str,
    cost: int,
    value_at: datetime,
    spent_for: Mapping[str, str],
    confirmation: int = 1,
) -> Posting:
    """The network's fee, borne by the house, in the gas asset's minor units; one per transaction hash and confirmation.
    `spent_for`: dimensions."""
    return Posting(
        reference=gas_reference(tx_hash, confirmation),
        kind="network_fee",
        value_at=value_at,
        lines=(Line.debit(chart.expense_account_code("network-fee", gas_asset), cost), Line.credit(gas_account, cost)),
        description=f"Gas of {tx_hash}",
        transaction_id=transfer_id,
        dimensions=spent_for,
    )


def gas_reference(tx_hash: str, confirmation: int = 1) -> str:
    """Reference of the posting that booked what sending this transaction cost."""
    return numbered(f"gas/{tx_hash}", confirmation)


def internal(
    *,
    transfer_id: UUID,
    reference: str,
    asset: str,
    sender: str,
    receiver: str,
    principal: int,
    fee: int,
    hold_reference: str | None,
    corridor: str,
    value_at: datetime,
) -> Posting:
    """From one client's balance to another's, in one posting; the fee is the sender's. Without a hold of its own it is one of a
    batch, whose hold covers them all."""
    return Posting(
        reference=internal_reference(reference),
        kind="internal_transfer",
        value_at=value_at,
        lines=(
            Line.debit(chart.client_account_code(sender, asset), principal + fee),
            Line.credit(chart.client_account_code(receiver, asset), principal),
            *((Line.credit(chart.fee_account_code("internal", asset), fee),) if fee else ()),
        ),
        holds=() if hold_reference is None else (SettleHold(hold_reference, principal + fee),),
        description=f"Internal transfer {reference}",
        transaction_id=transfer_id,
        dimensions=dimensions(sender, corridor),
    )


def internal_reference(reference: str) -> str:
    return f"internal/{reference}"


def payout(facts: PaymentFacts, *, value_at: datetime, settled_at: datetime) -> Posting:
    """The bank has paid: what we owed to the beneficiary leaves the nostro."""
    return Posting(
        reference=payout_reference(facts.reference),
        kind="payout",
        value_at=value_at,
        lines=(
            Line.debit(chart.payable_account_code("payouts", facts.target_asset), facts.target),
            Line.credit(facts.nostro_account, facts.target),
        ),
        description=f"Payout {facts.reference}",
        transaction_id=facts.transfer_id,
        dimensions=facts.dimensions,
        settled_at=settled_at,
    )


def desk_settlement(
    *,
    transfer_id: UUID,
    reference: str,
    source_asset: str,
    delivered: int,
    settlement_account: str,
    target_asset: str,
    received: int,
    received_from: str,
    value_at: datetime,
) -> Posting:
    """A desk has the tokens and has paid for them with unallocated money, which `received_from` holds. What it paid more or less
    than quoted stays in the position, to be seen."""
    return Posting(
        reference=f"desk-settlement/{reference}",
        kind="desk_settlement",
        value_at=value_at,
        lines=(
            Line.debit(chart.position_account_code(source_asset, target_asset, source_asset), delivered),
            Line.credit(settlement_account, delivered),
            Line.debit(received_from, received),
            Line.credit(chart.position_account_code(source_asset, target_asset, target_asset), received),
        ),
        description=f"Settlement of {reference} with the desk",
        transaction_id=transfer_id,
        settled_at=value_at,
    )


def released(hold_reference: str) -> ReleaseHold:
    """The reserved funds go back to the client's available balance."""
    return ReleaseHold(hold_reference)
