"""What the transfer page says of money that came in."""

from dataclasses import dataclass

from django.conf import settings

from backoffice.console.transfers.story import Story
from transfers.models import Arrival, DepositSweep, Transfer
from transfers.states import DEPOSITS, RequestState, Route, Status

TITLES: dict[str, str] = {
    Route.ON_CHAIN_WITHDRAWAL: "Withdrawal on chain",
    Route.OFF_RAMP: "Payout to a bank",
    Route.CHAIN_DEPOSIT: "Deposit on chain",
    Route.BANK_DEPOSIT: "Deposit at a bank",
    Route.CARD_DEPOSIT: "Deposit by card",
    Route.INTERNAL_TRANSFER: "Transfer to another client",
    Route.CONVERSION: "Conversion",
    Route.TREASURY_MOVE: "Move of our own money",
    Route.DEPOSIT_SWEEP: "Sweep of a deposit address",
    Route.CHAIN_SEND_BACK: "Sent back on chain",
    Route.BANK_SEND_BACK: "Sent back by bank",
    Route.CARD_REFUND: "Refund of a card",
}
_EXPECTED: dict[str, str] = {
    Route.ON_CHAIN_WITHDRAWAL: "expected is our own chain index",
    Route.OFF_RAMP: "expected are our chain index and the bank's statement",
    Route.CHAIN_DEPOSIT: "expected is our own chain index",
    Route.BANK_DEPOSIT: "expected is the bank's statement",
    Route.CARD_DEPOSIT: "expected are the card provider's settlement report and its payment at the bank",
    Route.TREASURY_MOVE: "expected is our own chain index",
    Route.DEPOSIT_SWEEP: "expected is our own chain index",
    Route.CHAIN_SEND_BACK: "expected is our own chain index",
    Route.BANK_SEND_BACK: "expected is the bank's statement",
    Route.CARD_REFUND: "expected is the card provider's settlement report",
}


_CARD: dict[Status, str] = {
    Status.CREATED: "Being authorised by the card's issuer",
    Status.FUNDS_LOCKED: "Authorised, being charged",
    Status.CONFIRMED: "Charged, on hold until the card provider has paid us",
    Status.FIAT_SETTLED: "Paid to our bank, waiting for the settlement report to prove it",
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """`sender` and `landed` are the numbers people compare; `landed_in` says in words what the second is."""

    arrival: Arrival | None
    sender: str
    sender_name: str
    landed: str
    landed_in: str


def incoming_of(transfer: Transfer) -> Incoming | None:
    """None for money that goes out."""
    if transfer.route == Route.CARD_DEPOSIT:
        return Incoming(None, "", "a card, charged by our card provider", "", "")
    arrival = Arrival.objects.select_related("address").filter(transfer=transfer).first()
    if arrival is None:
        return None
    sender = arrival.sender.get("address") or arrival.sender.get("iban") or ""
    address, on_chain = arrival.address, arrival.rail == "evm"
    landed = address.value if address else arrival.facts.get("to", "")
    words = "address of the client" if on_chain else "reference of the client"
    return Incoming(arrival, sender, arrival.sender.get("name", ""), landed, words if address else "allocated by people")


def going_back(transfer: Transfer) -> Arrival | None:
    """What this transfer sends back."""
    return Arrival.objects.select_related("asset", "transfer").filter(send_backs__transfer=transfer).first()


def sweep_of(transfer: Transfer) -> DepositSweep | None:
    """From which address it fetches, and why."""
    return DepositSweep.objects.select_related("address__client").filter(transfer=transfer).first()


def sent_back_by(transfer: Transfer) -> Transfer | None:
    """The newest transfer that sends this deposit back, or has tried."""
    return Transfer.objects.filter(send_back__arrival__transfer=transfer).order_by("-created_at").first()


def refunds_of(transfer: Transfer) -> list[Transfer]:
    """Of a card deposit, newest first."""
    return list(Transfer.objects.filter(card_refund__deposit=transfer).select_related("source_asset").order_by("-created_at"))


def expected_evidence(route: str) -> str:
    return _EXPECTED.get(route, "")


def sentence(story: Story) -> str:
    """The title of a deposit's page."""
    transfer = story.transfer
    if transfer.route == Route.CARD_DEPOSIT:
        return _asked_again(transfer) or _CARD[Status(transfer.status)]
    on_chain = transfer.route == Route.CHAIN_DEPOSIT
    if transfer.status == Status.CREATED:
        needed = settings.CHAIN_FINAL_DEPTH
        return f"Seen, credited after {needed} confirmations" if on_chain else "Booked by the bank, being credited"
    if transfer.status == Status.CONFIRMED:
        proof = "our own chain index" if on_chain else "the statement line"
        return f"In the client's balance, waiting for {proof} to prove it"
    return "Taken back by the chain, waiting for it to settle"


def _asked_again(transfer: Transfer) -> str:
    """Of a card about which the provider's answer did not arrive."""
    if transfer.request_state != RequestState.TIMED_OUT:
        return ""
    done = "authorised" if transfer.status == Status.CREATED else "charged"
    return f"It may have been {done}: the card provider is being asked"


def is_incoming(transfer: Transfer) -> bool:
    return transfer.route in DEPOSITS
