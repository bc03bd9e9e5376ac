"""What people decide where the outside does not answer, or contradicts itself: lost, paid, or not paid. Two, on evidence, besides
the one who asks.

`transfer.declare_lost` gives the client back what was reserved or taken, and the loss is the house's: the books then say that the
money left, which is the worst that can be true. `transfer.override` takes somebody's word for what the chain or the bank would have
said. What may be decided where, and what follows, is in `verdict_rules`. Both are bound to the version of the transfer that was
looked at: when the outside answers meanwhile, they are void.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals import canonical
from approvals.commands.carrying_out import cast
from approvals.commands.requests import mark_executed, open_request
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from ledger.money import Money
from ledger.queries import unit
from transfers import locks
from transfers.commands.advance.permit import no_halt
from transfers.commands.deciding import decide_on_transfer
from transfers.commands.verdict_moves import carry_out
from transfers.commands.verdict_rules import Verdict, in_words, why_not
from transfers.errors import Conflict, Refused
from transfers.models import Leg, Transfer
from transfers.states import Status
from transfers.uncertain import BANK, uncertainty_of

__all__ = ["Verdict", "ask", "decide", "in_words", "register_actions", "why_not"]

SCHEMA = "transfer.verdict/1"
DECLARE_LOST, OVERRIDE = "transfer.declare_lost", "transfer.override"
QUORUM, ROLE, LIVES = 2, "approver", timedelta(hours=24)
LEAST_EVIDENCE = 20
DECIDE_PERMISSION = "approvals.decide_request"
ACTIONS = {Verdict.LOST: DECLARE_LOST, Verdict.PAID: OVERRIDE, Verdict.NOT_PAID: OVERRIDE}


def ask(*, transfer_id: UUID, verdict: Verdict, evidence: str, maker: UUID) -> ApprovalRequest:
    """Ask two approvers to decide so. Nothing changes by asking.

    Raises NotFound, Refused without evidence worth the name, Conflict where it cannot be decided so, RequestAlreadyPending.
    """
    if len(evidence.strip()) < LEAST_EVIDENCE:
        raise Refused("evidence_missing", "Say what was seen, where and by whom: others decide on it.")
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        legs = locks.legs(transfer_id)
        obstacle = why_not(verdict, transfer, legs)
        if obstacle:
            raise Conflict(obstacle)
        content = _payload(transfer, legs, verdict, evidence.strip())
        return open_request(
            action=ACTIONS[verdict],
            subject_type="transfer",
            subject_id=str(transfer.id),
            client_id=transfer.client_id,
            title=f"{transfer.reference}: {in_words(verdict, content['uncertainty'])}",
            payload=content,
            quorum=QUORUM,
            role=ROLE,
            expires_at=clock.now() + LIVES,
            makers=[maker, *makers_of(transfer, but=maker)],
        )


def makers_of(transfer: Transfer, *, but: UUID) -> list[UUID]:
    request = transfer.approval_request
    return [] if request is None else [one for one in request.makers.values_list("person_id", flat=True) if one != but]


def _payload(transfer: Transfer, legs: dict[str, Leg], verdict: Verdict, evidence: str) -> dict[str, Any]:
    uncertain, bank = uncertainty_of(transfer, legs), legs.get(BANK)
    return {
        "schema": SCHEMA,
        "transfer_id": str(transfer.id),
        "reference": transfer.reference,
        "client_id": transfer.client_id,
        "version": transfer.version,
        "status": transfer.status,
        "uncertainty": uncertain.name if uncertain else "",
        "verdict": verdict.value,
        "evidence": evidence,
        "source_asset": transfer.source_asset_id,
        "principal": str(transfer.source_amount),
        "fee": str(transfer.fee_amount),
        "target_asset": bank.asset_id if bank else "",
        "target": str(bank.amount) if bank else "0",
    }


def decide(vote: DecideInput) -> VoteOutcome:
    """One vote; the last approval carries it out in the same database transaction.

    Raises what `cast_vote` raises; Halted for an approval while a halt covers the transfer; NotCarriedOut when the transfer has
    moved on by now, which ends the request.
    """
    return decide_on_transfer(vote, _decide)


def _decide(vote: DecideInput, transfer_id: UUID) -> VoteOutcome:
    transfer = locks.transfer(transfer_id)
    legs = locks.legs(transfer_id)
    outcome = cast(vote)
    if vote.decision == "approve":
        no_halt(transfer, legs=legs)
    if outcome.status == ApprovalRequest.Status.APPROVED:
        request = ApprovalRequest.objects.get(pk=vote.request_id)
        content = canonical.read(request.payload, request.digest)
        if obstacle := moved_on(transfer, legs, content):
            raise Conflict(obstacle)
        mark_executed(request.id, bytes(request.digest))
        carry_out(transfer, legs, verdict=content["verdict"], evidence=content["evidence"], request_id=request.id)
    return outcome


def moved_on(transfer: Transfer, legs: dict[str, Leg], content: dict[str, Any]) -> str:
    """Why what was asked is void by now, as a sentence; empty while it stands."""
    if transfer.version == content["version"] and not why_not(Verdict(content["verdict"]), transfer, legs):
        return ""
    return f"The transfer has moved on since this was asked: it is {Status(transfer.status).quoted} by now."


def describe(payload: dict[str, Any]) -> list[Fact]:
    """What the approver reads, from the stored bytes alone."""
    source = unit(payload["source_asset"])
    facts = [
        Fact("Transfer", payload["reference"], "reference", payload["transfer_id"]),
        Fact("Client", payload["client_id"], "client"),
        Fact("Decide", in_words(Verdict(payload["verdict"]), payload["uncertainty"])),
        Fact("Amount", f"{Money(int(payload['principal']), source).format()} {source.code}", "money"),
        Fact("Fee", f"{Money(int(payload['fee']), source).format()} {source.code}", "money"),
    ]
    if payload["target_asset"]:
        target = unit(payload["target_asset"])
        facts.append(Fact("Payout", f"{Money(int(payload['target']), target).format()} {target.code}", "money"))
    return [*facts, Fact("State", Status(payload["status"]).words), Fact("Evidence", payload["evidence"])]


def register_actions() -> None:
    for name, title in ((DECLARE_LOST, "Declare a transfer lost"), (OVERRIDE, "Override what a provider says")):
        register(Action(name=name, title=title, check_permission=DECIDE_PERMISSION, decide=decide, describe=describe))
