"""Where tokens belong back, as two people state it: neither sees what the other has written, and what differs asks for nothing.

The second of two that agree opens the request for approval, with both of them as its makers.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from approvals.destinations import normalise
from approvals.errors import DestinationInvalid
from approvals.models import ApprovalRequest, Person
from audit import clock
from audit.commands import record
from ledger.models import Asset
from transfers.commands.deposits.allocation import unowned
from transfers.commands.deposits.send_back import ask, check_fee
from transfers.commands.deposits.send_back_making import paying_wallet
from transfers.errors import Refused
from transfers.models import Arrival, DepositAddress, StatedAddress, Wallet
from transfers.states import Route

# What somebody said longer ago has to be said again.
COUNTS_FOR = timedelta(days=7)
SAME_FORM_WITHIN = timedelta(hours=1)
LEAST_EVIDENCE = 20
OUR_OWN = "This is an address of ours, or one that keeps tokens for ever: nobody would get it back."
_ZERO = "0x" + "0" * 40


@dataclass(frozen=True, slots=True)
class Stated:
    """What came of it: the request, or that it `differs` from what somebody else has stated; neither for the first."""

    request: ApprovalRequest | None
    differs: bool


@transaction.atomic
def state_address(*, arrival_id: UUID, address: str, evidence: str, fee: int, person_id: UUID) -> Stated:
    """One person's word. `fee` counts where nobody else has stated anything yet: the second one confirms the first one's.

    Raises NotFound, Conflict (the money is somebody's by now), Refused, RequestAlreadyPending.
    """
    arrival = unowned(arrival_id, lock=True)
    if arrival.rail != "evm":
        raise Refused("invalid_request", "Only tokens on a blockchain go back to an address.")
    paying_wallet(arrival.asset_id)
    text, to = evidence.strip(), _checked(arrival, address)
    if len(text) < LEAST_EVIDENCE:
        words = "Say how you know: what was sent to you, by whom, and where it is kept."
        raise Refused("evidence_missing", words, {"evidence": words})
    others = _of_others(arrival, person_id)
    kept = fee if not others else others[0].fee
    check_fee(arrival, kept)
    alike = [one for one in others if one.address == to["address"]]
    if not alike and _was_just_said(arrival, person_id, (to["address"], text, kept)):
        return Stated(None, differs=bool(others))
    mine = StatedAddress.objects.create(
        arrival=arrival, person_id=person_id, address=to["address"], evidence=text, fee=kept, stated_at=clock.now()
    )
    _tell(mine)
    if not alike:
        return Stated(None, differs=bool(others))
    return Stated(_ask(arrival, to, alike[0], mine), differs=False)


def counting(arrival: Arrival) -> list[StatedAddress]:
    """The newest word of each person that still counts, oldest first."""
    recent = arrival.stated_addresses.filter(stated_at__gt=clock.now() - COUNTS_FOR).select_related("person")
    newest = {one.person_id: one for one in recent.order_by("stated_at", "id")}
    return sorted(newest.values(), key=lambda one: (one.stated_at, one.id))


def _of_others(arrival: Arrival, person_id: UUID) -> list[StatedAddress]:
    return [one for one in counting(arrival) if one.person_id != person_id]


def _was_just_said(arrival: Arrival, person_id: UUID, word: tuple[str, str, int]) -> bool:
    """Whether it is the same form once more. Later the same word is given anew, and counts for as long again."""
    lately = arrival.stated_addresses.filter(person_id=person_id, stated_at__gt=clock.now() - SAME_FORM_WITHIN)
    newest = lately.order_by("stated_at", "id").last()
    return newest is not None and (newest.address, newest.evidence, newest.fee) == word


def _checked(arrival: Arrival, address: str) -> dict[str, str]:
    asset = Asset.objects.get(pk=arrival.asset_id)
    try:
        found = normalise({"type": "crypto_address", "network": asset.network, "address": address.strip()})
    except DestinationInvalid as error:
        words = "; ".join(error.errors.values())
        raise Refused("invalid_destination", words, {"address": words}) from error
    details = {key: str(value) for key, value in found.details.items()}
    number = details["address"]
    wallets = Wallet.objects.filter(network=asset.network, address__iexact=number)
    deposits = DepositAddress.objects.filter(network=asset.network, value__iexact=number)
    if number.lower() in (asset.contract.lower(), _ZERO) or wallets.exists() or deposits.exists():
        raise Refused("invalid_destination", OUR_OWN, {"address": OUR_OWN})
    return details


def _ask(arrival: Arrival, to: dict[str, str], first: StatedAddress, second: StatedAddress) -> ApprovalRequest:
    names = Person.objects.in_bulk([first.person_id, second.person_id])
    said = [{"person": names[one.person_id].name, "says": one.evidence} for one in (first, second)]
    makers = [first.person_id, second.person_id]
    return ask(arrival, Route.CHAIN_SEND_BACK, to, fee=first.fee, evidence=said, makers=makers)


def _tell(stated: StatedAddress) -> None:
    record(
        type="deposit.return_address_stated",
        resource_type="stated_address",
        resource_id=str(stated.pk),
        reason=stated.evidence,
        metadata={"arrival": stated.arrival.reference, "address": stated.address, "fee": str(stated.fee)},
        transaction_id=stated.arrival.transfer_id,
    )
