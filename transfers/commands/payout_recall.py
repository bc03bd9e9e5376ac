"""Calling a payout back from the bank: an operator asks with a reason, somebody else approves, then the bank is asked.

Nothing is booked by asking, nor by the bank's consent. What was not paid yet is rejected by the bank, and what was comes back as a
credit on the statement: both are booked as they always are. A refusal, or silence, leaves the payout as it is.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import canonical
from approvals.commands.carrying_out import cast
from approvals.commands.requests import mark_executed, open_request
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from audit.identity import new_reference
from ledger.money import Money
from ledger.queries import unit
from transfers import locks
from transfers.commands import moves
from transfers.commands.deciding import decide_on_transfer
from transfers.commands.recall_states import GIVE_UP_AFTER, ORDERED
from transfers.commands.verdicts import LIVES, ROLE, makers_of
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused
from transfers.models import Leg, PayoutRecall, Transfer
from transfers.rails.bank.camt056 import REASONS
from transfers.states import RequestState, Status
from transfers.uncertain import BANK

ACTION = "transfer.recall_payout"
SCHEMA = "transfer.recall_payout/1"
# The one who asks, and one more.
QUORUM = 1
DECIDE_PERMISSION = "approvals.decide_request"
AT_THE_BANK = (Status.CONFIRMED, Status.FIAT_SETTLED, Status.RECONCILED)
_OPEN = (PayoutRecall.Status.ORDERED, PayoutRecall.Status.ASKED)


def why_not(transfer: Transfer, legs: dict[str, Leg]) -> str:
    """The reason why it cannot be called back now, as a sentence; empty when it can."""
    bank = legs.get(BANK)
    if bank is None:
        return "It goes over no bank."
    if transfer.status not in AT_THE_BANK or bank.request_state == RequestState.RECEIVED:
        return "Only what is with a bank can be called back from it."
    known = PayoutRecall.objects.filter(leg=bank).order_by("-ordered_at").first()
    if known is not None and known.status in _OPEN:
        return "It is being called back already; the bank has not answered yet."
    if known is not None and known.status == PayoutRecall.Status.ACCEPTED:
        return "The bank has agreed to send it back; it comes with a statement."
    return ""


def ask(*, transfer_id: UUID, reason_code: str, reason: str, maker: UUID) -> ApprovalRequest:
    """Ask somebody else to approve it. Nothing changes by asking.

    Raises NotFound, Refused without a reason, Conflict where it cannot be called back, RequestAlreadyPending.
    """
    if reason_code not in REASONS or not reason.strip():
        raise Refused("invalid_request", "Say why it is called back.", {"reason": "Say why it is called back."})
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        legs = locks.legs(transfer_id)
        if obstacle := why_not(transfer, legs):
            raise Conflict(obstacle)
        return open_request(
            action=ACTION,
            subject_type="transfer",
            subject_id=str(transfer.id),
            client_id=transfer.client_id,
            title=f"{transfer.reference}: call the payout back. {REASONS[reason_code]}",
            payload=_payload(transfer, legs[BANK], reason_code, reason.strip()),
            quorum=QUORUM,
            role=ROLE,
            expires_at=clock.now() + LIVES,
            makers=[maker, *makers_of(transfer, but=maker)],
        )


def _payload(transfer: Transfer, leg: Leg, reason_code: str, reason: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "transfer_id": str(transfer.id),
        "reference": transfer.reference,
        "client_id": transfer.client_id,
        "leg": leg.reference,
        "status": transfer.status,
        "asset": leg.asset_id,
        "amount": str(leg.amount),
        "to": leg.counterparty.get("name", ""),
        "reason_code": reason_code,
        "reason": reason,
    }


def decide(vote: DecideInput) -> VoteOutcome:
    """One vote; the approval orders the recall in the same database transaction.

    A halt does not keep it back: calling money back sends none. Raises what `cast_vote` raises; NotCarriedOut when there is nothing
    to call back any more, which ends the request.
    """
    return decide_on_transfer(vote, _decide)


def _decide(vote: DecideInput, transfer_id: UUID) -> VoteOutcome:
    transfer = locks.transfer(transfer_id)
    legs = locks.legs(transfer_id)
    outcome = cast(vote)
    if outcome.status == ApprovalRequest.Status.APPROVED:
        if obstacle := why_not(transfer, legs):
            raise Conflict(obstacle)
        request = ApprovalRequest.objects.get(pk=vote.request_id)
        content = canonical.read(request.payload, request.digest)
        mark_executed(request.id, bytes(request.digest))
        _order(transfer, legs[BANK], request, content)
        crashpoint("payout_recall.before_commit")
    return outcome


def _order(transfer: Transfer, leg: Leg, request: ApprovalRequest, content: dict[str, Any]) -> None:
    now = clock.now()
    made = PayoutRecall.objects.create(
        reference=new_reference(),
        transfer=transfer,
        leg=leg,
        approval_request=request,
        reason_code=content["reason_code"],
        reason=content["reason"],
        due_at=now,
        ordered_at=now,
        give_up_at=now + GIVE_UP_AFTER,
    )
    data = {"recall": str(made.pk), "reason_code": made.reason_code, "leg": leg.reference}
    moves.note(transfer, ORDERED, reason=content["reason"], data=data)


def describe(payload: dict[str, Any]) -> list[Fact]:
    """What the approver reads, from the stored bytes alone."""
    asset = unit(payload["asset"])
    return [
        Fact("Transfer", payload["reference"], "reference", payload["transfer_id"]),
        Fact("Client", payload["client_id"], "client"),
        Fact("Call back", f"{Money(int(payload['amount']), asset).format()} {asset.code}", "money"),
        Fact("Paid to", payload["to"] or "nobody by name"),
        Fact("State", Status(payload["status"]).words),
        Fact("Why", f"{REASONS[payload['reason_code']]} ({payload['reason_code']})"),
        Fact("In words", payload["reason"]),
        Fact("What follows", "The bank is asked. It may refuse: the payout then stands. Until money is back nothing is booked."),
    ]


def register_action() -> None:
    register(
        Action(
            name=ACTION,
            title="Call a payout back from the bank",
            check_permission=DECIDE_PERMISSION,
            decide=decide,
            describe=describe,
        )
    )
