"""What a verdict about an order to the card provider does: as if its record had shown the payment, or had shown that there is none.

The transfer and its leg are locked. The order's own record stays as it is: it never had an answer. What a later batch of the
provider shows otherwise becomes a break.
"""

from typing import Any

from audit import clock
from ledger.commands import apply_holds, post
from transfers import card_postings, locks, postings
from transfers.commands import moves
from transfers.commands.advance.card import credit
from transfers.commands.verdict_steps import LOST, fails, goes_on, leg_is, write_off
from transfers.models import CardRefund, Leg, Transfer
from transfers.states import MoneyState, RequestState, Route, Status

UNREFUNDED, UNCHARGED = "refund_declared_unpaid", "card_declared_uncharged"
_ANSWERED: dict[str, Any] = {"request_state": RequestState.RESPONDED}


def decided(transfer: Transfer, leg: Leg, evidence: str, about: dict[str, Any]) -> None:
    """Raises IllegalTransition, Conflict and what the ledger raises."""
    paid = about["verdict"] == "paid"
    if transfer.route == Route.CARD_REFUND:
        (_refunded if paid else _not_refunded)(transfer, leg, evidence, about)
        return
    (_charged if paid else _not_charged)(transfer, leg, evidence, about)


def _charged(transfer: Transfer, leg: Leg, evidence: str, about: dict[str, Any]) -> None:
    """Credited and on hold, as by the provider's answer; its batch ends the hold."""
    credit(transfer, leg, reason=evidence, data=about, fence=transfer.fence + 1)


def _not_charged(transfer: Transfer, leg: Leg, evidence: str, about: dict[str, Any]) -> None:
    """Nothing was booked, and nothing is."""
    leg_is(leg, MoneyState.NONE)
    fails(transfer, UNCHARGED, evidence, about, **_ANSWERED)


def _refunded(transfer: Transfer, leg: Leg, evidence: str, about: dict[str, Any]) -> None:
    """As if the card provider had shown the refund: one of its batches ends it."""
    now, deposit = clock.now(), CardRefund.objects.select_related("deposit").get(transfer=transfer).deposit
    leg_is(leg, MoneyState.POSTED)
    goes_on(transfer, Status.CONFIRMED, evidence, about, money_state=MoneyState.POSTED, due_at=now, **_ANSWERED)
    told = {"refund": transfer.reference, "amount": str(transfer.source_amount), "asset": transfer.source_asset_id}
    charged, words = locks.transfer(deposit.pk), f"Refunded to the card by {transfer.reference}, on evidence that two people read."
    moves.note(charged, "transfer.card_refunded", reason=words, data=told)
    post(card_postings.refund(transfer, deposit, value_at=now))


def _not_refunded(transfer: Transfer, leg: Leg, evidence: str, about: dict[str, Any]) -> None:
    """The client's hold is released. Lost: what the provider owes us counts as less by it."""
    code = LOST if about["verdict"] == "lost" else UNREFUNDED
    leg_is(leg, MoneyState.NONE)
    fails(transfer, code, evidence, about, money_state=MoneyState.NONE, **_ANSWERED)
    apply_holds(postings.released(transfer.hold_reference), transaction_id=transfer.id)
    if code == LOST:
        write_off(transfer, leg, gone_from=leg.account_code)
