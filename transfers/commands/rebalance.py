"""Moves of our own money through four eyes: the registered action `treasury.rebalance`.

Only what is proposed can be asked for, and only while it is still proposed does the last vote carry it out: a second request for
the same shortage finds it covered. What it makes is a transfer on the route `treasury_move`, taken on by the driver like any other.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import decide_and_carry_out
from approvals.commands.halts import check_halts
from approvals.commands.requests import dismiss, open_request
from approvals.errors import NotCarriedOut, QuorumTooSmall
from approvals.models import ApprovalRequest
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from audit.identity import new_id, new_reference
from ledger.money import Money
from ledger.queries import unit
from transfers.commands import moves
from transfers.commands.drawing_up import draw_up
from transfers.commands.house import HOUSE, house
from transfers.commands.move_payload import ACTION, QUORUM, ROLE, content_of
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Refused
from transfers.models import Transfer, TreasuryMove, Wallet
from transfers.queries.proposals import proposals
from transfers.rebalancing import Proposal, Role, Way
from transfers.states import Route

LIVES = timedelta(hours=24)
GONE = "This is no longer proposed: what it would mend is mended, or the money for it is needed elsewhere."


@transaction.atomic
def request_move(*, key: str, maker: UUID) -> ApprovalRequest:
    """Ask for the proposal of that key, with the amount that it has now. Nothing moves yet.

    Raises Refused when it is not proposed (any more) or is not for our signer, RequestAlreadyPending, Unknown (the maker).
    """
    proposal = _current(key)
    if proposal is None or proposal.way is not Way.ON_CHAIN or proposal.source is None:
        raise Refused("not_proposed", GONE)
    content = content_of(
        transfer_id=new_id(),
        reference=new_reference(),
        purpose=_purpose(proposal),
        amount=proposal.amount,
        source=_wallet(proposal.source.account_code),
        target=_wallet(proposal.target.account_code),
        reason=proposal.reason,
        not_after=clock.now() + LIVES,
    )
    return open_request(
        action=ACTION,
        subject_type="treasury_move",
        subject_id=key,
        client_id="",
        title=title(content),
        payload=content,
        quorum=QUORUM,
        role=ROLE,
        expires_at=clock.now() + LIVES,
        makers=[maker],
    )


def _current(key: str) -> Proposal | None:
    return next((one for one in proposals() if one.key == key), None)


def _purpose(proposal: Proposal) -> TreasuryMove.Purpose:
    if proposal.target.role is Role.HOUSE:
        return TreasuryMove.Purpose.FEE_SWEEP
    return TreasuryMove.Purpose.TO_COLD if proposal.target.role is Role.COLD else TreasuryMove.Purpose.REFILL


def _wallet(account_code: str) -> Wallet:
    return Wallet.objects.get(token_account_code=account_code)


def decide_move(vote: DecideInput) -> VoteOutcome:
    """One vote; the one that completes the quorum makes the transfer in the same transaction.

    Raises what `cast_vote` raises; Halted for an approval while a halt covers it; NotCarriedOut when it is no longer proposed.
    """
    try:
        return decide_and_carry_out(vote, before=_check_halts, carry_out=_carry_out, why_not=str)
    except Refused as refused:
        dismiss(vote.request_id, f"Approved, but not carried out: {refused.detail}")
        raise NotCarriedOut(refused.detail) from refused


def _check_halts(content: dict[str, Any]) -> None:
    accounts = (content["source"]["account"], content["target"]["account"])
    check_halts(client_id=HOUSE, account_codes=accounts, asset_ids=(content["source_asset"],))


def _carry_out(request: ApprovalRequest, content: dict[str, Any]) -> None:
    if request.quorum < QUORUM or request.role != ROLE:
        raise QuorumTooSmall
    proposal = _current(request.subject_id)
    if proposal is None or proposal.amount < int(content["source_amount"]):
        raise Refused("not_proposed", GONE)
    transfer = _drawn_up(request, content)
    transfer.save(force_insert=True)
    TreasuryMove.objects.create(
        transfer=transfer,
        purpose=content["purpose"],
        source=Wallet.objects.get(code=content["source"]["wallet"]),
        target=Wallet.objects.get(code=content["target"]["wallet"]),
        reason=content["reason"],
    )
    told = {"purpose": content["purpose"], "from": content["source"]["wallet"], "to": content["target"]["wallet"]}
    moves.tell_created(transfer, data=told | {"amount": content["source_amount"], "approval_request": str(request.id)})
    crashpoint("rebalance.before_commit")
    wake_after_commit(transfer.id)


def _drawn_up(request: ApprovalRequest, content: dict[str, Any]) -> Transfer:
    return draw_up(
        id=UUID(content["transfer_id"]),
        reference=content["reference"],
        route=Route.TREASURY_MOVE,
        client=house(),
        asset_id=content["source_asset"],
        amount=int(content["source_amount"]),
        not_after=datetime.fromisoformat(content["not_after"]),
        destination_details={"type": "crypto_address", **{name: content["target"][name] for name in ("network", "address")}},
        approval_request=request,
        made_by=request.makers.get().person.name,
        made_by_type="operator",
    )


def title(content: dict[str, Any]) -> str:
    return f"Move {_amount(content)} from {content['source']['wallet']} to {content['target']['wallet']}"


def _amount(content: dict[str, Any]) -> str:
    asset = unit(content["source_asset"])
    return f"{Money(int(content['source_amount']), asset).format()} {asset.code}"


def describe(content: dict[str, Any]) -> list[Fact]:
    """What the approver reads."""
    return [
        Fact("Amount", _amount(content), "money"),
        Fact("Asset", content["source_asset"], "asset"),
        Fact("From", f"{content['source']['wallet']} {content['source']['address']}", "address"),
        Fact("To", f"{content['target']['wallet']} {content['target']['address']}", "address"),
        Fact("Token contract", f"{content['token_contract']} on chain {content['chain_id']}", "address"),
        Fact("What for", TreasuryMove.Purpose(content["purpose"]).label),
        Fact("Why", content["reason"]),
        Fact("Good until", content["not_after"], "time"),
        Fact("Reference", content["reference"], "reference"),
    ]


def register_action() -> None:
    register(
        Action(
            name=ACTION,
            title="Move our own money",
            check_permission="approvals.decide_request",
            decide=decide_move,
            describe=describe,
        )
    )
