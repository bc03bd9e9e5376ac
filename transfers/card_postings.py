"""What is booked for cards: the capture, the batch, its payment, and what a cardholder takes back. References are deterministic."""

from datetime import datetime

from ledger import chart
from ledger.chart import AccountKind, ForcedKind
from ledger.commands import Line, PlaceHold, Posting, SettleHold
from transfers.models import CardBatch, CardDispute, Transfer
from transfers.postings import dimensions

KINDS = {
    "receivable": AccountKind.RECEIVABLE,
    "clearing": AccountKind.CLEARING,
    "expense:processing-fee": AccountKind.PROCESSING_FEE_EXPENSE,
    "expense:chargeback-loss": AccountKind.CHARGEBACK_LOSS,
}


def receivable(asset_id: str) -> str:
    """What the provider owes us for captures."""
    return f"receivable:psp:{asset_id}"


def clearing(asset_id: str) -> str:
    """What a batch says is on its way to our bank; nothing stays in it."""
    return f"clearing:psp:{asset_id}"


def processing_fee(asset_id: str) -> str:
    return chart.expense_account_code("processing-fee", asset_id)


def chargeback_loss(asset_id: str) -> str:
    return chart.expense_account_code("chargeback-loss", asset_id)


def rooms(asset_id: str) -> dict[str, AccountKind]:
    """Every account that cards need in this asset, with its kind."""
    codes = (receivable(asset_id), clearing(asset_id), processing_fee(asset_id), chargeback_loss(asset_id))
    return dict(zip(codes, KINDS.values(), strict=True))


def hold_reference(transfer: Transfer) -> str:
    return f"card-hold/{transfer.reference}"


def capture_reference(transfer: Transfer) -> str:
    return f"card-deposit/{transfer.reference}"


def capture(transfer: Transfer, *, value_at: datetime) -> Posting:
    """Dr what the provider owes us, Cr the client's money, on hold: all that the cardholder paid. Our fee to the provider is ours.

    Hold and credit come together, so that a client who owes us can be credited: what is available stays as it is.
    """
    asset = transfer.source_asset_id
    client = chart.client_account_code(transfer.client_id, asset)
    return Posting(
        reference=capture_reference(transfer),
        kind="card_deposit",
        value_at=value_at,
        lines=(Line.debit(receivable(asset), transfer.source_amount), Line.credit(client, transfer.source_amount)),
        holds=(PlaceHold(hold_reference(transfer), client, transfer.source_amount),),
        description=f"Card deposit {transfer.reference}",
        transaction_id=transfer.id,
        dimensions=dimensions(transfer.client_id, ""),
    )


def refund_hold(transfer: Transfer) -> str:
    return f"card-refund-hold/{transfer.reference}"


def refund(transfer: Transfer, deposit: Transfer, *, value_at: datetime) -> Posting:
    """Dr the client's money, Cr the provider's debt, which its next batch pays less of; linked to the capture. The provider
    does not give its fee for the capture back."""
    asset = transfer.source_asset_id
    client = chart.client_account_code(transfer.client_id, asset)
    return Posting(
        reference=f"card-refund/{transfer.reference}",
        kind="card_refund",
        value_at=value_at,
        lines=(Line.debit(client, transfer.source_amount), Line.credit(receivable(asset), transfer.source_amount)),
        holds=(SettleHold(transfer.hold_reference, transfer.source_amount),),
        description=f"Refund {transfer.reference} of card deposit {deposit.reference}",
        transaction_id=transfer.id,
        adjusts=capture_reference(deposit),
        dimensions=dimensions(transfer.client_id, ""),
    )


def batch(reported: CardBatch, *, value_at: datetime) -> Posting | None:
    """Dr clearing with what will come and the processing fees, Cr the provider's debt with what it settles by that. A batch that
    takes more than it gives stands the other way round; None for one that moves nothing.

    A chargeback's own fee was booked as a loss when the dispute was; the batch only pays it.
    """
    asset = reported.asset_id
    fees = sum(int(line["fee"]) for line in reported.lines if line["kind"] == "capture")
    lines = (
        *_debited(clearing(asset), reported.net),
        *_debited(processing_fee(asset), fees),
        *_debited(receivable(asset), -reported.net - fees),
    )
    if not lines:
        return None
    return Posting(
        reference=f"card-batch/{reported.reference}",
        kind="card_settlement",
        value_at=value_at,
        lines=lines,
        description=f"Settlement {reported.reference}",
    )


def _debited(account_code: str, amount: int) -> tuple[Line, ...]:
    """A debit, a credit for an amount below zero, no line for nothing."""
    if amount == 0:
        return ()
    return (Line.debit(account_code, amount) if amount > 0 else Line.credit(account_code, -amount),)


def payment(reported: CardBatch, *, nostro: str, value_at: datetime) -> Posting:
    """Dr the nostro, Cr clearing: the batch has come. The other way round where the provider has collected it from us."""
    return Posting(
        reference=f"card-batch-paid/{reported.reference}",
        kind="card_settlement_paid",
        value_at=value_at,
        lines=(*_debited(nostro, reported.net), *_debited(clearing(reported.asset_id), -reported.net)),
        description=f"Settlement {reported.reference} at the bank",
        settled_at=value_at,
    )


def chargeback_reference(dispute: CardDispute) -> str:
    return f"chargeback/{dispute.provider_id}"


def chargeback(dispute: CardDispute, *, given_back: int, value_at: datetime) -> Posting:
    """Dr the client's money, below zero if need be, Cr the provider's debt; linked to the capture that it takes back.

    `given_back` of it the client has paid already, by refunds and to disputes that stand: what is disputed beyond the rest is our
    loss, until the dispute is won.
    """
    transfer = dispute.transfer
    client = chart.client_account_code(transfer.client_id, transfer.source_asset_id)
    owed = min(int(dispute.amount), max(int(transfer.source_amount) - given_back, 0))
    twice = int(dispute.amount) - owed
    lost = (Line.debit(chargeback_loss(transfer.source_asset_id), twice),) if twice else ()
    paid = (Line.debit(client, owed),) if owed else ()
    return Posting(
        reference=chargeback_reference(dispute),
        kind="chargeback",
        value_at=value_at,
        lines=(*paid, *lost, Line.credit(receivable(transfer.source_asset_id), dispute.amount)),
        description=f"Chargeback {dispute.provider_id}",
        transaction_id=transfer.id,
        adjusts=capture_reference(transfer),
        forced_kind=ForcedKind.CHARGEBACK,
        dimensions=dimensions(transfer.client_id, ""),
    )


def dispute_fee(dispute: CardDispute, *, value_at: datetime) -> Posting:
    """Dr chargeback loss, Cr the provider's debt: it keeps its fee whoever wins."""
    transfer = dispute.transfer
    asset = transfer.source_asset_id
    return Posting(
        reference=f"chargeback-fee/{dispute.provider_id}",
        kind="chargeback_fee",
        value_at=value_at,
        lines=(Line.debit(chargeback_loss(asset), dispute.fee), Line.credit(receivable(asset), dispute.fee)),
        description=f"Fee of chargeback {dispute.provider_id}",
        transaction_id=transfer.id,
        dimensions=dimensions(transfer.client_id, ""),
    )
