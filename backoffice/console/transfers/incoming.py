"""What the transfer page says of money that came in."""

from dataclasses import dataclass

from django.conf import settings

from backoffice.console.transfers.story import Story
from transfers.models import Arrival, Transfer
from transfers.states import DEPOSITS, Route, Status

TITLES: dict[str, str] = {
    Route.ON_CHAIN_WITHDRAWAL: "Withdrawal on chain",
    Route.OFF_RAMP: "Payout to a bank",
    Route.CHAIN_DEPOSIT: "Deposit on chain",
    Route.BANK_DEPOSIT: "Deposit at a bank",
}
_EXPECTED: dict[str, str] = {
    Route.ON_CHAIN_WITHDRAWAL: "expected is our own chain index",
    Route.OFF_RAMP: "expected are our chain index and the bank's statement",
    Route.CHAIN_DEPOSIT: "expected is our own chain index",
    Route.BANK_DEPOSIT: "expected is the bank's statement",
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """`sender` and `landed` are the numbers people compare; `landed_in` says in words what the second is."""

    arrival: Arrival
    sender: str
    sender_name: str
    landed: str
    landed_in: str


def incoming_of(transfer: Transfer) -> Incoming | None:
    """None for money that goes out."""
    arrival = Arrival.objects.select_related("address").filter(transfer=transfer).first()
    if arrival is None:
        return None
    sender = arrival.sender.get("address") or arrival.sender.get("iban") or ""
    address, on_chain = arrival.address, arrival.rail == "evm"
    landed = address.value if address else arrival.facts.get("to", "")
    words = "address of the client" if on_chain else "reference of the client"
    return Incoming(arrival, sender, arrival.sender.get("name", ""), landed, words if address else "allocated by people")


def expected_evidence(route: str) -> str:
    return _EXPECTED.get(route, "")


def sentence(story: Story) -> str:
    """The title of a deposit's page."""
    transfer = story.transfer
    on_chain = transfer.route == Route.CHAIN_DEPOSIT
    if transfer.status == Status.CREATED:
        needed = settings.CHAIN_CONFIRMATIONS
        return f"Seen, credited after {needed} confirmations" if on_chain else "Booked by the bank, being credited"
    if transfer.status == Status.CONFIRMED:
        proof = "our own chain index" if on_chain else "the statement line"
        return f"In the client's balance, waiting for {proof} to prove it"
    return "Taken back by the chain, waiting for it to settle"


def is_incoming(transfer: Transfer) -> bool:
    return transfer.route in DEPOSITS
