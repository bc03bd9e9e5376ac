"""Sending unallocated money back to where it came from, through four eyes: the registered action `deposit.send_back`.

At a bank that is the account which the statement names as the debtor's, and nothing else can be typed in. On a chain the sender of
a transaction may be an exchange that knows no such customer, so two people state the address, each on evidence of their own
(transfers.commands.deposits.stated), and others approve. The last vote makes a transfer that the driver takes on like any other.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from approvals.commands.carrying_out import decide_and_carry_out
from approvals.commands.halts import check_halts
from approvals.commands.requests import dismiss, open_request
from approvals.corrections.quorum import quorum_for
from approvals.destinations import normalise
from approvals.errors import DestinationInvalid, NotCarriedOut, QuorumTooSmall, RequestAlreadyPending
from approvals.models import ApprovalRequest, Person
from approvals.registry import Action, DecideInput, Fact, VoteOutcome, register
from audit import clock
from audit.identity import new_id, new_reference
from ledger.money import Money
from ledger.queries import unit
from transfers.commands.deposits.allocation import ALLOCATE, unowned
from transfers.commands.deposits.send_back_making import make
from transfers.commands.deposits.send_back_payload import ACTION, ROLE, content_of
from transfers.deposit_postings import unallocated_account
from transfers.errors import Conflict, Refused
from transfers.models import Arrival
from transfers.states import Route

LIVES = timedelta(hours=24)
NO_ACCOUNT = "The bank's statement does not name the account that it came from: ask the bank, or allocate it."


@transaction.atomic
def request_to_debtor(*, arrival_id: UUID, reason: str, fee: int, maker: UUID) -> ApprovalRequest:
    """Ask that a payment at a bank go back to its debtor's account, less `fee` (minor units) that we keep. Nothing moves yet.

    Raises NotFound, Conflict (it is somebody's by now), Refused, RequestAlreadyPending.
    """
    arrival = unowned(arrival_id)
    if arrival.rail != "bank":
        raise Refused("invalid_request", "Only a payment at a bank names the account that it came from.")
    if not reason.strip():
        raise Refused("invalid_request", "Say why it goes back.", {"reason": "Say why it goes back."})
    name = Person.objects.values_list("name", flat=True).get(pk=maker)
    said = [{"person": name, "says": reason.strip()}]
    return ask(arrival, Route.BANK_SEND_BACK, debtor_of(arrival), fee=fee, evidence=said, makers=[maker])


def debtor_of(arrival: Arrival) -> dict[str, str]:
    """The account that the statement names, in normal form. Raises Refused where it names none that a bank could pay to."""
    number, name = str(arrival.sender.get("iban") or "").strip(), str(arrival.sender.get("name") or "").strip()
    if not number or not name:
        raise Refused("invalid_destination", NO_ACCOUNT)
    given = {"type": "bank_account", "name": name, **_account(number)}
    try:
        return {key: str(value) for key, value in normalise(given).details.items()}
    except DestinationInvalid as error:
        raise Refused("invalid_destination", f"{NO_ACCOUNT} It says {number}.") from error


def _account(number: str) -> dict[str, str]:
    """Mexican statements name a CLABE where others name an IBAN."""
    if len(number) == 18 and number.isdigit():
        return {"clabe": number, "country": "MX"}
    return {"iban": number, "country": number[:2].upper()}


def ask(
    arrival: Arrival,
    route: Route,
    destination: dict[str, str],
    *,
    fee: int,
    evidence: Sequence[dict[str, str]],
    makers: Sequence[UUID],
) -> ApprovalRequest:
    """Open the request. Raises Refused for a fee that leaves nothing, RequestAlreadyPending."""
    check_fee(arrival, fee)
    pending = ApprovalRequest.objects.filter(action=ALLOCATE, subject_id=str(arrival.pk), status=ApprovalRequest.Status.PENDING)
    if pending.exists():
        raise RequestAlreadyPending(ALLOCATE, str(arrival.pk))
    content = content_of(
        arrival,
        transfer_id=new_id(),
        reference=new_reference(),
        route=route,
        destination=destination,
        amount=arrival.amount - fee,
        fee=fee,
        evidence=evidence,
        not_after=clock.now() + LIVES,
    )
    return open_request(
        action=ACTION,
        subject_type="arrival",
        subject_id=str(arrival.pk),
        client_id="",
        title=f"Send {_amount(content, 'amount')} back to {_where(content)}",
        payload=content,
        quorum=_quorum(content),
        role=ROLE,
        expires_at=clock.now() + LIVES,
        makers=list(makers),
    )


def check_fee(arrival: Arrival, fee: int) -> None:
    """Raises Refused."""
    if not 0 <= fee < arrival.amount:
        words = "The fee must leave something to send back."
        raise Refused("invalid_amount", words, {"fee": words})


def decide_send_back(vote: DecideInput) -> VoteOutcome:
    """One vote; the one that completes the quorum makes the transfer in the same transaction.

    Raises what `cast_vote` raises; Halted for an approval while a halt covers asset, account or the client it was paid in for;
    NotCarriedOut when the money is somebody's by now, which ends the request.
    """
    try:
        return decide_and_carry_out(vote, before=_check_halts, carry_out=_carry_out, why_not=str)
    except (Conflict, Refused) as conflict:
        dismiss(vote.request_id, f"Approved, but not carried out: {conflict}")
        raise NotCarriedOut(str(conflict)) from conflict


def _check_halts(content: dict[str, Any]) -> None:
    accounts = (content["arrived_in"], unallocated_account(content["asset"]))
    paid_in_for = Arrival.objects.filter(pk=content["arrival"]).values_list("address__client_id", flat=True).first()
    check_halts(client_id=paid_in_for or "", account_codes=accounts, asset_ids=(content["asset"],))


def _carry_out(request: ApprovalRequest, content: dict[str, Any]) -> None:
    if request.quorum < _quorum(content) or request.role != ROLE:
        raise QuorumTooSmall
    arrival = unowned(UUID(content["arrival"]), lock=True)
    if (str(arrival.amount), arrival.asset_id) != (content["arrived"], content["asset"]):
        raise Conflict("What was approved is not what arrived.")
    make(request, content, arrival)


def _quorum(content: dict[str, Any]) -> int:
    """As for a correction of that size."""
    line = {"asset": content["asset"], "debit": content["arrived"], "credit": "0"}
    return quorum_for({"verb": "send_back", "forced_kind": "", "lines": [line]})


def _amount(content: dict[str, Any], name: str) -> str:
    asset = unit(content["asset"])
    return f"{Money(int(content[name]), asset).format()} {asset.code}"


def _where(content: dict[str, Any]) -> str:
    to = content["destination"]
    return str(to.get("address") or f"{to['name']}, {to.get('iban') or to.get('clabe')}")


def describe(content: dict[str, Any]) -> list[Fact]:
    """What the approver reads, from the stored bytes alone."""
    sender = content["sender"]
    came_from = sender.get("address") or sender.get("iban") or "not said"
    to = content["destination"].get("address") or content["destination"].get("iban") or content["destination"].get("clabe", "")
    same = "It is where it came from." if to.lower() == came_from.lower() else "It is not where it came from."
    return [
        Fact("Goes back", _amount(content, "amount"), "money"),
        Fact("Asset", content["asset"], "asset"),
        Fact("To", to, "address"),
        *([Fact("Account holder", content["destination"]["name"])] if content["destination"].get("name") else []),
        Fact("Came from", came_from, "address"),
        Fact("Compared", same),
        Fact("Arrived", _amount(content, "arrived"), "money"),
        Fact("Fee that we keep", _amount(content, "fee"), "money"),
        *(Fact(f"Evidence of {one['person']}", one["says"]) for one in content["evidence"]),
        Fact("Arrival", content["arrival_reference"], "reference"),
        Fact("Good until", content["not_after"], "time"),
        Fact("Reference", content["reference"], "reference"),
    ]


def register_action() -> None:
    register(
        Action(
            name=ACTION,
            title="Send unallocated money back",
            check_permission="approvals.decide_request",
            decide=decide_send_back,
            describe=describe,
        )
    )
