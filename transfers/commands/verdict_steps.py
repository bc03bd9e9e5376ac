"""What every verdict is made of: the move with its evidence, the end with its code, the leg, the loss.

The fence grows with each: a driver that is in the middle of asking the outside finds at its next write that it was overtaken.
"""

from datetime import datetime
from typing import Any

from audit import clock
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from ledger.models import Account
from transfers import postings
from transfers.commands import moves, treasury
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.limit_shares import give_back_limits_of
from transfers.failures import FAILURES
from transfers.models import ChainTransaction, Leg, Transfer
from transfers.states import EvidenceState, MoneyState, RequestState, Status

LOST = "declared_lost"


def goes_on(transfer: Transfer, target: Status, evidence: str, about: dict[str, Any], **columns: Any) -> None:
    """Take the row of its machine on people's word. Raises IllegalTransition, Conflict."""
    moves.move(transfer, target, reason=evidence, data=about, fence=transfer.fence + 1, **columns)
    follow_arrival(transfer)


def stays(transfer: Transfer, kind: str, evidence: str, about: dict[str, Any], **columns: Any) -> None:
    """Where it is, no longer in doubt. Raises Conflict."""
    moves.note(transfer, kind, reason=evidence, data=about, fence=transfer.fence + 1, last_error="", **columns)


def fails(
    transfer: Transfer, code: str, evidence: str, about: dict[str, Any], *, due_at: datetime | None = None, **columns: Any
) -> None:
    """FAILED under `code`, with what the client was limited by given back. Raises IllegalTransition, Conflict."""
    give_back_limits_of(transfer)
    texts = {"failure_code": code, "failure_message": FAILURES[code].client_text}
    goes_on(transfer, Status.FAILED, evidence, about | {"code": code}, due_at=due_at, **texts, **columns)


def leg_is(leg: Leg, money: MoneyState) -> None:
    """Nothing is asked about it any more."""
    Leg.objects.filter(pk=leg.pk).update(money_state=money, request_state=RequestState.RESPONDED)


def leg_is_decided(leg: Leg, money: MoneyState) -> None:
    """Its movement is not to be proved any more: what people said stands for what the outside would have shown."""
    Leg.objects.filter(pk=leg.pk).update(money_state=money, evidence_state=EvidenceState.REPAIRED)


def book_gas(transfer: Transfer, sent: ChainTransaction, confirmation: int) -> None:
    """What the transaction has cost that a block holds."""
    if not sent.gas_cost:
        return
    post(
        postings.gas(
            transfer_id=transfer.id,
            tx_hash=sent.hash,
            gas_asset=treasury.gas_asset(sent.wallet.network),
            gas_account=sent.wallet.gas_account_code,
            cost=int(sent.gas_cost),
            value_at=clock.now(),
            spent_for=postings.dimensions(transfer.client_id, transfer.corridor_id or ""),
            confirmation=confirmation,
        )
    )


def write_off(transfer: Transfer, leg: Leg, *, gone_from: str) -> None:
    """Dr write-off, Cr the account that what the leg moved is gone from."""
    account = chart.expense_account_code("write-off", leg.asset_id)
    if not Account.objects.filter(code=account).exists():
        open_account(code=account, name=f"Write-off, {leg.asset_id}", kind=AccountKind.WRITE_OFF, asset_id=leg.asset_id)
    amount = int(leg.amount)
    post(
        Posting(
            reference=f"lost/{leg.reference}",
            kind="lost",
            value_at=clock.now(),
            lines=(Line.debit(account, amount), Line.credit(gone_from, amount)),
            description=f"Lost: {transfer.reference}",
            transaction_id=transfer.id,
            dimensions=postings.dimensions(transfer.client_id, transfer.corridor_id or ""),
        )
    )
