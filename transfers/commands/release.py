"""The registered action `transfer.release`: a vote on a transfer, and what follows from it in the same transaction.

The transfer is locked before its request (DECISIONS); so the console finds this command through the registry, outside any
transaction.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import cast
from approvals.destinations import CLIENT_ACCOUNT, OWN_BALANCE
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from ledger.money import Money
from ledger.queries import unit
from transfers import locks
from transfers.commands import moves, stopped
from transfers.commands.create import RELEASE_ACTION
from transfers.commands.deadlines import deadline
from transfers.commands.ending import end_unsent
from transfers.commands.expire import expire_release
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict
from transfers.models import Transfer
from transfers.states import CONVERTING, Route, Status
from transfers.wording import status_text

DECIDE_PERMISSION = "approvals.decide_request"


def decide_release(vote: DecideInput) -> VoteOutcome:
    """One vote. The last approval makes the transfer due, a rejection cancels it and gives everything back.

    Raises what `cast_vote` raises; Halted for an approval while a halt covers the transfer (rejecting stays possible); Conflict
    when the transfer has moved on.
    """
    subject = ApprovalRequest.objects.values_list("subject_id", flat=True).get(pk=vote.request_id)
    with transaction.atomic():
        transfer = locks.transfer(UUID(subject))
        if transfer.status != Status.CREATED or transfer.approval_request_id != vote.request_id:
            raise Conflict(f"The transfer is {Status(transfer.status).quoted} by now; there is nothing left to decide.")
        outcome = cast(vote)
        if vote.decision == "approve":
            stopped.check(transfer)
        _act_on(transfer, outcome, vote)
        crashpoint("release.before_commit")
    return outcome


def _act_on(transfer: Transfer, outcome: VoteOutcome, vote: DecideInput) -> None:
    if outcome.status == ApprovalRequest.Status.REJECTED:
        end_unsent(transfer, Status.CANCELLED, failure_code="approval_rejected", reason=vote.reason)
    elif outcome.status == ApprovalRequest.Status.APPROVED:
        text = status_text(Route(transfer.route), Status.CREATED)
        data = {"request": str(vote.request_id), "collected": outcome.collected, "quorum": outcome.quorum}
        now = clock.now()
        moves.note(
            transfer,
            "transfer.approved",
            data=data,
            due_at=now,
            deadline_at=deadline(transfer, Status.CREATED, now),
            status_text=text,
        )
        wake_after_commit(transfer.id)


def describe(payload: dict[str, Any]) -> list[Fact]:
    """What the approver reads, from the stored bytes alone."""
    source, target = unit(payload["source_asset"]), unit(payload["target_asset"])
    facts = [
        Fact("Client", payload["client_id"], "client"),
        Fact("Amount", f"{Money(int(payload['source_amount']), source).format()} {source.code}", "money"),
        Fact("Asset", payload["source_asset"], "asset"),
        *_destination(payload),
        Fact("Fee, at most", f"{Money(int(payload['max_fee']), source).format()} {source.code}", "money"),
        Fact("Total debit, at most", f"{Money(int(payload['max_total_debit']), source).format()} {source.code}", "money"),
    ]
    if payload["route"] in CONVERTING:
        least = f"{Money(int(payload['min_target_amount']), target).format()} {target.code}"
        facts.append(Fact("Destination gets, at least", least, "money"))
    return [
        *facts,
        Fact("Corridor", payload["corridor"]),
        *_chain(payload),
        Fact("Good until", payload["not_after"], "time"),
        Fact("Reference", payload["reference"], "reference"),
        Fact("Client's reference", payload["client_reference"] or "none"),
    ]


def _chain(payload: dict[str, Any]) -> list[Fact]:
    """Nothing where the money stays in our own books."""
    if "chain" not in payload:
        return []
    return [
        Fact("Paid from wallet", f"{payload['chain']['wallet']} {payload['chain']['wallet_address']}", "address"),
        Fact("On-chain recipient", payload["chain"]["recipient"], "address"),
        Fact("Token contract", f"{payload['chain']['token_contract']} on chain {payload['chain']['chain_id']}", "address"),
    ]


def _destination(payload: dict[str, Any]) -> list[Fact]:
    details = payload["destination"]
    if details["type"] == CLIENT_ACCOUNT:
        return [Fact("Receiver", details["client"], "client")]
    if details["type"] == OWN_BALANCE:
        return [Fact("Into", f"the client's own balance in {payload['target_asset']}")]
    if details["type"] == "crypto_address":
        return [Fact("Destination", f"{details['address']} on {details['network']}", "address")]
    number = details.get("iban") or details.get("clabe") or ""
    return [Fact("Beneficiary", details["name"]), Fact("Destination", f"{number} in {details['country']}", "bank_account")]


def register_action() -> None:
    register(
        Action(
            name=RELEASE_ACTION,
            title="Release a transfer",
            check_permission=DECIDE_PERMISSION,
            decide=decide_release,
            describe=describe,
            expire=expire_release,
        )
    )
