"""Refunding a card deposit, whole or in part, through four eyes: the registered action `card.refund`.

The last vote puts the amount on hold in the client's balance and makes a transfer that the driver takes to the card provider. Never
more than was captured and is neither refunded nor lost to the cardholder; never more than the client has available.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum

from approvals import canonical
from approvals.commands.carrying_out import cast
from approvals.commands.requests import dismiss, mark_executed, open_request
from approvals.corrections.quorum import quorum_for
from approvals.errors import NotCarriedOut, QuorumTooSmall
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from audit.identity import new_id, new_reference
from ledger import chart
from ledger.errors import InsufficientFunds
from ledger.money import Money
from ledger.queries import balance, unit
from transfers import locks
from transfers.commands.advance.permit import no_halt
from transfers.commands.deposits.cards import PSP
from transfers.commands.deposits.refund_making import make
from transfers.commands.deposits.refund_payload import ACTION, ROLE, content_of
from transfers.errors import Conflict, Refused
from transfers.models import CardDispute, Transfer
from transfers.states import Route, Status

LIVES = timedelta(hours=24)
CAPTURED = (Status.CONFIRMED, Status.FIAT_SETTLED, Status.RECONCILED)
_LOST = "declared_lost"
_NOT_REFUNDED = (Status.FAILED, Status.CANCELLED, Status.EXPIRED)
TOO_LITTLE = "The client has less than that available: a deposit is on hold until the card provider has paid us for it."


def refundable(deposit: Transfer) -> int:
    """What of a card deposit can still be refunded, in minor units; 0 for anything else."""
    if deposit.route != Route.CARD_DEPOSIT or deposit.status not in CAPTURED:
        return 0
    return max(left(deposit), 0)


def left(deposit: Transfer) -> int:
    """What of it neither goes back nor is lost to the cardholder, in minor units; below zero where both have happened."""
    lost = CardDispute.objects.filter(transfer=deposit, status=CardDispute.Status.LOST).aggregate(sum=Sum("amount"))["sum"]
    return int(deposit.source_amount) - refunded(deposit) - int(lost or 0)


def refunded(deposit: Transfer) -> int:
    """What goes back to the card or has gone, in minor units."""
    # What was declared lost may be with the cardholder, so it is not given again.
    nothing_went = Q(status__in=_NOT_REFUNDED) & ~Q(failure_code=_LOST)
    given = Transfer.objects.filter(card_refund__deposit=deposit).exclude(nothing_went)
    return int(given.aggregate(sum=Sum("source_amount"))["sum"] or 0)


def request_refund(*, deposit_id: UUID, amount: int, reason: str, maker: UUID) -> ApprovalRequest:
    """Ask that `amount` (minor units) go back to the card. Nothing moves yet.

    Raises NotFound, Conflict (nothing was captured), Refused (amount, funds, no reason), RequestAlreadyPending.
    """
    if not reason.strip():
        raise Refused("invalid_request", "Say why it is refunded.", {"reason": "Say why it is refunded."})
    with transaction.atomic():
        deposit = locks.transfer(deposit_id)
        _check(deposit, amount)
        content = content_of(
            deposit,
            transfer_id=new_id(),
            reference=new_reference(),
            amount=amount,
            reason=reason.strip(),
            not_after=clock.now() + LIVES,
        )
        return open_request(
            action=ACTION,
            subject_type="transfer",
            subject_id=str(deposit.pk),
            client_id=deposit.client_id,
            title=f"Refund {_amount(content, 'amount')} of card deposit {deposit.reference}",
            payload=content,
            quorum=_quorum(content),
            role=ROLE,
            expires_at=clock.now() + LIVES,
            makers=[maker],
        )


def _check(deposit: Transfer, amount: int) -> None:
    if deposit.route != Route.CARD_DEPOSIT or deposit.status not in CAPTURED:
        raise Conflict("Only a card that was charged can be refunded.")
    left, asset = refundable(deposit), unit(deposit.source_asset_id)
    if not 0 < amount <= left:
        words = f"At most {Money(left, asset).format()} {asset.code} of it can be refunded."
        raise Refused("invalid_amount", words, {"amount": words})
    if balance(chart.client_account_code(deposit.client_id, deposit.source_asset_id)).available < amount:
        raise Refused("insufficient_funds", TOO_LITTLE, {"amount": TOO_LITTLE})


def decide_refund(vote: DecideInput) -> VoteOutcome:
    """One vote; the last approval holds the amount and makes the transfer in the same database transaction.

    Raises what `cast_vote` raises; Halted for an approval while a halt covers client, account or card provider; NotCarriedOut when
    so much cannot be refunded any more, which ends the request.
    """
    subject = ApprovalRequest.objects.values_list("subject_id", flat=True).get(pk=vote.request_id)
    try:
        with transaction.atomic():
            return _decide(vote, UUID(subject))
    except (Conflict, Refused) as conflict:
        dismiss(vote.request_id, f"Approved, but not carried out: {conflict}")
        raise NotCarriedOut(str(conflict)) from conflict


def _decide(vote: DecideInput, deposit_id: UUID) -> VoteOutcome:
    deposit = locks.transfer(deposit_id)
    outcome = cast(vote)
    if vote.decision == "approve":
        no_halt(deposit, provider=PSP)
    if outcome.status == ApprovalRequest.Status.APPROVED:
        request = ApprovalRequest.objects.get(pk=vote.request_id)
        _carry_out(request, canonical.read(request.payload, request.digest), deposit)
    return outcome


def _carry_out(request: ApprovalRequest, content: dict[str, Any], deposit: Transfer) -> None:
    if request.quorum < _quorum(content) or request.role != ROLE:
        raise QuorumTooSmall
    _check(deposit, int(content["amount"]))
    mark_executed(request.id, bytes(request.digest))
    try:
        make(request, content, deposit)
    except InsufficientFunds as error:
        raise Refused("insufficient_funds", TOO_LITTLE) from error


def _quorum(content: dict[str, Any]) -> int:
    """As for a correction of that size."""
    line = {"asset": content["asset"], "debit": content["amount"], "credit": "0"}
    return quorum_for({"verb": "refund", "forced_kind": "", "lines": [line]})


def _amount(content: dict[str, Any], name: str) -> str:
    asset = unit(content["asset"])
    return f"{Money(int(content[name]), asset).format()} {asset.code}"


def describe(content: dict[str, Any]) -> list[Fact]:
    """What the approver reads, from the stored bytes alone."""
    return [
        Fact("Client", content["client_id"], "client"),
        Fact("Goes back to the card", _amount(content, "amount"), "money"),
        Fact("Was charged", _amount(content, "captured"), "money"),
        Fact("Fee", "None is kept. What the provider took for the charge stays our expense."),
        Fact("Card deposit", content["deposit_reference"], "reference", content["deposit"]),
        Fact("Why", content["reason"]),
        Fact("Good until", content["not_after"], "time"),
        Fact("Reference", content["reference"], "reference"),
    ]


def register_action() -> None:
    register(
        Action(
            name=ACTION,
            title="Refund a card deposit",
            check_permission="approvals.decide_request",
            decide=decide_refund,
            describe=describe,
        )
    )
