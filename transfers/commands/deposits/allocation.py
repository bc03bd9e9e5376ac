"""Giving unallocated money to the client whose it is, through four eyes: the registered action `deposit.allocate`.

The last vote makes the arrival a transfer of the client, which the driver credits as any other: out of the unallocated money.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import decide_and_carry_out
from approvals.commands.halts import check_halts
from approvals.commands.requests import open_request
from approvals.corrections.quorum import ROLE, quorum_for
from approvals.corrections.words import why_not
from approvals.errors import QuorumTooSmall
from approvals.models import ApprovalRequest, Client
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from ledger import chart
from ledger.money import Money
from ledger.queries import unit
from transfers.commands.deposits.addresses import open_balance
from transfers.commands.deposits.arrivals import change, for_client, insert
from transfers.errors import Conflict, NotFound, Refused
from transfers.models import Arrival, Transfer
from transfers.states import Status

ALLOCATE = "deposit.allocate"
LIVES = timedelta(hours=24)


@transaction.atomic
def request_allocation(*, arrival_id: UUID, client_id: str, reason: str, maker: UUID) -> ApprovalRequest:
    """Ask that the money of this arrival be the client's. Nothing moves yet.

    Raises NotFound, Conflict (it is somebody's by now), Refused (no such client, no reason), RequestAlreadyPending.
    """
    arrival = unowned(arrival_id)
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        raise Refused("invalid_request", "There is no such client.", {"client": "Choose a client."})
    if not reason.strip():
        raise Refused("invalid_request", "Say how you know whose it is.", {"reason": "Say how you know whose it is."})
    content = _payload(arrival, client, reason.strip())
    return open_request(
        action=ALLOCATE,
        subject_type="arrival",
        subject_id=str(arrival.pk),
        client_id=client.pk,
        title=f"Allocate {_amount(content)} to {client.name}",
        payload=content,
        quorum=_quorum(content),
        role=ROLE,
        expires_at=clock.now() + LIVES,
        makers=[maker],
    )


def decide_allocation(vote: DecideInput) -> VoteOutcome:
    """One vote; the one that completes the quorum makes the transfer.

    Raises what `cast_vote` raises, Halted for an approval while a halt covers client or account, and Conflict when the money is
    somebody's by now.
    """
    return decide_and_carry_out(vote, before=_check_halts, carry_out=_allocate, why_not=why_not)


def describe(content: dict[str, Any]) -> list[Fact]:
    """What the approver reads, from the stored bytes alone."""
    return [
        Fact("Client", content["client_id"], "client"),
        Fact("Amount", _amount(content), "money"),
        Fact("Came from", content["sender_name"] or "not said"),
        Fact("Sender's account", content["sender"] or "not said", "address"),
        Fact("Payer wrote", content["text"] or "nothing"),
        Fact("Is in account", content["account"]),
        Fact("Arrived", content["value_at"], "time"),
        Fact("Arrival", content["reference"], "reference"),
        Fact("Why this client", content["reason"]),
    ]


def waiting_arrivals() -> Any:
    """Money that arrived and is nobody's, oldest first."""
    unowned = Arrival.objects.filter(status=Arrival.Status.UNALLOCATED).exclude(transfer__status__in=_ON_ITS_WAY)
    return unowned.select_related("asset", "transfer__client").order_by("seen_at", "id")


def sent_back(limit: int) -> Any:
    """Transfers that send money back, or have, newest first."""
    found = Transfer.objects.filter(send_back__isnull=False).select_related("send_back__arrival__asset", "source_asset")
    return found.order_by("-created_at")[:limit]


_ON_ITS_WAY = (Status.CREATED, Status.CONFIRMED, Status.RECONCILED)


def unowned(arrival_id: UUID, *, lock: bool = False) -> Arrival:
    """An arrival that is nobody's and on its way nowhere. Raises NotFound, Conflict."""
    rows = Arrival.objects.select_for_update(of=("self",)) if lock else Arrival.objects.all()
    arrival = rows.select_related("transfer").filter(pk=arrival_id).first()
    if arrival is None:
        raise NotFound("There is no such arrival.")
    if arrival.status in (Arrival.Status.RETURNING, Arrival.Status.RETURNED):
        raise Conflict("This money is being sent back, or has been.")
    if arrival.status == Arrival.Status.SETTLEMENT:
        raise Conflict("A desk has paid for a deal with this money.")
    if arrival.status != Arrival.Status.UNALLOCATED or (arrival.transfer and arrival.transfer.status in _ON_ITS_WAY):
        raise Conflict("This money has been allocated already.")
    return arrival


def _payload(arrival: Arrival, client: Client, reason: str) -> dict[str, Any]:
    return {
        "type": ALLOCATE,
        "arrival": str(arrival.pk),
        "reference": arrival.reference,
        "client_id": client.pk,
        "asset": arrival.asset_id,
        "amount": str(arrival.amount),
        "account": arrival.account_code,
        "value_at": f"{arrival.value_at:%Y-%m-%dT%H:%M:%SZ}",
        "sender": arrival.sender.get("address") or arrival.sender.get("iban") or "",
        "sender_name": arrival.sender.get("name", ""),
        "text": arrival.facts.get("text", ""),
        "reason": reason,
    }


def _quorum(content: dict[str, Any]) -> int:
    """As for a correction of that size."""
    line = {"asset": content["asset"], "debit": content["amount"], "credit": "0"}
    return quorum_for({"verb": "allocation", "forced_kind": "", "lines": [line]})


def _amount(content: dict[str, Any]) -> str:
    asset = unit(content["asset"])
    return f"{Money(int(content['amount']), asset).format()} {asset.code}"


def _check_halts(content: dict[str, Any]) -> None:
    account = chart.client_account_code(content["client_id"], content["asset"])
    check_halts(client_id=content["client_id"], account_codes=(account,), asset_ids=(content["asset"],))


def _allocate(request: ApprovalRequest, content: dict[str, Any]) -> None:
    """Raises QuorumTooSmall for a request that was made with fewer people, or another role, than this needs; Conflict."""
    if request.quorum < _quorum(content) or request.role != ROLE:
        raise QuorumTooSmall
    arrival = unowned(UUID(content["arrival"]), lock=True)
    if (str(arrival.amount), arrival.asset_id) != (content["amount"], content["asset"]):
        raise Conflict("What was approved is not what arrived.")
    open_balance(content["client_id"], arrival.asset_id)
    transfer = for_client(arrival, content["client_id"])
    change(arrival, "deposit.allocated", transfer=transfer, reason=content["reason"])
    insert(transfer, arrival)


def register_action() -> None:
    register(
        Action(
            name=ALLOCATE,
            title="Allocate a deposit",
            check_permission="approvals.decide_request",
            decide=decide_allocation,
            describe=describe,
        )
    )
